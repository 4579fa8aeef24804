/** Updates of a page whose template is saved again and again, and read while it is written, in every engine. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { page } from '../engines/page.js';

/** @param {number} edit */
const edited = (edit) =>
  page(
    '',
    `<main class="c${edit % 3}">${edit % 2 ? '<p>P</p><label><input></label>' : '<label><input></label><p>P</p>'}`.replace('>P<', `>text ${edit}<`) +
      `<ul>${'<li>item</li>'.repeat(1 + (edit % 4))}</ul></main>`,
  );

/** Rounds in which a template is half written, and the most attempts at them. */
const HALVES = 12;
const MOST_ATTEMPTS = 60;

/** Milliseconds after which the client asks again, but for a margin. */
const SHORT = 45;

/** @type {import('../engines/scenario.js').Scenario[]} */
export const quickSaves = [
  [
    'edits while a page loads, ten with input between them, and two within 50 ms are all shown',
    { templates: { 'a.html': edited(0) } },
    async ({ server, templates, tab: openTab }) => {
      const tab = await openTab();
      const going = tab.goto(`${server.url}/t/a.html`);
      await templates.save('a.html', edited(1));
      await going;
      await templates.save('a.html', edited(2));
      await tab.untilText('p', 'text 2');
      await tab.says('[HMR] connected');
      await tab.mark();
      let typed = await tab.evaluate(() => document.querySelector('input').value);
      for (let edit = 3; edit <= 12; edit += 1) {
        await tab.type('input', `${edit} `);
        typed += `${edit} `;
        await templates.save('a.html', edited(edit));
        await tab.untilText('p', `text ${edit}`);
        const [value, items] = await tab.evaluate(() => [document.querySelector('input').value, document.querySelectorAll('li').length]);
        assert.deepEqual([value, items], [typed, 1 + (edit % 4)]);
      }
      for (const edit of [13, 14]) {
        await templates.save('a.html', edited(edit));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await tab.untilText('p', 'text 14');
      assert.equal(await tab.evaluate(() => document.querySelector('input').value), typed);
      await tab.isKept();
    },
  ],
  [
    'a template that a page reads while it is half written costs nothing',
    { templates: { 'a.html': edited(0) } },
    async ({ server, templates, tab: openTab }) => {
      const tab = await openTab();
      const begin = async () => {
        await tab.goto(`${server.url}/t/a.html`);
        await tab.says('[HMR] connected');
        await tab.untilUpdatable();
        await tab.mark();
        await tab.evaluate(() => void (document.querySelector('input').value = ''));
        await tab.type('input', 'typed');
      };
      const file = join(templates.folder, 'a.html');
      /** Writes the file after its first part, and returns the milliseconds for which it was not whole. */
      const write = (text, part = '', span = 0) => {
        const start = performance.now();
        writeFileSync(file, part);
        while (performance.now() - start < span);
        writeFileSync(file, text);
        return performance.now() - start;
      };
      await begin();
      let rounds = 0;
      for (let attempt = 0; attempt < MOST_ATTEMPTS && rounds < HALVES; attempt += 1) {
        const [whole, next] = [2 * attempt + 1, 2 * attempt + 2];
        const spans = [write(edited(whole))];
        await new Promise((resolve) => setTimeout(resolve, 5 * rounds));
        spans.push(write(edited(next), edited(next).slice(0, 60 * (rounds % 4)), 20));
        await tab.untilText('p', `text ${next}`);
        // On a busy machine this process may wait for others, and the page sees half of a template for too long.
        if (Math.max(...spans) > SHORT) {
          await begin();
          continue;
        }
        assert.equal(await tab.evaluate(() => document.querySelector('input').value), 'typed');
        await tab.isKept();
        rounds += 1;
      }
      assert.equal(rounds, HALVES, `in ${MOST_ATTEMPTS} attempts`);
    },
  ],
];
