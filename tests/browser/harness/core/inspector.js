/** The inspector, opened in the address bar of every engine. */

import assert from 'node:assert/strict';

import { page } from '../engines/page.js';

const LINK = '<link rel="stylesheet" href="/style.css">';
const FILES = { 'index.html': page(LINK, '<p>one</p>'), 'style.css': 'p { color: rgb(1, 0, 0); }' };

/** Markup, a change of direction, a terminal's escape and a long text. */
const HOSTILE = `<img src=x onerror="document.title='owned'">\u202e\u001b[31m${'x'.repeat(10_000)}`;

/** @type {import('../engines/scenario.js').Scenario[]} */
export const inspector = [
  [
    'the inspector shows saves with their receipts, open pages, bundles and hostile texts, and is no page itself',
    { files: FILES, server: { terminal: true }, errors: [/x{1000}/] },
    async ({ open, server, site, tab }) => {
      const shown = await open();
      const inspector = await tab();
      await inspector.goto(`${server.url}/__webpack_hmr`);
      await inspector.until(() => /version \d/.test(document.getElementById('status').textContent));
      await site.save('style.css', 'p { color: rgb(2, 0, 0); }');
      await inspector.until(() => /style\.css.*updated in 1 page, [\d.]+ ms/.test(document.getElementById('events').textContent));
      await server.prints('style.css → 1 page');
      await inspector.until(() => document.querySelectorAll('#pages li').length === 1);
      assert.match(await inspector.evaluate(() => document.getElementById('pages').textContent), /^\//);
      assert.match(await inspector.evaluate(() => document.getElementById('bundles').textContent), /\d module/);

      await server.send({ publish: { action: 'news', text: HOSTILE } });
      await server.send({ built: { name: HOSTILE, hash: HOSTILE, errors: [HOSTILE] } });
      await inspector.until(() => /errors?, pages stay/.test(document.getElementById('events').textContent));
      const found = await inspector.evaluate(() => ({
        title: document.title,
        images: document.images.length,
        raw: /[\u202e\u001b]/.test(document.body.textContent),
        isEscaped: document.body.textContent.includes('\\u{202e}'),
      }));
      assert.deepEqual(found, { title: 'Inspector: hot middleware', images: 0, raw: false, isEscaped: true });

      await inspector.evaluate(() => {
        const [filter, kind] = ['filter', 'kind'].map((id) => document.getElementById(id));
        [filter.value, kind.value] = ['STYLE.css', 'save'];
        kind.dispatchEvent(new Event('change'));
      });
      assert.equal(await inspector.evaluate(() => document.querySelectorAll('#events li').length), 1);
      await inspector.evaluate(() => document.getElementById('copy').click());
      assert.equal(
        await inspector.evaluate(() => document.getElementById('command').textContent),
        `curl -N '${server.url}/__webpack_hmr'`,
      );
      await inspector.evaluate(() => document.getElementById('pause').click());
      assert.equal(await inspector.evaluate(() => document.getElementById('pause').getAttribute('aria-pressed')), 'true');
      await shown.isKept();
    },
  ],
  [
    'the inspector works under a nested router',
    { files: FILES, server: { nest: '/app' } },
    async ({ server, tab }) => {
      const inspector = await tab();
      await inspector.goto(`${server.url}/app/__webpack_hmr`);
      await inspector.until(() => /version \d/.test(document.getElementById('status').textContent));
      await inspector.hasNoErrors([]);
    },
  ],
];
