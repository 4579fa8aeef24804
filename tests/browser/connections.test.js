/** Connections that break: the page catches up with exactly the builds that it missed. */

import assert from 'node:assert/strict';

import { html, Proxy, scenario, Stream } from './harness.js';

const PAGE = html('<link rel="stylesheet" href="a.css"><link rel="stylesheet" href="b.css">', '<p>one</p>');
const FILES = {
  'index.html': PAGE,
  'about.html': PAGE,
  'a.css': 'p { color: rgb(0, 0, 0); }',
  'b.css': 'p { margin-left: 0px; }',
};

/** Chromium's own console lines for a broken connection. */
const errors = [/net::ERR_/];

/** A proxy before the server, whose connections the test can break. */
async function throughProxy({ later, server }) {
  const proxy = await Proxy.start(() => server.port);
  later(() => proxy.stop());
  return proxy;
}

const paint = (site, shade) => site.save('a.css', `p { color: rgb(${shade}, 0, 0); }`);
const untilPainted = (tab, shade) => tab.untilStyle('p', 'color', `rgb(${shade}, 0, 0)`);

/** Saves files one by one, each after a page at `path` has received the previous build. */
async function builder({ open, site }, path) {
  const watching = await open(path);
  return async (file, text) => {
    const from = watching.console.length;
    await site.save(file, text);
    await watching.says(new RegExp(`^\\[HMR\\] .*/${file}`), from);
  };
}

scenario('a page reconnects at once when its connection is cut', { files: FILES, errors }, async (stage) => {
  const { open, site } = stage;
  const proxy = await throughProxy(stage);
  const tab = await open('/', proxy.url);
  for (const shade of [1, 2, 3]) {
    const from = tab.console.length;
    proxy.cut();
    await tab.says('[HMR] reconnected', from);
    await paint(site, shade);
    await untilPainted(tab, shade);
  }
  await tab.isKept();
});

scenario('a page catches up with a build that it missed', { files: FILES, errors }, async (stage) => {
  const { open, server, site } = stage;
  const proxy = await throughProxy(stage);
  const tab = await open('/', proxy.url);
  proxy.down();
  await server.untilClients(0);
  await paint(site, 1);
  proxy.up();
  await untilPainted(tab, 1);
  await tab.isKept();
});

scenario(
  'a silently dead connection is detected every time',
  { files: FILES, server: { heartbeat: 300 }, errors },
  async (stage) => {
    const { open, site } = stage;
    const proxy = await throughProxy(stage);
    const tab = await open('/', proxy.url);
    for (const shade of [1, 2]) {
      const from = tab.console.length;
      proxy.stall();
      await paint(site, shade);
      await tab.says('[HMR] disconnected, reconnecting', from);
      await untilPainted(tab, shade);
      await tab.says('[HMR] reconnected', from);
    }
    await tab.isKept();
  },
);

scenario('heartbeats alone keep a quiet connection', { files: FILES, server: { heartbeat: 1_000 } }, async (stage) => {
  const { open, server, site } = stage;
  const tab = await open();
  const stream = await Stream.open(`${server.url}/__webpack_hmr`);
  // Without heartbeats, the watchdog would end the connection after two seconds.
  await stream.upTo('data: \u{1f493}\n\n'.repeat(4));
  stream.close();
  await paint(site, 1);
  await untilPainted(tab, 1);
  assert.deepEqual(
    tab.lines().filter((line) => line.includes('connect')),
    ['[HMR] connected'],
  );
});

scenario(
  'after ten missed builds, exactly the changed files are updated',
  { files: FILES, errors },
  async (stage) => {
    const { open, server } = stage;
    const proxy = await throughProxy(stage);
    const tab = await open('/', proxy.url);
    const build = await builder(stage, '/about.html');
    proxy.down();
    await server.untilClients(1);
    for (let shade = 1; shade <= 8; shade += 1) await build('a.css', `p { color: rgb(${shade}, 0, 0); }`);
    await build('new.txt', 'not loaded');
    await build('b.css', 'p { margin-left: 1px; }');

    const from = tab.console.length;
    proxy.up();
    await untilPainted(tab, 8);
    await tab.untilStyle('p', 'margin-left', '1px');
    await tab.isKept();
    for (const file of ['/a.css', '/b.css']) await tab.says(`[HMR] Updated: ${file}`, from);
    const done = tab.lines(from).filter((line) => /Updated|changed|Reload/.test(line));
    assert.deepEqual([...new Set(done)].sort(), [
      '[HMR] /new.txt changed, which this page has not loaded',
      '[HMR] Updated: /a.css',
      '[HMR] Updated: /b.css',
    ]);
  },
);

scenario(
  'a page whose file was changed and reverted meanwhile is not reloaded',
  { files: FILES, errors },
  async (stage) => {
    const { open, server, site } = stage;
    const proxy = await throughProxy(stage);
    const tab = await open('/', proxy.url);
    const build = await builder(stage, '/about.html');
    proxy.down();
    await server.untilClients(1);
    await build('index.html', PAGE.replace('one', 'two'));
    await build('index.html', PAGE);

    proxy.up();
    await paint(site, 1);
    await untilPainted(tab, 1);
    await tab.isKept();
  },
);

scenario('a page whose own file is among ten missed changes is updated in place', { files: FILES, errors }, async (stage) => {
  const { open, server, site } = stage;
  const proxy = await throughProxy(stage);
  const tab = await open('/', proxy.url);
  proxy.down();
  await server.untilClients(0);
  for (let shade = 1; shade <= 9; shade += 1) await paint(site, shade);
  await site.save('index.html', PAGE.replace('one', 'two'));
  proxy.up();
  await tab.until(() => document.querySelector('p').textContent === 'two');
  await untilPainted(tab, 9);
  await paint(site, 10);
  await untilPainted(tab, 10);
  await tab.isKept();
});

scenario(
  'missed events of the app are replayed once and in order',
  { files: FILES, errors },
  async (stage) => {
    const { open, server } = stage;
    const proxy = await throughProxy(stage);
    const tab = await open('/', proxy.url);
    await tab.page.evaluate(() => {
      globalThis.numbers = [];
      globalThis.__hot_middleware__.subscribe(({ number }) => globalThis.numbers.push(number));
    });
    const upTo = (count) => tab.until((count) => globalThis.numbers.length >= count, count);
    await server.send({ publish: { action: 'count', number: 1 } });
    await upTo(1);
    proxy.down();
    await server.untilClients(0);
    for (const number of [2, 3, 4]) await server.send({ publish: { action: 'count', number } });
    proxy.up();
    await upTo(4);
    await server.send({ publish: { action: 'count', number: 5 } });
    await upTo(5);
    assert.deepEqual(await tab.page.evaluate(() => globalThis.numbers), [1, 2, 3, 4, 5]);
  },
);
