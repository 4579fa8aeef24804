/**
 * Random pages, edits and changes by scripts and users: `page-update/property/`.
 *
 * The cases are the same in each run. `PAGE_UPDATE_CASES` is their number, and `PAGE_UPDATE_SEED` is another seed than 1.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launch } from './harness.js';
import { serve } from './page-update/server.js';

const CASES = Number(process.env.PAGE_UPDATE_CASES ?? 3_000);
const SEED = Number(process.env.PAGE_UPDATE_SEED ?? 1);

test(`${CASES} random pages, seed ${SEED}`, { timeout: 60_000 + CASES * 50 }, async (context) => {
  const server = await serve();
  const page = await (await launch()).newPage();
  try {
    await page.goto(`${server.url}/`);
    const report = await page.evaluate(async (options) => {
      const { check } = await import('/page-update/property/check.js');
      return check(options);
    }, { cases: CASES, seed: SEED });
    assert.equal(report.failure, undefined);
    assert.ok(report.untouched > CASES / 4 && report.written > CASES / 4);
    context.diagnostic(`seed ${SEED}: ${report.reloads} of ${report.written} pages that were written to were reloaded`);
  } finally {
    await page.close();
    await server.stop();
  }
});
