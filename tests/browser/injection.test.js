/** The injection of the client's tag: which responses get it, and which don't. */

import assert from 'node:assert/strict';

import { html, OTHER_MACHINE, scenario, Server } from './harness.js';

const PAGE = html('<link rel="stylesheet" href="style.css">', '<p>text</p><main></main>');
const style = (shade) => `p { color: rgb(${shade}, 0, 0); }`;
const FILES = {
  'index.html': PAGE,
  'deep/er/page.html': PAGE.replace('style.css', '../../style.css'),
  'style.css': style(0),
};

const tags = (tab) => tab.page.evaluate(() => document.querySelectorAll('script[data-hot-middleware]').length);

/** Asserts that the page has one tag and is updated. */
async function follows({ site }, tab, shade) {
  await site.save('style.css', style(shade));
  await tab.untilStyle('p', 'color', `rgb(${shade}, 0, 0)`);
  await tab.isKept();
  assert.equal(await tags(tab), 1);
}

scenario('a fragment of a page, as htmx fetches it, gets no tag', { files: FILES }, async (stage) => {
  const tab = await stage.open();
  for (const headers of [{}, { 'HX-Request': 'true', Accept: 'text/html' }, { 'X-Requested-With': 'XMLHttpRequest' }]) {
    const text = await tab.page.evaluate(async (headers) => (await fetch('/fragment', { headers })).text(), headers);
    assert.equal(text, '<p class="fragment">a piece of a page</p>');
    const whole = await tab.page.evaluate(async (headers) => (await fetch('/', { headers })).text(), headers);
    assert.equal(whole, PAGE, 'nor does a whole page that a script fetches');
  }
  await tab.page.evaluate(async () => {
    document.querySelector('main').innerHTML = await (await fetch('/fragment')).text();
  });
  await follows(stage, tab, 1);
});

const NESTED = PAGE.replace('style.css', '/app/style.css');

scenario(
  'an app at a prefix',
  { files: { ...FILES, 'index.html': NESTED, 'deep/er/page.html': NESTED }, server: { nest: '/app' } },
  async (stage) => {
    for (const [index, path] of ['/app', '/app/index.html', '/app/deep/er/page.html'].entries()) {
      const tab = await stage.open(path);
      await follows(stage, tab, index + 1);
      await stage.site.save('deep/er/page.html', NESTED.replace('text', `text ${index}`));
      if (path.includes('deep')) await tab.until((text) => document.querySelector('p')?.textContent === text, `text ${index}`);
      else await tab.says('[HMR] /deep/er/page.html changed, which this page has not loaded');
    }
  },
);

scenario(
  'a base of another folder, and one of another host',
  {
    files: {
      ...FILES,
      'index.html': html('<base href="/deep/er/"><link rel="stylesheet" href="../../style.css">', '<p>text</p>'),
    },
  },
  async (stage) => {
    await follows(stage, await stage.open(), 1);
    const link = `<link rel="stylesheet" href="${stage.server.url}/style.css">`;
    await stage.site.save('host.html', html(`<base href="http://files.test/">${link}`, '<p>text</p>'));
    await follows(stage, await stage.open('/host.html'), 2);
  },
);

scenario('a configured path', { files: FILES, server: { path: '/dev/hot' } }, async (stage) => {
  const tab = await stage.open('/deep/er/page.html');
  await follows(stage, tab, 1);
  assert.equal((await fetch(`${stage.server.url}/__webpack_hmr`)).status, 404);
});

scenario('compression around the layer', { files: FILES, server: { compression: 'outside' } }, async (stage) => {
  const tab = await stage.open();
  assert.equal((await tab.documents[0].allHeaders())['content-encoding'], 'gzip');
  await follows(stage, tab, 1);
});

scenario(
  'compression inside the layer leaves the page as it is, without a tag',
  { files: FILES, server: { compression: 'inside' } },
  async (stage) => {
    const tab = await stage.tab();
    await tab.goto(`${stage.server.url}/`);
    assert.equal((await tab.documents[0].allHeaders())['content-encoding'], 'gzip');
    assert.equal(await tab.documents[0].text(), PAGE);
    assert.equal(await tab.style('p', 'color'), 'rgb(0, 0, 0)');
    assert.equal(await tags(tab), 0);
  },
);

scenario('a page that is requested again never has an old hash', { files: FILES }, async (stage) => {
  const { server, site, open } = stage;
  const tab = await open();
  const seen = new Set();
  const isNew = async () => {
    const tag = await tab.page.$eval('script[data-hot-middleware]', (script) => script.dataset.hotMiddleware);
    const { hashes } = JSON.parse(tag);
    assert.ok(!seen.has(hashes['']), 'the hash is new');
    seen.add(hashes['']);
    const response = tab.documents.at(-1);
    assert.equal(response.status(), 200);
    const headers = await response.allHeaders();
    assert.equal(headers.etag ?? headers['last-modified'], undefined, 'the page has no validator');
    assert.equal(Number(headers['content-length']), (await response.body()).length);
  };
  await isNew();
  for (const shade of [1, 2, 3]) {
    await site.save('style.css', style(shade));
    await tab.untilStyle('p', 'color', `rgb(${shade}, 0, 0)`);
    const from = tab.console.length;
    if (shade === 2) await tab.page.goto(`${server.url}/`);
    else await tab.page.reload();
    await tab.says('[HMR] connected', from);
    await isNew();
    assert.equal(await tab.style('p', 'color'), `rgb(${shade}, 0, 0)`);
  }
  await tab.mark();
  await follows(stage, tab, 4);
  assert.equal(tab.navigations, 4, 'only the four requested navigations');
});

/** Ways to prefetch the next page: instant.page and quicklink use the first two, Turbo the third. */
const PREFETCHING = {
  'a link to prefetch': (url) =>
    new Promise((resolve, reject) => {
      const link = Object.assign(document.createElement('link'), { rel: 'prefetch', href: url });
      Object.assign(link, { onload: resolve, onerror: reject });
      document.head.append(link);
    }),
  fetch: async (url) => void (await (await fetch(url)).text()),
  'fetch of HTML': async (url) => void (await (await fetch(url, { headers: { Accept: 'text/html, application/xhtml+xml' } })).text()),
  XMLHttpRequest: (url) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.onload = resolve;
      request.open('GET', url);
      request.setRequestHeader('X-Requested-With', 'XMLHttpRequest');
      request.send();
    }),
};

const PREFETCHED = Object.keys(PREFETCHING).map((_, index) => `next-${index}.html`);

scenario(
  'a prefetched page has the client when it is opened',
  {
    files: { ...FILES, ...Object.fromEntries(PREFETCHED.map((name) => [name, PAGE])) },
    server: { max_age: 600, bind: '0.0.0.0', watch: false },
  },
  async ({ later, server, tab: empty }) => {
    const bare = await Server.start({ ...server.setup, inject: false });
    later(() => bare.stop());
    // Browsers send a request's purpose, but not over plain HTTP to another machine.
    for (const host of ['127.0.0.1', OTHER_MACHINE]) {
      for (const [index, [way, prefetch]] of Object.entries(PREFETCHING).entries()) {
        const opened = async (port) => {
          const tab = await empty();
          const url = (path) => `http://${host}:${port}/${path}`;
          await tab.goto(url('index.html'));
          await tab.page.evaluate(prefetch, url(PREFETCHED[index]));
          await tab.page.evaluate((url) => void (location.href = url), url(PREFETCHED[index]));
          await tab.page.waitForURL(url(PREFETCHED[index]));
          const sizes = () => performance.getEntriesByType('navigation').map(({ transferSize }) => transferSize);
          const [size] = await tab.page.evaluate(sizes);
          const count = await tags(tab);
          await tab.page.close();
          return { count, fromCache: size === 0 };
        };
        const name = `${way}, ${host}`;
        assert.deepEqual(await opened(server.port), { count: 1, fromCache: false }, name);
        assert.equal((await opened(bare.port)).fromCache, true, `${name}: without the layer's header, the browser would keep it`);
      }
    }
  },
);

scenario('other files keep their validators', { files: FILES }, async ({ server }) => {
  const first = await fetch(`${server.url}/style.css`);
  const again = await fetch(`${server.url}/style.css`, {
    headers: { 'If-Modified-Since': first.headers.get('last-modified') },
  });
  assert.deepEqual([first.status, again.status], [200, 304]);
});

scenario(
  'the client has a validator, and is fetched once for a page',
  { files: FILES },
  async (stage) => {
    const tab = await stage.open();
    const statuses = [];
    tab.page.on('response', (response) => {
      if (response.url().endsWith('/client.js')) statuses.push(response.status());
    });
    await tab.page.reload();
    const response = await fetch(`${stage.server.url}/__webpack_hmr/client.js`);
    const etag = response.headers.get('etag');
    assert.match(response.headers.get('content-type'), /^text\/javascript/);
    const again = await fetch(response.url, { headers: { 'If-None-Match': etag } });
    assert.deepEqual([response.status, again.status, await again.text()], [200, 304, '']);
    await stage.server.untilClients(1);
    assert.equal(statuses.length, 1);
  },
);
