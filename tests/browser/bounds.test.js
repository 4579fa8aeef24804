/** Build reports of any size: the overlay and the console show a bounded part, and the page stays responsive. */

import assert from 'node:assert/strict';

import { html, scenario } from './harness.js';

const files = { 'index.html': html('', '<h1>A page</h1>') };

/** Names, errors, and the number of items that the overlay shows for them. */
const REPORTS = [
  ['thousands of errors', Array.from({ length: 5_000 }, (_, n) => `./src/${n}.js 1:1\nno`), 51],
  ['long errors', Array.from({ length: 40 }, () => `./a.js 1:1\n${'long '.repeat(20_000)}`), 5],
  ['one long line', ['x'.repeat(1_000_000)], 1],
  ['spaces', [`./a.js ${' '.repeat(1_000_000)}\nno`], 1],
  ['escape sequences', [`./a.js 1:1\n${'\x1b['.repeat(500_000)}`], 1],
  ['a colour for each letter', [`./a.js 1:1\n${Array.from({ length: 50_000 }, (_, n) => `\x1b[38;2;${n % 256};${n >> 8};7mx`).join('')}`], 1],
  ['lines', [`./a.js 1:1\n${'\n'.repeat(1_000_000)}x`], 1],
];

scenario(
  'an error report of any size is shown in bounded time and space',
  { files, server: { watch: false }, errors: [/./] },
  async ({ open, server }) => {
    await server.send({ built: { hash: 'h', modules: [] } });
    const tab = await open();
    for (const [index, [name, errors, items]] of REPORTS.entries()) {
      await server.send({ built: { hash: `h${index}`, modules: [], errors: [`./first.js 1:1\n${name}`] } });
      await tab.page.locator('hot-middleware-overlay').getByText(name).waitFor();
      // The longest time for which the page does not respond.
      await tab.page.evaluate(() => {
        globalThis.longest = 0;
        let last = performance.now();
        globalThis.timer = setInterval(() => {
          globalThis.longest = Math.max(globalThis.longest, performance.now() - last);
          last = performance.now();
        }, 10);
      });
      await server.send({ built: { hash: `g${index}`, modules: [], errors } });
      const list = tab.page.locator('hot-middleware-overlay li');
      await tab.until((text) => !document.querySelector('hot-middleware-overlay').shadowRoot.textContent.includes(text), name);
      assert.equal(await list.count(), items, name);
      const { characters, elements, longest } = await tab.page.evaluate(() => {
        clearInterval(globalThis.timer);
        const root = document.querySelector('hot-middleware-overlay').shadowRoot;
        const { longest } = globalThis;
        return { characters: root.textContent.length, elements: root.querySelectorAll('*').length, longest };
      });
      assert.ok(characters < 110_000, `${name}: ${characters} characters`);
      assert.ok(elements < 20_000, `${name}: ${elements} elements`);
      assert.ok(longest < 2_000, `${name}: the page did not answer for ${Math.round(longest)} ms`);
    }
  },
);
