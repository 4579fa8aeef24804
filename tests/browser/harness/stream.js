/** The bytes of an event stream, read without a parser. */

import { request } from 'node:http';

import { within } from './patience.js';

/** A response without an end. */
export class Stream {
  #text = '';
  #waiting = new Set();

  /**
   * @param {string} url
   * @param {{ method?: string }} [how]
   * @returns {Promise<Stream>} when the head has arrived
   */
  static open(url, { method = 'GET' } = {}) {
    const opened = new Promise((resolve, reject) => {
      // As browsers send it; by default, Node.js would send `close`.
      const outgoing = request(url, { method, agent: false, headers: { connection: 'keep-alive' } });
      outgoing.on('error', reject);
      outgoing.on('response', (response) => resolve(new Stream(outgoing, response)));
      outgoing.end();
    });
    return within(opened, `an answer from ${url}`);
  }

  /**
   * @param {import('node:http').ClientRequest} outgoing
   * @param {import('node:http').IncomingMessage} response
   */
  constructor(outgoing, response) {
    this.status = response.statusCode;
    /** Header values by name, in lower case. */
    this.headers = response.headers;
    this.close = () => outgoing.destroy();
    this.ended = new Promise((resolve) => response.on('close', resolve));
    response.setEncoding('utf8').on('data', (text) => {
      this.#text += text;
      for (const look of this.#waiting) look();
    });
    // An aborted response ends with an error.
    response.on('error', () => undefined);
  }

  /** All that has been received so far. */
  get text() {
    return this.#text;
  }

  /**
   * Waits for a text in the body, and returns the body up to its end.
   *
   * @param {string} wanted
   * @returns {Promise<string>}
   */
  async upTo(wanted) {
    let look;
    const found = new Promise((resolve) => {
      look = () => {
        const at = this.#text.indexOf(wanted);
        if (at >= 0) resolve(this.#text.slice(0, at + wanted.length));
      };
      this.#waiting.add(look);
      look();
    });
    try {
      return await within(found, `${JSON.stringify(wanted)} in the stream`);
    } catch (error) {
      error.message += `, which reads ${JSON.stringify(this.#text)}`;
      throw error;
    } finally {
      this.#waiting.delete(look);
    }
  }
}
