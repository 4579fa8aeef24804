/** `cargo hmr` and an open page: compiler errors, the switch to a new build, and the page while no app runs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launch, Tab } from './harness.js';
import { CargoHmr } from './harness/cargo-hmr.js';

/**
 * Defines a test with a project and a browser.
 *
 * @param {string} name
 * @param {(hmr: CargoHmr, tab: () => Promise<Tab>) => Promise<void>} body
 */
function follows(name, body) {
  test(name, { timeout: 600_000 }, async () => {
    const hmr = await CargoHmr.make();
    const context = await (await launch({ isFull: true })).newContext();
    try {
      await body(hmr, async () => new Tab(await context.newPage()));
    } catch (error) {
      error.message += `\ncargo hmr:\n${hmr.output}`;
      throw error;
    } finally {
      await context.close();
      await hmr.stop();
    }
  });
}

const overlay = (tab) => tab.page.locator('hot-middleware-overlay');

/**
 * Waits for a problem on the overlay; a build may come first.
 *
 * @param {Tab} tab
 * @param {RegExp} heading
 * @param {string} text
 */
async function shows(tab, heading, text) {
  const item = overlay(tab).getByRole('listitem').filter({ hasText: text });
  await item.first().waitFor({ timeout: 60_000 });
  assert.match(await item.first().locator('h2').innerText(), heading);
  return item.first();
}

follows('errors of rustc are over the page until they are fixed, and a save switches', async (hmr, open) => {
  hmr.start();
  await hmr.answers(200);
  const tab = await open();
  await tab.goto(hmr.url);
  await tab.says('[HMR] connected');
  await tab.mark();
  await tab.page.fill('input', 'typed');
  await hmr.replace('const PAGE: &str', 'const PAGE: u8');
  const item = await shows(tab, /^Error src\/main\.rs 5:\d+/, 'mismatched types');
  assert.ok((await item.locator('pre span').count()) > 3, 'the colours are there');
  await tab.isKept();
  await hmr.replace('const PAGE: u8', 'const PAGE: &str');
  await overlay(tab).waitFor({ state: 'detached', timeout: 60_000 });
  await tab.isKept();
  assert.equal(await tab.page.inputValue('input'), 'typed');

  await hmr.replace('<h1>one', '<h1>two');
  await tab.page.getByText('two').waitFor({ timeout: 60_000 });
  await tab.isKept();
  assert.equal(await tab.page.inputValue('input'), 'typed');
  assert.deepEqual(
    tab.documents.map((response) => response.status()).filter((status) => status !== 307),
    [200],
    'an update without a reload',
  );
});

follows('a death is shown over the open page, and on any other', async (hmr, open) => {
  hmr.start();
  await hmr.answers(200);
  const tab = await open();
  await tab.goto(hmr.url);
  await tab.says('[HMR] connected');
  await tab.mark();
  await fetch(`${hmr.url}/die`).catch(() => undefined);
  await shows(tab, /Error/, 'last words');
  await tab.isKept();
  const other = await open();
  await other.page.goto(`${hmr.url}/any/page`);
  await other.page.locator('#errors').getByText('exit code 7').waitFor();
  await hmr.replace('<h1>one', '<h1>two');
  await tab.page.getByText('two').waitFor({ timeout: 60_000 });
  await tab.isKept();
  await other.page.waitForFunction(() => document.title !== 'cargo hmr', undefined, { timeout: 10_000 });
});

follows('a first build that fails has a page, which goes once the app is there', async (hmr, open) => {
  await hmr.replace('const PAGE: &str', 'const PAGE: u8');
  hmr.start('--listen', `127.0.0.1:${hmr.port}`);
  await hmr.answers(503);
  const tab = await open();
  await tab.page.goto(hmr.url);
  await shows(tab, /^Error src\/main\.rs 5:\d+/, 'mismatched types');
  await tab.page.locator('#errors').getByText('mismatched types').waitFor();
  await hmr.replace('const PAGE: u8', 'const PAGE: &str');
  await tab.page.getByRole('heading', { name: 'one' }).waitFor({ timeout: 60_000 });
});

follows('the page follows a build: its start, its progress and its errors, in time', async (hmr, open) => {
  hmr.start();
  await hmr.answers(200);
  const tab = await open();
  await tab.goto(hmr.url);
  await tab.says('[HMR] connected');
  await tab.mark();
  // Records when each build began, and when the overlay first showed each text.
  await tab.page.evaluate(() => {
    globalThis.begun = [];
    globalThis.shown = {};
    globalThis.__hot_middleware__.subscribeAll((message) => {
      if (message.name === 'cargo' && message.action === 'building') globalThis.begun.push(Date.now());
    });
    const look = () => {
      const text = document.querySelector('hot-middleware-overlay')?.shadowRoot.textContent ?? '';
      for (const [name] of text.matchAll(/unknown_\d+/g)) globalThis.shown[name] ??= Date.now();
      requestAnimationFrame(look);
    };
    look();
  });

  const starts = [];
  for (let count = 0; count < 9; count += 1) {
    const saved = Date.now();
    // Each save cancels the build of the one before it.
    await hmr.replace(count ? `<h1>text ${count - 1}` : '<h1>one', `<h1>text ${count}`);
    await tab.until((count) => globalThis.begun.length > count, count);
    starts.push((await tab.page.evaluate(() => globalThis.begun.at(-1))) - saved);
  }
  // The browser shares the processors with cargo and with other tests, so the shortest time counts. The median of the
  // times on the stream is checked in tests/runner/times.rs.
  assert.ok(Math.min(...starts) < 50, `from a save to building in the page: ${starts.join(', ')} ms`);
  const line = /^Rebuilding cargo \d+ % \(\d+ of \d+ crates: .*\)$/;
  const progress = tab.page.locator('hot-middleware-indicator').getByText(line);
  await progress.waitFor({ timeout: 60_000 });
  const [, done, all] = /(\d+) of (\d+) crates: hmr-browser-/.exec(await progress.innerText());
  assert.equal(Number(done), Number(all) - 1, 'only the app is compiled');
  await tab.page.getByText('text 8').waitFor({ timeout: 60_000 });

  const errors = [];
  for (let count = 0; count < 5; count += 1) {
    const name = `unknown_${count}`;
    await hmr.replace(count ? `Html(unknown_${count - 1})` : 'Html(PAGE)', `Html(${name})`);
    const item = await shows(tab, /^Error src\/main\.rs \d+:\d+/, name);
    assert.ok((await item.locator('pre span').count()) > 3, 'the colours are there');
    await tab.until((name) => globalThis.shown[name], name);
    // Rustc writes its errors before it ends, so the text may be shown before.
    const shown = await tab.page.evaluate((name) => globalThis.shown[name], name);
    await tab.until(() => !document.querySelector('hot-middleware-indicator')?.textContent.includes('Rebuilding'));
    errors.push(Math.max(0, shown - (await hmr.rustcEnd())));
  }
  assert.ok(Math.min(...errors) < 100, `from rustc's end to the overlay: ${errors.join(', ')} ms`);
  await tab.isKept();
});
