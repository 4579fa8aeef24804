/**
 * Restarts of one app by `cargo hmr` and by other tools: the same app and the same saves, in one run.
 *
 * Prints the tables of docs/cargo-hmr.md. `SAVES` is the number of saves of each kind, 10 by default.
 */

import { spawn } from 'node:child_process';
import { appendFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { Load } from './load.mjs';
import { epoch, Project, ROOT } from './project.mjs';

const SAVES = Number(process.env.SAVES ?? 10);
const PATIENCE = 300_000;

const HOT = 'tower_hot_middleware::HotMiddleware::new(tower_hot_middleware::Options::default())';
const LIVERELOAD = 'tower_livereload::LiveReloadLayer::new()';
const BIND = 'tokio::net::TcpListener::bind';
const LISTEN = 'tower_hot_middleware::listen';
const WATCHEXEC = ['watchexec', '--restart', '--', 'cargo', 'run'];

/** @type {{ name: string, title: string, app: { listen: string, layer: string }, command: (project: Project) => string[] }[]} */
const CONTESTANTS = [
  {
    name: 'hmr',
    title: 'cargo hmr',
    app: { listen: LISTEN, layer: HOT },
    command: () => [join(ROOT, 'target/release/cargo-hmr'), 'hmr'],
  },
  {
    name: 'turns',
    title: 'cargo hmr, the app binds itself',
    app: { listen: BIND, layer: HOT },
    command: () => [join(ROOT, 'target/release/cargo-hmr'), 'hmr'],
  },
  {
    name: 'watchexec',
    title: 'watchexec 2.8.0',
    app: { listen: BIND, layer: HOT },
    command: () => WATCHEXEC,
  },
  {
    name: 'livereload',
    title: 'watchexec, tower-livereload 0.10',
    app: { listen: BIND, layer: LIVERELOAD },
    command: () => WATCHEXEC,
  },
  {
    name: 'bacon',
    title: 'bacon 3.26.0',
    app: { listen: BIND, layer: HOT },
    command: () => ['bacon', '--headless', '--job', 'run-long'],
  },
  {
    name: 'topcoat',
    title: 'topcoat dev 0.6.2',
    app: { listen: BIND, layer: HOT },
    command: () => ['topcoat', 'dev'],
  },
  {
    name: 'systemfd',
    title: 'systemfd 0.4.6 with watchexec, listenfd',
    app: { listen: LISTEN, layer: HOT },
    command: ({ port }) => ['systemfd', '--no-pid', '-s', `http::127.0.0.1:${port}`, '--', ...WATCHEXEC],
  },
];

/**
 * Waits until a check returns something.
 *
 * @template T
 * @param {string} what
 * @param {() => Promise<T | undefined | false>} check
 * @param {number} [patience]
 */
async function until(what, check, patience = PATIENCE) {
  const deadline = Date.now() + patience;
  for (;;) {
    const result = await check().catch(() => undefined);
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`${what} did not come within ${patience} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** @param {string} url */
const textOf = async (url) => (await fetch(url, { signal: AbortSignal.timeout(10_000) })).text();

/** Runs in the page: records when each heading, and the overlay, was painted. */
function observe() {
  globalThis.paints = {};
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => (globalThis.paints[data] ??= performance.timeOrigin + performance.now());
  const look = () => {
    const heading = document.querySelector('h1')?.textContent;
    if (heading) port2.postMessage(heading);
    if (document.querySelector('hot-middleware-overlay')) port2.postMessage('overlay');
    else if (globalThis.paints.overlay) delete globalThis.paints.overlay;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** The app's event stream, reopened whenever it ends: records the time of the last build event. */
class Stream {
  building = 0;
  #open = true;

  /** @param {string} url */
  constructor(url) {
    void this.#follow(url);
  }

  close() {
    this.#open = false;
  }

  /** @param {string} url */
  async #follow(url) {
    while (this.#open) {
      try {
        const response = await fetch(`${url}/__webpack_hmr`);
        const decoder = new TextDecoder();
        for await (const chunk of response.body) {
          if (decoder.decode(chunk).includes('"building","name":"cargo"')) this.building = epoch();
          if (!this.#open) break;
        }
      } catch {
        // The app restarts.
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** @param {number[]} values @param {number} part */
function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

const ms = (value) => (Number.isFinite(value) ? String(Math.round(value)) : '-');

/**
 * @param {typeof CONTESTANTS[number]} contestant
 * @param {import('playwright-core').Browser} browser
 */
async function measure(contestant, browser) {
  const project = await Project.make(contestant.name, contestant.app);
  const [program, ...words] = contestant.command(project);
  const child = spawn(program, words, {
    cwd: project.folder,
    env: project.environment,
    stdio: 'ignore',
  });
  const context = await browser.newContext();
  try {
    await until('the app', () => textOf(project.url));
    const page = await context.newPage();
    await page.addInitScript(observe);
    await page.goto(project.url);
    const paint = (text) =>
      until(`${text} in the page`, () => page.evaluate((text) => globalThis.paints?.[text], text), 60_000);
    await paint('text 0');
    const stream = new Stream(project.url);
    const painted = [];
    const afterRustc = [];
    const building = [];
    for (let n = 0; n < SAVES; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const { text, at } = await project.save();
      const shown = await paint(text);
      painted.push(shown - at);
      building.push(stream.building - at);
      afterRustc.push(shown - (await project.rustcEnd()));
    }
    const errors = await measureErrors(project, page);
    const load = await measureLoad(project);
    const restarts = await countRestarts(project);
    const left = await measureKill(project, child);
    stream.close();
    return { title: contestant.title, building: building.filter((time) => time > 0), painted, afterRustc, errors, load, restarts, left };
  } finally {
    await context.close();
    child.kill('SIGKILL');
    await endAll(project.folder);
    await project.remove();
  }
}

/**
 * @param {Project} project
 * @param {import('playwright-core').Page} page
 */
async function measureErrors(project, page) {
  const times = [];
  for (let n = 0; n < Math.min(SAVES, 5); n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await project.edit('const TEXT: &str', 'const TEXT: u8');
    const seen = () => page.evaluate(() => globalThis.paints?.overlay);
    const shown = await until('an overlay', seen, 15_000).catch(() => undefined);
    if (shown) times.push(shown - (await project.rustcEnd()));
    await project.edit('const TEXT: u8', 'const TEXT: &str');
    await until('the app', () => textOf(project.url));
    if (!shown) break;
    await until('the end of the overlay', async () => !(await seen()), 60_000);
  }
  return times;
}

/** @param {Project} project */
async function measureLoad(project) {
  const load = new Load(project.url);
  for (let n = 0; n < SAVES; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const { text } = await project.save();
    await until(text, async () => (await textOf(project.url)).includes(text));
  }
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  await load.end();
  return load;
}

/**
 * Ends every process that a killed tool has left in a folder.
 *
 * @param {string} folder
 */
async function endAll(folder) {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const here = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    if (here !== folder) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}

/** Finds the saves that restart the app although they change nothing in it. @param {Project} project */
async function countRestarts(project) {
  const restarts = [];
  // The process that was replaced last answers on kept connections until it has drained, and has another id.
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  for (const file of ['README.md', 'static/style.css', 'src/stray.rs']) {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const before = await until('the app', () => textOf(`${project.url}/pid`));
    await appendFile(join(project.folder, file), '\n');
    const restarted = async () => {
      const now = await textOf(`${project.url}/pid`).catch(() => 'down');
      return now !== before;
    };
    if (await until('a restart', restarted, 6_000).catch(() => false)) restarts.push(file);
    await until('the app', () => textOf(`${project.url}/pid`));
  }
  return restarts;
}

/**
 * @param {Project} project
 * @param {import('node:child_process').ChildProcess} child
 */
async function measureKill(project, child) {
  child.kill('SIGKILL');
  const gone = () => textOf(project.url).then(() => false).catch(() => true);
  return !(await until('the end', gone, 6_000).catch(() => false));
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const chosen = process.argv.slice(2);
const results = [];
for (const contestant of CONTESTANTS.filter(({ name }) => !chosen.length || chosen.includes(name))) {
  const begun = epoch();
  try {
    results.push(await measure(contestant, browser));
    console.error(`${contestant.title}: ${Math.round((epoch() - begun) / 1000)} s`);
  } catch (error) {
    console.error(`${contestant.title} failed: ${error.message}`);
  }
}
await browser.close();

console.log(`Milliseconds, median (and the longest) of ${SAVES} saves\n`);
console.log("| | save to `building` | save to painted | rustc's end to painted | error painted after rustc's end |");
console.log('|---|---|---|---|---|');
for (const { title, building, painted, afterRustc, errors } of results) {
  const cell = (times) => (times.length ? `${ms(quantile(times, 0.5))} (${ms(Math.max(...times))})` : 'not in the page');
  console.log(`| ${title} | ${cell(building)} | ${cell(painted)} | ${cell(afterRustc)} | ${cell(errors)} |`);
}
console.log(`\nUnder load, over ${SAVES} restarts\n`);
console.log('| | failed requests | 3 s requests cut | wait p50, p99, max in ms | restarts for | left after SIGKILL |');
console.log('|---|---|---|---|---|---|');
for (const { title, load, restarts, left } of results) {
  const { waits } = load;
  const times = [quantile(waits, 0.5), quantile(waits, 0.99), Math.max(...waits)].map((time) => time.toFixed(1)).join(', ');
  console.log(
    `| ${title} | ${load.failed} of ${load.requests} | ${load.slow.cut} of ${load.slow.all} | ${times} | ` +
      `${restarts.join(', ') || 'none of them'} | ${left ? 'the app and its port' : 'nothing'} |`,
  );
}
