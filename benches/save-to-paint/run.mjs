/**
 * Measures the time from just before a file is saved to the frame that shows it, in a page that this crate, Vite,
 * Bun, Browsersync and a bare watcher keep up to date: `npm ci && node run.mjs`. Takes about two minutes.
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

import { Page } from './page.mjs';
import { machine, table } from './report.mjs';
import {
  buildOurs,
  findBrowsersync,
  findBun,
  findVite,
  startBare,
  startBrowsersync,
  startBun,
  startOurs,
  startVite,
} from './servers.mjs';
import { MODULE, STYLESHEET, writeSite } from './site.mjs';

const SAVES = 40;
const WARM_UP = 5;

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
 */
async function measure(seats, { element, file, text }) {
  const results = seats.map(({ contestant: { name, peer } }) => ({ name, peer, times: /** @type {number[]} */ ([]) }));
  for (let save = 0; save < WARM_UP + SAVES; save += 1) {
    for (const [n, { contestant, page, root }] of seats.entries()) {
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
  const all = contestants();
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--disable-quic'] });
  ends.push(() => browser.close());
  const where = machine(browser.version());

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
} finally {
  for (const end of ends.reverse()) await end();
}
