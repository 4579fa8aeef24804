/** Tests of the rows: state that updates keep, edits that they apply, and changes that need a reload. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { missing } from '../harness/engines/index.js';
import { Page } from '../harness/engines/page.js';
import { runGestures } from './gestures.js';
import { read } from './user.js';
import { serve } from './server.js';

/** Rows whose feature an engine lacks, without a graphics card and a window manager. */
const UNSUPPORTED = { Chromium: [], Firefox: ['a drawing by WebGL'], WebKit: [] };

/** The same of `gestures.js`. */
const UNSUPPORTED_GESTURES = { Chromium: [], Firefox: [], WebKit: ['a video in picture-in-picture'] };

const GROUPS = ['state', 'edits', 'returns', 'sequences', 'reloads', 'merges', 'noise'];

/** Each row runs with its scripts before or after the client has started, by turns, or with `all` in both ways: see `run.js`. */
const ORDERS = process.env.PAGE_UPDATE_ORDERS ?? 'alternating';

/** Firefox and WebKit have half of the tasks each, unless `PAGE_UPDATE_ROWS=all`: all of them take as long as all other tests. */
const HALVES = process.env.PAGE_UPDATE_ROWS === 'all' ? {} : { Firefox: 0, WebKit: 1 };

/** The largest number of failures to print. */
const MOST = 20;

/** @type {Awaited<ReturnType<typeof serve>>} */
let server;

/**
 * Defines the tests of an engine.
 *
 * @param {import('../harness/engines/index.js').Engine} engine
 */
export function testRows(engine) {
  before(async () => (server = await serve()));
  after(() => server.stop());
  const absent = missing(engine);
  const reason = `${absent.join(', ')} is not installed: see the target "engines" in the Makefile`;
  const skip = absent.length > 0 && !process.env.CI && reason;
  test(`${engine.name}: page updates`, { timeout: 600_000, skip }, async (context) => {
    if (absent.length) throw new Error(reason);
    let session = await engine.start();
    // WebKitGTK's MiniBrowser may die when a window is closed. A row in which it dies fails; the next one gets another browser.
    const open = async () => {
      try {
        return new Page(await session.open());
      } catch (error) {
        if (!/invalid session id/.test(String(error))) throw error;
        context.diagnostic(`${engine.name} has died: ${error}`);
        await session.close().catch(() => undefined);
        session = await engine.start();
        return new Page(await session.open());
      }
    };
    try {
      await rows(context, await open(), engine);
      await context.test('mouse and keyboard', async () => {
        const results = await runGestures(open, server.url);
        const failures = results.filter(({ outcome }) => outcome === 'failed' || outcome === 'reload');
        assert.deepEqual(failures, []);
        const unsupported = results.filter(({ outcome }) => outcome === 'unsupported').map(({ row }) => row);
        assert.deepEqual([...new Set(unsupported)], UNSUPPORTED_GESTURES[engine.name]);
      });
      await context.test('what a user types and clicks', async () => user(await open()));
    } finally {
      await session.close();
    }
  });
}

/**
 * @param {import('node:test').TestContext} context
 * @param {Page} page
 * @param {import('../harness/engines/index.js').Engine} engine
 */
async function rows(context, page, { name }) {
  await page.goto(`${server.url}/`);
  for (const group of GROUPS) {
    await context.test(group, async () => {
      await page.evaluate(
        ([group, orders, half]) => {
          globalThis.results = undefined;
          Promise.all([import('/page-update/run.js'), import('/page-update/ours.js')])
            .then(([{ run }, { ours }]) => run(ours, group, orders, { half }))
            .then(
              (results) => (globalThis.results = { results }),
              (error) => (globalThis.results = { error: String(error) }),
            );
        },
        [group, ORDERS, HALVES[name]],
      );
      // Not by `until`, whose patience is that of one event.
      while (!(await page.evaluate(() => Boolean(globalThis.results)))) await new Promise((resolve) => setTimeout(resolve, 100));
      const { results, error } = await page.evaluate(() => globalThis.results);
      assert.equal(error, undefined);
      const lines = (outcomes) =>
        results
          .filter(({ outcome }) => outcomes.includes(outcome))
          .map(({ row, mode, outcome, detail }) => `${row}, ${mode}: ${outcome}: ${detail}`);
      assert.deepEqual(lines(['failed', 'reload']).slice(0, MOST), []);
      assert.ok(results.length > 0);
      if (group !== 'state') return;
      const unsupported = results.filter(({ outcome }) => outcome === 'unsupported').map(({ row }) => row);
      assert.deepEqual([...new Set(unsupported)], UNSUPPORTED[name]);
    });
  }
}

/** @param {Page} page */
async function user(page) {
  await page.goto(`${server.url}/rows/user`);
  await page.evaluate(async () => {
    const [{ tools }, { ours }] = await Promise.all([import('/page-update/stage.js'), import('/page-update/ours.js')]);
    globalThis.update = await ours.start(tools(window), 'user');
  });
  await page.click('#box');
  await page.click('#radio');
  await page.click('#more');
  await page.click('#add');
  await page.type('#editor', 'edited');
  await page.type('#area', 'note');
  await page.click('#field');
  await page.type('#field', 'typed');
  const expected = await page.evaluate(read);
  const typed = { box: true, radio: true, isOpen: true, count: '1', editor: 'edited', area: 'note', focus: 'field' };
  assert.deepEqual(expected, { ...typed, field: expected.field });
  assert.match(expected.field, /typed/);
  const { kind, reason } = await page.evaluate(async () => {
    const { kind, reason } = await globalThis.update();
    return { kind, reason };
  });
  assert.equal(kind, 'updated', reason);
  assert.equal(await page.text('#title'), 'after');
  assert.deepEqual(await page.evaluate(read), expected);
  await page.click('#add');
  await page.type('#area', 's');
  const { count, area } = await page.evaluate(read);
  assert.deepEqual({ count, area: area.length }, { count: '2', area: 5 });
}
