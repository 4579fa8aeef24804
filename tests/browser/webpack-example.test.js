/** The webpack example: an edited React component keeps its state. */

import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Example, launch, Tab } from './harness.js';

const SOURCES = join(import.meta.dirname, '../../examples/webpack/src');

/** @type {Map<string, string>} */
const originals = new Map();

/**
 * Edits one of the example's files, which is restored at the end.
 *
 * @param {string} name
 * @param {string} from
 * @param {string} to
 */
async function edit(name, from, to) {
  const path = join(SOURCES, name);
  const text = await readFile(path, 'utf8');
  if (!originals.has(path)) originals.set(path, text);
  assert.ok(text.includes(from), `${from} in ${name}`);
  await writeFile(path, text.replace(from, to));
}

test('the example webpack', { timeout: 120_000 }, async () => {
  // Updates that an earlier run has left have the same names.
  await rm(new URL('../../examples/webpack/dist/', import.meta.url), { recursive: true, force: true });
  const example = await Example.start('webpack');
  const context = await (await launch({ isFull: true })).newContext();
  try {
    const tab = new Tab(await context.newPage());
    await tab.goto(example.url);
    await tab.says('[HMR] connected');
    await tab.page.click('#counter');
    await tab.page.click('#counter');
    await tab.mark();

    await edit('counter.jsx', 'React under tower', 'Edited under tower');
    await tab.until(() => document.querySelector('h1')?.textContent === 'Edited under tower');
    assert.equal(await tab.page.textContent('#counter'), 'Clicked 2 times');

    await edit('style.css', 'background: #eef4f1', 'background: rgb(1, 2, 3)');
    await tab.untilStyle('body', 'background-color', 'rgb(1, 2, 3)');

    await edit('counter.jsx', 'return (', 'return ((');
    // Not only the file's name, which an earlier update has logged.
    await tab.says(/has 1 errors/);
    // The next edit in a build of its own: together with the fix, it would be an update from the broken module.
    await edit('counter.jsx', 'return ((', 'return (');
    const rebuilt = () => tab.lines().filter((line) => line.includes(' rebuilt in ')).length;
    for (const [before, begun] = [rebuilt(), Date.now()]; rebuilt() === before; ) {
      assert.ok(Date.now() - begun < 15_000, tab.lines().join('\n'));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await edit('counter.jsx', 'Edited', 'Mended');
    await tab.until(() => document.querySelector('h1')?.textContent === 'Mended under tower');
    assert.equal(await tab.page.textContent('#counter'), 'Clicked 2 times');
    await tab.isKept();
    assert.equal(await example.stop(), 0, example.output);
  } finally {
    for (const [path, text] of originals) await writeFile(path, text);
    await context.close();
    await example.stop();
  }
});
