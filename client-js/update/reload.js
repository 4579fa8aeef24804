/** Reloads of the page, without loops. */

const TARGETS = 'tower-hot-middleware:reloads';
const VISITED = 'tower-hot-middleware:visited';
const BRAKE = 'tower-hot-middleware:brake';

/** The most targets of reloads, and of visits, that are remembered. The oldest are forgotten. */
const MOST_TARGETS = 16;
const MOST_VISITED = 32;

/** A cause that comes sooner after the page was loaded may be an effect of loading it. */
const QUICK = 2_000;

/** Reloads in a row after such causes that are not delayed: a file may be saved twice a second. */
const MOST_QUICK = 6;

/** Reloads in a row that another change may release from a delay. */
const MOST_RELEASED = 30;

/** A page that starts later than this after a reload is not its outcome. */
const LONGEST_LOAD = 30_000;

const FIRST_DELAY = 1_000;
const LAST_DELAY = 60_000;

/**
 * Reloads the page, with three safeguards in the tab's session storage.
 *
 * - A page that comes from a cache, or that names its hash wrongly, never is what the server has. Each reload leaves its
 *   targets, a page that reaches a target removes it, and a page that starts with a target does not reload for it.
 * - Where several servers with different files answer at one address, a page of one is connected to the other. A tab
 *   does not go back to a state that it came from, unless there was a build or an outage.
 * - A page may change what it is reloaded for, such as a log of requests in a watched folder. When causes keep coming
 *   right after the page is loaded, reloads are delayed, by up to a minute. A further change during the delay comes from a
 *   save, and ends it.
 */
export class Reloader {
  #location;
  #storage;
  #log;
  #clock;
  #slot;
  #startedAt;
  /** Targets of reloads that this page is the outcome of. @type {Set<string>} */
  #tried;
  /** @type {Set<string>} */
  #visited;
  #hasWarned = false;
  /** The quick reloads in a row that this page is the outcome of, and the delays that ran to their end. */
  #streak;
  /** The reload that is delayed. @type {{ timer: unknown } | undefined} */
  #delayed;

  /**
   * @param {Pick<Location, 'href' | 'reload'>} location
   * @param {() => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} storage called each time, as browsers that keep
   *   no storage for a page throw
   * @param {Pick<import('../overlay/log.js').Log, 'info' | 'warn'>} log
   * @param {Pick<import('../stream/connection.js').Clock, 'now' | 'setTimeout' | 'clearTimeout'>} clock
   */
  constructor(location, storage, log, clock) {
    this.#location = location;
    this.#storage = storage;
    this.#log = log;
    this.#clock = clock;
    this.#slot = `${TARGETS}:${location.href.replace(/#.*$/s, '')}`;
    this.#startedAt = clock.now();
    this.#tried = new Set(this.#readList(this.#slot));
    this.#visited = new Set(this.#readList(VISITED));
    const [reloads = 0, delays = 0, at = 0] = this.#readList(BRAKE).map(Number);
    // The streak of another page in this tab has ended.
    const isRecent = this.#startedAt - at < LONGEST_LOAD;
    this.#streak = isRecent ? { reloads: reloads || 0, delays: delays || 0 } : { reloads: 0, delays: 0 };
  }

  /**
   * Reloads the page on request.
   *
   * @param {string} reason empty when it was logged before
   */
  now(reason) {
    if (this.#delayed) {
      // Its reason is in the console already, and this one comes with it.
      if (this.#streak.reloads < MOST_RELEASED) this.#reload(reason, this.#streak.delays);
      return;
    }
    const isQuick = this.#clock.now() - this.#startedAt < QUICK;
    if (!isQuick) this.#streak = { reloads: 0, delays: 0 };
    const { delays, reloads } = this.#streak;
    if (reloads < MOST_QUICK) return this.#reload(reason, delays);

    const delay = Math.min(LAST_DELAY, FIRST_DELAY * 2 ** Math.min(delays, 16));
    this.#log.warn(
      `Reloading page in ${delay / 1_000} s${because(reason)}: there were ${reloads} reloads in a row, each right after ` +
        'the one before. If loading the page writes that file, keep it out of the watched folders, for example by ' +
        'Watch::ignore.',
    );
    this.#delayed = { timer: this.#clock.setTimeout(() => this.#reload(reason, delays + 1), delay) };
  }

  /**
   * Reloads the page to reach `targets`.
   *
   * @param {string} reason
   * @param {string[]} targets what the page will be after the reload, such as a bundle's hash
   */
  reloadFor(reason, ...targets) {
    if (targets.length && targets.every((target) => this.#tried.has(target))) {
      this.#log.warn(
        `Not reloading page${because(reason)}: it was just loaded for that and came back without the change. ` +
          'Is it served from a cache, or do several servers with different files answer at this address?',
      );
      return;
    }
    const others = this.#readList(this.#slot).filter((other) => !targets.includes(other));
    this.#writeList(this.#slot, [...others, ...targets].slice(-MOST_TARGETS));
    this.now(reason);
  }

  /**
   * Reloads the page to reach a target that came with a connection, and not with a build.
   *
   * @param {string} reason
   * @param {string} target
   */
  switchTo(reason, target) {
    if (!this.#visited.has(target)) return this.reloadFor(reason, target);
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#log.warn(
      `Not reloading page${because(reason)}: this tab was there before, and no build was reported since. Several ` +
        'servers with different files seem to answer at this address; have each browser sent to one of them.',
    );
  }

  /**
   * Notes what the page is made from.
   *
   * @param {string[]} targets
   */
  visit(targets) {
    for (const target of targets) {
      this.#visited.delete(target);
      this.#visited.add(target);
    }
    this.#writeList(VISITED, [...this.#visited].slice(-MOST_VISITED));
  }

  /**
   * Notes that the page is at `target`: a reload for it has done its work.
   *
   * @param {string} target
   */
  reached(target) {
    if (!this.#tried.delete(target)) return;
    this.#writeList(
      this.#slot,
      this.#readList(this.#slot).filter((other) => other !== target),
    );
  }

  /**
   * @param {string} reason
   * @param {number} delays
   */
  #reload(reason, delays) {
    this.#clock.clearTimeout(this.#delayed?.timer);
    this.#delayed = undefined;
    this.#writeList(BRAKE, [this.#streak.reloads + 1, delays, this.#clock.now()].map(String));
    this.#log.info(`Reloading page${because(reason)}`);
    this.#location.reload();
  }

  /**
   * @param {string} key
   * @returns {string[]}
   */
  #readList(key) {
    try {
      const list = JSON.parse(this.#storage().getItem(key) ?? '[]');
      return Array.isArray(list) ? list.map(String) : [];
    } catch {
      return [];
    }
  }

  /**
   * @param {string} key
   * @param {string[]} list
   */
  #writeList(key, list) {
    try {
      if (list.length) this.#storage().setItem(key, JSON.stringify(list));
      else this.#storage().removeItem(key);
    } catch {
      // Without storage, the page is reloaded as often as the server gives cause.
    }
  }
}

/** @param {string} reason */
function because(reason) {
  return reason && ` (${reason})`;
}
