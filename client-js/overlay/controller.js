/** The overlay's controller: makes the overlay when there is something to show, and delays the build indicator. */

import { shorten } from '../stream/text.js';

/** Milliseconds before a build is shown. Most builds end sooner, and an indicator that flashes is worse than none. */
const PATIENCE = 300;

/** Milliseconds before a lost server is shown. A restart is often over sooner. */
const AWAY_PATIENCE = 1_000;
const AWAY = 'Server not reachable, reconnecting';

const MOST_NAME = 100;
const MOST_MESSAGE = 200;

/** The most builds that are known to be running; the oldest are forgotten. */
const MOST_BUILDS = 100;

/**
 * @typedef {Pick<import('./host.js').OverlayHost, 'problems' | 'indicate'>} OverlayHost
 *
 * @typedef {object} Wiring
 * @property {() => OverlayHost} host makes the overlay's host
 * @property {(part: 'overlay' | 'indicator') => boolean} isShown
 * @property {Pick<import('../stream/connection.js').Clock, 'setTimeout' | 'clearTimeout'>} clock
 * @property {Pick<import('./log.js').Log, 'warn'>} log
 */

export class OverlayController {
  #wiring;
  /** @type {OverlayHost | undefined} */
  #host;
  /** The text for each running build, by bundle. @type {Map<string, string>} */
  #builds = new Map();
  /** @type {unknown} */
  #timer;
  #isIndicating = false;
  /** The line that is shown while no build is running. */
  #notice = '';
  /** @type {unknown} */
  #awayTimer;
  #isAway = false;

  /** @param {Wiring} wiring */
  constructor(wiring) {
    this.#wiring = wiring;
  }

  /**
   * Shows the problems of one kind and bundle; an empty list clears them.
   *
   * @param {import('./problem-store.js').Kind} kind
   * @param {string} name
   * @param {readonly string[]} texts
   */
  problems(kind, name, texts) {
    if (!this.#wiring.isShown('overlay')) return;
    // A page without problems has no overlay.
    if (texts.length || this.#host) this.#use((host) => host.problems(kind, name, texts));
  }

  /**
   * Shows that a build is running, with its progress.
   *
   * @param {string} name
   * @param {{ percent?: unknown, message?: unknown }} [progress]
   */
  building(name, { percent, message } = {}) {
    if (!this.#wiring.isShown('indicator')) return;
    const parts = ['Rebuilding'];
    if (name) parts.push(shorten(name, MOST_NAME));
    if (typeof percent === 'number') parts.push(`${Math.round(percent)} %`);
    if (typeof message === 'string' && message) parts.push(`(${shorten(message, MOST_MESSAGE)})`);
    this.#builds.set(name, parts.join(' '));
    for (const oldest of this.#builds.keys()) {
      if (this.#builds.size <= MOST_BUILDS) break;
      this.#builds.delete(oldest);
    }
    if (this.#isIndicating) this.#indicate();
    else this.#timer ??= this.#wiring.clock.setTimeout(() => this.#indicate(), PATIENCE);
  }

  /**
   * Handles the end of a build, which also ends one without a name: that was of all bundles.
   *
   * @param {string} name
   */
  built(name) {
    this.#builds.delete(name);
    this.#builds.delete('');
    if (!this.#builds.size) this.idle();
    else if (this.#isIndicating) this.#indicate();
  }

  /**
   * Shows a line in the corner until the page is left.
   *
   * @param {string} text
   */
  notice(text) {
    if (!this.#wiring.isShown('indicator')) return;
    this.#notice = shorten(text, MOST_MESSAGE);
    if (!this.#isIndicating) this.#indicate();
  }

  /** Handles an unreachable server: all builds end, and a line is shown after a moment. */
  away() {
    this.idle();
    if (!this.#wiring.isShown('indicator')) return;
    this.#awayTimer ??= this.#wiring.clock.setTimeout(() => {
      this.#isAway = true;
      this.#indicate();
    }, AWAY_PATIENCE);
  }

  /** Handles the return of the server. */
  back() {
    this.#wiring.clock.clearTimeout(this.#awayTimer);
    this.#awayTimer = undefined;
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#indicate();
  }

  /** Clears the builds from the indicator. */
  idle() {
    this.#wiring.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#builds.clear();
    if (this.#isIndicating) this.#indicate();
  }

  #indicate() {
    this.#timer = undefined;
    this.#isIndicating = this.#isAway || this.#builds.size > 0;
    this.#use((host) => host.indicate(this.#isAway ? AWAY : ([...this.#builds.values()].at(-1) ?? this.#notice)));
  }

  /** @param {(host: OverlayHost) => void} task */
  #use(task) {
    try {
      this.#host ??= this.#wiring.host();
      task(this.#host);
    } catch (error) {
      this.#wiring.log.warn('Could not show the overlay', error);
    }
  }
}
