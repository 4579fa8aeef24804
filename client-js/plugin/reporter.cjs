/** Reports builds to a server, and reports the latest ones again to a server that was started after them. */

'use strict';

/** Milliseconds that a response may take. */
const PATIENCE = 10_000;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5_000;

/**
 * @typedef {object} Parts
 * @property {string} url the event stream's
 * @property {string} token
 * @property {{ warn(text: string): void }} log
 * @property {typeof globalThis.fetch} [fetch]
 */

class Reporter {
  #url;
  #log;
  #fetch;
  #headers;
  /** Reports go out one after another, so that they arrive in order. */
  #tail = Promise.resolve();
  /** The latest reports, for a server that is started later, by bundle. @type {Map<string, { built?: object, building?: object }>} */
  #state = new Map();
  /** @type {AbortController | undefined} */
  #following;
  /** Ends the stream that is being read. @type {AbortController | undefined} */
  #reading;
  /** True while a progress report is being sent. */
  #isBusy = false;
  /** The last warning, which is not repeated. */
  #warned = '';

  /** @param {Parts} parts */
  constructor({ url, token, log, fetch = globalThis.fetch }) {
    this.#url = url;
    this.#log = log;
    this.#fetch = fetch;
    this.#headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  }

  /**
   * @param {string} name
   * @param {string} [file]
   */
  building(name, file) {
    const report = { action: 'building', name, ...(file && { file }) };
    this.#state.set(name, { ...this.#state.get(name), building: report });
    return this.#send(report);
  }

  /**
   * @param {string} name
   * @param {object} stats what `stats.toJson()` returned
   */
  built(name, stats) {
    const report = { ...stats, name };
    this.#state.set(name, { built: { ...report, action: 'sync' } });
    return this.#send({ ...report, action: 'built' });
  }

  /**
   * Reports a build's progress, unless the previous report is still being sent.
   *
   * @param {string} name
   * @param {number} percent
   * @param {string} message
   */
  async progress(name, percent, message) {
    if (this.#isBusy) return;
    this.#isBusy = true;
    await this.#send({ action: 'progress', name, percent, message });
    this.#isBusy = false;
  }

  /** Reads the server's stream from now on. With each new stream, the server may be a new one. */
  follow() {
    if (this.#following) return;
    this.#following = new AbortController();
    void this.#follow(this.#following.signal);
  }

  /** @returns {Promise<void>} settles when all reports were sent */
  close() {
    this.#following?.abort();
    this.#following = undefined;
    return this.#tail;
  }

  /** @param {AbortSignal} signal */
  async #follow(signal) {
    for (let pause = FIRST_PAUSE; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      if (await this.#read(signal)) pause = FIRST_PAUSE;
      await sleep(pause, signal);
    }
  }

  /**
   * Reads the stream until it ends, and returns true if there was one.
   *
   * @param {AbortSignal} signal
   */
  async #read(signal) {
    const reading = (this.#reading = new AbortController());
    const late = setTimeout(() => reading.abort(), PATIENCE);
    try {
      const headers = { Accept: 'text/event-stream' };
      const response = await this.#fetch(this.#url, { headers, signal: AbortSignal.any([signal, reading.signal]) });
      clearTimeout(late);
      if (!response.ok) {
        await this.#explain(response);
        return false;
      }
      for (const { built, building } of this.#state.values()) {
        if (built) void this.#send(built);
        if (building) void this.#send(building);
      }
      // Its events are for pages. Its end means that the server is gone.
      for await (const _ of /** @type {any} */ (response.body));
      return true;
    } catch {
      // The server is not reachable. The next one receives the latest reports.
      return false;
    } finally {
      clearTimeout(late);
    }
  }

  /**
   * @param {object} report
   * @returns {Promise<void>} settles when it was sent, or failed
   */
  #send(report) {
    const body = JSON.stringify(report);
    this.#tail = this.#tail.then(async () => {
      try {
        const signal = AbortSignal.timeout(PATIENCE);
        const response = await this.#fetch(this.#url, { method: 'POST', headers: this.#headers, body, signal });
        if (response.ok) this.#warned = '';
        else await this.#explain(response);
      } catch {
        // The server is not reachable. `#read` reports to the next one.
        this.#reading?.abort();
      }
    });
    return this.#tail;
  }

  /** @param {Response} response an error response */
  async #explain(response) {
    const text = `${this.#url} answers ${response.status} ${(await response.text()).trim().slice(0, 1_000)}`;
    if (text !== this.#warned) this.#log.warn(text);
    this.#warned = text;
  }
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function sleep(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

module.exports = { Reporter };
