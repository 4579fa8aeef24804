/** Reloads of the page, without loops. */

import { withoutFragment } from '../stream/url.js';

const TARGETS = 'tower-hot-middleware:reloads';
const VISITED = 'tower-hot-middleware:visited';
const BRAKE = 'tower-hot-middleware:brake';

/** Milliseconds in which a reload that has begun is not begun again. */
const LEAVING = 500;

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
 * @property {(change: Change) => Promise<PageAnswer>} ask asks the app for the page, and updates this one in place if that
 *   is possible
 * @property {(problems: string[]) => void} show shows the reason why the page is not reloaded, or clears it
 * @property {(text: string) => void} notice shows a line in the corner
 * @property {boolean} isError true if the page is itself the answer of an error, so that it has no state to keep
 * @property {() => boolean} isResubmitted true if a reload would send a form again
 * @property {(cause?: string) => void} [leave] called right before a reload; `cause` is why the page could not be updated
 * @property {(reason: string) => void} [stay] called when the page is not reloaded, for this reason
 * @property {(outcome: 'same' | 'updated') => void} [current] called when the page is up to date without a reload
 *
 * @typedef {object} Change
 * @property {string} reason
 * @property {boolean} isInPage true if all of it is in the page's own HTML
 * @property {boolean} isApp true if files that no watcher reports may have changed too, as they are compiled into the app
 *
 * @typedef {Change & Ways} Wish
 *
 * @typedef {object} Ways
 * @property {readonly string[]} targets
 * @property {boolean} asks false if the change can't have broken the app's answer for the page
 */

/** @type {Wish} */
const NOTHING = { reason: '', targets: [], asks: false, isInPage: true, isApp: false };

/** Without a page to ask for, the browser finds out what comes. @type {Page} */
const UNASKED = {
  ask: () => Promise.resolve({ isPage: true, isAnswer: true, problem: '' }),
  show: () => undefined,
  notice: () => undefined,
  isError: false,
  isResubmitted: () => false,
};

/**
 * Updates or reloads the page, once the app answers with one: a page in which the app's error came instead would have lost
 * its state. Until then the error is shown on it, and each build and each new connection asks again.
 *
 * There are three safeguards against loops, in the tab's session storage.
 *
 * - A page that comes from a cache, or that names its hash wrongly, never is what the server has. Each reload leaves its
 *   targets, a page that reaches a target removes it, and a page that starts with a target does not reload for it.
 * - Where several servers with different files answer at one address, a page of one is connected to the other. A tab
 *   does not go back to a state that it came from, unless there was a build or an outage.
 * - A page may change what it is reloaded for, such as a log of requests in a watched folder. When causes keep coming
 *   right after the page is loaded or compared, that is delayed, by up to a minute. The same cause does not end a delay, as
 *   the log may have other writers, such as another tab. A change of another file does.
 */
export class Reloader {
  #location;
  #storage;
  #log;
  #clock;
  #slot;
  /** The time of the load, or of the latest comparison. */
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
  #wish = NOTHING;
  /** True while the app answers with something else than a page. */
  #isBlocked;
  #isAsking = false;
  /** Set by a request during an ask, whose answer may be from before it. */
  #asksAgain = false;
  /** True for a moment after a reload has begun, which a user may refuse. */
  #isLeaving = false;
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
    this.#slot = `${TARGETS}:${withoutFragment(location.href)}`;
    this.#startedAt = clock.now();
    this.#tried = new Set(this.#readList(this.#slot));
    this.#visited = new Set(this.#readList(VISITED));
    const [reloads = 0, delays = 0, at = 0] = this.#readList(BRAKE).map(Number);
    // The streak of another page in this tab has ended.
    const isRecent = this.#startedAt - at < LONGEST_LOAD;
    this.#streak = isRecent ? { reloads: reloads || 0, delays: delays || 0 } : { reloads: 0, delays: 0 };
  }

  /**
   * Updates or reloads the page on request.
   *
   * @param {string} reason empty when it was logged before
   */
  now(reason) {
    this.#request({ reason, targets: [], asks: true, isInPage: true, isApp: true });
  }

  /**
   * Updates or reloads the page to reach `targets`, for a change of the page's own HTML.
   *
   * @param {string} reason
   * @param {string[]} targets what the page will be afterwards, such as a bundle's hash
   */
  updateFor(reason, ...targets) {
    this.#reach({ reason, targets, asks: true, isInPage: true, isApp: targets.some(isServer) });
  }

  /**
   * Reloads the page to reach `targets`.
   *
   * @param {string} reason
   * @param {string[]} targets what the page will be after the reload, such as a bundle's hash
   */
  reloadFor(reason, ...targets) {
    this.#reach({ reason, targets, asks: true, isInPage: false, isApp: false });
  }

  /**
   * Reloads the page for a change that can't have broken the app's answer for it, such as a script's.
   *
   * @param {string} reason
   * @param {string[]} targets
   */
  reloadAtOnce(reason, ...targets) {
    this.#reach({ reason, targets, asks: false, isInPage: false, isApp: false });
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
  #request({ reason, targets, asks, isInPage, isApp }) {
    const before = this.#wish;
    this.#wish = {
      reason: reason || before.reason,
      targets: [...new Set([...before.targets, ...targets])],
      asks: asks || before.asks,
      isInPage: isInPage && before.isInPage,
      isApp: isApp || before.isApp,
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
      `Reloading page in ${delay / 1_000} s${because(reason)}: there were ${reloads} reloads or comparisons in a row, ` +
        'each right after the one before. If loading the page writes that file, keep it out of the watched folders, for example ' +
        'by Watch::ignore.',
    );
    this.#delayed = { reason, timer: this.#clock.setTimeout(() => void this.#go(false, delays + 1), delay) };
  }

  /**
   * Updates or reloads the page to reach a target that came with a connection, and not with a build.
   *
   * @param {string} reason
   * @param {string} target
   * @param {boolean} isInPage true if all of the change is in the page's own HTML
   */
  switchTo(reason, target, isInPage) {
    if (!this.#visited.has(target)) {
      return this.#reach({ reason, targets: [target], asks: true, isInPage, isApp: isServer(target) });
    }
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
   * Updates or reloads the page, if that is possible.
   *
   * @param {boolean} isRetry true if nothing has changed that the page is made of
   * @param {number} [delays]
   */
  async #go(isRetry, delays = this.#streak.delays) {
    this.#clock.clearTimeout(this.#delayed?.timer);
    this.#delayed = undefined;
    if (this.#page.isResubmitted()) return isRetry ? undefined : this.#stay();
    /** @type {string | undefined} */
    let cause;
    if (this.#isBlocked || this.#isAsking || (this.#wish.asks && this.#page !== UNASKED)) {
      const step = await this.#ask(isRetry, delays);
      if (!step.isReload) return;
      cause = step.cause;
    }
    const { reason, targets } = this.#wish;
    const others = this.#readList(this.#slot).filter((other) => !targets.includes(other));
    if (targets.length) this.#writeList(this.#slot, [...others, ...targets].slice(-MOST_TARGETS));
    // The page that is being loaded catches up by itself.
    if (this.#isLeaving) return;
    this.#writeList(BRAKE, [this.#streak.reloads + 1, delays, this.#clock.now()].map(String));
    this.#log.info(`Reloading page${because([reason, cause].filter(Boolean).join(': '))}`);
    this.#page.leave?.(cause);
    this.#location.reload();
    this.#isLeaving = true;
    this.#clock.setTimeout(() => (this.#isLeaving = false), LEAVING);
  }

  /**
   * Asks the app for the page, which updates this one where possible, and shows what it answers instead of one.
   *
   * @param {boolean} isRetry
   * @param {number} delays
   * @returns {Promise<{ isReload: boolean, cause?: string | undefined }>} `isReload` if this call is to reload the page;
   *   `cause` is why it could not be updated
   */
  async #ask(isRetry, delays) {
    this.#isChanged ||= !isRetry;
    this.#asksAgain = true;
    if (this.#isAsking) return { isReload: false };
    this.#isAsking = true;
    /** @type {PageAnswer | undefined} */
    let answer;
    let isUpdated = false;
    for (let asked = 0; this.#asksAgain; asked += 1) {
      // Asking may write a file that is watched.
      const pauses = Math.max(this.#failures, asked) - MOST_QUICK;
      if (pauses >= 0) await new Promise((resolve) => void this.#clock.setTimeout(() => resolve(0), delayAfter(pauses)));
      this.#asksAgain = false;
      const { reason, isInPage, isApp } = this.#wish;
      // After an error, a retry compares as well: the page may be what it was before.
      answer = await this.#page.ask({ reason, isInPage, isApp });
      isUpdated ||= answer.outcome === 'updated';
    }
    this.#isAsking = false;
    const isChanged = this.#isChanged;
    this.#isChanged = false;
    const { isAnswer = true, isPage = true, problem = '', outcome, cause } = answer ?? {};
    // A script may have changed during the ask.
    if (outcome && this.#wish.isInPage) {
      this.#rest(delays, isUpdated ? 'updated' : outcome);
      return { isReload: false };
    }
    // A page that is an error itself has nothing to lose, and the next error brings the client again.
    if (isPage || (this.#page.isError && isAnswer && isChanged)) return { isReload: true, cause };
    this.#isBlocked = true;
    this.#page.stay?.(problem || 'the app does not answer with a page');
    const soon = Math.max(QUICK, 2 * delayAfter(this.#failures - MOST_QUICK));
    this.#failures = this.#clock.now() - this.#failedAt < soon ? this.#failures + 1 : 1;
    this.#failedAt = this.#clock.now();
    if (problem === this.#shown || (this.#page.isError && !isChanged)) return { isReload: false };
    this.#shown = problem;
    this.#log.warn(
      `Not reloading page${because(this.#wish.reason)}, which stays until the app answers with a page again. ${problem}`,
    );
    this.#page.show([problem]);
    return { isReload: false };
  }

  /**
   * Leaves the page, which is as the app answers for it.
   *
   * @param {number} delays
   * @param {'same' | 'updated' | 'canceled'} outcome
   */
  #rest(delays, outcome) {
    if (this.#isBlocked) this.#page.show([]);
    this.#isBlocked = false;
    this.#shown = '';
    this.#failures = 0;
    const { targets } = this.#wish;
    this.#wish = NOTHING;
    // What a comparison itself causes, such as a line in a log, changes nothing in the page.
    this.#streak = outcome === 'updated' ? { reloads: 0, delays: 0 } : { reloads: this.#streak.reloads + 1, delays };
    this.#startedAt = this.#clock.now();
    // As a page that was loaded now would be.
    this.visit([...targets]);
    for (const target of targets) this.reached(target);
    if (outcome === 'canceled') this.#page.stay?.('the page canceled the update');
    else this.#page.current?.(outcome);
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

/** @param {string} target */
function isServer(target) {
  return target.startsWith('server ');
}

/** @param {string} reason */
function because(reason) {
  return reason && ` (${reason})`;
}
