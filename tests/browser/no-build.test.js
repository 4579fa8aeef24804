/** The examples without a build step: edited components keep their state. */

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Example, launch, Tab } from './harness.js';

/**
 * Runs a part of a test with an example in a page. Its files are restored at the end.
 *
 * @param {string} name
 * @param {(tab: Tab, edit: (file: string, from: string, to: string) => Promise<void>) => Promise<void>} run
 */
async function example(name, run) {
  const folder = join(import.meta.dirname, '../../examples', name, 'public');
  /** @type {Map<string, string>} */
  const originals = new Map();
  const edit = async (file, from, to) => {
    const path = join(folder, file);
    const text = await readFile(path, 'utf8');
    if (!originals.has(path)) originals.set(path, text);
    assert.ok(text.includes(from), `${from} in ${file}`);
    await writeFile(path, text.replace(from, to));
  };
  const started = await Example.start(name);
  const context = await (await launch({ isFull: true })).newContext();
  try {
    const tab = new Tab(await context.newPage());
    await tab.goto(started.url);
    await tab.says('[HMR] connected');
    await tab.page.fill('input', 'typed');
    await tab.mark();
    await run(tab, edit);
    assert.equal(await tab.page.inputValue('input'), 'typed');
    await tab.isKept();
    assert.equal(await started.stop(), 0, started.output);
  } finally {
    for (const [path, text] of originals) await writeFile(path, text);
    await context.close();
    await started.stop();
  }
}

test('the example lit', { timeout: 120_000 }, () =>
  example('lit', async (tab, edit) => {
    const counter = (/** @type {string} */ text, at = 0) =>
      tab.until(([text, at]) => document.querySelectorAll('my-counter')[at].shadowRoot.textContent.includes(text), [text, at]);
    await tab.page.click('my-counter >> nth=0');
    await tab.page.click('my-counter >> nth=0');
    await counter('Clicked 2 times');
    await edit('counter.js', '>${label(this.count)}<', '>${label(this.count)}!<');
    await counter('Clicked 2 times!');
    await edit('counter.js', 'color: seagreen', 'color: rgb(1, 2, 3)');
    await tab.until(() => {
      const { shadowRoot } = document.querySelector('my-counter');
      return getComputedStyle(shadowRoot.querySelector('button')).color === 'rgb(1, 2, 3)';
    });
    await edit('words.js', 'Clicked', 'Pressed');
    await counter('Pressed 2 times!');
    await tab.page.click('my-counter >> nth=1');
    await counter('Pressed 1 times!', 1);
  }),
);

test('the example preact', { timeout: 120_000 }, () =>
  example('preact', async (tab, edit) => {
    await tab.page.click('button >> nth=0');
    await tab.page.click('button >> nth=0');
    await tab.until(() => document.querySelector('button').textContent === 'Clicked 2 times');
    await edit('counter.js', '>${label(count)}<', '>${label(count)}!<');
    await tab.until(() => document.querySelector('button').textContent === 'Clicked 2 times!');
    await edit('words.js', 'Clicked', 'Pressed');
    await tab.until(() => document.querySelector('button').textContent === 'Pressed 2 times!');
    await edit('counter.js', 'onClick=${() => setCount(count + 1)}>', 'onClick=${() => setCount(count + 10)}>+');
    await tab.until(() => document.querySelector('button').textContent === '+Pressed 2 times!');
    await tab.page.click('button >> nth=1');
    await tab.until(() => document.querySelectorAll('button')[1].textContent === '+Pressed 10 times!');
  }),
);
