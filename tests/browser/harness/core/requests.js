/** The requests that a page makes for the client's files, and the return of a server, in every engine. */

import assert from 'node:assert/strict';
import { createServer, request as forward } from 'node:http';

import { page } from '../engines/page.js';

const LINK = '<link rel="stylesheet" href="/style.css">';
const style = (shade) => `p { color: rgb(${shade}, 0, 0); }`;
const FILES = { 'index.html': page(LINK, '<p>one</p>'), 'about.html': page(LINK, '<p>two</p>'), 'style.css': style(1) };

/** A way to the server that notes the paths of the client's files. */
async function counting({ later, server }) {
  const asked = [];
  const front = createServer((request, response) => {
    const { method, url, headers } = request;
    if (/^\/__webpack_hmr\//.test(url)) asked.push(url);
    const onward = forward(server.url + url, { method, headers }, (answer) => {
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
  return { url: `http://127.0.0.1:${front.address().port}`, take: () => asked.splice(0) };
}

async function visit(page, act) {
  await act();
  await page.says('[HMR] connected');
  // The overlay is loaded a moment after the rest.
  await page.until(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/overlay/style.js')));
}

/** @type {import('../engines/scenario.js').Scenario[]} */
export const requests = [
  [
    'the client’s files are requested by the first visit alone',
    { files: FILES },
    async (stage) => {
      const front = await counting(stage);
      const page = await stage.tab();
      await visit(page, () => page.goto(`${front.url}/`));
      const first = front.take();
      assert.ok(first.length > 20, `${first.length} files`);
      assert.equal(new Set(first).size, first.length, 'each file once');
      for (const path of ['/about.html', '/', '/index.html']) {
        await visit(page, () => page.goto(front.url + path));
        assert.deepEqual(front.take(), [], path);
      }
      await page.mark();
      await stage.site.save('style.css', style(2));
      await page.untilStyle('p', 'color', 'rgb(2, 0, 0)');
      await page.isKept();
      await page.evaluate(() => setTimeout(() => location.reload()));
      await visit(page, () => page.until(() => globalThis.marked === undefined));
      assert.ok(front.take().length <= 1, 'a reload');
    },
  ],
  [
    'a tag that was written by hand costs two requests after the first visit',
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
      front.take();
      await visit(page, () => page.goto(`${front.url}/about.html`));
      front.take();
      await visit(page, () => page.goto(`${front.url}/`));
      assert.deepEqual(front.take(), []);
      await visit(page, () => page.goto(`${front.url}/about.html`));
      assert.deepEqual(front.take(), ['/__webpack_hmr/client.js', '/__webpack_hmr/page.js']);
    },
  ],
  [
    'a server that is away is shown in the corner, and found soon after it is back',
    { files: FILES },
    async ({ open, restart, site }) => {
      const page = await open();
      await page.until(() =>
        performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/overlay/style.js')),
      );
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
          // By now, a client that backs off waits for seconds.
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
