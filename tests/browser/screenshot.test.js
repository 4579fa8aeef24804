/** The README's screenshot: the example before and after two saves. */

import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Example, html, scenario } from './harness.js';

const ROOT = join(import.meta.dirname, '../..');
const STATIC = join(ROOT, 'examples/site/static');
const SIZE = { width: 1200, height: 700 };
const PANE = { width: 577, height: 470 };

/** The edits of the stylesheet. */
const EDITS = [
  ['--accent: #c2410c;', '--accent: #0f766e;'],
  ['--paper: #fffbf5;', '--paper: #ecfeff;'],
];

/** The edit of the page. */
const HEADING = ['<h1>Saved is shown</h1>', '<h1>Every save is shown</h1>'];

/** A copy of the example's files, with its page as it is rendered. */
async function files() {
  const example = await Example.start('site');
  try {
    // A request that doesn't accept HTML gets the page without the client's tag.
    const page = await (await fetch(example.url, { headers: { accept: 'text/plain' } })).text();
    const names = await readdir(STATIC);
    const contents = await Promise.all(
      names.map(async (name) => [`static/${name}`, await readFile(join(STATIC, name))]),
    );
    return { 'index.html': page, ...Object.fromEntries(contents) };
  } finally {
    await example.stop();
  }
}

const image = (png) =>
  `<img src="data:image/png;base64,${png.toString('base64')}" width="${PANE.width}" height="${PANE.height}">`;

const text = (line) => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const EDIT = [...EDITS, HEADING].map(([old, next]) => `<del>- ${text(old)}</del>\n<ins>+ ${text(next)}</ins>`).join('\n');

/** The whole picture: both states of the page above the edit and the console. */
const picture = ({ before, after, lines }) =>
  html(
    `<style>
      body { margin: 0; padding: 16px; box-sizing: border-box; width: 1200px; height: 700px; overflow: hidden;
        display: grid; grid-template: auto 1fr / 1fr 1fr; gap: 14px; background: #e7e5e4; }
      figure { margin: 0; border-radius: 10px; overflow: hidden; background: #fff; box-shadow: 0 1px 6px #0003; }
      figcaption { padding: 6px 12px; font: 600 13px system-ui, sans-serif; color: #44403c; background: #fafaf9;
        border-bottom: 1px solid #e7e5e4; }
      img { display: block; }
      pre { margin: 0; padding: 8px 12px; height: 100%; box-sizing: border-box; color: #e7e5e4; background: #1c1917;
        font: 13px/1.35 monospace; }
      del { color: #fca5a5; text-decoration: none; } ins { color: #86efac; text-decoration: none; }
    </style>`,
    `<figure><figcaption>Before the saves</figcaption>${image(before)}</figure>
    <figure><figcaption>After them: another style and text, the same page</figcaption>${image(after)}</figure>
    <figure><figcaption>static/style.css and index.html</figcaption><pre>${EDIT}</pre></figure>
    <figure><figcaption>Console</figcaption><pre>${lines.map(text).join('\n')}</pre></figure>`,
  );

scenario('the screenshot of the example', { files: await files() }, async ({ open, site, tab: empty }) => {
  const tab = await open();
  await tab.page.setViewportSize(PANE);
  for (let click = 0; click < 3; click += 1) await tab.page.click('#counter');
  await tab.page.fill('input', 'still here');
  await tab.page.evaluate(() => document.activeElement.blur());
  const before = await tab.page.screenshot();

  const style = await readFile(join(STATIC, 'style.css'), 'utf8');
  const changed = EDITS.reduce((style, [old, next]) => style.replace(old, next), style);
  await site.save('static/style.css', changed);
  await tab.untilStyle('h1', 'color', 'rgb(15, 118, 110)');
  await tab.says('[HMR] Updated: /static/style.css');
  const page = await readFile(join(site.folder, 'index.html'), 'utf8');
  await site.save('index.html', page.replace(...HEADING));
  await tab.says('[HMR] Updated: /index.html');
  assert.equal(await tab.page.textContent('h1'), 'Every save is shown');
  assert.equal(await tab.page.textContent('#counter'), 'Clicked 3 times');
  assert.equal(await tab.page.inputValue('input'), 'still here');
  await tab.isKept();
  const after = await tab.page.screenshot();

  const frame = await empty();
  await frame.page.setViewportSize(SIZE);
  await frame.page.setContent(picture({ before, after, lines: tab.lines() }));
  await frame.page.evaluate(() => Promise.all([...document.images].map((image) => image.decode())));
  const png = await frame.page.screenshot();

  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [SIZE.width, SIZE.height]);
  const colours = await frame.page.evaluate(async (base64) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    return new Set(new Uint32Array(data.buffer)).size;
  }, png.toString('base64'));
  assert.ok(colours > 500, `a picture with only ${colours} colours is almost blank`);

  const folder = process.env.UPDATE_SCREENSHOT ? join(ROOT, 'docs') : join(import.meta.dirname, 'out');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'site.png'), png);
});
