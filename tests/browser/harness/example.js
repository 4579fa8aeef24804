/** A running example. */

import { spawn } from 'node:child_process';

import { within } from './patience.js';
import { example } from './server.js';

export class Example {
  #child;
  #exit;
  #output = '';

  /**
   * @param {string} name
   * @returns {Promise<Example>} when it has printed its address
   */
  static async start(name) {
    const started = new Example(name);
    await within(started.#address, `the address of the example ${name}`);
    return started;
  }

  /** @param {string} name */
  constructor(name) {
    this.#child = spawn(example(name), { env: { ...process.env, PORT: '0' }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exit = new Promise((resolve) => this.#child.on('close', (code, signal) => resolve(code ?? signal)));
    this.#address = new Promise((resolve, reject) => {
      this.#child.stdout.setEncoding('utf8').on('data', (text) => {
        this.#output += text;
        const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(this.#output) ?? [];
        if (url) resolve((this.url = url));
      });
      this.#child.on('close', () => reject(new Error(`the example ${name} ended: ${this.#output}`)));
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text) => (this.#output += text));
  }

  #address;

  /** All that it has printed. */
  get output() {
    return this.#output;
  }

  /**
   * Presses Ctrl-C.
   *
   * @returns {Promise<unknown>} the exit code
   */
  async stop() {
    this.#child.kill('SIGINT');
    try {
      return await within(this.#exit, 'the example to stop on Ctrl-C');
    } finally {
      this.#child.kill('SIGKILL');
    }
  }
}
