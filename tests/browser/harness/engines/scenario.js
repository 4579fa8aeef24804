/** Tests that run in any engine. */

import { test } from 'node:test';

import { Stage } from '../stage.js';
import { missing } from './index.js';
import { COLLECT, Page } from './page.js';

/**
 * @typedef {import('../stage.js').Setup & { errors?: RegExp[], timeout?: number, isFull?: boolean }} Setup `errors`: those that a page may
 *   have; `timeout`: in milliseconds; `isFull`: whether Chromium has to be the whole browser, see `launch`
 *
 * @typedef {[name: string, setup: Setup, body: (stage: EngineStage) => Promise<void>]} Scenario
 */

/**
 * Defines a test for each scenario. Without the engine they are skipped, and fail where `CI` is set.
 *
 * @param {import('./index.js').Engine} engine
 * @param {Scenario[]} scenarios
 */
export function runIn(engine, scenarios) {
  const absent = missing(engine);
  const reason = `${absent.join(', ')} is not installed: see the target "engines" in the Makefile`;
  const skip = absent.length > 0 && !process.env.CI && reason;
  for (const [name, setup, body] of scenarios) {
    test(`${engine.name}: ${name}`, { timeout: setup.timeout ?? 60_000, skip }, async () => {
      if (absent.length) throw new Error(reason);
      const stage = new EngineStage(engine);
      try {
        await stage.set(setup);
        await body(stage);
        for (const page of stage.pages) await page.hasNoErrors(setup.errors ?? []);
      } finally {
        await stage.clear();
      }
    });
  }
}

class EngineStage extends Stage {
  /** @type {Page[]} */
  pages = [];

  /** @param {import('./index.js').Engine} engine */
  constructor(engine) {
    super();
    this.engine = engine;
  }

  /** @param {Setup} setup */
  async set({ files, ...setup }) {
    await super.set({ files: { 'collect.js': COLLECT, ...files }, ...setup });
    this.session = await this.engine.start(setup);
    this.later(() => this.session.close());
  }

  open = this.open.bind(this);
  tab = this.tab.bind(this);

  /**
   * Opens a page in front of the others and waits until its client is connected.
   *
   * @param {string} [path]
   */
  async open(path = '/') {
    const page = await this.tab();
    await page.goto(this.server.url + path);
    await page.says('[HMR] connected');
    await page.mark();
    return page;
  }

  /** Opens an empty page in front of the others. */
  async tab() {
    const page = new Page(await this.session.open());
    this.pages.push(page);
    return page;
  }
}
