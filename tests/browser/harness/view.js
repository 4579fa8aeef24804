/** Waits for the appearance of a page, with any driver. */

import assert from 'node:assert/strict';

import { PATIENCE } from './patience.js';

/**
 * The base of `Tab` and `Page`, which give it `until`, `lines` and `pixel`.
 *
 * @abstract
 */
export class View {
  /**
   * Waits until an element has a computed style.
   *
   * @param {string} selector
   * @param {string} property
   * @param {string} value
   */
  untilStyle(selector, property, value) {
    return this.until(
      ([selector, property, value]) => {
        const element = document.querySelector(selector);
        return element && getComputedStyle(element).getPropertyValue(property) === value;
      },
      [selector, property, value],
    );
  }

  /**
   * Waits until the middle of an element is painted in a colour.
   *
   * @param {string} selector
   * @param {string} colour
   */
  async untilPixel(selector, colour) {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const found = await this.pixel(selector);
      if (found === colour) return;
      if (Date.now() > deadline) {
        assert.fail(`${selector} is ${found}, and not ${colour}\n${(await this.lines()).join('\n')}`);
      }
    }
  }
}
