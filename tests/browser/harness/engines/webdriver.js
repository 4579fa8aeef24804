/** The parts of WebDriver (W3C) that WebKit's tests need: one session, many windows. */

import { Agent, request } from 'node:http';
import { createServer } from 'node:net';

import { PATIENCE, within } from '../patience.js';
import { startChild } from './child.js';

/** Milliseconds: longer than any command takes. The driver itself waits for a page for five minutes. */
const LIMIT = 30_000;

export class WebDriver {
  #child;
  #port;
  #session = '';
  #first = '';
  // A command applies to the current window, so commands run one after another.
  #tail = Promise.resolve();
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /**
   * Starts a driver and a browser.
   *
   * @param {string} executable of the driver
   * @param {object} capabilities
   * @param {Record<string, string>} environment
   * @returns {Promise<WebDriver>}
   */
  static async start(executable, capabilities, environment) {
    const port = await freePort();
    const child = startChild(executable, [`--port=${port}`], environment, ['ignore', 'ignore', 'pipe']);
    const driver = new WebDriver(child, port);
    try {
      await Promise.race([driver.#untilReady(), child.failed]);
      const { sessionId } = await driver.#call('POST', '/session', { capabilities: { alwaysMatch: capabilities } });
      driver.#session = `/session/${sessionId}`;
      driver.#first = await driver.#call('GET', `${driver.#session}/window`);
      return driver;
    } catch (error) {
      await driver.stop();
      throw error;
    }
  }

  /**
   * @param {import('./child.js').Child} child
   * @param {number} port
   */
  constructor(child, port) {
    this.#child = child;
    this.#port = port;
  }

  /** @returns {Promise<string>} the handle of a new window */
  async openWindow() {
    // A new window is opened from an existing one: the first, which stays until the end.
    const { handle } = await this.inWindow(this.#first, 'POST', 'window/new', { type: 'window' });
    return handle;
  }

  /**
   * Sends a command for a window.
   *
   * @param {string} handle
   * @param {string} method
   * @param {string} command
   * @param {object} [body]
   * @returns {Promise<any>}
   */
  inWindow(handle, method, command, body) {
    const result = this.#tail.then(async () => {
      await this.#call('POST', `${this.#session}/window`, { handle });
      return this.#call(method, `${this.#session}/${command}`, body);
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** Ends the browser and the driver. */
  async stop() {
    if (this.#session) await this.#call('DELETE', this.#session).catch(() => undefined);
    this.#agent.destroy();
    await this.#child.stop();
  }

  async #untilReady() {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      try {
        return await this.#call('GET', '/status');
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<any>}
   */
  #call(method, path, body) {
    const called = new Promise((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json' };
      const to = { host: '127.0.0.1', port: this.#port, method, path, headers, agent: this.#agent, timeout: LIMIT };
      const asking = request(to, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece) => (text += piece));
        response.on('end', () => {
          const { value } = JSON.parse(text);
          if (response.statusCode === 200) resolve(value);
          else reject(new Error(`${method} ${path}: ${value.error}: ${value.message}`));
        });
      });
      asking.on('timeout', () => asking.destroy(new Error(`${method} ${path} was not answered in ${LIMIT} ms`)));
      asking.on('error', reject);
      asking.end(body && JSON.stringify(body));
    });
    return Promise.race([called, this.#child.failed]);
  }
}

/** Returns a port that was free a moment ago, because the driver can't choose one. */
function freePort() {
  const server = createServer();
  const closed = new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
  return within(closed, 'a free port');
}
