/** Pages that are left and shown again: the back/forward cache, sleeping tabs, several tabs. */

import assert from 'node:assert/strict';

import { html, Proxy, scenario } from './harness.js';

const PAGE = html('<link rel="stylesheet" href="style.css">', '<p>one</p>');
const style = (shade) => `p { color: rgb(${shade}, 0, 0); }`;
const FILES = { 'index.html': PAGE, 'away.html': html('', 'away'), 'style.css': style(0) };

/** The first page has the client, and the page in between has none, so every stream belongs to the first one. */
const ONE_CLIENT = { isFull: true, files: FILES, server: { inject: false } };

/** Opens the first page with the client, and returns a function that leaves it and goes back. */
async function openFirst({ server, site, open }) {
  await site.save(
    'index.html',
    PAGE.replace('</head>', '<script type="module" src="/__webpack_hmr/client.js"></script></head>'),
  );
  const tab = await open();
  await server.untilClients(1);
  let shade = 0;
  /** @param {() => Promise<unknown>} away what to do while the page is in the cache */
  return async (away) => {
    await tab.page.evaluate(() => {
      globalThis.persisted = undefined;
      addEventListener('pageshow', (event) => (globalThis.persisted = event.persisted));
    });
    await tab.page.goto(`${server.url}/away.html`);
    await away();
    shade += 1;
    await site.save('style.css', style(shade));
    await tab.page.goBack({ waitUntil: 'commit' });
    await tab.until(() => globalThis.persisted === true && globalThis.marked === true);
    await tab.untilStyle('p', 'color', `rgb(${shade}, 0, 0)`);
    await server.untilClients(1);
    assert.equal(await tab.page.evaluate(() => globalThis.marked), true, 'the page was reloaded');
  };
}

scenario(
  'a page in the back/forward cache has no stream, and catches up when it is restored',
  ONE_CLIENT,
  async (stage) => {
    // Chromium freezes a shared worker with its last page, now and then before it has read that the page leaves.
    await stage.context.addInitScript(() => delete globalThis.SharedWorker);
    const leave = await openFirst(stage);
    for (let count = 0; count < 3; count += 1) await leave(() => stage.server.untilClients(0));
  },
);

scenario(
  'a page in the back/forward cache leaves the shared stream, and catches up when it is restored',
  ONE_CLIENT,
  async (stage) => {
    const { server } = stage;
    const leave = await openFirst(stage);
    const after = [];
    for (let count = 0; count < 5; count += 1) {
      await leave(async () => {
        // The worker is frozen by then.
        await new Promise((resolve) => setTimeout(resolve, 500));
        after.push(await server.clients());
      });
    }
    assert.ok(after.includes(0), `streams while the page was in the cache: ${after.join(', ')}`);
  },
);

scenario(
  'a page that changed while it was in the back/forward cache is reloaded',
  { files: FILES, isFull: true },
  async ({ server, site, open }) => {
    const tab = await open();
    await tab.says('[HMR] connected', await tab.goto(`${server.url}/away.html`));
    await site.save('index.html', PAGE.replace('one', 'two'));
    await tab.says(/^\[HMR\] \/index\.html changed/);
    await tab.page.goBack({ waitUntil: 'commit' });
    await tab.until(() => document.querySelector('p')?.textContent === 'two');
  },
);

scenario(
  'a tab that wakes on a dead connection is soon up to date',
  { files: FILES, errors: [/net::ERR_/] },
  async ({ context, later, open, server, site }) => {
    const proxy = await Proxy.start(() => server.port);
    later(() => proxy.stop());
    // For the page, sleep is a jump of the clock. The watchdog, of 20 s, would be too late.
    await context.addInitScript(() => {
      // A worker's clock can't be set.
      delete globalThis.SharedWorker;
      const now = Date.now.bind(Date);
      globalThis.slept = 0;
      Date.now = () => now() + globalThis.slept;
    });
    const tab = await open('/', proxy.url);
    proxy.stall();
    await site.save('style.css', style(1));
    // Playwright keeps every tab visible, so the test dispatches the event.
    await tab.page.evaluate(() => {
      globalThis.slept = 15_000;
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await tab.untilStyle('p', 'color', 'rgb(1, 0, 0)');
    await tab.isKept();
  },
);

scenario('all tabs are updated over one stream', { files: FILES }, async ({ server, site, open }) => {
  const tabs = [await open(), await open(), await open('/away.html')];
  await server.untilClients(1);
  await site.save('style.css', style(5));
  for (const tab of tabs.slice(0, 2)) await tab.untilStyle('p', 'color', 'rgb(5, 0, 0)');
  await tabs[2].says('[HMR] /style.css changed, which this page has not loaded');
  await tabs[0].page.close();
  await server.untilClients(1);
  await site.save('style.css', style(6));
  await tabs[1].untilStyle('p', 'color', 'rgb(6, 0, 0)');
  await tabs[1].isKept();
  assert.deepEqual(
    tabs.map((tab) => tab.navigations),
    [1, 1, 1],
  );
});

scenario('two tags in a page start one client', { files: FILES }, async ({ server, site, open }) => {
  await site.save(
    'index.html',
    PAGE.replace('</head>', '<script type="module" src="/__webpack_hmr/client.js?again"></script></head>'),
  );
  const tab = await open();
  await site.save('style.css', style(4));
  await tab.untilStyle('p', 'color', 'rgb(4, 0, 0)');
  await server.untilClients(1);
  assert.equal(tab.lines().filter((line) => line === '[HMR] connected').length, 1);
});
