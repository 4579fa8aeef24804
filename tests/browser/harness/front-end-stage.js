/** The parts of a front-end test: sources on disk, a bundler, a server, and pages. */

import { test } from 'node:test';

import { closeContext, launch } from './browser.js';
import { Cleanup } from './cleanup.js';
import { FrontEnd } from './front-end.js';
import { Site } from './site.js';
import { Tab } from './tab.js';

/**
 * Defines a test of a front end. Everything that it has started is stopped at its end.
 *
 * @param {string} name
 * @param {Parameters<typeof FrontEndStage.set>[0]} how
 * @param {(stage: FrontEndStage) => Promise<unknown>} body
 */
export function frontEndScenario(name, how, body) {
  test(name, { timeout: 60_000 }, async () => {
    const stage = await FrontEndStage.set(how);
    try {
      await body(stage);
    } finally {
      await stage.clear();
    }
  });
}

export class FrontEndStage extends Cleanup {
  /** @type {FrontEnd} */
  front;
  /** @type {Map<string, Tab>} */
  #tabs = new Map();

  /**
   * @param {object} how
   * @param {{ client: string, server: string, bundler: string }} how.cell
   * @param {Record<string, string>} how.files
   * @param {object} [how.server] further set-up of the server, see `Setup` in `server.rs`
   * @param {(front: FrontEnd) => Promise<any>} [how.configure] the bundler's configuration
   */
  static async set({ cell, files, server, configure }) {
    const stage = new FrontEndStage();
    try {
      stage.context = await (await launch()).newContext();
      stage.later(() => closeContext(stage.context));
      stage.front = await stage.serve(cell, files, { server, configure });
      return stage;
    } catch (error) {
      await stage.clear();
      throw error;
    }
  }

  // Methods that scenarios destructure.
  open = this.open.bind(this);
  serve = this.serve.bind(this);

  /**
   * Builds and serves another front end.
   *
   * @param {ConstructorParameters<typeof FrontEnd>[0]} cell
   * @param {Record<string, string>} files
   * @param {ConstructorParameters<typeof FrontEnd>[2]} [how]
   */
  async serve(cell, files, how) {
    const site = await Site.make(files);
    this.later(() => site.destroy());
    const front = new FrontEnd(cell, site, how);
    this.later(() => front.stop());
    await front.start();
    return front;
  }

  /**
   * Opens a page and waits until its client is connected; the same tab again, if it is open.
   *
   * @param {string} path
   * @param {FrontEnd} [front]
   */
  async open(path, front = this.front) {
    const url = `${front.proxy.url}/${path}`;
    const open = this.#tabs.get(url);
    if (open) return open;
    const tab = new Tab(await this.context.newPage());
    this.#tabs.set(url, tab);
    await tab.goto(url);
    await tab.says(/connected/i);
    await tab.mark();
    return tab;
  }
}
