/** A foreign site that a developer visits: a server on another port, so its pages have another origin. */

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

import { html } from './site.js';

/** The GUID in a server's response to a WebSocket handshake (RFC 6455, section 4.2.2). */
const HANDSHAKE = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export class ForeignSite {
  #server;

  /**
   * @param {string} [page] the response to every request
   * @returns {Promise<ForeignSite>} when it listens
   */
  static async start(page = html('')) {
    const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(page));
    // Every handshake succeeds here, which shows that a page can open a socket.
    server.on('upgrade', (request, socket) => {
      const key = request.headers['sec-websocket-key'] + HANDSHAKE;
      const accept = createHash('sha1').update(key).digest('base64');
      const head = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket'];
      socket.on('error', () => undefined).end([...head, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'));
      // A socket that is not read to its end stays open.
      socket.resume();
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    return new ForeignSite(server);
  }

  /** @param {import('node:http').Server} server */
  constructor(server) {
    this.#server = server;
    this.port = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  }

  /**
   * Its origin under a host that resolves to it.
   *
   * @param {string} [host]
   */
  origin(host = 'evil.test') {
    return `http://${host}:${this.port}`;
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
