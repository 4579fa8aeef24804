/** A page in any of the engines. */

import assert from 'node:assert/strict';

import { PATIENCE } from '../patience.js';
import { html } from '../site.js';
import { View } from '../view.js';

/** Collects the console and the errors of a page in the page itself, because WebKit's driver has neither. */
export const COLLECT = `
  globalThis.collected = { lines: [], errors: [] };
  const { lines, errors } = globalThis.collected;
  const text = (value) => (value instanceof Error ? value.stack + value : String(value));
  for (const type of ['log', 'info', 'warn', 'error', 'groupCollapsed']) {
    const own = console[type].bind(console);
    console[type] = (...values) => {
      const line = values.map(text).join(' ');
      lines.push(line);
      if (type === 'error') errors.push(line);
      own(...values);
    };
  }
  addEventListener('unhandledrejection', ({ reason }) => errors.push(text(reason)));
  addEventListener('securitypolicyviolation', (event) => errors.push(event.violatedDirective + ' ' + event.blockedURI));
  addEventListener(
    'error',
    ({ error, message, target }) => errors.push(target === window ? text(error ?? message) : target.outerHTML),
    true,
  );
`;

/** Returns true in a page that has the HTML that the app sent. */
export function isUpdatable() {
  const { dataset } = document.querySelector('script[data-hot-middleware]');
  const { page } = JSON.parse(dataset.hotMiddleware);
  return performance.getEntriesByType('resource').some(({ name, responseEnd }) => responseEnd && name.includes(page));
}

/**
 * Returns a whole page that collects its console.
 *
 * @param {string} head
 * @param {string} [body]
 */
export function page(head, body) {
  return html(`<script src="/collect.js"></script>${head}`, body);
}

export class Page extends View {
  #driver;

  /** @param {import('./index.js').Driver} driver */
  constructor(driver) {
    super();
    this.#driver = driver;
  }

  /** @param {string} url */
  goto(url) {
    return this.#driver.goto(url);
  }

  /** Goes back in the history by a script, which works in every engine. */
  back() {
    return this.evaluate(() => history.back());
  }

  /**
   * @template A
   * @param {(argument: A) => unknown} predicate a function to call in the page; its result must be JSON
   * @param {A} [argument]
   */
  evaluate(predicate, argument) {
    return this.#driver.evaluate(predicate, argument);
  }

  /**
   * Waits until a function that is called in the page returns a truthy value; the page may be reloaded meanwhile.
   *
   * @template A
   * @param {(argument: A) => unknown} predicate
   * @param {A} [argument]
   */
  async until(predicate, argument) {
    const deadline = Date.now() + PATIENCE;
    let failure;
    for (;;) {
      try {
        if (await this.evaluate(predicate, argument)) return;
        failure = undefined;
      } catch (error) {
        // A page that is being unloaded can't run it.
        failure = error;
      }
      if (Date.now() > deadline) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const lines = await this.lines().catch((error) => [String(error)]);
    assert.fail(`waited in vain for ${predicate} of ${JSON.stringify(argument)}: ${failure}\n${lines.join('\n')}`);
  }

  /** @param {string} selector */
  click(selector) {
    return this.#driver.click(selector);
  }

  /**
   * @param {string} selector
   * @param {string} text
   */
  type(selector, text) {
    return this.#driver.type(selector, text);
  }

  /**
   * Presses the mouse's button on an element, and holds it.
   *
   * @param {string} selector
   */
  async hold(selector) {
    const point = await this.evaluate((selector) => {
      const { left, top, width, height } = document.querySelector(selector).getBoundingClientRect();
      return [Math.floor(left + width / 2), Math.floor(top + height / 2)];
    }, selector);
    await this.#driver.hold(point[0], point[1]);
  }

  /** Releases the mouse's button. */
  release() {
    return this.#driver.release();
  }

  /** @param {string} selector */
  text(selector) {
    return this.evaluate((selector) => document.querySelector(selector)?.textContent, selector);
  }

  /**
   * @param {string} selector
   * @param {string} text
   */
  untilText(selector, text) {
    return this.until(([selector, text]) => document.querySelector(selector)?.textContent === text, [selector, text]);
  }

  /**
   * @param {string} selector
   * @param {string} property
   * @returns {Promise<string>} the computed style
   */
  style(selector, property) {
    return this.evaluate(
      ([selector, property]) => getComputedStyle(document.querySelector(selector)).getPropertyValue(property),
      [selector, property],
    );
  }

  /**
   * @param {string} selector
   * @returns {Promise<string>} the painted colour in the middle of an element, as `rgb(…)`
   */
  async pixel(selector) {
    const [x, y] = await this.evaluate((selector) => {
      const { left, top, width, height } = document.querySelector(selector).getBoundingClientRect();
      return [Math.floor(left + width / 2), Math.floor(top + height / 2)];
    }, selector);
    return this.#driver.pixel(x, y);
  }

  /** @returns {Promise<string[]>} the lines of the page's console */
  async lines() {
    return (await this.evaluate(() => globalThis.collected?.lines)) ?? [];
  }

  /**
   * Waits for a line in the console.
   *
   * @param {string} line
   */
  says(line) {
    return this.until((line) => globalThis.collected?.lines.includes(line), line);
  }

  /** Marks the page; a reload removes the mark. */
  mark() {
    return this.evaluate(() => void (globalThis.marked = true));
  }

  /** Asserts that the marked page has not been reloaded. Wait for a visible change before. */
  async isKept() {
    assert.equal(await this.evaluate(() => globalThis.marked), true, 'the page was reloaded');
  }

  /** Waits until the page can be updated in place. */
  untilUpdatable() {
    return this.until(isUpdatable);
  }

  /** Waits until the marked page has been reloaded and its client is connected. */
  async isReloaded() {
    await this.until(() => globalThis.marked === undefined && document.readyState === 'complete');
    await this.says('[HMR] connected');
    await this.mark();
  }

  /**
   * Asserts that the page has no unexpected error.
   *
   * @param {RegExp[]} expected the errors that belong to the scenario
   */
  async hasNoErrors(expected) {
    const errors = (await this.evaluate(() => globalThis.collected?.errors)) ?? [];
    assert.deepEqual(
      errors.filter((text) => !expected.some((pattern) => pattern.test(text))),
      [],
    );
  }

  close() {
    return this.#driver.close();
  }
}
