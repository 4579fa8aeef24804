/** A page whose server stops and starts again. */

import assert from 'node:assert/strict';
import { copyFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';

import { isUpdatable } from './harness/engines/page.js';
import { example, html, scenario, Site } from './harness.js';

const PAGE = html('<link rel="stylesheet" href="/style.css">', '<p>one</p>');
const style = (shade) => `p { color: rgb(${shade}, 0, 0); }`;
const FILES = { 'index.html': PAGE, 'style.css': style(1) };

/** Chromium's console lines while no server runs. */
const errors = [/net::ERR_/];

/** Makes a visible change: a reload would have happened before it. */
async function isFollowed({ site }, tab, shade) {
  await site.save('style.css', style(shade));
  await tab.untilStyle('p', 'color', `rgb(${shade}, 0, 0)`);
  await tab.isKept();
}

scenario('a restart without changes does nothing', { files: FILES, errors }, async (stage) => {
  const tab = await stage.open();
  for (const shade of [2, 3]) {
    const from = tab.console.length;
    await stage.restart();
    await tab.says('[HMR] reconnected', from);
    await isFollowed(stage, tab, shade);
  }
});

scenario('a stylesheet that was changed meanwhile is swapped', { files: FILES, errors }, async (stage) => {
  const tab = await stage.open();
  await stage.restart({ meanwhile: () => stage.site.save('style.css', style(2)) });
  await tab.untilStyle('p', 'color', 'rgb(2, 0, 0)');
  await tab.isKept();
  await isFollowed(stage, tab, 3);
});

scenario(
  'a template that was changed meanwhile updates the page in place',
  { files: FILES, templates: { 'page.html': PAGE }, errors },
  async (stage) => {
    const tab = await stage.open('/t/page.html');
    await tab.until(isUpdatable);
    await stage.restart({ meanwhile: () => stage.templates.save('page.html', PAGE.replace('one', 'two')) });
    await tab.until(() => document.querySelector('p').textContent === 'two');
    await tab.isKept();
  },
);

scenario('a file that was changed and reverted meanwhile is unchanged', { files: FILES, errors }, async (stage) => {
  const { site } = stage;
  const tab = await stage.open();
  await stage.restart({
    async meanwhile() {
      await site.save('index.html', PAGE.replace('one', 'two'));
      await site.replace('index.html', PAGE);
    },
  });
  await isFollowed(stage, tab, 2);
});

/** Returns a copy of the server that differs as an executable. */
async function rebuild({ later }) {
  const elsewhere = await Site.make({});
  later(() => elsewhere.destroy());
  const copy = join(elsewhere.folder, 'server');
  await copyFile(example('browser-test-server'), copy);
  await utimes(copy, new Date(), new Date(Date.now() + 60_000));
  return copy;
}

scenario('a rebuilt server leaves a page as it is that it answers in the same way', { files: FILES, errors }, async (stage) => {
  const { open, restart } = stage;
  const copy = await rebuild(stage);
  const tab = await open();
  await tab.until(isUpdatable);
  await restart({ executable: copy });
  await tab.says('[HMR] Unchanged: the page (the server was rebuilt) changes nothing in this page');
  await isFollowed(stage, tab, 2);
  await restart();
  await isFollowed(stage, tab, 3);
});

scenario(
  'a rebuilt server reloads the page once if a script changed that is compiled in',
  { files: { ...FILES, 'index.html': html('<script src="/compiled.js"></script><link rel="stylesheet" href="/style.css">', '<p>one</p>') }, errors },
  async (stage) => {
    const { open, restart } = stage;
    const copy = await rebuild(stage);
    const tab = await open();
    const before = await tab.page.evaluate(() => globalThis.compiled);
    await tab.until(() => performance.getEntriesByName(`${location.origin}/compiled.js`).length > 1);
    await restart({ executable: copy });
    await tab.isReloaded();
    await tab.says(/^\[HMR\] Reloading page \(the server was rebuilt: .*\/compiled\.js changed\)$/);
    assert.notEqual(await tab.page.evaluate(() => globalThis.compiled), before);
    await isFollowed(stage, tab, 2);
    await restart();
    await isFollowed(stage, tab, 3);
  },
);

scenario(
  'a rebuilt server does not reload the page if the option is off',
  { files: FILES, server: { reload_on_new_binary: false }, errors },
  async (stage) => {
    const copy = await rebuild(stage);
    const tab = await stage.open();
    await stage.restart({ executable: copy });
    await isFollowed(stage, tab, 2);
  },
);

scenario('a page waits for a server that is down for seconds', { files: FILES, errors }, async (stage) => {
  await stage.context.addInitScript(() => {
    // Only a page's own attempts can be observed, not a worker's.
    delete globalThis.SharedWorker;
    globalThis.attempts = [];
    globalThis.EventSource = class extends EventSource {
      constructor(url) {
        // Before the attempt, so that its duration does not shorten the waits.
        globalThis.attempts.push(performance.now());
        super(url);
      }
    };
  });
  const tab = await stage.open();
  await stage.restart({
    async meanwhile() {
      await stage.site.save('style.css', style(2));
      await tab.until(() => globalThis.attempts.length >= 6);
    },
  });
  await tab.untilStyle('p', 'color', 'rgb(2, 0, 0)');
  await tab.isKept();
  // The second attempt follows the loss at once; from then on the waits are at least this long.
  const attempts = await tab.page.evaluate(() => globalThis.attempts);
  const waits = [2, 3, 4, 5].map((index) => attempts[index] - attempts[index - 1]);
  assert.ok(waits.every((wait) => wait > 49), `waits of ${waits.join(', ')} ms`);
  const disconnected = tab.lines().filter((line) => line === '[HMR] disconnected, reconnecting');
  assert.equal(disconnected.length, 1, 'a lost connection is reported once');
});

scenario(
  'a server that is closed for good is reported in one line',
  { files: FILES },
  async ({ context, server, open }) => {
    const tabs = [await open()];
    // Its requests are in the console, and not those of the shared worker.
    await context.addInitScript(() => delete globalThis.SharedWorker);
    tabs.push(await open());
    await server.untilClients(2);
    await server.send('close');
    for (const tab of tabs) {
      await tab.says('[HMR] disconnected, reconnecting');
      await tab.says(/^\[HMR\] .*\/__webpack_hmr was closed by the app/);
      await tab.isKept();
      assert.equal(tab.console.length, 3, tab.lines().join('\n'));
    }
  },
);
