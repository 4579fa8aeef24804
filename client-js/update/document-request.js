/** Requests for HTML that the browser parses. No policy forbids that, and no Trusted Types: nothing in it runs. */

import { STEP_LIMIT, TimeLimitError } from '../stream/time-limit.js';

/**
 * @typedef {object} DocumentAnswer
 * @property {number} status
 * @property {string} url the URL after redirects
 * @property {string} type the `Content-Type`
 * @property {Document | null} document null if it is not HTML
 * @property {string} policy the `Content-Security-Policy`
 * @property {string} keptPolicy that of an earlier page, whose HTML the answer has
 */

/** Keeps the answer out of the HTTP cache, in both directions (Fetch standard, "HTTP-network-or-cache fetch"). */
const UNCACHED = { 'Cache-Control': 'no-cache', 'If-Modified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' };

/** Milliseconds after an answer in which a browser still reports what it has found in it. */
const REPORTED_WITHIN = 200;
const MOST_PARSED = 16;

/** The requests that the client makes on its own, for the parts that note what the page does. */
export class OwnRequests {
  /** URLs that were fetched for source maps. @type {Set<string>} */
  urls = new Set();
  #performance;
  /** The times of the latest requests whose answers are parsed. @type {{ from: number, to: number }[]} */
  #parsed = [];

  /** @param {Pick<Performance, 'now'>} performance */
  constructor(performance) {
    this.#performance = performance;
  }

  /**
   * Notes the time of a request whose answer is parsed.
   *
   * @template T
   * @param {Promise<T>} request
   * @returns {Promise<T>}
   */
  async during(request) {
    const time = { from: this.#performance.now(), to: Infinity };
    if (this.#parsed.push(time) > MOST_PARSED) this.#parsed.shift();
    try {
      return await request;
    } finally {
      time.to = this.#performance.now() + REPORTED_WITHIN;
    }
  }

  /**
   * Returns true if a violation of the page's policy at this time may be one of such an answer: Chromium reports the nonces of
   * its styles, which are other ones, as the page's.
   *
   * @param {number} time the event's
   */
  isParsing(time) {
    return this.#parsed.some(({ from, to }) => time >= from && time <= to);
  }
}

/**
 * Requests a URL and parses the answer.
 *
 * @param {typeof globalThis.XMLHttpRequest} XMLHttpRequest
 * @param {string} url
 * @param {Record<string, string>} headers
 * @returns {Promise<DocumentAnswer>} rejects if there is no answer, or none within the limit of a step
 */
export function requestDocument(XMLHttpRequest, url, headers) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('GET', url);
    request.responseType = 'document';
    request.timeout = STEP_LIMIT;
    for (const [name, value] of Object.entries({ ...UNCACHED, ...headers })) request.setRequestHeader(name, value);
    request.onload = () =>
      resolve({
        status: request.status,
        url: request.responseURL,
        type: request.getResponseHeader('Content-Type') ?? '',
        document: request.responseXML,
        policy: request.getResponseHeader('Content-Security-Policy') ?? '',
        keptPolicy: request.getResponseHeader('Hot-Middleware-Policy') ?? '',
      });
    request.ontimeout = () => reject(new TimeLimitError(url));
    request.onerror = request.onabort = () => reject(new Error(`no answer from ${url}`));
    request.send();
  });
}

