/** The contestants' servers, each started as its users start it, on a free port of the loopback interface. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const CRATE = join(HERE, '../..');
const BIN = join(HERE, 'node_modules/.bin');

/** Milliseconds for a server to print its URL, and to end. */
const PATIENCE = 20_000;

/**
 * Builds the crate's server.
 *
 * @param {'dev' | 'release'} profile
 * @returns {string} the executable
 */
export function buildOurs(profile) {
  const what = ['--profile', profile, '--locked', '--all-features', '--package', 'it', '--example', 'browser-test-server'];
  const messages = execFileSync('cargo', ['build', ...what, '--message-format', 'json'], {
    cwd: CRATE,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  const artifacts = messages.trim().split('\n').map((line) => JSON.parse(line));
  const executable = artifacts.map((artifact) => artifact.executable).findLast(Boolean);
  if (!executable) throw new Error('cargo has built the server but printed no executable');
  return executable;
}

/** @returns {{ command: string, version: string }} */
export function findVite() {
  return find('vite');
}

/** @returns {{ command: string, version: string }} */
export function findBrowsersync() {
  return find('browser-sync');
}

/**
 * @param {string} name name of a package and of its command
 * @returns {{ command: string, version: string }}
 */
function find(name) {
  const { version } = JSON.parse(readFileSync(join(HERE, 'node_modules', name, 'package.json'), 'utf8'));
  return { command: join(BIN, name), version };
}

/**
 * Finds a Bun that runs: if npm runs no install scripts, the package's own command is a stub, and the executable is
 * in the package of the platform.
 *
 * @returns {{ command: string, version: string }}
 */
export function findBun() {
  const scope = join(HERE, 'node_modules/@oven');
  const platforms = existsSync(scope) ? readdirSync(scope) : [];
  const candidates = [join(BIN, 'bun'), ...platforms.map((name) => join(scope, name, 'bin/bun'))];
  for (const command of candidates) {
    try {
      const version = execFileSync(command, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      return { command, version: version.trim() };
    } catch {
      // The stub, a build for another C library, or a missing file.
    }
  }
  throw new Error(`none of these runs: ${candidates.join(', ')}; run \`npm ci\` in ${HERE}`);
}

/**
 * @typedef {object} Server
 * @property {string} url
 * @property {() => Promise<void>} stop
 */

/**
 * @param {string} executable
 * @param {string} root
 * @param {object} [setup] more of its set-up
 * @returns {Promise<Server>}
 */
export function startOurs(executable, root, setup = {}) {
  return start(executable, [JSON.stringify({ root, ...setup })], root, (server) => server.stdin.end());
}

/**
 * @param {string} command
 * @param {string} root
 * @returns {Promise<Server>}
 */
export function startVite(command, root) {
  return start(command, ['--host', '127.0.0.1', '--port', '0'], root, (server) => server.kill());
}

/**
 * @param {string} command
 * @param {string} root
 * @returns {Promise<Server>}
 */
export function startBun(command, root) {
  return start(command, ['--hostname=127.0.0.1', '--port=0', './index.html'], root, (server) => server.kill());
}

/**
 * @param {string} command
 * @param {string} root
 * @returns {Promise<Server>}
 */
export function startBrowsersync(command, root) {
  const quiet = ['--no-open', '--no-ui', '--no-ghost-mode', '--no-notify'];
  const args = ['start', '--server', '--files', '*.css', '--host', '127.0.0.1', ...quiet];
  return start(command, args, root, (server) => server.kill());
}

/**
 * @param {string} root
 * @returns {Promise<Server>}
 */
export function startBare(root) {
  return start(process.execPath, [join(HERE, 'bare.mjs'), root], root, (server) => server.kill());
}

/**
 * @param {string} root
 * @returns {Promise<Server>}
 */
export function startMorphing(root) {
  return start(process.execPath, [join(HERE, 'morphing.mjs'), root], root, (server) => server.kill());
}

/** @returns {string} the version of Idiomorph */
export function findIdiomorph() {
  return JSON.parse(readFileSync(join(HERE, 'node_modules/idiomorph/package.json'), 'utf8')).version;
}

/**
 * Starts a server and waits for the URL that it prints.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @param {(server: import('node:child_process').ChildProcessWithoutNullStreams) => void} end requests its end
 * @returns {Promise<Server>}
 */
async function start(command, args, cwd, end) {
  const server = spawn(command, args, { cwd, env: { ...process.env, NO_COLOR: '1' } });
  const exited = once(server, 'exit');
  let output = '';
  /** @type {string} */
  const url = await new Promise((resolve, reject) => {
    const fail = (/** @type {string} */ reason) => {
      server.kill('SIGKILL');
      reject(new Error(`${command} ${reason}:\n${output}`));
    };
    const timer = setTimeout(() => fail(`has not printed its URL within ${PATIENCE} ms`), PATIENCE);
    const read = (/** @type {Buffer} */ chunk) => {
      output += chunk;
      // Bun prints `localhost`.
      const found = /http:\/\/(?:127\.0\.0\.1|localhost):(\d+)/.exec(output);
      if (!found) return;
      clearTimeout(timer);
      resolve(`http://127.0.0.1:${found[1]}/`);
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    exited.then(
      ([code]) => fail(`has ended with ${code}`),
      (error) => reject(error),
    );
  });
  return {
    url,
    async stop() {
      const timer = setTimeout(() => server.kill('SIGKILL'), PATIENCE);
      if (server.exitCode === null) end(server);
      await exited;
      clearTimeout(timer);
    },
  };
}
