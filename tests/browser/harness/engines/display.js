/** A virtual display, for browsers without a headless mode. */

import { within } from '../patience.js';
import { startChild } from './child.js';

export class Display {
  #child;

  /**
   * @param {string} executable of Xvfb
   * @returns {Promise<Display>} when it accepts connections
   */
  static async start(executable) {
    const screen = ['-screen', '0', '1280x1024x24', '-nolisten', 'tcp'];
    // Xvfb chooses the first free number, and writes it to this file descriptor.
    const child = startChild(executable, ['-displayfd', '3', ...screen], {}, ['ignore', 'ignore', 'pipe', 'pipe']);
    const number = new Promise((resolve) => child.process.stdio[3].setEncoding('utf8').once('data', resolve));
    try {
      return new Display(child, `:${(await within(Promise.race([number, child.failed]), 'a display')).trim()}`);
    } catch (error) {
      await child.stop();
      throw error;
    }
  }

  /**
   * @param {import('./child.js').Child} child
   * @param {string} name the value of `DISPLAY`
   */
  constructor(child, name) {
    this.#child = child;
    this.name = name;
  }

  stop() {
    return this.#child.stop();
  }
}
