/** A test with a site on disk, a server for it, and a browser context of its own. */

import { test } from 'node:test';

import { closeContext, launch } from './browser.js';
import { Stage } from './stage.js';
import { Tab } from './tab.js';

/**
 * @typedef {import('./stage.js').Setup & BrowserSetup} Setup
 *
 * @typedef {object} BrowserSetup
 * @property {import('playwright-core').BrowserContextOptions} [context] options of the browser context
 * @property {RegExp[]} [errors] errors that the console may have
 * @property {number} [timeout] in milliseconds
 * @property {boolean} [isFull] whether it needs the whole browser, see `launch`
 */

/**
 * Defines a test. At its end, the server is stopped and its files are removed. The test fails if a page had an error
 * that the set-up doesn't name, or if the server reported one.
 *
 * @param {string} name
 * @param {Setup} setup
 * @param {(stage: BrowserStage) => Promise<void>} body
 */
export function scenario(name, setup, body) {
  test(name, { timeout: setup.timeout ?? 60_000 }, async () => {
    const stage = new BrowserStage();
    try {
      await stage.set(setup);
      await body(stage);
      for (const tab of stage.tabs) tab.hasNoErrors(setup.errors ?? []);
    } finally {
      await stage.clear();
    }
  });
}

class BrowserStage extends Stage {
  /** @type {Tab[]} */
  tabs = [];

  /** @param {Setup} setup */
  async set(setup) {
    await super.set(setup);
    const browser = await launch(setup);
    this.context = await browser.newContext(setup.context);
    this.later(() => closeContext(this.context));
  }

  // Methods that tests destructure.
  open = this.open.bind(this);
  tab = this.tab.bind(this);

  /**
   * Opens a page in a new tab and waits until its client is connected.
   *
   * @param {string} [path]
   * @param {string} [origin] another origin of the server
   */
  async open(path = '/', origin = this.server.url) {
    const tab = await this.tab();
    await tab.goto(origin + path);
    await tab.says('[HMR] connected');
    await tab.mark();
    return tab;
  }

  /** Opens an empty tab. */
  async tab() {
    const tab = new Tab(await this.context.newPage());
    this.tabs.push(tab);
    return tab;
  }
}
