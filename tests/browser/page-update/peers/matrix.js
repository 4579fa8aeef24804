/**
 * Runs the rows of page updates against this crate's client and other ways to update a page, in Chromium, and writes the tables in
 * `docs/page-updates.md`: `npm ci && node matrix.js`.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { ChromiumPage } from '../../harness/engines/chromium.js';
import { Page } from '../../harness/engines/page.js';
import { runGestures } from '../gestures.js';
import { ELSEWHERE } from '../rows/page.js';
import { serve } from '../server.js';
import { buildTopcoat, TOPCOAT } from './topcoat.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const DOCUMENT = join(import.meta.dirname, '../../../../docs/page-updates.md');
const OURS = 'tower-hot-middleware';
/** All of a row's modes passed, or the first one alone. */
const [YES, PARTLY] = ['✓', '○'];

/** Milliseconds after which a group of rows is given up. */
const PATIENCE = 600_000;

/**
 * @typedef {{ row: string, mode: string, outcome: string, detail?: string }} Result
 * @typedef {{ name: string, version: string, state: Result[], edits: Result[] }} Column
 */

/**
 * @param {import('playwright-core').Page} page
 * @param {string} name
 * @param {string} group
 * @returns {Promise<Result[]>}
 */
async function results(page, name, group) {
  const running = page.evaluate(
    async ([name, group, ours]) => {
      const [{ run }, own, { PEERS }] = await Promise.all([
        import('/page-update/run.js'),
        import('/page-update/ours.js'),
        import('/page-update/peers/peers.js'),
      ]);
      const { contestant } = name === ours ? { contestant: own.ours } : PEERS.find((peer) => peer.name === name);
      return run(contestant, group, 'late');
    },
    [name, group, OURS],
  );
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`${name} has not ended the rows within ${PATIENCE} ms`)), PATIENCE).unref();
  });
  return Promise.race([running, late]);
}

/** A row's cell: all of its modes must have passed. @param {Result[]} all @param {string} row @param {(mode: string) => boolean} [isMode] */
function passes(all, row, isMode = () => true) {
  const own = all.filter((result) => result.row === row && isMode(result.mode));
  return own.length > 0 && own.every(({ outcome }) => outcome === 'passed');
}

/**
 * @param {Column[]} columns
 * @param {'state' | 'edits'} group
 * @param {{ title: string, isMode: (mode: string) => boolean }[]} totals lines of counts
 */
function table(columns, group, totals) {
  const rows = [...new Set(columns[0][group].map(({ row }) => row))];
  const line = (/** @type {string[]} */ cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const counts = totals.map(({ title, isMode }) =>
    line([`**${title}**`, ...columns.map((column) => `**${rows.filter((row) => passes(column[group], row, isMode)).length}**`)]),
  );
  const cell = (/** @type {Column} */ column, /** @type {string} */ row) => {
    if (passes(column[group], row)) return YES;
    return passes(column[group], row, totals[0].isMode) ? PARTLY : '';
  };
  return [
    line(['', ...columns.map(({ name }) => name)]),
    line(['---', ...columns.map(() => ':-:')]),
    ...counts,
    ...rows.map((row) => line([row.replaceAll('<', '\\<'), ...columns.map((column) => cell(column, row))])),
  ].join('\n');
}

/** @param {string} text @param {string} name @param {string} content */
function replace(text, name, content) {
  const [begin, end] = [`<!-- ${name}: written by make matrix -->`, `<!-- end of ${name} -->`];
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${DOCUMENT} has no ${begin} … ${end}`);
  return `${before}${begin}\n${content}\n${end}${after}`;
}

await buildTopcoat(join(import.meta.dirname, 'node_modules'));
const server = await serve();
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const context = await browser.newContext();
  /** @type {Column[]} */
  const columns = [];
  const page = await context.newPage();
  await page.goto(`${server.url}/`);
  const peers = await page.evaluate(async () =>
    (await import('/page-update/peers/peers.js')).PEERS.map(({ name, module }) => ({ name, module })),
  );
  await page.close();
  for (const { name, module } of [{ name: OURS, module: '' }, ...peers]) {
    const file = join(import.meta.dirname, 'node_modules', module, 'package.json');
    const versions = { [OURS]: '', Topcoat: TOPCOAT };
    const version = versions[name] ?? JSON.parse(await readFile(file, 'utf8')).version;
    /** @type {Column} */
    const column = { name: `${name} ${version}`.trim(), version, state: [], edits: [] };
    for (const group of /** @type {const} */ (['state', 'edits'])) {
      const page = await context.newPage();
      await page.goto(`${server.url}/`);
      column[group] = await results(page, name, group === 'edits' ? 'compared edits' : group);
      await page.close();
      if (group === 'state') {
        const open = async () => new Page(new ChromiumPage(await context.newPage()));
        column.state.push(...(await runGestures(open, server.url, { edits: Object.keys(ELSEWHERE), name: name === OURS ? '' : name })));
      }
      const count = column[group].filter(({ outcome }) => outcome === 'passed').length;
      console.log(`${column.name}: ${group}: ${count} of ${column[group].length}`);
    }
    columns.push(column);
  }
  const failures = [...columns[0].state, ...columns[0].edits].filter(({ outcome }) => outcome !== 'passed');
  for (const { row, mode, outcome, detail } of failures) console.error(`${row}, ${mode}: ${outcome}: ${detail}`);

  let text = await readFile(DOCUMENT, 'utf8');
  const rows = (group) => new Set(columns[0][group].map(({ row }) => row)).size;
  const date = new Date().toISOString().slice(0, 10);
  const { edits } = columns[0];
  text = replace(text, 'versions', `Run on ${date} in Chromium ${browser.version()}: ${rows('state')} kinds of state, ${rows('edits')} kinds of edits.`);
  text = replace(
    text,
    'state',
    table(columns, 'state', [
      { title: 'kept beside a changed text', isMode: (mode) => mode.startsWith('text') },
      { title: 'kept beside a changed text and an added element', isMode: () => true },
    ]),
  );
  text = replace(
    text,
    'edits',
    table(columns, 'edits', [
      { title: 'applied, in a page without scripts', isMode: (mode) => mode === 'alone' },
      { title: 'applied, with nodes of scripts kept', isMode: () => true },
    ]),
  );
  await writeFile(DOCUMENT, text);
  if (failures.length > 0 || edits.length === 0) process.exitCode = 1;
} finally {
  await browser.close();
  await server.stop();
}
