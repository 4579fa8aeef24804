/** The event stream as bytes, read without any parser's help. */

import { request } from 'node:http';

import { within } from './patience.js';

/** A response that does not end. */
export class Stream {
  #text = '';
  #waiting = new Set();

  /**
   * @param {string} url
   * @param {{ method?: string }} [how]
   * @returns {Promise<Stream>} when the head is there
   */
  static open(url, { method = 'GET' } = {}) {
    const opened = new Promise((resolve, reject) => {
      // As a browser asks; by itself Node would ask for the connection to be closed.
      const asking = request(url, { method, agent: false, headers: { connection: 'keep-alive' } });
      asking.on('error', reject);
      asking.on('response', (response) => resolve(new Stream(asking, response)));
      asking.end();
    });
    return within(opened, `an answer from ${url}`);
  }

  /**
   * @param {import('node:http').ClientRequest} asking
   * @param {import('node:http').IncomingMessage} response
   */
  constructor(asking, response) {
    this.status = response.statusCode;
    /** As they were written, in lower case. */
    this.headers = response.headers;
    this.close = () => asking.destroy();
    this.ended = new Promise((resolve) => response.on('close', resolve));
    response.setEncoding('utf8').on('data', (text) => {
      this.#text += text;
      for (const look of this.#waiting) look();
    });
    // What was asked for to be broken off is broken off.
    response.on('error', () => undefined);
  }

  /** All that has come so far. */
  get text() {
    return this.#text;
  }

  /**
   * Waits for a text in the body, and returns all of the body up to the end of it.
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
