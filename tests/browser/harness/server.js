/** The process of the Rust server under test. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { PATIENCE, within } from './patience.js';

const ROOT = join(import.meta.dirname, '../../..');

/**
 * Returns the path of an example's executable.
 *
 * @param {string} name
 */
export function example(name) {
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
  const path = join(target, 'debug/examples', name);
  if (!existsSync(path)) {
    throw new Error(`${path} is not there; make it with: cargo build --example ${name} --features axum`);
  }
  return path;
}

/**
 * A running `browser-test-server`. Its set-up and its commands are described in `server.rs`.
 */
export class Server {
  #child;
  #exit;
  #stderr = '';
  #answers;

  /**
   * @param {object} setup see `Setup` in `server.rs`; and `environment`, additional variables
   * @param {string} [executable]
   * @returns {Promise<Server>} when it listens
   */
  static async start(setup, executable = example('browser-test-server')) {
    const server = new Server(setup, executable);
    try {
      Object.assign(server, await server.#answer());
      return server;
    } catch (error) {
      await server.stop().catch(() => undefined);
      throw new Error(`the server did not start: ${server.#stderr || error.message}`, { cause: error });
    }
  }

  /**
   * @param {{ environment?: Record<string, string> }} setup
   * @param {string} executable
   */
  constructor(setup, executable) {
    this.setup = setup;
    this.executable = executable;
    const { environment, ...app } = setup;
    this.#child = spawn(executable, [JSON.stringify(app)], { stdio: 'pipe', env: { ...process.env, ...environment } });
    this.#exit = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => resolve(code ?? signal));
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text) => (this.#stderr += text));
    // Writing to a server that has ended fails; `stop` reports the cause.
    this.#child.stdin.on('error', () => undefined);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  /**
   * Sends a command: see `Command` in `server.rs`.
   *
   * @param {string | object} command
   * @returns {Promise<void>} when it is done
   */
  async send(command) {
    this.#write(command);
    // Commands run one after another, and this one is answered.
    await this.clients();
  }

  /** Returns the number of open event streams. */
  async clients() {
    this.#write('clients');
    return (await this.#answer()).clients;
  }

  /**
   * Waits until this many event streams are open.
   *
   * @param {number} wanted
   */
  async untilClients(wanted) {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const clients = await this.clients();
      if (clients === wanted) return;
      if (Date.now() > deadline) throw new Error(`${clients} streams are open instead of ${wanted}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /**
   * Waits for a line in the terminal, where the set-up has `terminal`.
   *
   * @param {string | RegExp} wanted all of the line without the prefix, or a pattern
   * @param {number} [from] where to begin, as a number of lines
   */
  async prints(wanted, from = 0) {
    const deadline = Date.now() + PATIENCE;
    const fits = (line) => (typeof wanted === 'string' ? line === wanted : wanted.test(line));
    while (!this.printed(from).some(fits)) {
      if (Date.now() > deadline) throw new Error(`the terminal has no ${wanted}, but:\n${this.#stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The lines in the terminal since the one at `from`, without the times of updates. */
  printed(from = 0) {
    const lines = this.#stderr.split('\n').slice(from, -1);
    return lines.map((line) => line.replace(/^\[hmr\] /, '').replace(/(→ \d+ pages?), \d+ ms(?=;|$)/, '$1'));
  }

  /** Everything in the terminal. */
  get terminal() {
    return this.#stderr;
  }

  /** Stops the server gracefully. It is an error if the server must be killed, or wrote to standard error. */
  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.stdin.end();
    try {
      const code = await within(this.#exit, 'the server to end with its standard input');
      const isFault = this.#stderr && !this.setup.terminal;
      if (code !== 0 || isFault) throw new Error(`the server ended with ${code}: ${this.#stderr}`);
    } finally {
      this.#child.kill('SIGKILL');
    }
  }

  /**
   * Stops this server and starts one like it at the same address.
   *
   * @param {string} [executable]
   */
  async again(executable = this.executable) {
    await this.stop();
    return Server.start({ ...this.setup, port: this.port }, executable);
  }

  /** @param {string | object} command */
  #write(command) {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
  }

  async #answer() {
    const { done, value } = await within(this.#answers.next(), 'an answer of the server');
    if (done) throw new Error(`the server ended with ${await this.#exit}`);
    return JSON.parse(value);
  }
}
