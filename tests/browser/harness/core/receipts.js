/** The lines of saves in the terminal, as the pages of every engine answer. */

import assert from 'node:assert/strict';

import { page } from '../engines/page.js';
import { PATIENCE } from '../patience.js';

const LINK = '<link rel="stylesheet" href="/style.css">';
const FILES = { 'index.html': page(LINK, '<p>one</p>'), 'style.css': 'p { color: rgb(1, 0, 0); }' };

/**
 * Waits until the lines about the template have these numbers of pages together: an answer after a second has a line of its
 * own.
 */
async function untilCounted(server, from, wanted) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const lines = server.printed(from).filter((line) => line.includes('page.html → '));
    const sum = (pattern) => lines.reduce((sum, line) => sum + Number(pattern.exec(line)?.[1] ?? 0), 0);
    const counts = { updated: sum(/→ (\d+) page/), unchanged: sum(/unchanged, (\d+) page/), reload: sum(/reload, (\d+) page/) };
    if (Date.now() > deadline) assert.deepEqual(counts, wanted, lines.join('\n'));
    if (JSON.stringify(counts) === JSON.stringify(wanted)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** @type {import('../engines/scenario.js').Scenario[]} */
export const receipts = [
  [
    'the terminal has what became of a save in several pages: swapped, not used, swapped after a restart, unchanged, updated, reloaded',
    { files: FILES, templates: { 'page.html': page('', '<p>one</p>') }, server: { terminal: true } },
    async (stage) => {
      const { open, restart, server, site, templates } = stage;
      const pages = [await open(), await open()];
      await site.save('style.css', 'p { color: rgb(2, 0, 0); }');
      await server.prints('style.css → 2 pages');
      const [, slowest] = /style\.css → 2 pages, (\d+) ms\n/.exec(server.terminal) ?? [];
      assert.ok(Number(slowest) >= 1 && Number(slowest) < 10_000, server.terminal);
      await site.save('notes.txt', 'not used');
      await server.prints('notes.txt → no page uses /notes.txt');
      // These pages have the token of the process before.
      await restart();
      await stage.server.clients();
      for (const tab of pages) await tab.says('[HMR] reconnected');
      await site.save('style.css', 'p { color: rgb(3, 0, 0); }');
      await stage.server.prints('style.css → 2 pages');
      for (const tab of pages) await tab.isKept();
      const saves = async (text, counts, head = '') => {
        const from = stage.server.printed().length;
        await templates.save('page.html', page(head, `<p>${text}</p>`));
        await untilCounted(stage.server, from, counts);
      };
      await saves('two', { updated: 0, unchanged: 2, reload: 0 });
      const made = await open('/t/page.html');
      await saves('three', { updated: 1, unchanged: 2, reload: 0 });
      assert.equal(await made.text('p'), 'three');
      for (const tab of [...pages, made]) await tab.isKept();
      await saves('four', { updated: 0, unchanged: 2, reload: 1 }, '<script>1</script>');
      await stage.server.prints(/page\.html → .*reload, 1 page \(an inline script was added\)$/);
      await made.isReloaded();
    },
  ],
];
