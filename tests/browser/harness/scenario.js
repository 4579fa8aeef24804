/** One test: a site on disk, the server that serves it, and a browser of its own that is looking at it. */

import { test } from 'node:test';

import { closeContext, launch } from './browser.js';
import { Server } from './server.js';
import { Site } from './site.js';
import { Tab } from './tab.js';

/**
 * @typedef {object} Setup
 * @property {Record<string, string | Buffer>} [files] what is served at `/`
 * @property {Record<string, string>} [templates] what is served at `/t/`
 * @property {object} [server] further set-up of the server, see `Server.start`
 * @property {import('playwright-core').BrowserContextOptions} [context] how the browser is to be
 * @property {RegExp[]} [errors] what may be said in the console as an error
 */

/**
 * Defines a test. However it ends, its server is asked to stop and its files are removed; and it
 * has failed if a page had an error that the set-up does not name, or the server did not end well.
 *
 * @param {string} name
 * @param {Setup} setup
 * @param {(stage: Stage) => Promise<void>} body
 */
export function scenario(name, setup, body) {
  test(name, { timeout: 60_000 }, async () => {
    const stage = await Stage.set(setup);
    try {
      await body(stage);
      for (const tab of stage.tabs) tab.hasNoErrors(setup.errors ?? []);
    } finally {
      await stage.clear();
    }
  });
}

class Stage {
  /** @type {Tab[]} */
  tabs = [];
  #clearing = [];

  /** @param {Setup} setup */
  static async set({ files = {}, templates, server = {}, context }) {
    const stage = new Stage();
    try {
      stage.site = await Site.make(files);
      stage.later(() => stage.site.destroy());
      if (templates) {
        stage.templates = await Site.make(templates);
        stage.later(() => stage.templates.destroy());
      }
      stage.server = await Server.start({
        root: stage.site.folder,
        ...(stage.templates && { templates: stage.templates.folder }),
        ...server,
      });
      stage.later(() => stage.server.stop());
      const browser = await launch();
      stage.context = await browser.newContext(context);
      stage.later(() => closeContext(stage.context));
      return stage;
    } catch (error) {
      await stage.clear();
      throw error;
    }
  }

  /**
   * Has something done at the end, before what was asked for earlier.
   *
   * @param {() => unknown} task
   */
  later(task) {
    this.#clearing.push(task);
  }

  // The methods that a test's body takes out of its stage.
  open = this.open.bind(this);
  restart = this.restart.bind(this);
  tab = this.tab.bind(this);
  later = this.later.bind(this);

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

  /**
   * Stops the server and starts it again at the same address.
   *
   * @param {{ meanwhile?: () => unknown, executable?: string }} [how]
   */
  async restart({ meanwhile = () => undefined, executable = this.server.executable } = {}) {
    await this.server.stop();
    await meanwhile();
    this.server = await this.server.again(executable);
  }

  async clear() {
    const failures = [];
    for (const task of this.#clearing.splice(0).reverse()) {
      try {
        await task();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length) throw failures[0];
  }
}
