/** Firefox ESR, driven by Puppeteer over WebDriver BiDi. */

import { after } from 'node:test';

import { launch } from 'puppeteer-core';

import { pixelOf } from '../png.js';

const EXECUTABLE = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

/** @type {Promise<import('puppeteer-core').Browser> | undefined} */
let browser;

after(async () => (await browser)?.close());

export const firefox = {
  name: 'Firefox',
  executables: [EXECUTABLE],
  // Firefox checks for open connections before the page receives `pagehide`.
  cachesStreamingPages: false,

  /** @returns {Promise<import('./index.js').Session>} a new context in the test file's browser */
  async start() {
    browser ??= launch({ browser: 'firefox', executablePath: EXECUTABLE, headless: true });
    const context = await (await browser).createBrowserContext();
    return {
      open: async () => new FirefoxPage(await context.newPage()),
      close: () => context.close(),
    };
  },
};

/** @implements {import('./index.js').Driver} */
class FirefoxPage {
  #page;

  /** @param {import('puppeteer-core').Page} page */
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
    return this.#page.type(selector, text);
  }

  async hold(x, y) {
    await this.#page.mouse.move(x, y);
    await this.#page.mouse.down();
  }

  release() {
    return this.#page.mouse.up();
  }

  async pixel(x, y) {
    return pixelOf(Buffer.from(await this.#page.screenshot({ clip: { x, y, width: 1, height: 1 } })));
  }

  close() {
    return this.#page.close();
  }
}
