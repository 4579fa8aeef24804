/** Constant requests: on open connections, on new ones, and each second one that takes 3 s. */

import { Agent, request } from 'node:http';

/** Longest time for a request, in milliseconds. */
const TIMEOUT = 20_000;

export class Load {
  /** Waits of requests that are answered at once, in milliseconds. @type {number[]} */
  waits = [];
  failed = 0;
  slow = { cut: 0, all: 0 };
  #running = true;
  /** @type {Promise<void>[]} */
  #workers = [];
  /** @type {Promise<void>[]} */
  #slow = [];
  #url;

  /** @param {string} url */
  constructor(url) {
    this.#url = url;
    for (let n = 0; n < 4; n += 1) this.#workers.push(this.#work(new Agent({ keepAlive: true, maxSockets: 1 }), 10));
    for (let n = 0; n < 2; n += 1) this.#workers.push(this.#work(new Agent({ keepAlive: false }), 20));
    this.#workers.push(this.#workSlowly());
  }

  async end() {
    this.#running = false;
    await Promise.all(this.#workers);
    await Promise.all(this.#slow);
  }

  get requests() {
    return this.waits.length + this.failed;
  }

  /**
   * @param {Agent} agent
   * @param {number} pause
   */
  async #work(agent, pause) {
    while (this.#running) {
      const begun = performance.now();
      if (await this.#ask('/', agent)) this.waits.push(performance.now() - begun);
      else this.failed += 1;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    agent.destroy();
  }

  async #workSlowly() {
    while (this.#running) {
      this.slow.all += 1;
      const asked = this.#ask('/slow', new Agent({ keepAlive: false }));
      this.#slow.push(asked.then((answered) => void (answered || (this.slow.cut += 1))));
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }

  /**
   * @param {string} path
   * @param {Agent} agent
   * @returns {Promise<boolean>} true if the whole response arrived
   */
  #ask(path, agent) {
    return new Promise((resolve) => {
      const asked = request(this.#url + path, { agent, timeout: TIMEOUT }, (response) => {
        response.on('error', () => resolve(false));
        response.on('end', () => resolve(response.complete && response.statusCode === 200));
        response.resume();
      });
      asked.on('timeout', () => asked.destroy(new Error('timeout')));
      asked.on('error', () => resolve(false));
      asked.end();
    });
  }
}
