/** A proxy that leaves some requests unanswered, or breaks their connections. */

import { createServer, request } from 'node:http';

export class StallingServer {
  #server;
  #isStalled = (/** @type {string} */ _url) => false;
  #isBroken = (/** @type {string} */ _url) => false;
  #isHeld = (/** @type {string} */ _url) => false;
  /** @type {(() => void)[]} */
  #held = [];

  /**
   * @param {(url: string) => number} port the port of the server for a request
   * @returns {Promise<StallingServer>}
   */
  static async start(port) {
    const server = new StallingServer(port);
    await new Promise((resolve) => server.#server.listen(0, '127.0.0.1', () => resolve(undefined)));
    server.url = `http://127.0.0.1:${server.#server.address().port}`;
    return server;
  }

  /** @param {(url: string) => number} port */
  constructor(port) {
    this.#server = createServer(async (incoming, outgoing) => {
      if (this.#isHeld(incoming.url ?? '')) await new Promise((resolve) => this.#held.push(() => resolve(undefined)));
      if (this.#isStalled(incoming.url ?? '')) return;
      if (this.#isBroken(incoming.url ?? '')) return void outgoing.destroy();
      const { headers, method, url } = incoming;
      const forwarded = request({ host: '127.0.0.1', port: port(url ?? ''), method, path: url, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      forwarded.on('error', () => outgoing.destroy());
      outgoing.on('close', () => forwarded.destroy());
      incoming.pipe(forwarded);
    });
  }

  /** @param {(url: string) => boolean} isStalled picks the requests that get no response from now on */
  stall(isStalled) {
    this.#isStalled = isStalled;
  }

  /** @param {(url: string) => boolean} isHeld picks the requests that are answered once they are released */
  hold(isHeld) {
    this.#isHeld = isHeld;
  }

  /** Answers the requests that were held, and holds no further ones. */
  release() {
    this.#isHeld = () => false;
    for (const answer of this.#held.splice(0)) answer();
  }

  /** @param {(url: string) => boolean} isBroken picks the requests whose connections break from now on */
  break(isBroken) {
    this.#isBroken = isBroken;
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
