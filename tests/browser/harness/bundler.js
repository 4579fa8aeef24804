/** A real webpack that watches, whose builds come when a test asks for them. */

import webpack from 'webpack';

import { within } from './patience.js';

/** What the original asks of `stats.toJson()`, and ids, without which it calls every module undefined. */
const STATS_OPTIONS = {
  all: false,
  cached: true,
  children: true,
  modules: true,
  timings: true,
  hash: true,
  errors: true,
  warnings: true,
  ids: true,
};

export class Bundler {
  #compiler;
  #watching;
  /** @type {(stats: import('webpack').Stats) => void} */
  #built = () => undefined;
  #relayed = Promise.resolve();

  /** @param {import('webpack').Configuration} configuration */
  constructor(configuration) {
    this.#compiler = webpack({
      mode: 'development',
      devtool: false,
      infrastructureLogging: { level: 'none' },
      // What is not watched is taken for unchanged otherwise.
      cache: false,
      ...configuration,
    });
  }

  /** webpack's own, for the original to listen to. */
  get compiler() {
    return this.#compiler;
  }

  /**
   * Tells a server what webpack tells those who listen to it, in the same order.
   *
   * @param {import('./server.js').Server} server
   */
  relay(server) {
    const send = (command) => void (this.#relayed = this.#relayed.then(() => server.send(command)));
    this.#compiler.hooks.invalid.tap('test', () => send({ building: null }));
    this.#compiler.hooks.done.tap('test', (stats) => {
      send({ built: stats.toJson(STATS_OPTIONS) });
    });
  }

  /**
   * Builds what is on disk now.
   *
   * @returns {Promise<import('webpack').Stats>} once the server has been told
   */
  async build() {
    const built = new Promise((resolve) => (this.#built = resolve));
    this.#compiler.inputFileSystem?.purge?.();
    if (this.#watching) this.#watching.invalidate();
    // A webpack that looks at the files itself now and then builds twice for one save.
    else this.#watching = this.#compiler.watch({ ignored: /./ }, (_, stats) => this.#built(stats));
    const stats = await within(built, 'a build of webpack');
    await this.#relayed;
    return stats;
  }

  async stop() {
    await new Promise((resolve) => (this.#watching ? this.#watching.close(resolve) : resolve(undefined)));
  }
}
