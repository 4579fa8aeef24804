/**
 * Measures the time from a restarted server's open port to the new page in a visible tab, under this crate's layer and
 * under tower-livereload's: `node benches/restart-to-page/run.mjs APP`. `--long` adds an absence of ten minutes, of
 * several apps at a time, and `--only-long` measures that alone.
 *
 * Both have tabs in one Chromium, are down for the same times, and are started in turns. Each start is by a newer copy
 * of the executable, as after a build, and its page shows which process made it.
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

/** Milliseconds of absence, the number of repetitions, and that of apps with each layer. */
const ABSENCES = [
  ...(options.includes('--only-long') ? [] : [[2_000, 20, 1], [20_000, 10, 1], [60_000, 3, 1]]),
  ...(options.some((option) => option.endsWith('long')) ? [[600_000, 1, 10]] : []),
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

/** Starts an app with this layer, and opens its page. */
async function seat([layer, name]) {
  const server = await start(layer, 0);
  // A separate window, so that each tab is visible.
  const page = await (await browser.newContext()).newPage();
  await page.goto(`http://127.0.0.1:${server.port}/`);
  /** @type {string[]} */
  const lines = [];
  page.on('console', (message) => lines.push(`${Math.round(performance.now())} ${message.text()}`) > 100 && lines.shift());
  return { layer, name, page, server, lines };
}

console.log('| away | layer | median | p90 | longest |\n|---|---|---|---|---|');
for (const [absence, rounds, apps] of ABSENCES) {
  const seats = [];
  for (let app = 0; app < apps; app += 1) for (const layer of Object.entries(LAYERS)) seats.push(await seat(layer));
  // All have connected by then.
  await sleep(2_000);
  /** @type {Map<string, number[]>} */
  const times = new Map(Object.values(LAYERS).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const seat of seats) await seat.server.stop();
    // A random delay, so that it isn't in step with the retries.
    await sleep(absence + Math.random() * 1_000);
    for (const seat of seats) {
      const before = await seat.page.evaluate(() => globalThis.shown);
      seat.server = await start(seat.layer, seat.server.port);
      const isNew = (before) => globalThis.shown !== before && globalThis.shownAt;
      try {
        const shown = await seat.page.waitForFunction(isNew, before, { timeout: PATIENCE, polling: 20 });
        times.get(seat.name)?.push((await shown.jsonValue()) - seat.server.listening);
      } catch (error) {
        console.error(`${seat.name} after ${absence / 1_000} s: ${error}\n${seat.lines.splice(0).slice(-10).join('\n')}`);
        times.get(seat.name)?.push(Infinity);
        await seat.page.goto(`http://127.0.0.1:${seat.server.port}/`);
      }
    }
    // The new page connects before its server stops.
    await sleep(1_500);
  }
  for (const { page, server } of seats) {
    await page.context().close();
    await server.stop();
  }
  for (const [name, all] of times) {
    const [median, late, longest] = [quantile(all, 0.5), quantile(all, 0.9), Math.max(...all)];
    console.log(`| ${absence / 1_000} s | ${name} | ${median} ms | ${late} ms | ${longest} ms |`);
  }
}
await browser.close();
rmSync(folder, { recursive: true });
