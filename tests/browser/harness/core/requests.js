/** The requests for the client's files, and the return of a server, in every engine. */

import assert from 'node:assert/strict';
import { createServer, request as forward } from 'node:http';
import { setTimeout } from 'node:timers/promises';

import { page } from '../engines/page.js';

const LINK = '<link rel="stylesheet" href="/style.css">';
const style = (shade) => `p { color: rgb(${shade}, 0, 0); }`;
const FILES = { 'index.html': page(LINK, '<p>one</p>'), 'about.html': page(LINK, '<p>two</p>'), 'style.css': style(1) };

const OF_WORKER = /\/stream\/worker\.js$/;

/** A proxy that records the requests for the client's files and for kept pages, and the responses that have a body. */
async function counting({ later, server }) {
  const asked = [];
  const kept = [];
  const sent = [];
  const front = createServer((request, response) => {
    const { method, url, headers } = request;
    if (/^\/__webpack_hmr\//.test(url)) (url.includes('/pages/') ? kept : asked).push(url);
    const onward = forward(server.url + url, { method, headers }, (answer) => {
      if (answer.statusCode === 200 && /^\/__webpack_hmr\/.*\.js$/.test(url)) sent.push(url);
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise((resolve) => front.listen(0, '127.0.0.1', resolve));
  later(() => front.closeAllConnections());
  later(() => front.close());
  /** Waits for half a second without a request: a worker's requests follow those of its page. */
  async function settle() {
    for (let count = -1; count !== asked.length; ) {
      count = asked.length;
      await setTimeout(500);
    }
    return asked.splice(0);
  }
  const url = `http://127.0.0.1:${front.address().port}`;
  return { url, kept, take: () => asked.splice(0), takeSent: () => sent.splice(0), settle };
}

async function visit(page, act) {
  await act();
  await page.says('[HMR] connected');
}

/** @type {import('../engines/scenario.js').Scenario[]} */
export const requests = [
  [
    'only the first visit requests the client’s files',
    { files: FILES },
    async (stage) => {
      const front = await counting(stage);
      const page = await stage.tab();
      await visit(page, () => page.goto(`${front.url}/`));
      const first = await front.settle();
      const names = first.map((path) => path.replace(/^\/__webpack_hmr\/client-\w+\//, ''));
      assert.deepEqual(names.sort(), ['client.js', 'load.js', 'page.js', 'stream/worker.js']);
      // A worker in WebKit doesn't share the page's cache.
      const isUnexpected = (path) => !(stage.engine.workersHaveOwnCache && OF_WORKER.test(path));
      for (const path of ['/about.html', '/', '/index.html']) {
        await visit(page, () => page.goto(front.url + path));
        assert.deepEqual(front.take().filter(isUnexpected), [], path);
      }
      await page.mark();
      await stage.site.save('style.css', style(2));
      await page.untilStyle('p', 'color', 'rgb(2, 0, 0)');
      await page.isKept();
      front.takeSent();
      await page.evaluate(() => globalThis.setTimeout(() => location.reload()));
      await visit(page, () => page.until(() => globalThis.marked === undefined));
      const again = front.take().filter(isUnexpected);
      if (stage.engine.revalidatesOnReload) assert.deepEqual(front.takeSent().filter(isUnexpected), [], 'sent again');
      else assert.deepEqual(again, []);
      // Each page compares later versions with its own HTML, which it requests once.
      assert.ok(front.kept.length > 0 && new Set(front.kept).size === front.kept.length, front.kept.join());
    },
  ],
  [
    'a tag that was written by hand costs a revalidation and a redirect after the first visit',
    {
      files: {
        ...FILES,
        'about.html': page('<script type="module" src="/__webpack_hmr/client.js"></script>', '<p>one</p>'),
      },
    },
    async (stage) => {
      const front = await counting(stage);
      const page = await stage.tab();
      await visit(page, () => page.goto(`${front.url}/`));
      await front.settle();
      await visit(page, () => page.goto(`${front.url}/about.html`));
      await front.settle();
      const isUnexpected = (path) => !(stage.engine.workersHaveOwnCache && OF_WORKER.test(path));
      await visit(page, () => page.goto(`${front.url}/`));
      assert.deepEqual(front.take().filter(isUnexpected), []);
      await visit(page, () => page.goto(`${front.url}/about.html`));
      const again = front.take().filter(isUnexpected);
      // Two; WebKit also requests the redirect's target.
      assert.ok(again.length <= 3 && again.every((path) => /\/(?:client|page)\.js$/.test(path)), again.join());
    },
  ],
  [
    'the indicator shows a server that is down, and the page reconnects soon after it is back',
    { files: FILES },
    async ({ open, restart, site }) => {
      const page = await open();
      await page.evaluate(() => {
        globalThis.__hot_middleware__.subscribeAll(({ action }) => {
          if (action === 'connected') globalThis.backAt = Date.now();
        });
      });
      const indicator = () => document.querySelector('hot-middleware-indicator')?.shadowRoot.textContent ?? '';
      await restart({
        async meanwhile() {
          const since = Date.now();
          await page.until(
            () =>
              document.querySelector('hot-middleware-indicator')?.shadowRoot.textContent ===
              'Server not reachable, reconnecting',
          );
          // By now, a client with exponential backoff would wait for seconds.
          await page.until((since) => Date.now() - since > 4_000, since);
        },
      });
      const listening = Date.now();
      await page.says('[HMR] reconnected');
      const took = (await page.evaluate(() => globalThis.backAt)) - listening;
      assert.ok(took < 1_000, `${took} ms`);
      assert.equal(await page.evaluate(indicator), '');
      await page.mark();
      await site.save('style.css', style(2));
      await page.untilStyle('p', 'color', 'rgb(2, 0, 0)');
      await page.isKept();
    },
  ],
];
