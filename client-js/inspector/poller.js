/**
 * Asks for the state while the page is visible, one request at a time.
 *
 * @typedef {import('./model.js').State} State
 *
 * @typedef {object} Wiring
 * @property {(url: string) => Promise<Response>} fetch
 * @property {string} url
 * @property {() => number} last the number of the last event that is known
 * @property {(state: State) => boolean} onState returns false if the state is of another process
 * @property {(reason: string) => void} onLost
 * @property {{ setTimeout: (task: () => void, delay: number) => unknown, clearTimeout: (timer: any) => void }} clock
 */

/** Milliseconds between an answer and the next request. */
const PAUSE = 1_000;

/** The same after a request that has failed. */
const PAUSE_LOST = 2_000;

export class Poller {
  #wiring;
  #isOn = false;
  #isBusy = false;
  #isFirst = true;
  /** @type {unknown} */
  #timer;

  /** @param {Wiring} wiring */
  constructor(wiring) {
    this.#wiring = wiring;
  }

  /** Asks at once, and goes on until `stop`. */
  start() {
    this.#isOn = true;
    this.#wiring.clock.clearTimeout(this.#timer);
    if (!this.#isBusy) void this.#run();
  }

  stop() {
    this.#isOn = false;
    this.#wiring.clock.clearTimeout(this.#timer);
  }

  async #run() {
    this.#isBusy = true;
    const pause = await this.#ask();
    this.#isBusy = false;
    if (this.#isOn) this.#timer = this.#wiring.clock.setTimeout(() => this.start(), pause);
  }

  /** @returns {Promise<number>} milliseconds until the next request */
  async #ask() {
    const { fetch, last, onLost, onState, url } = this.#wiring;
    try {
      const response = await fetch(`${url}?after=${this.#isFirst ? 0 : last()}`);
      if (!response.ok) {
        onLost(`${response.status} ${(await response.text()).slice(0, 300)}`);
        return PAUSE_LOST;
      }
      this.#isFirst = !onState(await response.json());
      return this.#isFirst ? 0 : PAUSE;
    } catch {
      onLost('the server does not answer');
      return PAUSE_LOST;
    }
  }
}
