/**
 * Measures modules in a graph of 200: from a save, three levels below the module that accepts it, to that module running again, and
 * the first load of the page with this crate's layer and without it.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { compareClocks } from './page.mjs';
import { percentile, table } from './report.mjs';
import { buildOurs, findBun, findVite, startBun, startOurs, startVite } from './servers.mjs';

const SAVES = 60;
const WARM_UP = 5;
const LOADS = 20;

/** Modules below the one that accepts: 6, 30 and 162, which makes 200 with this one and the entry. */
const LEVELS = [6, 30, 162];
export const MODULES = LEVELS.reduce((sum, count) => sum + count, 2);

/** The saved module, those between it and the one that accepts, and that one. */
const PATH = ['c0.js', 'b0.js', 'a0.js', 'app.js'];

/** Milliseconds after which a save counts as not applied. */
const PATIENCE = 5_000;

/** Largest ratio of the first load with the layer to the one without it. */
const FIRST_LOAD = 1.05;

/** About a kilobyte, as a small module of an app has. */
const BODY = Array.from({ length: 12 }, (_, n) => `export const item${n} = { id: ${n}, title: 'An item', tags: ['one', 'two'], done: false };`).join('\n');

const leaf = (/** @type {number} */ width) => `${BODY}\nexport const sum = () => ${width};\n`;

/** @param {string[]} imported */
const branch = (imported) =>
  [
    ...imported.map((name, n) => `import { sum as sum${n} } from './${name}';`),
    BODY,
    `export const sum = () => ${imported.map((_, n) => `sum${n}()`).join(' + ')};`,
    '',
  ].join('\n');

/**
 * Writes the site. The width of an element is the sum of all leaves, of which the saved one alone is not 0.
 *
 * @param {string} folder
 */
function writeGraph(folder) {
  mkdirSync(folder);
  const names = LEVELS.map((count, level) => Array.from({ length: count }, (_, n) => `${'abc'[level]}${n}.js`));
  for (const [level, all] of names.entries()) {
    const below = names[level + 1];
    for (const [n, name] of all.entries()) {
      const text = below ? branch(below.filter((_, at) => at % all.length === n)) : leaf(n === 0 ? 1 : 0);
      writeFileSync(join(folder, name), text);
    }
  }
  const app = `${branch(names[0])}const width = sum();
document.getElementById('scripted').style.width = width + 'px';
globalThis.ran?.(width, performance.now());
if (import.meta.hot) import.meta.hot.accept();
`;
  writeFileSync(join(folder, 'app.js'), app);
  writeFileSync(join(folder, 'main.js'), "import './app.js';\nglobalThis.loaded = performance.now();\n");
  writeFileSync(
    join(folder, 'index.html'),
    `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>A graph of modules</title>
  <link rel="icon" href="data:,">
  <script type="module" src="./main.js"></script>
</head>
<body><p id="scripted">scripted</p></body>
</html>
`,
  );
}

/**
 * Measures and prints both tables.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} folder
 * @param {(() => Promise<void>)[]} ends
 */
export async function measureGraph(browser, folder, ends) {
  const [unoptimized, optimized] = [buildOurs('dev'), buildOurs('release')];
  const [vite, bun] = [findVite(), findBun()];
  /** @type {{ name: string, peer?: string, start: (root: string) => Promise<import('./servers.mjs').Server> }[]} */
  const contestants = [
    { name: 'this crate', start: (root) => startOurs(unoptimized, root) },
    { name: 'this crate, optimized', start: (root) => startOurs(optimized, root) },
    { name: `Vite ${vite.version}`, peer: 'Vite', start: (root) => startVite(vite.command, root) },
    { name: `Bun ${bun.version}`, peer: 'Bun', start: (root) => startBun(bun.command, root) },
  ];
  const seats = [];
  for (const [n, { name, peer, start }] of contestants.entries()) {
    const root = join(folder, `graph-${n}`);
    writeGraph(root);
    const server = await start(root);
    ends.push(() => server.stop());
    seats.push({ name, peer, root, page: await GraphPage.open(browser, server.url), times: [], requests: [] });
  }
  for (let save = 0; save < WARM_UP + SAVES; save += 1) {
    for (const { name, page, root, times, requests } of seats) {
      const width = 100 + save;
      // All work for the last save is done, and a random moment of the display's frame has come.
      await sleep(150 + 50 * Math.random());
      const ran = page.ran(width);
      await page.settled();
      page.requests.length = 0;
      const saved = performance.now();
      writeFileSync(join(root, 'c0.js'), leaf(width));
      const time = (await ran) - saved;
      if (Number.isNaN(time)) throw new Error(`${name}: a save was not applied within ${PATIENCE} ms`);
      if (save < WARM_UP) continue;
      times.push(time);
      requests.push([...page.requests]);
    }
  }
  for (const { name, page } of seats) if (!(await page.isKept())) throw new Error(`${name} has reloaded its page`);
  const clockError = Math.max(...seats.map(({ page }) => page.clockError));
  console.log(
    table(
      `Save of a module, three levels below the one that accepts it, to that one running again, in a graph of ${MODULES}; ` +
        `${SAVES} saves each; clocks compared to ±${clockError.toFixed(2)} ms`,
      seats.map(({ name, peer, times }) => ({ name, peer, times })),
      [
        { peer: 'Vite', ratio: 0.75 },
        { peer: 'Bun', ratio: 0.95 },
      ],
    ),
  );
  for (const { name, requests } of seats) {
    const counts = [...new Set(requests.map((urls) => urls.length))].sort((a, b) => a - b);
    console.log(`${name}: ${counts.join(' or ')} requests of modules for a save`);
  }
  const ours = seats.slice(0, 2).flatMap(({ requests }) => requests);
  const onPath = (/** @type {string[]} */ urls) => urls.map((url) => new URL(url).pathname.slice(1)).sort().join() === [...PATH].sort().join();
  console.log(`${ours.every(onPath) ? 'met' : 'missed'}: one request for each module on the path, ${PATH.length}\n`);
  await measureLoads(browser, folder, ends, [unoptimized, optimized]);
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} folder
 * @param {(() => Promise<void>)[]} ends
 * @param {string[]} executables
 */
async function measureLoads(browser, folder, ends, executables) {
  const root = join(folder, 'graph-loads');
  writeGraph(root);
  const seats = [];
  for (const [n, executable] of executables.entries()) {
    for (const enabled of [true, false]) {
      const server = await startOurs(executable, root, enabled ? {} : { enabled });
      ends.push(() => server.stop());
      const name = `${n ? 'optimized, ' : ''}${enabled ? 'with the layer' : 'without it'}`;
      seats.push({ name, url: server.url, times: /** @type {number[]} */ ([]) });
    }
  }
  for (let load = 0; load < WARM_UP + LOADS; load += 1) {
    // Another order in each round: the first after a pause is at a disadvantage.
    for (const [n] of seats.entries()) {
      const { url, times } = seats[(n + load) % seats.length];
      const time = await firstLoad(browser, url);
      if (load >= WARM_UP) times.push(time);
    }
  }
  console.log(`First load of a page of ${MODULES} modules, to the last one running, ${LOADS} times each\n`);
  for (let n = 0; n < seats.length; n += 2) {
    const [layer, alone] = [seats[n], seats[n + 1]];
    for (const { name, times } of [layer, alone]) {
      console.log(`${name}: median ${percentile(times, 0.5).toFixed(1)} ms, p90 ${percentile(times, 0.9).toFixed(1)} ms`);
    }
    const ratio = percentile(layer.times, 0.5) / percentile(alone.times, 0.5);
    console.log(`${ratio <= FIRST_LOAD ? 'met' : 'missed'}: at most ${FIRST_LOAD} of it: ${ratio.toFixed(3)}\n`);
  }
}

/**
 * Loads a page in a context of its own, and returns the milliseconds until its last module has run.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @returns {Promise<number>}
 */
async function firstLoad(browser, url) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForFunction(() => globalThis.loaded !== undefined);
    return await page.evaluate(() => globalThis.loaded);
  } finally {
    await context.close();
  }
}

class GraphPage {
  #page;
  #offset;
  /** URLs of modules that were requested. @type {string[]} */
  requests = [];

  /**
   * @param {import('playwright-core').Browser} browser
   * @param {string} url
   */
  static async open(browser, url) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForFunction(() => document.getElementById('scripted')?.clientWidth === 1);
    await page.evaluate(observe, PATIENCE);
    return new GraphPage(page, await compareClocks(page));
  }

  /**
   * @param {import('playwright-core').Page} page
   * @param {{ offset: number, error: number }} clocks
   */
  constructor(page, { offset, error }) {
    this.#page = page;
    this.#offset = offset;
    this.clockError = error;
    page.on('request', (request) => {
      if (request.resourceType() === 'script') this.requests.push(request.url());
    });
  }

  /** When a version has run, as `performance.now()` of this process. @param {number} width */
  async ran(width) {
    return (await this.#page.evaluate((width) => globalThis.awaited(width), width)) - this.#offset;
  }

  /** Waits until the page has received what was sent to it. */
  settled() {
    return this.#page.evaluate(() => undefined);
  }

  isKept() {
    return this.#page.evaluate(() => typeof globalThis.awaited === 'function');
  }
}

/** Runs in the page: records when each version has run. @param {number} patience */
function observe(patience) {
  /** @type {Map<number, (time: number) => void>} */
  const waiting = new Map();
  globalThis.ran = (/** @type {number} */ width, /** @type {number} */ time) => waiting.get(width)?.(time);
  globalThis.awaited = (/** @type {number} */ width) =>
    new Promise((resolve) => {
      waiting.set(width, resolve);
      setTimeout(() => resolve(NaN), patience);
    });
}
