/**
 * Measures the time from just before a file is saved to the frame that shows it, in a page that this crate, Vite,
 * Bun, Browsersync and a bare watcher keep up to date: `npm ci && node run.mjs`. Takes about four minutes;
 * `node run.mjs template` measures templates alone, `node run.mjs graph` a graph of modules, and `node run.mjs receipts` what
 * the answers of pages add.
 *
 * All serve the same page, and the same text is saved for them in the same way, in turns, so that other work on the
 * machine affects all of them alike. Servers run with their defaults. This crate's is measured as an unoptimized build,
 * as in development, and as an optimized one.
 */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { chromium } from 'playwright-core';

import { measureGraph } from './graph.mjs';
import { mainThread } from './main-thread.mjs';
import { Page } from './page.mjs';
import { ReloadingPage } from './reloading-page.mjs';
import { machine, percentile, table } from './report.mjs';
import {
  buildOurs,
  findBrowsersync,
  findBun,
  findIdiomorph,
  findVite,
  startBare,
  startBrowsersync,
  startBun,
  startMorphing,
  startOurs,
  startVite,
} from './servers.mjs';
import { MODULE, STYLESHEET, TEMPLATE, templateOf, writeSite, writeTemplateSite } from './site.mjs';

const SAVES = 40;

/** For differences of less than a millisecond. */
const MANY_SAVES = 400;

/** Milliseconds that receipts may add. */
const RECEIPTS = 0.2;
const WARM_UP = 5;

/** Milliseconds that the update of a page of 10,000 nodes may take. */
const MAIN_THREAD = 30;

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

const OURS = 'tower-hot-middleware';
const IMPORT_META_HOT = 'import.meta.hot.accept();';

/**
 * @typedef {object} Contestant
 * @property {string} name
 * @property {string} [peer]
 * @property {boolean} imported true if the module imports the stylesheet, false if the page links it
 * @property {string} [accept] the statement by which its module accepts its own updates; without it, modules are not measured
 * @property {(root: string) => Promise<import('./servers.mjs').Server>} start
 *
 * @typedef {object} Seat a contestant with its site and page
 * @property {Contestant} contestant
 * @property {string} root
 * @property {Page} page
 */

/** @returns {Contestant[]} */
function contestants() {
  const [unoptimized, optimized] = [buildOurs('dev'), buildOurs('release')];
  const [vite, bun, browsersync] = [findVite(), findBun(), findBrowsersync()];
  const ours = {
    name: OURS,
    imported: false,
    accept: 'globalThis.__hot_middleware__?.hot(import.meta.url).accept();',
    start: (/** @type {string} */ root) => startOurs(unoptimized, root),
  };
  const oursOptimized = {
    ...ours,
    name: `${OURS}, optimized`,
    start: (/** @type {string} */ root) => startOurs(optimized, root),
  };
  // Their users can link or import a stylesheet; the faster way counts.
  const peers = [false, true].flatMap((imported) => [
    {
      name: `Vite ${vite.version}, stylesheet ${imported ? 'imported' : 'linked'}`,
      peer: 'Vite',
      imported,
      accept: IMPORT_META_HOT,
      start: (/** @type {string} */ root) => startVite(vite.command, root),
    },
    {
      name: `Bun ${bun.version}, stylesheet ${imported ? 'imported' : 'linked'}`,
      peer: 'Bun',
      imported,
      accept: IMPORT_META_HOT,
      start: (/** @type {string} */ root) => startBun(bun.command, root),
    },
  ]);
  // It imports every saved module, so modules need not accept updates.
  const bare = { name: 'a bare watcher', peer: 'a bare watcher', imported: false, accept: '', start: startBare };
  // It swaps stylesheets; for a module it reloads the page, which does not count as an update.
  const reloading = {
    name: `Browsersync ${browsersync.version}`,
    peer: 'Browsersync',
    imported: false,
    start: (/** @type {string} */ root) => startBrowsersync(browsersync.command, root),
  };
  return [ours, oursOptimized, bare, ...peers, reloading];
}

/**
 * Saves a subject in all seats in turn and measures each time.
 *
 * @param {Seat[]} seats
 * @param {import('./site.mjs').Subject} subject
 * @param {number} [saves]
 */
async function measure(seats, { element, file, text }, saves = SAVES) {
  // Each is the first of a round as often as the last.
  const inTurn = (/** @type {number} */ save) => (save % 2 ? [...seats.entries()].reverse() : seats.entries());
  const results = seats.map(({ contestant: { name, peer } }) => ({ name, peer, times: /** @type {number[]} */ ([]) }));
  for (let save = 0; save < WARM_UP + saves; save += 1) {
    for (const [n, { contestant, page, root }] of inTurn(save)) {
      const width = 100 + save;
      const changed = text(width, contestant.accept ?? '');
      const painted = page.painted(element, width).catch((error) => fail(contestant.name, file, error));
      // Waits until all work for the last save is done, and starts at a random moment of the display's frame.
      await Promise.race([painted, sleep(100 + 50 * Math.random())]);
      const saved = performance.now();
      writeFileSync(join(root, file), changed);
      const time = (await painted) - saved;
      if (time < 0) throw new Error(`${contestant.name}: ${file} was shown before it was saved`);
      if (save >= WARM_UP) results[n].times.push(time);
    }
  }
  return results;
}

/** @returns {{ name: string, peer?: string, reloads: boolean, start: (root: string) => Promise<import('./servers.mjs').Server> }[]} */
function templateContestants() {
  const [unoptimized, optimized] = [buildOurs('dev'), buildOurs('release')];
  const [vite, bun] = [findVite(), findBun()];
  return [
    { name: OURS, reloads: false, start: (root) => startOurs(unoptimized, root) },
    { name: `${OURS}, optimized`, reloads: false, start: (root) => startOurs(optimized, root) },
    { name: `Vite ${vite.version}, a reload`, peer: 'a reload', reloads: true, start: (root) => startVite(vite.command, root) },
    { name: `Bun ${bun.version}, a reload`, peer: 'a reload', reloads: true, start: (root) => startBun(bun.command, root) },
    { name: `Idiomorph ${findIdiomorph()}`, peer: 'Idiomorph', reloads: false, start: startMorphing },
  ];
}

/**
 * Saves a template in turns and measures each time.
 *
 * @param {import('playwright-core').Browser} browser
 */
async function measureTemplates(browser) {
  const seats = [];
  for (const [n, contestant] of templateContestants().entries()) {
    const root = join(folder, `template-${n}`);
    writeTemplateSite(root);
    const server = await contestant.start(root);
    ends.push(() => server.stop());
    const page = await ReloadingPage.open(browser, server.url, TEMPLATE.element);
    seats.push({ contestant, root, page, times: /** @type {number[]} */ ([]) });
  }
  for (let save = 0; save < WARM_UP + SAVES; save += 1) {
    for (const { contestant, page, root, times } of seats) {
      const width = 100 + save;
      const text = templateOf(width, TEMPLATE.nodes);
      const painted = page.painted(width).catch((error) => fail(contestant.name, TEMPLATE.file, error));
      // A reloaded page must have connected again, and have become idle.
      await Promise.race([painted, sleep(500 + 50 * Math.random())]);
      const saved = performance.now();
      writeFileSync(join(root, TEMPLATE.file), text);
      const time = (await painted) - saved;
      if (time < 0) throw new Error(`${contestant.name}: the template was shown before it was saved`);
      if (save >= WARM_UP) times.push(time);
    }
  }
  for (const { contestant: { name, reloads }, page } of seats) {
    const loads = await page.loads();
    if (reloads !== loads > 1) throw new Error(`${name} has loaded its page ${loads} times`);
  }
  const clockError = Math.max(...seats.map(({ page }) => page.clockError));
  const results = seats.map(({ contestant: { name, peer }, times }) => ({ name, peer, times }));
  console.log(
    table(`Save to painted template, in a page of ${TEMPLATE.nodes} nodes; clocks compared to ±${clockError.toFixed(2)} ms`, results, [
      { peer: 'a reload', ratio: 0.5 },
      { peer: 'Idiomorph' },
    ]),
  );
  const { nodes, match, updates } = await mainThread(browser, 10_000);
  const [median, p90] = [percentile(updates, 0.5), percentile(updates, 0.9)];
  console.log(
    `Main thread, for an update of a page of 10,000 nodes (${nodes} elements): median ${median.toFixed(1)} ms, p90 ${p90.toFixed(1)} ms; ` +
      `${match.toFixed(1)} ms once to match it with its base\n${median < MAIN_THREAD ? 'met' : 'missed'}: under ${MAIN_THREAD} ms\n`,
  );
}

/**
 * @param {string} name
 * @param {string} file
 * @param {Error} cause
 * @returns {never}
 */
function fail(name, file, cause) {
  throw new Error(`${name}: a save of ${file} was not shown: ${cause.message}`, { cause });
}

if (!existsSync(CHROMIUM)) {
  throw new Error(`no Chromium at ${CHROMIUM}: run \`apt-get install chromium\`, or set CHROMIUM to its path`);
}
const folder = mkdtempSync(join(tmpdir(), 'save-to-paint-'));
/** @type {(() => Promise<void>)[]} */
const ends = [async () => rmSync(folder, { recursive: true })];
try {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--disable-quic'] });
  ends.push(() => browser.close());
  const where = machine(browser.version());
  const only = process.argv[2];
  if (only) console.log(`${where}\n`);
  else await measureAssets(browser, where);
  if (only === 'receipts') {
    await measureReceipts(browser);
  } else {
    if (only !== 'graph') await measureTemplates(browser);
    if (only !== 'template') await measureGraph(browser, folder, ends);
  }
} finally {
  for (const end of ends.reverse()) await end();
}

/**
 * Measures stylesheets with the terminal's lines, for which pages send receipts, and without.
 *
 * @param {import('playwright-core').Browser} browser
 */
async function measureReceipts(browser) {
  const executable = buildOurs('release');
  /** @type {Seat[]} */
  const seats = [];
  for (const terminal of [false, true]) {
    const name = terminal ? 'with receipts' : 'without receipts';
    const contestant = { name, imported: false, start: (/** @type {string} */ root) => startOurs(executable, root, { terminal }) };
    const root = join(folder, name.replace(' ', '-'));
    writeSite(root, contestant);
    const server = await contestant.start(root);
    ends.push(() => server.stop());
    seats.push({ contestant, root, page: await Page.open(browser, server.url, [STYLESHEET.element]) });
  }
  const [without, withThem] = (await measure(seats, STYLESHEET, MANY_SAVES)).map(({ times }) => times);
  // The same saves in both pages, one after the other.
  const added = withThem.map((time, n) => time - without[n]);
  const [low, median, high] = [0.45, 0.5, 0.55].map((share) => percentile(added, share));
  const lines = [without, withThem].map((times) => `${percentile(times, 0.5).toFixed(2)} ms, p90 ${percentile(times, 0.9).toFixed(2)} ms`);
  console.log(`Save to painted stylesheet, ${MANY_SAVES} saves, an optimized build: ${lines[0]}; with receipts ${lines[1]}`);
  console.log(
    `They add ${median.toFixed(2)} ms (median of pairs; 95 % between ${low.toFixed(2)} and ${high.toFixed(2)})\n` +
      `${median <= RECEIPTS ? 'met' : 'missed'}: at most ${RECEIPTS} ms\n`,
  );
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} where
 */
async function measureAssets(browser, where) {
  const all = contestants();
  /** @type {Seat[]} */
  const seats = [];
  for (const [n, contestant] of all.entries()) {
    const root = join(folder, `site-${n}`);
    writeSite(root, contestant);
    const server = await contestant.start(root);
    ends.push(() => server.stop());
    const page = await Page.open(browser, server.url, [STYLESHEET.element, MODULE.element]);
    seats.push({ contestant, root, page });
  }
  const clockError = Math.max(...seats.map(({ page }) => page.clockError));

  const stylesheets = await measure(seats, STYLESHEET);
  const modules = await measure(
    seats.filter(({ contestant: { accept, imported } }) => accept !== undefined && !imported),
    MODULE,
  );

  console.log(`${where}\n${SAVES} saves each; clocks compared to ±${clockError.toFixed(2)} ms\n`);
  console.log(
    table('Save to painted stylesheet', stylesheets, [
      { peer: 'Vite', ratio: 0.55 },
      { peer: 'Bun', ratio: 0.85 },
      { peer: 'a bare watcher' },
      { peer: 'Browsersync' },
    ]),
  );
  console.log(
    table('Save to painted result of a re-evaluated module', modules, [
      { peer: 'Vite', ratio: 0.75 },
      { peer: 'Bun', ratio: 0.95 },
      { peer: 'a bare watcher' },
    ]),
  );
}
