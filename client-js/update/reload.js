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
 * @typedef {import('./page-answer.js').PageAnswer} PageAnswer
 *
 * @typedef {object} Page the page as far as it can be reloaded
 * @property {() => Promise<PageAnswer>} ask asks the app for the page
 * @property {(problems: string[]) => void} show shows the reason why the page is not reloaded, or clears it
 * @property {(text: string) => void} notice shows a line in the corner
 * @property {boolean} isError true if the page is itself the answer of an error, so that it has no state to keep
 * @property {() => boolean} isResubmitted true if a reload would send a form again
 * @property {() => void} [leave] called right before a reload
 * @property {(reason: string) => void} [stay] called when the page is not reloaded, for this reason
 *
 * @typedef {object} Wish
 * @property {string} reason
 * @property {readonly string[]} targets
 * @property {boolean} asks false if the change can't have broken the app's answer for the page
 */

/** Without a page to ask for, the browser finds out what comes. @type {Page} */
const UNASKED = {
  ask: () => Promise.resolve({ isPage: true, isAnswer: true, problem: '' }),
  show: () => undefined,
  notice: () => undefined,
  isError: false,
  isResubmitted: () => false,
};

/**
 * Reloads the page, once the app answers with one: a page in which the app's error came instead would have lost its
 * state. Until then the error is shown on it, and each build and each new connection asks again.
 *
 * There are three safeguards against loops, in the tab's session storage.
 *
 * - A page that comes from a cache, or that names its hash wrongly, never is what the server has. Each reload leaves its
 *   targets, a page that reaches a target removes it, and a page that starts with a target does not reload for it.
 * - Where several servers with different files answer at one address, a page of one is connected to the other. A tab
 *   does not go back to a state that it came from, unless there was a build or an outage.
 * - A page may change what it is reloaded for, such as a log of requests in a watched folder. When causes keep coming
 *   right after the page is loaded, reloads are delayed, by up to a minute. The same cause does not end a delay, as the
 *   log may have other writers, such as another tab. A change of another file does.
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
  /** The reload that is delayed. @type {{ timer: unknown, reason: string } | undefined} */
  #delayed;
  #page;
  /** The reload to come. @type {Wish} */
  #wish = { reason: '', targets: [], asks: false };
  /** True while the app answers with something else than a page. */
  #isBlocked;
  #isAsking = false;
  /** Set by a request during an ask, whose answer may be from before it. */
  #asksAgain = false;
  /** True if the ask is for a change, and not only to find out if the app has recovered. */
  #isChanged = false;
  #shown = '';
  /** Answers in a row that were no page, each soon after the one before: asking may write a file that is watched. */
  #failures = 0;
  #failedAt = 0;

  /**
   * @param {Pick<Location, 'href' | 'reload'>} location
   * @param {() => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} storage called each time, as browsers that keep
   *   no storage for a page throw
   * @param {Pick<import('../overlay/log.js').Log, 'info' | 'warn'>} log
   * @param {Pick<import('../stream/connection.js').Clock, 'now' | 'setTimeout' | 'clearTimeout'>} clock
   * @param {Page} [page]
   */
  constructor(location, storage, log, clock, page = UNASKED) {
    this.#page = page;
    this.#isBlocked = page.isError;
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
    this.#request({ reason, targets: [], asks: true });
  }

  /**
   * Reloads the page to reach `targets`.
   *
   * @param {string} reason
   * @param {string[]} targets what the page will be after the reload, such as a bundle's hash
   */
  reloadFor(reason, ...targets) {
    this.#reach({ reason, targets, asks: true });
  }

  /**
   * Reloads the page for a change that can't have broken the app's answer for it, such as a script's.
   *
   * @param {string} reason
   * @param {string[]} targets
   */
  reloadAtOnce(reason, ...targets) {
    this.#reach({ reason, targets, asks: false });
  }

  /** Asks again for a page that the app did not answer with. */
  retry() {
    if (this.#isBlocked) void this.#go(true);
  }

  /** @param {Wish} wish */
  #reach(wish) {
    const { reason, targets } = wish;
    if (targets.length && targets.every((target) => this.#tried.has(target))) {
      this.#log.warn(
        `Not reloading page${because(reason)}: it was just loaded for that and came back without the change. ` +
          'Is it served from a cache, or do several servers with different files answer at this address?',
      );
      this.#page.stay?.('it was just loaded for that and came back without the change');
      return;
    }
    this.#request(wish);
  }

  /** @param {Wish} wish */
  #request({ reason, targets, asks }) {
    const before = this.#wish;
    this.#wish = {
      reason: reason || before.reason,
      targets: [...new Set([...before.targets, ...targets])],
      asks: asks || before.asks,
    };
    if (this.#delayed) {
      const isAnother = reason !== '' && reason !== this.#delayed.reason;
      if (isAnother && this.#streak.reloads < MOST_RELEASED) void this.#go(false, this.#streak.delays);
      return;
    }
    // After a delay, the cause of a loop comes later too: from another tab, which is delayed as long.
    const isQuick = this.#clock.now() - this.#startedAt < Math.max(QUICK, 2 * delayAfter(this.#streak.delays - 1));
    if (!isQuick) this.#streak = { reloads: 0, delays: 0 };
    const { delays, reloads } = this.#streak;
    if (reloads < MOST_QUICK) return void this.#go(false, delays);

    const delay = delayAfter(delays);
    this.#log.warn(
      `Reloading page in ${delay / 1_000} s${because(reason)}: there were ${reloads} reloads in a row, each right after ` +
        'the one before. If loading the page writes that file, keep it out of the watched folders, for example by ' +
        'Watch::ignore.',
    );
    this.#delayed = { reason, timer: this.#clock.setTimeout(() => void this.#go(false, delays + 1), delay) };
  }

  /**
   * Reloads the page to reach a target that came with a connection, and not with a build.
   *
   * @param {string} reason
   * @param {string} target
   */
  switchTo(reason, target) {
    if (!this.#visited.has(target)) return this.reloadFor(reason, target);
    this.#page.stay?.('several servers with different files seem to answer at its address');
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
   * Reloads the page, if it can be.
   *
   * @param {boolean} isRetry true if nothing has changed that the page is made of
   * @param {number} [delays]
   */
  async #go(isRetry, delays = this.#streak.delays) {
    this.#clock.clearTimeout(this.#delayed?.timer);
    this.#delayed = undefined;
    if (this.#page.isResubmitted()) return isRetry ? undefined : this.#stay();
    if (this.#isBlocked || this.#isAsking || (this.#wish.asks && this.#page !== UNASKED)) {
      if (!(await this.#isAnswered(isRetry))) return;
    }
    const { reason, targets } = this.#wish;
    const others = this.#readList(this.#slot).filter((other) => !targets.includes(other));
    if (targets.length) this.#writeList(this.#slot, [...others, ...targets].slice(-MOST_TARGETS));
    this.#writeList(BRAKE, [this.#streak.reloads + 1, delays, this.#clock.now()].map(String));
    this.#log.info(`Reloading page${because(reason)}`);
    this.#page.leave?.();
    this.#location.reload();
  }

  /**
   * Asks the app for the page, and shows what it answers instead of one.
   *
   * @param {boolean} isRetry
   * @returns {Promise<boolean>} whether the page is to be reloaded, by this call
   */
  async #isAnswered(isRetry) {
    this.#isChanged ||= !isRetry;
    this.#asksAgain = true;
    if (this.#isAsking) return false;
    this.#isAsking = true;
    /** @type {PageAnswer | undefined} */
    let answer;
    while (this.#asksAgain) {
      const delays = this.#failures - MOST_QUICK;
      if (delays >= 0) await new Promise((resolve) => void this.#clock.setTimeout(() => resolve(0), delayAfter(delays)));
      this.#asksAgain = false;
      answer = await this.#page.ask();
    }
    this.#isAsking = false;
    const isChanged = this.#isChanged;
    this.#isChanged = false;
    const { isAnswer = true, isPage = true, problem = '' } = answer ?? {};
    // A page that is an error itself has nothing to lose, and the next error brings the client again.
    if (isPage || (this.#page.isError && isAnswer && isChanged)) return true;
    this.#isBlocked = true;
    this.#page.stay?.(problem || 'the app does not answer with a page');
    const soon = Math.max(QUICK, 2 * delayAfter(this.#failures - MOST_QUICK));
    this.#failures = this.#clock.now() - this.#failedAt < soon ? this.#failures + 1 : 1;
    this.#failedAt = this.#clock.now();
    if (problem === this.#shown || (this.#page.isError && !isChanged)) return false;
    this.#shown = problem;
    this.#log.warn(
      `Not reloading page${because(this.#wish.reason)}, which stays until the app answers with a page again. ${problem}`,
    );
    this.#page.show([problem]);
    return false;
  }

  /** Leaves a page as it is that is the answer to a form. */
  #stay() {
    const { reason } = this.#wish;
    this.#log.warn(
      `Not reloading page${because(reason)}: it is the answer to a form, which a reload would send again. ` +
        'Reload it by hand to see the change.',
    );
    this.#page.notice(`Reload by hand: ${reason}`);
    this.#page.stay?.('it is the answer to a form, which a reload would send again');
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

/** @param {number} delays how many there were before; none, and there is no delay, below zero */
function delayAfter(delays) {
  return delays < 0 ? 0 : Math.min(LAST_DELAY, FIRST_DELAY * 2 ** Math.min(delays, 16));
}

/** @param {string} reason */
function because(reason) {
  return reason && ` (${reason})`;
}
