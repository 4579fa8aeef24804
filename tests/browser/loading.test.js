/** A client whose files fail to load at first, because the server stopped after the page was sent. */

import assert from 'node:assert/strict';

import { html, scenario, StallingServer } from './harness.js';

/** A module that uses every part of the client's API as soon as it runs. */
const app = (text) => `
  import { hot, on, send, subscribeAll } from '/__webpack_hmr/client.js';
  const self = hot(import.meta.url);
  document.querySelector('p').textContent = '${text} ' + (self.data.count ?? 0);
  self.accept();
  self.dispose((data) => { data.count = (self.data.count ?? 0) + 1; });
  if (!globalThis.events) {
    globalThis.events = [];
    on('news', (data) => globalThis.events.push(data));
    subscribeAll(() => globalThis.events.push('after its end'))();
    globalThis.sent = send('echo', 'early').then(() => true, String);
  }
`;

const FILES = {
  'index.html': html('<script type="module" src="app.js"></script>', '<p></p>'),
  'app.js': app('one'),
};

const untilText = (tab, text) => tab.until((text) => document.querySelector('p').textContent === text, text);

/** Names, the way in which requests fail, and which do. */
const FAILURES = [
  ['the bundle', 'break', (url) => url.includes('/page.js')],
  ['every file but the first', 'break', (url) => /\/__webpack_hmr\/.*\.js/.test(url) && !url.includes('/client.js')],
];

for (const [name, method, isHit] of FAILURES) {
  scenario(
    `the client loads although it fails at first: ${name}`,
    { files: FILES, server: { echo: true }, errors: [/net::ERR_/] },
    async ({ later, server, site, tab: empty }) => {
      const front = await StallingServer.start(() => server.port);
      later(() => front.stop());
      front[method](isHit);
      const tab = await empty();
      await tab.goto(`${front.url}/`);
      await tab.says(/^\[HMR\] Could not load the client; trying again until the server answers/);
      await untilText(tab, 'one 0');
      front[method](() => false);
      await tab.says('[HMR] connected');
      await tab.mark();
      await site.save('app.js', app('two'));
      await untilText(tab, 'two 1');
      await server.send({ publish: { type: 'custom', event: 'news', data: 7 } });
      await tab.until(() => globalThis.events?.[0] === 7);
      assert.equal(await tab.page.evaluate(() => globalThis.sent), true);
      await tab.isKept();
      assert.equal(tab.navigations, 1);
    },
  );
}

for (const [name, file, shown, texts] of [
  ['a module', 'app.js', () => document.querySelector('p').textContent.startsWith('two'), [app('one'), app('two')]],
  // Too large for an event.
  ['a stylesheet', 'style.css', () => getComputedStyle(document.querySelector('p')).color === 'rgb(2, 0, 0)', [1, 2].map((n) => `p { color: rgb(${n}, 0, 0) } /*${'x'.repeat(200_000)}*/`)],
]) {
  scenario(
    `${name} whose new version did not arrive is loaded once the app is back`,
    {
      files: { ...FILES, 'index.html': html('<link rel="stylesheet" href="style.css"><script type="module" src="app.js"></script>', '<p></p>'), 'style.css': '', [file]: texts[0] },
      server: { echo: true },
      errors: [/net::ERR_/, /Could not (?:update|load)/],
    },
    async ({ later, restart, server, site, tab: empty }) => {
      const front = await StallingServer.start(() => server.port);
      later(() => front.stop());
      const tab = await empty();
      await tab.goto(`${front.url}/`);
      await tab.says('[HMR] connected');
      let failed = 0;
      front.break((url) => url.includes(file) && (failed += 1) > 0);
      await site.save(file, texts[1]);
      await tab.says(/Could not|stays/);
      assert.ok(failed > 0);
      await restart({ meanwhile: () => front.break(() => false) });
      await tab.until(shown);
    },
  );
}
