/** The lines of saves in the terminal, as the pages of every engine answer. */

import { page } from '../engines/page.js';

const LINK = '<link rel="stylesheet" href="/style.css">';
const FILES = { 'index.html': page(LINK, '<p>one</p>'), 'style.css': 'p { color: rgb(1, 0, 0); }' };

/** @type {import('../engines/scenario.js').Scenario[]} */
export const receipts = [
  [
    'the terminal has what became of a save in two pages that share a stream: swapped, not used, reloaded',
    { files: FILES, templates: { 'page.html': page('', '<p>one</p>') }, server: { terminal: true } },
    async ({ open, server, site, templates }) => {
      const pages = [await open(), await open()];
      await site.save('style.css', 'p { color: rgb(2, 0, 0); }');
      await server.prints('style.css → 2 pages');
      await site.save('notes.txt', 'not used');
      await server.prints('notes.txt → no page uses /notes.txt');
      for (const tab of pages) await tab.isKept();
      await templates.save('page.html', page('', '<p>two</p>'));
      await server.prints(/page\.html → reload, 2 pages$/);
    },
  ],
];
