/** Pages, templates, frames and errors in every engine. */

import assert from 'node:assert/strict';

import { page } from '../engines/page.js';

const LINK = '<link rel="stylesheet" href="/style.css">';
const style = (shade) => `p { color: rgb(${shade}, 0, 0); }`;

const ERROR = '\x1b[1m./src/view.tsx\x1b[22m:12:7\n\x1b[31merror\x1b[39m: expected `;` <img src=x>';

/** The overlay's heading, if the page shows it. */
const overlay = () =>
  document.querySelector('hot-middleware-overlay')?.shadowRoot?.querySelector('[role=alertdialog]')?.textContent ?? '';

/** @type {import('../engines/scenario.js').Scenario[]} */
export const pages = [
  [
    'a changed template updates the page, with a value that is another at each request',
    {
      files: { 'style.css': style(1) },
      templates: { 'page.html': page(LINK, '<p>one {{now}}</p>') },
    },
    async ({ site, templates, open }) => {
      const tab = await open('/t/page.html');
      await templates.save('page.html', page(LINK, '<p>two {{now}}</p>'));
      await tab.until(() => document.querySelector('p').textContent.startsWith('two '));
      await site.save('style.css', style(2));
      await tab.untilStyle('p', 'color', 'rgb(2, 0, 0)');
      await tab.isKept();
    },
  ],
  [
    'a frame is updated by its own client, and its parent stays',
    {
      files: {
        'index.html': page('', '<iframe src="frame.html"></iframe>'),
        'frame.html': `<!doctype html>${LINK}<p>one</p>`,
        'style.css': style(1),
      },
    },
    async ({ site, open }) => {
      const page = await open();
      const untilShade = (shade) =>
        page.until((color) => {
          const frame = document.querySelector('iframe').contentWindow;
          const paragraph = frame.document.querySelector('p');
          return paragraph && frame.getComputedStyle(paragraph).color === color;
        }, `rgb(${shade}, 0, 0)`);
      await untilShade(1);
      await site.save('style.css', style(2));
      await untilShade(2);
      await page.isKept();
    },
  ],
  [
    'a build error covers the page until it is fixed',
    { files: { 'index.html': page('', '<input>') }, server: { watch: false }, errors: [/expected/] },
    async ({ server, open }) => {
      await server.send({ built: { hash: 'h1', modules: [] } });
      const page = await open();
      await page.type('input', 'typed');
      await server.send({ built: { hash: 'h2', modules: [], errors: [ERROR] } });
      await page.until(overlay);
      assert.match(await page.evaluate(overlay), /1 error[^]*\.\/src\/view\.tsx 12:7[^]*expected `;` <img src=x>/);
      await server.send({ built: { hash: 'h1', modules: [] } });
      await page.until(() => !document.querySelector('hot-middleware-overlay'));
      const state = await page.evaluate(() => [document.activeElement?.tagName, document.querySelector('input').value]);
      assert.deepEqual(state, ['INPUT', 'typed']);
      await page.isKept();
    },
  ],
  [
    'a page that is restored by the back button catches up',
    {
      isFull: true,
      // With a stream of its own; `sharing.js` tests pages that share one.
      files: {
        'index.html': page(`<script>delete globalThis.SharedWorker</script>${LINK}`, '<p>one</p>'),
        'away.html': page('<script>delete globalThis.SharedWorker</script>', 'away'),
        'style.css': style(1),
      },
    },
    async ({ engine, server, site, open }) => {
      const page = await open();
      for (const shade of [2, 3]) {
        await page.goto(`${server.url}/away.html`);
        await page.says('[HMR] connected');
        await site.save('style.css', style(shade));
        await page.says('[HMR] /style.css changed, which this page has not loaded');
        await page.back();
        if (engine.cachesStreamingPages) await page.until(() => globalThis.marked);
        await page.untilStyle('p', 'color', `rgb(${shade}, 0, 0)`);
      }
    },
  ],
];
