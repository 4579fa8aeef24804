/**
 * Debian's Chromium, one for all tests of a file: the build without windows, `chromium-headless-shell`, which opens a page in a
 * third of the time, or the whole browser.
 */

import { existsSync } from 'node:fs';
import { after } from 'node:test';

import { chromium } from 'playwright-core';

/** An address in a home network. */
export const OTHER_MACHINE = '192.168.7.7';

/** A public address on the internet. */
export const STRANGER = '203.0.113.7';

export const executable = process.env.CHROMIUM ?? '/usr/bin/chromium';
const SHELL = process.env.CHROMIUM_SHELL ?? '/usr/bin/chromium-headless-shell';

/** A simulated network: host names and addresses of other machines, which resolve to this one. */
const NETWORK = ['*.test', OTHER_MACHINE, STRANGER].map((host) => `MAP ${host} 127.0.0.1`);

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--host-resolver-rules=${NETWORK.join(', ')}`,
];

/** By executable. @type {Map<string, Promise<import('playwright-core').Browser>>} */
const browsers = new Map();

/**
 * Returns the browser, which the first call starts.
 *
 * @param {{ isFull?: boolean }} [options] `isFull`: with all parts of a browser, such as the back/forward cache
 */
export async function launch({ isFull = false } = {}) {
  const path = isFull || !existsSync(SHELL) ? executable : SHELL;
  const browser = browsers.get(path) ?? start(path);
  browsers.set(path, browser);
  return browser;
}

/** @param {string} executable */
async function start(executable) {
  if (!existsSync(executable)) {
    throw new Error(
      `${executable} does not exist. Install Chromium (apt-get install chromium), or set its path: CHROMIUM=/path/to/chromium`,
    );
  }
  return chromium.launch({
    executablePath: executable,
    args: ARGUMENTS,
    // Some tests need the back/forward cache.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
}

/** Milliseconds that a context may take to close. */
const CLOSING = 5_000;

/**
 * Closes a context and its pages.
 *
 * Now and then Chromium never responds when a page is closed while it loads. The context then ends with the browser, after
 * the tests of the file.
 *
 * @param {import('playwright-core').BrowserContext} context
 * @returns {Promise<void>}
 */
export async function closeContext(context) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, CLOSING)));
  await Promise.race([context.close(), late]);
  clearTimeout(timer);
}

after(async () => {
  for (const browser of browsers.values()) await (await browser).close();
});
