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
    const context = await (await launch()).newContext();
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
  await tab.isReloaded();
  assert.deepEqual(
    tab.documents.map((response) => response.status()).filter((status) => status !== 307),
    [200, 200],
    'one reload, of the new page',
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
  await tab.isReloaded();
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
