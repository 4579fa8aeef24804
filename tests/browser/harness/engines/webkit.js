/** WebKitGTK's MiniBrowser, driven over WebDriver in a display of its own. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';

import { pixelOf } from '../png.js';
import { Display } from './display.js';
import { WebDriver } from './webdriver.js';

const DRIVER = process.env.WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';
const XVFB = process.env.XVFB ?? '/usr/bin/Xvfb';

const MINI_BROWSER = process.env.WEBKIT ?? miniBrowser();

const CAPABILITIES = {
  browserName: 'MiniBrowser',
  'webkitgtk:browserOptions': { binary: MINI_BROWSER, args: ['--automation'] },
};

/** Variables for a machine without a graphics card. */
const RENDERING = { GDK_BACKEND: 'x11', LIBGL_ALWAYS_SOFTWARE: '1', WEBKIT_SKIA_ENABLE_CPU_RENDERING: '1' };

/** Returns the newest MiniBrowser; Debian's path contains the architecture and the library's version. */
function miniBrowser() {
  const folders = readdirSync('/usr/lib').filter((name) => name.includes('-linux-'));
  const versions = folders.flatMap((folder) =>
    readdirSync(join('/usr/lib', folder))
      .filter((name) => name.startsWith('webkit2gtk-'))
      .map((name) => join('/usr/lib', folder, name, 'MiniBrowser')),
  );
  return versions.filter((path) => existsSync(path)).sort().at(-1) ?? 'MiniBrowser of webkit2gtk';
}

/** @type {Promise<{ display: Display, driver: WebDriver }> | undefined} */
let running;

async function run() {
  const display = await Display.start(XVFB);
  try {
    const environment = { ...RENDERING, DISPLAY: display.name };
    return { display, driver: await WebDriver.start(DRIVER, CAPABILITIES, environment) };
  } catch (error) {
    await display.stop();
    throw error;
  }
}

after(async () => {
  const { display, driver } = (await running?.catch(() => undefined)) ?? {};
  await driver?.stop();
  await display?.stop();
});

export const webkit = {
  name: 'WebKit',
  executables: [DRIVER, MINI_BROWSER, XVFB],
  cachesStreamingPages: true,
  workersHaveOwnCache: true,
  revalidatesOnReload: true,

  /** @returns {Promise<import('./index.js').Session>} windows of the test file's browser */
  async start() {
    running ??= run();
    const { driver } = await running;
    const pages = [];
    return {
      async open() {
        const page = new WebKitPage(driver, await driver.openWindow());
        pages.push(page);
        return page;
      },
      async close() {
        for (const page of pages) await page.close();
      },
    };
  },
};

/** @implements {import('./index.js').Driver} */
class WebKitPage {
  #driver;
  #window;

  /**
   * @param {WebDriver} driver
   * @param {string} window its handle
   */
  constructor(driver, window) {
    this.#driver = driver;
    this.#window = window;
  }

  async goto(url) {
    await this.#post('url', { url });
  }

  evaluate(predicate, argument) {
    const args = argument === undefined ? [] : [argument];
    return this.#post('execute/sync', { script: `return (${predicate})(...arguments);`, args });
  }

  async click(selector) {
    await this.#post(`element/${await this.#element(selector)}/click`, {});
  }

  async type(selector, text) {
    await this.#post(`element/${await this.#element(selector)}/value`, { text });
  }

  async hold(x, y) {
    await this.#point([{ type: 'pointerMove', duration: 0, x, y }, { type: 'pointerDown', button: 0 }]);
  }

  async release() {
    await this.#point([{ type: 'pointerUp', button: 0 }]);
  }

  async pixel(x, y) {
    const png = await this.#driver.inWindow(this.#window, 'GET', 'screenshot');
    return pixelOf(Buffer.from(png, 'base64'), x, y);
  }

  async close() {
    if (this.#window) await this.#driver.inWindow(this.#window, 'DELETE', 'window');
    this.#window = '';
  }

  /** @param {object[]} actions */
  async #point(actions) {
    await this.#post('actions', { actions: [{ type: 'pointer', id: 'mouse', actions }] });
  }

  /** @param {string} selector */
  async #element(selector) {
    const found = await this.#post('element', { using: 'css selector', value: selector });
    return Object.values(found)[0];
  }

  /**
   * @param {string} command
   * @param {object} body
   */
  #post(command, body) {
    return this.#driver.inWindow(this.#window, 'POST', command, body);
  }
}
