/** One behaviour with one contestant in one engine. */

import assert from 'node:assert/strict';

import { COLLECT, page as html } from '../harness/engines/page.js';
import { Site } from '../harness/site.js';

/**
 * @typedef {object} Behaviour
 * @property {string} name
 * @property {Record<string, string> & { 'index.html'?: string[] }} files texts by name; of `index.html` its entries, by default `main.js`
 * @property {string} [head] more of the page's head, before the entries
 * @property {string} [body] more of the page's body
 * @property {boolean} [isProduction]
 * @property {Function} [needs] called in the page; resolves to false where the engine lacks what the behaviour is about
 * @property {(stage: Stage) => Promise<void>} go fails if the contestant doesn't behave so
 *
 * @typedef {object} Stage
 * @property {Probe} page
 * @property {(name: string, text: string) => Promise<void>} save
 * @property {() => Promise<Probe>} open opens another page
 * @property {() => Promise<void>} stop stops the server
 * @property {() => Promise<void>} restart stops it and starts it again at the same address
 * @property {string} overlay selector of the overlay
 * @property {string} url
 *
 * @typedef {object} Server
 * @property {string} url without a slash at its end
 * @property {(name: string) => void} [saved] called after a save, for a contestant without a watcher
 * @property {() => Promise<void>} stop
 *
 * @typedef {object} Contestant
 * @property {string} name
 * @property {string} connected the line in the console of a connected page
 * @property {string} overlay selector of the overlay
 * @property {(root: string, how: { port: number, isProduction: boolean }) => Promise<Server>} start port 0 for any
 *
 * @typedef {'passed' | 'failed' | 'lacking'} Outcome `lacking`: the engine doesn't have what the behaviour is about
 */

const BODY = '<p></p>';

/** The lines at the level `debug` count too: Vite's client says there that it is connected. */
const COLLECT_ALL = COLLECT.replace("['log',", "['debug', 'log',");

/**
 * @param {Behaviour} behaviour
 * @param {Contestant} contestant
 * @param {import('../harness/engines/index.js').Engine} engine
 * @param {number} patience milliseconds to wait for a condition
 * @returns {Promise<{ outcome: Outcome, detail?: Error }>}
 */
export async function play(behaviour, contestant, engine, patience) {
  const { 'index.html': entries = ['main.js'], ...files } = behaviour.files;
  const scripts = entries.map((name) => `<script type="module" src="/${name}"></script>`).join('');
  const index = html(`${behaviour.head ?? ''}${scripts}`, BODY + (behaviour.body ?? ''));
  const site = await Site.make({ 'index.html': index, 'collect.js': COLLECT_ALL, ...files });
  const isProduction = behaviour.isProduction ?? false;
  const start = (port) => contestant.start(site.folder, { port, isProduction });
  /** @type {Server | undefined} */
  let server;
  const session = await engine.start();
  try {
    server = await start(0);
    const { url } = server;
    const open = async () => {
      const probe = new Probe(await session.open(), patience);
      await probe.goto(`${url}/`);
      if (isProduction) return probe;
      await probe.until((line) => globalThis.collected.lines.some((text) => text.includes(line)), contestant.connected);
      await probe.evaluate(() => void (globalThis.marked = true));
      return probe;
    };
    const page = await open();
    if (behaviour.needs && !(await page.evaluate(behaviour.needs))) return { outcome: 'lacking' };
    const stop = async () => {
      await server?.stop();
      server = undefined;
    };
    await behaviour.go({
      page,
      open,
      url,
      overlay: contestant.overlay,
      save: async (name, text) => {
        await site.save(name, text);
        server?.saved?.(name);
      },
      stop,
      restart: async () => {
        await stop();
        server = await start(Number(new URL(url).port));
      },
    });
    return { outcome: 'passed' };
  } catch (error) {
    return { outcome: 'failed', detail: /** @type {Error} */ (error) };
  } finally {
    await session.close();
    await server?.stop();
    await site.destroy();
  }
}

/** A page, with assertions that wait as long as the run allows. */
class Probe {
  #driver;
  #patience;

  /** @param {import('../harness/engines/index.js').Driver} driver @param {number} patience */
  constructor(driver, patience) {
    this.#driver = driver;
    this.#patience = patience;
  }

  /** @param {string} url */
  goto(url) {
    return this.#driver.goto(url);
  }

  /** @param {Function} predicate @param {unknown} [argument] */
  evaluate(predicate, argument) {
    return this.#driver.evaluate(predicate, argument);
  }

  /**
   * Waits until a function returns a truthy value; the page may be reloaded meanwhile.
   *
   * @param {Function} predicate
   * @param {unknown} [argument]
   */
  async until(predicate, argument) {
    const deadline = performance.now() + this.#patience;
    let failure;
    for (;;) {
      try {
        if (await this.evaluate(predicate, argument)) return;
        failure = undefined;
      } catch (error) {
        failure = error;
      }
      if (performance.now() > deadline) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const seen = await this.evaluate(() => [document.body.textContent, ...globalThis.collected.lines]).catch(String);
    assert.fail(`waited in vain for ${predicate} of ${JSON.stringify(argument)}: ${failure ?? ''}\n${seen}`);
  }

  /** Waits until the page shows a text. @param {string} text */
  shows(text) {
    return this.until((text) => document.querySelector('p')?.textContent === text, text);
  }

  /** Asserts that a function returns a value. @param {unknown} expected @param {Function} actual */
  async is(expected, actual) {
    assert.deepEqual((await this.evaluate(actual)) ?? undefined, expected);
  }

  /** @param {unknown} actual @param {unknown} expected @param {string} [message] */
  equals(actual, expected, message) {
    assert.deepEqual(actual, expected, message);
  }

  async isKept() {
    assert.equal(await this.evaluate(() => globalThis.marked), true, 'the page was reloaded');
  }

  async isReloaded() {
    await this.until(() => globalThis.marked === undefined && document.readyState === 'complete');
  }
}
