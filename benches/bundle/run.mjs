/**
 * Measures the time from just before a module is saved to its text in the page, in a front end that webpack builds: this
 * crate with webpack as its child, compared with webpack-dev-middleware and webpack-hot-middleware on express.
 *
 * All have the same configuration, and the same text is saved for them in turns, so that other work on the machine affects all
 * of them alike. `make bench-bundle` installs what it needs; it takes about a minute.
 */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Server } from '../../tests/browser/harness/server.js';

const SAVES = 40;
const WARM_UP = 5;
const PATIENCE = 15_000;

const TESTS = join(import.meta.dirname, '../../tests/browser');
const require = createRequire(join(TESTS, 'run.mjs'));
const { chromium } = require('playwright-core');

const OURS = 'tower-hot-middleware/client?path=/__webpack_hmr';
const ORIGINAL = 'webpack-hot-middleware/client?path=/__webpack_hmr';

const text = (n) => `export const text = 'save ${n}';`;

/**
 * A project on disk.
 *
 * @param {string} folder
 * @param {string} client
 */
function project(folder, client) {
  mkdirSync(join(folder, 'src'), { recursive: true });
  mkdirSync(join(folder, 'dist'));
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['webpack', 'webpack-hot-middleware', 'ansi-html-community', 'html-entities', 'strip-ansi']) {
    symlinkSync(join(TESTS, 'node_modules', name), join(folder, 'node_modules', name));
  }
  symlinkSync(join(TESTS, '../../client-js'), join(folder, 'node_modules/tower-hot-middleware'));
  writeFileSync(
    join(folder, 'webpack.config.js'),
    `const { HotModuleReplacementPlugin } = require('webpack');
     module.exports = {
       mode: 'development', context: __dirname, stats: 'none', infrastructureLogging: { level: 'error' },
       entry: [${JSON.stringify(client)}, './src/index.js'],
       output: { path: __dirname + '/dist', filename: 'bundle.js', publicPath: '/' },
       plugins: [new HotModuleReplacementPlugin()],
     };`,
  );
  writeFileSync(
    join(folder, 'src/index.js'),
    `import { text } from './text.js';
     const show = () => (document.querySelector('p').textContent = text);
     module.hot.accept('./text.js', show);
     show();`,
  );
  writeFileSync(join(folder, 'src/text.js'), text(0));
  const page = '<!doctype html><link rel="icon" href="data:,"><p></p><script src="bundle.js"></script>';
  writeFileSync(join(folder, 'dist/index.html'), page);
}

/** @param {string} folder */
async function startOurs(folder) {
  const config = join(folder, 'webpack.config.js');
  const server = await Server.start({ root: join(folder, 'dist'), watch: false, inject: false, webpack: config });
  return { url: server.url, stop: () => server.stop() };
}

/** @param {string} folder */
async function startOriginal(folder) {
  const [express, webpack] = [require('express'), require('webpack')];
  const compiler = webpack(require(join(folder, 'webpack.config.js')));
  const dev = require('webpack-dev-middleware')(compiler);
  const hot = require('webpack-hot-middleware')(compiler, { log: false });
  const app = express().use(dev).use(hot).use(express.static(join(folder, 'dist')));
  const server = await new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server));
  });
  await new Promise((resolve) => dev.waitUntilValid(resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async stop() {
      hot.close();
      await new Promise((resolve) => dev.close(resolve));
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const CONTESTANTS = [
  { name: 'this crate, its client', client: OURS, start: startOurs },
  { name: "this crate, webpack-hot-middleware's client", client: ORIGINAL, start: startOurs },
  { name: 'express, webpack-dev-middleware, webpack-hot-middleware', client: ORIGINAL, start: startOriginal },
];

const folder = mkdtempSync(join(tmpdir(), 'hot-bundle-'));
const ends = [() => rmSync(folder, { recursive: true, force: true })];
try {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });
  ends.push(() => browser.close());
  const seats = [];
  for (const [n, { name, client, start }] of CONTESTANTS.entries()) {
    const root = join(folder, `${n}`);
    project(root, client);
    const server = await start(root);
    ends.push(() => server.stop());
    const page = await browser.newPage();
    const seat = { name, root, times: [], shown: () => undefined };
    // Reported by the page itself, at once: polling it from outside would be less precise.
    await page.exposeFunction('shown', (text) => seat.shown(text));
    await page.addInitScript(() => {
      addEventListener('DOMContentLoaded', () => {
        const p = document.querySelector('p');
        new MutationObserver(() => globalThis.shown(p.textContent)).observe(p, { childList: true });
      });
    });
    const connected = page.waitForEvent('console', { predicate: (line) => /\[HMR\] connected/.test(line.text()) });
    await page.goto(`${server.url}/index.html`);
    await connected;
    seats.push(seat);
  }

  for (let save = 1; save <= WARM_UP + SAVES; save += 1) {
    for (const seat of seats) {
      const wanted = `save ${save}`;
      const shown = new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${seat.name}: ${wanted} was not shown`)), PATIENCE);
        seat.shown = (text) => {
          if (text !== wanted) return;
          clearTimeout(late);
          resolve(performance.now());
        };
      });
      // Waits until all work for the last save is done.
      await sleep(100);
      const saved = performance.now();
      writeFileSync(join(seat.root, 'src/text.js'), text(save));
      const time = (await shown) - saved;
      if (save > WARM_UP) seat.times.push(time);
    }
  }

  const at = (times, part) => times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * part)];
  const peer = at(seats.at(-1).times, 0.5);
  console.log(`${cpus().length} cores, load ${loadavg()[0].toFixed(1)}, Node ${process.version}, ${SAVES} saves each\n`);
  console.log('| save of a module to its text in the page | median ms | p90 ms | of express’s |\n|---|---|---|---|');
  for (const { name, times } of seats) {
    const [median, p90] = [at(times, 0.5), at(times, 0.9)];
    console.log(`| ${name} | ${median.toFixed(1)} | ${p90.toFixed(1)} | ${(median / peer).toFixed(2)} |`);
  }
} finally {
  for (const end of ends.reverse()) await end();
}
