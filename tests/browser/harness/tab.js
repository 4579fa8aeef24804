/** A page in the browser, with its console and its navigations. */

import assert from 'node:assert/strict';

import { PATIENCE, within } from './patience.js';
import { pixelOf } from './png.js';
import { View } from './view.js';

/** Chromium's console line for a truncated response: tests save a file while the app still sends its previous version. */
const CUT_SHORT = /ERR_CONTENT_LENGTH_MISMATCH/;

export class Tab extends View {
  /** Everything in the console, in order. @type {{ type: string, text: string }[]} */
  console = [];
  /** Responses to requests for the page itself, including redirects. @type {import('playwright-core').Response[]} */
  documents = [];
  /** Number of navigations of the page. */
  navigations = 0;
  #waiting = new Set();
  #marked = { navigations: 0, lines: 0 };

  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    super();
    this.page = page;
    page.on('console', (message) => {
      const text = message.text();
      const isLoad = text.startsWith('Failed to load resource');
      this.#receive(message.type(), isLoad ? `${text} ${message.location().url}` : text);
    });
    page.on('pageerror', (error) => this.#receive('error', String(error)));
    const isOwn = (request) => request.isNavigationRequest() && request.frame() === page.mainFrame();
    page.on('request', (request) => void (isOwn(request) && (this.navigations += 1)));
    page.on('response', (response) => void (isOwn(response.request()) && this.documents.push(response)));
  }

  /**
   * @param {string} url
   * @returns {Promise<number>} the number of lines in the console before
   */
  async goto(url) {
    const from = this.console.length;
    await this.page.goto(url);
    return from;
  }

  /** The lines of the console, beginning at `from`. */
  lines(from = 0) {
    return this.console.slice(from).map(({ text }) => text);
  }

  /**
   * Waits for a line in the console.
   *
   * @param {string | RegExp} wanted the whole line, or a pattern
   * @param {number} [from] the number of lines to skip
   */
  async says(wanted, from = 0) {
    const fits = (text) => (typeof wanted === 'string' ? text === wanted : wanted.test(text));
    if (this.lines(from).some(fits)) return;
    let listener;
    const found = new Promise((resolve) => {
      listener = (text) => fits(text) && resolve(undefined);
      this.#waiting.add(listener);
    });
    try {
      await within(found, `${wanted} in the console`);
    } catch (error) {
      error.message += `, which says:\n${this.lines().join('\n')}`;
      throw error;
    } finally {
      this.#waiting.delete(listener);
    }
  }

  /**
   * Waits until a function that is called in the page returns a truthy value.
   *
   * @template A
   * @param {(argument: A) => unknown} predicate
   * @param {A} [argument]
   */
  async until(predicate, argument) {
    try {
      await this.page.waitForFunction(predicate, argument, { timeout: PATIENCE, polling: 20 });
    } catch (error) {
      error.message += `\nof: ${predicate}\nwith: ${JSON.stringify(argument)}\nconsole:\n${this.lines().join('\n')}`;
      throw error;
    }
  }

  /**
   * @param {string} selector
   * @param {string} property
   * @returns {Promise<string>} the computed style
   */
  style(selector, property) {
    return this.page.$eval(
      selector,
      (element, property) => getComputedStyle(element).getPropertyValue(property),
      property,
    );
  }

  /**
   * @param {string} selector
   * @returns {Promise<string>} the painted colour in the middle of an element, as `rgb(…)`
   */
  async pixel(selector) {
    const { x, y, width, height } = await this.page.locator(selector).boundingBox();
    const clip = { x: Math.floor(x + width / 2), y: Math.floor(y + height / 2), width: 1, height: 1 };
    return pixelOf(await this.page.screenshot({ clip }));
  }

  /**
   * Subscribes to an event of the app through the client's API.
   *
   * @param {string} action
   * @returns {Promise<() => Promise<void>>} a function that waits until the client has handled the event
   */
  async receives(action) {
    await this.page.evaluate((action) => {
      globalThis.received = false;
      const end = globalThis.__hot_middleware__.subscribe((message) => {
        if (message.action !== action) return;
        globalThis.received = true;
        end();
      });
    }, action);
    return () => this.until(() => globalThis.received);
  }

  /** Marks the page; a reload removes the mark. */
  async mark() {
    await this.page.evaluate(() => void (globalThis.marked = true));
    this.#marked = { navigations: this.navigations, lines: this.console.length };
  }

  /** Asserts that the marked page has not been reloaded. Wait for a visible change before. */
  async isKept() {
    assert.equal(this.navigations, this.#marked.navigations, `the page was reloaded:\n${this.lines().join('\n')}`);
    assert.equal(await this.page.evaluate(() => globalThis.marked), true);
  }

  /** Waits until the marked page has been reloaded once and its client is connected. */
  async isReloaded() {
    await this.until(() => globalThis.marked === undefined && document.readyState === 'complete');
    await this.says('[HMR] connected', this.#marked.lines);
    assert.equal(this.navigations, this.#marked.navigations + 1, this.lines().join('\n'));
    await this.mark();
  }

  /**
   * Asserts that the console has no unexpected error.
   *
   * @param {RegExp[]} expected the errors that belong to the scenario
   */
  hasNoErrors(expected) {
    const errors = this.console.filter(({ type }) => type === 'error').map(({ text }) => text);
    const isExpected = (text) => [CUT_SHORT, ...expected].some((pattern) => pattern.test(text));
    assert.deepEqual(
      errors.filter((text) => !isExpected(text)),
      [],
    );
  }

  /**
   * @param {string} type
   * @param {string} text
   */
  #receive(type, text) {
    if (type === 'endGroup') return;
    this.console.push({ type, text });
    for (const listener of this.#waiting) listener(text);
  }
}
