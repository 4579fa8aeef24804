/** A network between the browser and the server, whose connections a test can break. */

import { connect, createServer } from 'node:net';

export class Proxy {
  #server;
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set();
  /** @type {WeakSet<import('node:net').Socket>} */
  #streams = new WeakSet();
  #isDown = false;

  /**
   * @param {() => number} port where the server listens
   * @returns {Promise<Proxy>}
   */
  static async start(port) {
    const proxy = new Proxy(port);
    await new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', () => resolve(undefined)));
    proxy.url = `http://127.0.0.1:${proxy.#server.address().port}`;
    return proxy;
  }

  /** @param {() => number} port */
  constructor(port) {
    this.#server = createServer((near) => {
      if (this.#isDown) return near.destroy();
      const far = connect(port(), '127.0.0.1');
      far.on('data', (bytes) => {
        if (/^content-type: text\/event-stream/im.test(bytes.toString('latin1'))) this.#streams.add(near).add(far);
      });
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ]) {
        this.#sockets.add(socket);
        socket.pipe(other);
        // Broken connections are expected here.
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
      }
    });
  }

  /** Breaks all open connections. */
  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Breaks all connections, and refuses new ones until `up`. */
  down() {
    this.#isDown = true;
    this.cut();
  }

  up() {
    this.#isDown = false;
  }

  /** Stops all bytes on connections with an event stream, without closing them. */
  stall() {
    for (const socket of this.#sockets) {
      // A browser would reuse the others, although they are dead too.
      if (!this.#streams.has(socket)) socket.destroy();
      socket.unpipe();
      socket.pause();
    }
  }

  async stop() {
    // An open page would reconnect at once.
    this.down();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
