/** Vite's own client from npm, served and updated by this server. */

import assert from 'node:assert/strict';
import { join } from 'node:path';

import { html, scenario } from './harness.js';

const NODE_MODULES = join(import.meta.dirname, 'node_modules');
const SERVER = { inject: false, vite_client: NODE_MODULES };

/** A module with the lines that Vite's server adds at its top. */
const hot = (path, text) =>
  `import { createHotContext } from '/@vite/client'; import.meta.hot = createHotContext('${path}');\n${text}`;

const FILES = {
  'index.html': html('<link rel="stylesheet" href="/style.css"><script type="module" src="/app.js"></script>', '<p>text</p>'),
  'style.css': 'p { color: rgb(0, 0, 0); }',
  'app.js': hot(
    '/app.js',
    `globalThis.hot = import.meta.hot;
    globalThis.received = [];
    for (const event of ['vite:beforeUpdate', 'vite:afterUpdate', 'vite:beforePrune', 'vite:beforeFullReload', 'vite:error', 'vite:ws:disconnect', 'echo']) {
      import.meta.hot.on(event, (data) => globalThis.received.push([event, data]));
    }
    import '/counter.js';`,
  ),
  'counter.js': hot(
    '/counter.js',
    `globalThis.version = 1;
    import.meta.hot.accept();
    import.meta.hot.dispose((data) => (data.from = 1));
    import.meta.hot.prune(() => (globalThis.pruned = true));`,
  ),
};

/** Opens a page whose client is Vite's and waits until it is connected. */
async function visit({ server, tab }, path = '/') {
  const page = await tab();
  await page.goto(server.url + path);
  await page.says('[vite] connected.');
  await page.until(() => globalThis.version);
  await page.mark();
  return page;
}

/** Waits until the page has been reloaded once. */
async function reloaded(page) {
  await page.until(() => globalThis.marked === undefined && globalThis.version);
}

scenario('a stylesheet is swapped', { files: FILES, server: SERVER }, async (stage) => {
  const page = await visit(stage);
  await stage.site.save('style.css', 'p { color: rgb(1, 0, 0); }');
  await page.untilStyle('p', 'color', 'rgb(1, 0, 0)');
  await page.says('[vite] css hot updated: /style.css');
  await page.isKept();
  assert.equal(await page.page.locator('link[rel=stylesheet]').count(), 1);
});

scenario('a module accepts its own update', { files: FILES, server: SERVER }, async (stage) => {
  const page = await visit(stage);
  await stage.site.save('counter.js', hot('/counter.js', 'globalThis.version = 2; globalThis.before = import.meta.hot.data.from; import.meta.hot.accept();'));
  await page.until(() => globalThis.version === 2);
  assert.equal(await page.page.evaluate(() => globalThis.before), 1);
  await page.says('[vite] hot updated: /counter.js');
  await page.isKept();
});

scenario(
  'the overlay shows an error until the next build is clean',
  { files: FILES, server: SERVER },
  async (stage) => {
    const page = await visit(stage);
    // By Vite's rule, the first update of a page that shows an error reloads it.
    await stage.site.save('style.css', 'p { color: rgb(1, 0, 0); }');
    await page.untilStyle('p', 'color', 'rgb(1, 0, 0)');
    await stage.server.send({ built: { name: 'ts', hash: '1' } });
    await stage.server.send({ built: { name: 'ts', hash: '1', errors: ['./src/a.ts:3:5: no such <b>name</b>\n> 3 | no\n    |  ^'] } });
    const shown = () => {
      const root = document.querySelector('vite-error-overlay')?.shadowRoot;
      return root && ['.message-body', '.file', '.frame'].map((part) => root.querySelector(part)?.textContent);
    };
    await page.until(shown);
    assert.deepEqual(await page.page.evaluate(shown), [
      './src/a.ts:3:5: no such <b>name</b>',
      './src/a.ts:3:5',
      '> 3 | no\n    |  ^',
    ]);
    await stage.server.send({ built: { name: 'ts', hash: '1' } });
    await page.until(() => !document.querySelector('vite-error-overlay'));
    await page.isKept();
  },
);

scenario(
  'a fix whose output is that of the failed build brings what the failed build has changed',
  { files: FILES, server: SERVER },
  async (stage) => {
    const page = await visit(stage);
    // After its first update, a page that shows an error is not reloaded for every update any more.
    await stage.site.save('style.css', 'p { color: rgb(1, 0, 0); }');
    await page.untilStyle('p', 'color', 'rgb(1, 0, 0)');
    await stage.server.send({ built: { name: 'ts', hash: '1' } });
    await stage.server.send({ built: { name: 'ts', hash: '2', errors: ['no such name'] } });
    await page.until(() => document.querySelector('vite-error-overlay'));
    await page.isKept();
    await stage.server.send({ built: { name: 'ts', hash: '2' } });
    await reloaded(page);
    assert.equal(await page.page.evaluate(() => document.querySelector('vite-error-overlay')), null);
  },
);

scenario(
  'no overlay is shown if the option is off',
  { files: FILES, server: { ...SERVER, overlay: false }, errors: [/Internal Server Error/] },
  async (stage) => {
    const page = await visit(stage);
    await stage.server.send({ built: { name: 'ts', hash: '1' } });
    await stage.server.send({ built: { name: 'ts', hash: '1', errors: ['no such name'] } });
    await page.says(/no such name/);
    assert.equal(await page.page.locator('vite-error-overlay').count(), 0);
    await page.isKept();
  },
);

scenario('an error from before a page is opened is shown in it', { files: FILES, server: SERVER }, async (stage) => {
  await stage.server.send({ built: { name: 'ts', hash: '1', errors: ['early'] } });
  const page = await visit(stage);
  await page.until(() => document.querySelector('vite-error-overlay'));
});

scenario('pages are reloaded on request', { files: FILES, server: SERVER }, async (stage) => {
  const page = await visit(stage);
  await stage.server.send({ reload: './news.md' });
  await reloaded(page);
  await page.mark();
  await stage.site.save('index.html', `${FILES['index.html']}<!-- another -->`);
  await reloaded(page);
  await page.mark();
  await stage.site.save('data.json', '{}');
  await reloaded(page);
});

scenario('a page is reloaded only for its own HTML', {
  files: { ...FILES, 'other.html': FILES['index.html'], 'third.html': 'x' },
  server: SERVER,
}, async (stage) => {
  const [one, other] = [await visit(stage, '/?one'), await visit(stage, '/other.html')];
  await stage.site.save('other.html', `${FILES['index.html']}<!-- another -->`);
  await reloaded(other);
  await one.until(() => globalThis.received.some(([event]) => event === 'vite:beforeFullReload'));
  await one.isKept();
});

scenario('custom events go both ways', { files: FILES, server: { ...SERVER, echo: true } }, async (stage) => {
  const [one, other] = [await visit(stage), await visit(stage)];
  await one.page.evaluate(() => globalThis.hot.send('echo', { text: 'Grüße \u{1f493}' }));
  for (const page of [one, other]) {
    await page.until(() => globalThis.received.some(([event]) => event === 'echo'));
    const received = await page.page.evaluate(() => globalThis.received.filter(([event]) => event === 'echo'));
    assert.deepEqual(received, [['echo', { text: 'Grüße \u{1f493}' }]]);
  }
});

scenario('a removed module is pruned', { files: FILES, server: SERVER }, async (stage) => {
  const page = await visit(stage);
  await stage.site.remove('counter.js');
  await page.until(() => globalThis.pruned);
  await page.isKept();
});

scenario('a module that rejects its update reloads the page', { files: FILES, server: SERVER }, async (stage) => {
  const [page, other] = [await visit(stage), await visit(stage)];
  // The other page has the module too, and accepts it: its query says so.
  await other.page.evaluate(() => history.replaceState(null, '', '?keeps'));
  const text = `globalThis.version = 2;
    import.meta.hot.accept(() => { if (location.search !== '?keeps') import.meta.hot.invalidate('no'); });`;
  await stage.site.save('counter.js', hot('/counter.js', text));
  await other.until(() => globalThis.version === 2);
  await page.until(() => globalThis.version === 2);
  // The callback of the previous version runs, so the new one's can only refuse this second update.
  await stage.site.save('counter.js', hot('/counter.js', text.replace('= 2', '= 3')));
  await reloaded(page);
  await other.until(() => globalThis.version === 3);
  await other.isKept();
});

scenario('a page reconnects when the server is back', { files: FILES, server: SERVER }, async (stage) => {
  const page = await visit(stage);
  await stage.restart();
  await reloaded(page);
  await stage.server.untilClients(1);
});

scenario('only pages of the app may read the client and its token', { files: FILES, server: SERVER }, async (stage) => {
  const page = await stage.tab();
  const answers = await Promise.all(
    ['/@vite/client', '/@vite/env'].map(async (path) => {
      const response = await fetch(stage.server.url + path, { headers: { origin: 'http://evil.test' } });
      return [response.status, response.headers.get('cross-origin-resource-policy')];
    }),
  );
  assert.deepEqual(answers, [[403, 'same-origin'], [403, 'same-origin']], 'the token in it is for no other page');
  const own = await fetch(`${stage.server.url}/@vite/client`);
  assert.equal(own.headers.get('content-type'), 'text/javascript;charset=utf-8');
  assert.doesNotMatch(await own.text(), /__[A-Z][A-Z_]+__(?<!__PURE__)/);
  await page.goto(`${stage.server.url}/`);
  await page.says('[vite] connected.');
});

const WITH_COMPANION = '<script type="module" src="/@vite/hot-middleware.js"></script><script type="module" src="/app.js"></script>';

scenario('a module that nothing accepts reloads the page', {
  files: { ...FILES, 'index.html': html(WITH_COMPANION), 'unused.js': '1', 'lib.js': 'globalThis.lib = 1;', 'app.js': `${FILES['app.js']} import '/lib.js';` },
  server: SERVER,
}, async (stage) => {
  const page = await visit(stage);
  await stage.site.save('unused.js', '2');
  await page.until(() => globalThis.received.some(([event]) => event === 'vite:afterUpdate'));
  await stage.site.save('counter.js', FILES['counter.js'].replace('version = 1', 'version = 2'));
  await page.until(() => globalThis.version === 2);
  await page.isKept();
  await stage.site.save('lib.js', 'globalThis.lib = 2;');
  await reloaded(page);
  assert.equal(await page.page.evaluate(() => globalThis.lib), 2);
});

scenario('a module that its importer accepts is passed to the importer', {
  files: { ...FILES, 'index.html': html(WITH_COMPANION), 'lib.js': 'export const lib = 1;', 'app.js': `${FILES['app.js']}
    import { lib } from '/lib.js';
    globalThis.lib = lib;
    import.meta.hot.accept('/lib.js', (module) => (globalThis.lib = module.lib));` },
  server: SERVER,
}, async (stage) => {
  const page = await visit(stage);
  await stage.site.save('lib.js', 'export const lib = 2;');
  await page.until(() => globalThis.lib === 2);
  await page.isKept();
});
