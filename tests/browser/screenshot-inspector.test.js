/** The screenshots of the inspector in docs/inspector.md, light and dark. */

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { html, scenario } from './harness.js';

const SIZE = { width: 1200, height: 800 };
const LINKS = '<link rel="stylesheet" href="/style.css"><script type="module" src="/app.js"></script>';
const FILES = {
  'index.html': html(LINKS, '<h1>Shop</h1>'),
  'cart.html': html(LINKS, '<h1>Cart</h1>'),
  'style.css': 'h1 { color: teal; }',
  'app.js': 'document.title = "shop";',
  'notes.txt': 'one',
};

scenario(
  'the inspector, light and dark, and 360 pixels wide',
  { files: FILES, server: { terminal: true }, errors: [/Can't resolve/] },
  async ({ open, server, site, tab: empty }) => {
    await open('/');
    await open('/cart.html');
    for (const [name, text, line] of [
      ['style.css', 'h1 { color: navy; }', /style\.css → 2 pages/],
      ['notes.txt', 'two', /notes\.txt → no page uses/],
      ['style.css', 'h1 { color: crimson; }', /style\.css → 2 pages/],
      ['app.js', 'document.title = "a shop";', /app\.js → reload, 2 pages/],
    ]) {
      const from = server.printed().length;
      await site.save(name, text);
      await server.prints(line, from);
    }
    await server.send({ publish: { action: 'news', count: 3 } });
    await server.send({ built: { name: 'admin', hash: '5f3a9c', errors: ["./admin.js\nCan't resolve './table'"], modules: [] } });
    for (const headers of [{ 'X-Forwarded-Host': 'app.test' }, { Origin: 'http://evil.example' }]) {
      assert.equal((await fetch(`${server.url}/__webpack_hmr`, { headers })).status, 403);
    }

    const tab = await empty();
    await tab.page.setViewportSize(SIZE);
    await tab.page.goto(`${server.url}/__webpack_hmr`);
    await tab.page.waitForFunction(() => document.querySelectorAll('#events li').length >= 6);
    await tab.page.waitForFunction(() => document.querySelectorAll('#pages li').length === 2);
    const folder = process.env.UPDATE_SCREENSHOT ? join(import.meta.dirname, '../../docs') : join(import.meta.dirname, 'out');
    await mkdir(folder, { recursive: true });
    const backs = new Set();
    for (const colorScheme of ['light', 'dark']) {
      await tab.page.emulateMedia({ colorScheme });
      backs.add(await tab.page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      const png = await tab.page.screenshot();
      assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [SIZE.width, SIZE.height]);
      await writeFile(join(folder, `inspector-${colorScheme}.png`), png);
    }
    assert.equal(backs.size, 2);
    await tab.page.setViewportSize({ width: 360, height: 640 });
    const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
    assert.equal(await tab.page.evaluate(overflow), 0, 'no horizontal scroll');
    // By the keyboard alone: the filter, the list of kinds, both buttons.
    await tab.page.evaluate(() => document.activeElement?.blur());
    const focused = [];
    for (let press = 0; press < 4; press += 1) {
      await tab.page.keyboard.press('Tab');
      focused.push(await tab.page.evaluate(() => document.activeElement?.id));
    }
    assert.deepEqual(focused, ['filter', 'kind', 'pause', 'copy']);
    await tab.page.keyboard.press('Enter');
    assert.match(await tab.page.textContent('#command'), /^curl -N '/);
  },
);
