/** Chromium, driven by Playwright. */

import { closeContext, executable, launch } from '../browser.js';
import { pixelOf } from '../png.js';

export const chromium = {
  name: 'Chromium',
  executables: [executable],
  cachesStreamingPages: true,

  /**
   * @param {{ isFull?: boolean }} [setup]
   * @returns {Promise<import('./index.js').Session>} a new context in the test file's browser
   */
  async start(setup) {
    const context = await (await launch(setup)).newContext();
    return {
      open: async () => new ChromiumPage(await context.newPage()),
      close: () => closeContext(context),
    };
  },
};

/** @implements {import('./index.js').Driver} */
export class ChromiumPage {
  #page;

  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.#page = page;
  }

  async goto(url) {
    await this.#page.goto(url);
  }

  evaluate(predicate, argument) {
    return this.#page.evaluate(predicate, argument);
  }

  click(selector) {
    return this.#page.click(selector);
  }

  type(selector, text) {
    return this.#page.locator(selector).pressSequentially(text);
  }

  async hold(x, y) {
    await this.#page.mouse.move(x, y);
    await this.#page.mouse.down();
  }

  release() {
    return this.#page.mouse.up();
  }

  async pixel(x, y) {
    return pixelOf(await this.#page.screenshot({ clip: { x, y, width: 1, height: 1 } }));
  }

  close() {
    return this.#page.close();
  }
}
