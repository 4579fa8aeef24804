/** One test: a site on disk, the server that serves it, and a browser of its own that is looking at it. */

import { test } from 'node:test';

import { closeContext, launch } from './browser.js';
import { Stage } from './stage.js';
import { Tab } from './tab.js';

/**
 * @typedef {import('./stage.js').Setup & BrowserSetup} Setup
 *
 * @typedef {object} BrowserSetup
 * @property {import('playwright-core').BrowserContextOptions} [context] how the browser is to be
 * @property {RegExp[]} [errors] what may be said in the console as an error
 */

/**
 * Defines a test. However it ends, its server is asked to stop and its files are removed; and it
 * has failed if a page had an error that the set-up does not name, or the server did not end well.
 *
 * @param {string} name
 * @param {Setup} setup
 * @param {(stage: BrowserStage) => Promise<void>} body
 */
export function scenario(name, setup, body) {
  test(name, { timeout: 60_000 }, async () => {
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
    const browser = await launch();
    this.context = await browser.newContext(setup.context);
    this.later(() => closeContext(this.context));
  }

  // The methods that a test's body takes out of its stage.
  open = this.open.bind(this);
  tab = this.tab.bind(this);

  /**
   * Opens a page in a tab of its own and waits until its client is connected.
   *
   * @param {string} [path]
   * @param {string} [origin] another way to the server
   */
  async open(path = '/', origin = this.server.url) {
    const tab = await this.tab();
    await tab.goto(origin + path);
    await tab.says('[HMR] connected');
    await tab.mark();
    return tab;
  }

  /** An empty tab. */
  async tab() {
    const tab = new Tab(await this.context.newPage());
    this.tabs.push(tab);
    return tab;
  }
}
