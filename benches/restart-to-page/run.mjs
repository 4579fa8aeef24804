/**
 * Measures the time from a restarted server's open port to the new page in a visible tab, under this crate's layer and
 * under tower-livereload's: `node benches/restart-to-page/run.mjs APP`. `--long` adds an absence of ten minutes.
 *
 * Both have a tab in one Chromium, and are down for the same times in turns. Each start is by a newer copy of the
 * executable, as after a build.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

// From the browser tests' `node_modules`.
const { chromium } = createRequire(new URL('../../tests/browser/package.json', import.meta.url))('playwright-core');

const [app, ...options] = process.argv.slice(2);
if (!app) throw new Error('give the path of the app: make bench-restart-page');

/** Milliseconds of absence, and the number of repetitions. */
const ABSENCES = [
  [2_000, 20],
  [20_000, 10],
  [60_000, 3],
  ...(options.includes('--long') ? [[600_000, 3]] : []),
];
/** Milliseconds after which a page counts as missing. */
const PATIENCE = 30_000;

const LAYERS = { hot: 'tower-hot-middleware', livereload: 'tower-livereload' };

const folder = mkdtempSync(join(tmpdir(), 'restart-'));
let copies = 0;

/** Returns a copy of the executable, as of a newer build. */
function rebuilt() {
  copies += 1;
  const path = join(folder, `app-${copies}`);
  copyFileSync(app, path);
  const time = new Date(Date.now() + copies * 1_000);
  utimesSync(path, time, time);
  return path;
}

/**
 * @param {string} layer
 * @param {number} port
 */
async function start(layer, port) {
  const child = spawn(rebuilt(), [layer, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const stop = async () => {
    const ended = once(child, 'close');
    child.stdin.end();
    await ended;
  };
  return { ...JSON.parse(line), stop };
}

/** @param {number[]} times @param {number} part */
const quantile = (times, part) => times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * part))];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' });
const seats = [];
for (const [layer, name] of Object.entries(LAYERS)) {
  const server = await start(layer, 0);
  // A separate window, so that each tab is visible.
  const page = await (await browser.newContext()).newPage();
  await page.goto(`http://127.0.0.1:${server.port}/`);
  seats.push({ layer, name, page, server });
}
// Both have connected by then.
await sleep(2_000);

console.log('| away | layer | median | p90 | longest |\n|---|---|---|---|---|');
for (const [absence, rounds] of ABSENCES) {
  /** @type {Map<string, number[]>} */
  const times = new Map(seats.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const seat of seats) await seat.server.stop();
    // A random delay, so that it isn't in step with the retries.
    await sleep(absence + Math.random() * 1_000);
    for (const seat of seats) {
      const before = await seat.page.evaluate(() => globalThis.shownAt);
      seat.server = await start(seat.layer, seat.server.port);
      const shown = await seat.page.waitForFunction(
        (before) => globalThis.shownAt !== before && globalThis.shownAt,
        before,
        { timeout: PATIENCE, polling: 20 },
      );
      times.get(seat.name)?.push((await shown.jsonValue()) - seat.server.listening);
    }
    // The new page connects before its server stops.
    await sleep(1_500);
  }
  for (const [name, all] of times) {
    const [median, late, longest] = [quantile(all, 0.5), quantile(all, 0.9), Math.max(...all)];
    console.log(`| ${absence / 1_000} s | ${name} | ${median} ms | ${late} ms | ${longest} ms |`);
  }
}
for (const { server } of seats) await server.stop();
await browser.close();
rmSync(folder, { recursive: true });
