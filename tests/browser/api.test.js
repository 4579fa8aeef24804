/** The client's API from the page's own code, and its lines in the console. */

import assert from 'node:assert/strict';

import { html, scenario } from './harness.js';

const FILES = {
  'index.html': html(
    '<link rel="stylesheet" href="style.css"><script type="module" src="app.js"></script>',
    '<p>text</p>',
  ),
  'app.js': `
    import * as client from '/__webpack_hmr/client.js';
    globalThis.client = client;
    globalThis.all = [];
    globalThis.own = [];
    client.subscribeAll((message) => globalThis.all.push(message));
    globalThis.end = client.subscribe((message) => globalThis.own.push(message));
  `,
  'style.css': 'p { color: rgb(0, 0, 0); }',
};

scenario('subscribe and subscribeAll', { files: FILES }, async ({ server, open }) => {
  const tab = await open();
  await tab.until(() => globalThis.client);
  const own = (count) => tab.until((count) => globalThis.own.length >= count, count);
  await server.send({ publish: { action: 'greet', text: 'Grüße \u{1f493} \u2028' } });
  await server.send({ building: './a.css' });
  await server.send({ publish: 'just text' });
  await server.send({ publish: null });
  await server.send({ publish: [1, 2] });
  await own(4);
  assert.deepEqual(await tab.page.evaluate(() => globalThis.own), [
    { action: 'greet', text: 'Grüße \u{1f493} \u2028' },
    'just text',
    null,
    [1, 2],
  ]);
  const all = await tab.page.evaluate(() => globalThis.all);
  assert.deepEqual(
    all.slice(-5).map((message) => message?.action),
    ['greet', 'building', undefined, undefined, undefined],
  );
  await tab.page.evaluate(() => globalThis.end());
  const received = await tab.receives('last');
  await server.send({ publish: { action: 'unheard' } });
  await server.send({ publish: { action: 'last' } });
  await received();
  assert.equal(await tab.page.evaluate(() => globalThis.own.length), 4);
});

scenario('the app receives a page’s event and sends it to every page', { files: FILES, server: { echo: true }, errors: [/status of 404/] }, async ({ open }) => {
  const [one, other] = [await open(), await open()];
  for (const tab of [one, other]) {
    await tab.until(() => globalThis.client);
    await tab.page.evaluate(() => {
      globalThis.echoes = [];
      globalThis.end = client.on('echo', (data) => globalThis.echoes.push(data));
    });
  }
  await one.page.evaluate(async () => {
    const data = [{ text: 'Grüße \u{1f493}' }, null, [1, 2]];
    await Promise.all(data.map((data) => client.send('echo', data)));
  });
  for (const tab of [one, other]) {
    await tab.until(() => globalThis.echoes.length >= 3);
    assert.deepEqual(await tab.page.evaluate(() => globalThis.echoes), [{ text: 'Grüße \u{1f493}' }, null, [1, 2]]);
  }
  const reason = await one.page.evaluate(() => client.send('other').catch((error) => error.message));
  assert.match(reason, /other was refused: 404 There is no listener for "other"/);
});

scenario(
  'an error in a handler is logged, and affects no other handler',
  { files: FILES, errors: [/handler of this page failed/] },
  async ({ server, site, open }) => {
    const tab = await open();
    await tab.page.evaluate(() => {
      globalThis.__hot_middleware__.subscribe(() => {
        throw new Error('my own mistake');
      });
    });
    await server.send({ publish: { action: 'any' } });
    await tab.says(/A handler of this page failed.*my own mistake/s);
    await site.save('style.css', 'p { color: rgb(1, 0, 0); }');
    await tab.untilStyle('p', 'color', 'rgb(1, 0, 0)');
    await tab.isKept();
  },
);

scenario('disconnect and connect', { files: FILES }, async ({ server, site, open }) => {
  const tab = await open();
  await server.untilClients(1);
  await tab.page.evaluate(() => globalThis.__hot_middleware__.disconnect());
  await server.untilClients(0);
  await site.save('style.css', 'p { color: rgb(1, 0, 0); }');
  assert.equal(await tab.style('p', 'color'), 'rgb(0, 0, 0)');
  await tab.page.evaluate(() => globalThis.__hot_middleware__.connect());
  await tab.untilStyle('p', 'color', 'rgb(1, 0, 0)');
  await server.untilClients(1);
  await tab.isKept();
});

scenario('the console, line by line', { files: FILES }, async ({ server, site, open }) => {
  const tab = await open();
  await site.save('style.css', 'p { color: rgb(1, 0, 0); }');
  await tab.says('[HMR] Updated: /style.css');
  const received = await tab.receives('last');
  await server.send({ building: null });
  await server.send({ built: { name: 'admin', hash: 'a', time: 12, warnings: ['mind the gap'] } });
  await server.send({ publish: { action: 'last' } });
  await received();
  assert.deepEqual(
    tab.lines().map((line) =>
      line
        .replace(/in \d+ms/, 'in Nms')
        .replace(/%c|color: #\w+;/g, '')
        .trim(),
    ),
    [
      '[HMR] connected',
      '[HMR] Updated: /style.css',
      "[HMR] bundle 'admin' has 1 warning",
      'mind the gap',
    ],
  );
});

scenario(
  'the console has the level of the tag’s option',
  {
    files: {
      ...FILES,
      'index.html': FILES['index.html'].replace(
        '</head>',
        `<script type="module" src="/__webpack_hmr/client.js" data-hot-middleware='{"log":"warn"}'></script></head>`,
      ),
    },
    server: { inject: false },
  },
  async ({ server, site, tab: empty }) => {
    const tab = await empty();
    // Its tag names no build, so the page follows what is saved after its first answer. The stream is open before that.
    const connected = tab.page.waitForResponse(/&catchup$/);
    await tab.goto(`${server.url}/`);
    await (await connected).finished();
    await site.save('style.css', 'p { color: rgb(1, 0, 0); }');
    await tab.untilStyle('p', 'color', 'rgb(1, 0, 0)');
    await server.send({ built: { name: 'admin', hash: 'a', warnings: ['mind the gap'] } });
    await tab.says('mind the gap');
    assert.ok(!tab.lines().some((line) => /connected|rebuil|Updated/.test(line)), tab.lines().join('\n'));
  },
);
