/** A real webpack or Rspack that watches, whose builds come when a test asks for them. */

import webpack from 'webpack';

import { within } from './patience.js';

/** The original's options for `stats.toJson()`, and `ids`, without which it names every module undefined. */
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

/** webpack 4 watches files in spite of `ignored`, unless it has no watcher. */
const BLIND = {
  watch: () => ({
    close() {},
    pause() {},
    getFileTimestamps: () => new Map(),
    getContextTimestamps: () => new Map(),
  }),
};

export class Bundler {
  #compiler;
  #watching;
  #hasBuilt = false;
  /** @type {(stats: import('webpack').Stats) => void} */
  #built = () => undefined;
  #relayed = Promise.resolve();
  /** @type {import('./server.js').Server | undefined} */
  #server;
  /** @type {object | undefined} */
  #latest;

  /**
   * @param {import('webpack').Configuration | import('webpack').Configuration[]} configuration
   * @param {any} bundle webpack's or Rspack's function that makes a compiler
   */
  constructor(configuration, bundle = webpack) {
    const isOld = Boolean(bundle.version?.startsWith('4.'));
    /** @param {import('webpack').Configuration} one */
    const complete = (one) => ({
      mode: 'development',
      devtool: false,
      // What webpack 4 does not know is an error to it.
      ...(!isOld && { infrastructureLogging: { level: 'none' } }),
      // What is not watched is taken for unchanged otherwise.
      cache: false,
      ...one,
    });
    this.#compiler = bundle(Array.isArray(configuration) ? configuration.map(complete) : complete(configuration));
    if (isOld) for (const compiler of this.#all) compiler.watchFileSystem = BLIND;
    this.#compiler.hooks.invalid.tap('test', () => this.#tell({ building: null }));
    this.#compiler.hooks.done.tap('test', (stats) => {
      this.#latest = stats.toJson(STATS_OPTIONS);
      this.#tell({ built: this.#latest });
      this.#built(stats);
    });
  }

  /** The bundler's own, for the original to listen to. */
  get compiler() {
    return this.#compiler;
  }

  /**
   * Tells a server, and no other from now on, what the bundler tells those who listen to it, in the same order,
   * beginning with the latest build.
   *
   * @param {import('./server.js').Server | undefined} server
   */
  relay(server) {
    this.#server = server;
    if (this.#latest) this.#tell({ built: this.#latest });
  }

  /**
   * Builds what is on disk now.
   *
   * @param {string[]} changed paths of files; Rspack takes all others for unchanged
   * @returns {Promise<import('webpack').Stats>} once the server has been told
   */
  async build(...changed) {
    const stats = this.begin(...changed);
    await within(stats, 'a build');
    await this.#relayed;
    return stats;
  }

  /**
   * Begins to build what is on disk now, again if it is at it.
   *
   * @param {string[]} changed
   * @returns {Promise<import('webpack').Stats>} settles when it has ended
   */
  begin(...changed) {
    const built = new Promise((resolve) => (this.#built = resolve));
    for (const { inputFileSystem } of this.#all) inputFileSystem?.purge?.();
    // A bundler that looks at the files itself now and then builds twice for one save.
    this.#watching ??= this.#compiler.watch({ ignored: /./ }, () => undefined);
    if (this.#hasBuilt) this.#invalidate(changed);
    this.#hasBuilt = true;
    return built;
  }

  /** The compilers, several or one. */
  get #all() {
    return this.#compiler.compilers ?? [this.#compiler];
  }

  /** @param {object} command */
  #tell(command) {
    const server = this.#server;
    if (server) this.#relayed = this.#relayed.then(() => server.send(command));
  }

  /** @param {string[]} changed */
  #invalidate(changed) {
    for (const watching of this.#watching.watchings ?? [this.#watching]) {
      if (watching.invalidateWithChangesAndRemovals) {
        watching.invalidateWithChangesAndRemovals(new Set(changed), new Set());
      } else watching.invalidate();
    }
  }

  async stop() {
    await new Promise((resolve) => (this.#watching ? this.#watching.close(resolve) : resolve(undefined)));
  }
}
