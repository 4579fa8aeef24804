/** The example `chat`: tabs that exchange messages, over either transport. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Example, launch, Tab } from './harness.js';

test('the example chat', { timeout: 60_000 }, async () => {
  const example = await Example.start('chat');
  const context = await (await launch({ isFull: true })).newContext();
  try {
    const tabs = [];
    for (const query of ['', '?vite', '?vite']) {
      const tab = new Tab(await context.newPage());
      await tab.goto(`${example.url}/${query}`);
      await tab.until(() => 'ready' in document.body.dataset);
      tabs.push(tab);
    }
    const said = [];
    for (const [index, tab] of tabs.entries()) {
      await tab.page.fill('#text', `from tab ${index}`);
      await tab.page.press('#text', 'Enter');
      said.push(`from tab ${index}`);
      for (const other of tabs) await other.until((count) => document.querySelectorAll('#said li').length === count, said.length);
      await tab.until((text) => document.querySelector('#echo').value === text, said.at(-1));
    }
    for (const [index, tab] of tabs.entries()) {
      const lines = await tab.page.$$eval('#said li', (lines) => lines.map((line) => line.textContent.split(' (')[0]));
      assert.deepEqual(lines, said);
      assert.equal(await tab.page.$eval('#echo', (echo) => echo.value), `from tab ${index}`, 'it was said to no other tab');
      await tab.until(() => /^\d+$/.test(document.querySelector('#time').value));
      tab.hasNoErrors([]);
    }
    assert.equal(await example.stop(), 0, example.output);
  } finally {
    await context.close();
    await example.stop();
  }
});
