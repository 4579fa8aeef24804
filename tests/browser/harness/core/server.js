/** Restarts and events of the app, in every engine. */

import assert from 'node:assert/strict';
import { createServer, request as forward } from 'node:http';

import { page } from '../engines/page.js';

const LINK = '<link rel="stylesheet" href="/style.css">';
const style = (shade) => `p { color: rgb(${shade}, 0, 0); }`;

/** @type {import('../engines/scenario.js').Scenario[]} */
export const server = [
  [
    'a restart of the same app leaves the page as it is',
    { files: { 'index.html': page(LINK, '<p>one</p>'), 'style.css': style(1) } },
    async ({ site, open, restart }) => {
      const page = await open();
      await restart();
      await page.says('[HMR] reconnected');
      await site.save('style.css', style(2));
      await page.untilStyle('p', 'color', 'rgb(2, 0, 0)');
      await page.isKept();
    },
  ],
  [
    'builds that were missed while the app was down are applied in place',
    {
      files: {
        'index.html': page(LINK, '<p>one</p>'),
        'style.css': style(1),
      },
    },
    async ({ site, open, restart }) => {
      const page = await open();
      await restart({ meanwhile: () => site.save('style.css', style(2)) });
      await page.untilStyle('p', 'color', 'rgb(2, 0, 0)');
      await page.isKept();
    },
  ],
  [
    'a template that was changed while the app was down updates the page in place',
    { templates: { 'page.html': page('', '<p>one</p>') } },
    async ({ templates, open, restart }) => {
      const tab = await open('/t/page.html');
      await tab.untilUpdatable();
      await restart({ meanwhile: () => templates.save('page.html', page('', '<p>two</p>')) });
      await tab.untilText('p', 'two');
      await tab.isKept();
    },
  ],
  [
    'custom events go both ways, to every page',
    { files: { 'index.html': page('', '') }, server: { echo: true } },
    async ({ open }) => {
      const pages = [await open(), await open()];
      for (const page of pages) {
        await page.evaluate(() => {
          globalThis.echoes = [];
          globalThis.__hot_middleware__.on('echo', (data) => globalThis.echoes.push(data));
        });
      }
      const sent = [{ text: 'Grüße \u{1f493}' }, null, [1, 2]];
      await pages[0].evaluate(
        (all) => Promise.all(all.map((data) => globalThis.__hot_middleware__.send('echo', data))).then(() => true),
        sent,
      );
      for (const page of pages) {
        await page.until(() => globalThis.echoes.length >= 3);
        assert.deepEqual(await page.evaluate(() => globalThis.echoes), sent);
      }
    },
  ],
  [
    'a page whose server stopped before the client was loaded gets it when the server is back',
    { files: { 'index.html': page(LINK, '<p>one</p>'), 'style.css': style(1) } },
    async ({ later, server, site, tab }) => {
      let refusals = 2;
      const proxy = createServer((request, response) => {
        if (request.url.includes('/client.js') && refusals > 0) {
          refusals -= 1;
          request.socket.destroy();
          return;
        }
        const { method, url, headers } = request;
        const asked = forward(server.url + url, { method, headers }, (answer) => {
          response.writeHead(answer.statusCode, answer.headers);
          answer.pipe(response);
        });
        asked.on('error', () => response.destroy());
        response.on('close', () => asked.destroy());
        request.pipe(asked);
      });
      await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      later(() => proxy.closeAllConnections());
      later(() => proxy.close());

      const page = await tab();
      await page.goto(`http://127.0.0.1:${proxy.address().port}/`);
      await page.says('[HMR] connected');
      assert.equal(refusals, 0);
      await page.mark();
      await site.save('style.css', style(2));
      await page.untilStyle('p', 'color', 'rgb(2, 0, 0)');
      await page.isKept();
    },
  ],
];
