/** Debian's Chromium, one for all tests of a file. */

import { existsSync } from 'node:fs';
import { after } from 'node:test';

import { chromium } from 'playwright-core';

/** An address as a network at home has them. */
export const OTHER_MACHINE = '192.168.7.7';

/** An address of the internet's. */
export const STRANGER = '203.0.113.7';

export const executable = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** A network that every machine has: names and addresses of other machines that lead to this one. */
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

/** @type {Promise<import('playwright-core').Browser> | undefined} */
let browser;

/** The browser, started when it is first asked for. */
export function launch() {
  browser ??= start();
  return browser;
}

async function start() {
  if (!existsSync(executable)) {
    throw new Error(
      `${executable} is not there. Install Chromium (apt-get install chromium), or name it: CHROMIUM=/path/to/chromium`,
    );
  }
  return chromium.launch({
    executablePath: executable,
    args: ARGUMENTS,
    // The back/forward cache is what some of the tests are about.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
}

/** Milliseconds that a context may take to close. */
const CLOSING = 5_000;

/**
 * Closes a context and its pages.
 *
 * Now and then Chromium never answers when a page is closed while it is being loaded. Then the context is left to the end
 * of the browser, which comes with the end of the file's tests.
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

after(async () => (await browser)?.close());
