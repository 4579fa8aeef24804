/** What there is to show over the page, kept until it can be shown. */

import { shorten } from '../stream/text.js';

/** Most builds are over sooner, and a sign that flashes is worse than none. */
const PATIENCE = 300;

const MOST_NAME = 100;
const MOST_MESSAGE = 200;

/** The most builds that are known to be running; the oldest are forgotten. */
const MOST_BUILDS = 100;

/**
 * @typedef {Pick<import('./host.js').OverlayHost, 'problems' | 'indicate'>} OverlayHost
 *
 * @typedef {object} Wiring
 * @property {() => Promise<OverlayHost>} load fetches the host
 * @property {(part: 'overlay' | 'indicator') => boolean} isShown
 * @property {Pick<import('../stream/connection.js').Clock, 'setTimeout' | 'clearTimeout'>} clock
 * @property {Pick<import('./log.js').Log, 'warn'>} log
 */

export class OverlayController {
  #wiring;
  /** @type {Promise<OverlayHost> | undefined} */
  #host;
  /** Builds that are under way, each with how far it is. @type {Map<string, string>} */
  #builds = new Map();
  /** @type {unknown} */
  #timer;
  #isIndicating = false;

  /** @param {Wiring} wiring */
  constructor(wiring) {
    this.#wiring = wiring;
  }

  /**
   * Says what is wrong in one slot, with empty `texts` that nothing is.
   *
   * @param {import('./problem-store.js').Kind} kind
   * @param {string} name
   * @param {readonly string[]} texts
   */
  problems(kind, name, texts) {
    if (!this.#wiring.isShown('overlay')) return;
    // A host that was never needed is not fetched to be told that all is well.
    if (texts.length || this.#host) this.#use((host) => host.problems(kind, name, texts));
  }

  /**
   * A build has begun, or is so far.
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
   * A build is done. One that was begun without a name is, too: it was of all bundles.
   *
   * @param {string} name
   */
  built(name) {
    this.#builds.delete(name);
    this.#builds.delete('');
    if (!this.#builds.size) this.idle();
    else if (this.#isIndicating) this.#indicate();
  }

  /** Nothing is known to be under way. */
  idle() {
    this.#wiring.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#builds.clear();
    if (this.#isIndicating) this.#indicate();
  }

  #indicate() {
    this.#timer = undefined;
    this.#isIndicating = this.#builds.size > 0;
    this.#use((host) => host.indicate([...this.#builds.values()].at(-1) ?? ''));
  }

  /** @param {(host: OverlayHost) => void} task */
  #use(task) {
    this.#host ??= this.#wiring.load();
    this.#host.then(task).catch((error) => {
      // The next thing to show is another try.
      this.#host = undefined;
      this.#wiring.log.warn('Could not show over the page what the console says', error);
    });
  }
}
