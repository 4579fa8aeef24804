/** A real webpack or Rspack in watch mode, whose builds a test starts. */

import webpack from 'webpack';

import { within } from './patience.js';

/** The options that webpack-hot-middleware passes to `stats.toJson()`, and `ids`, without which every module id is undefined. */
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

/** A watcher that watches nothing: webpack 4 watches files in spite of `ignored`. */
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
  /** The files of each compiler's latest build. @type {Map<any, Set<string>>} */
  #files = new Map();
  /** @type {(stats: import('webpack').Stats) => void} */
  #built = () => undefined;
  #relayed = Promise.resolve();
  /** @type {import('./server.js').Server | undefined} */
  #server;
  /** @type {object | undefined} */
  #latest;

  /**
   * @param {import('webpack').Configuration | import('webpack').Configuration[]} configuration
   * @param {any} bundle the function of webpack or Rspack that creates a compiler
   */
  constructor(configuration, bundle = webpack) {
    const isOld = Boolean(bundle.version?.startsWith('4.'));
    /** @param {import('webpack').Configuration} one */
    const complete = (one) => ({
      mode: 'development',
      devtool: false,
      // An option that webpack 4 doesn't know is an error.
      ...(!isOld && { infrastructureLogging: { level: 'none' } }),
      // With a cache, the bundler would regard all files as unchanged, because it doesn't watch them.
      cache: false,
      ...one,
    });
    this.#compiler = bundle(Array.isArray(configuration) ? configuration.map(complete) : complete(configuration));
    if (isOld) for (const compiler of this.#all) compiler.watchFileSystem = BLIND;
    for (const one of this.#all) {
      one.hooks.done.tap('test', ({ compilation }) => void this.#files.set(one, new Set(compilation.fileDependencies)));
    }
    this.#compiler.hooks.invalid.tap('test', () => this.#tell({ building: null }));
    this.#compiler.hooks.done.tap('test', (stats) => {
      this.#latest = stats.toJson(STATS_OPTIONS);
      this.#tell({ built: this.#latest });
      this.#built(stats);
    });
  }

  /** The compiler, for webpack-hot-middleware. */
  get compiler() {
    return this.#compiler;
  }

  /**
   * Reports all builds to this server from now on, in order, beginning with the latest one.
   *
   * @param {import('./server.js').Server | undefined} server
   */
  relay(server) {
    this.#server = server;
    if (this.#latest) this.#tell({ built: this.#latest });
  }

  /**
   * Builds the files on disk.
   *
   * @param {string[]} changed paths of files; Rspack regards all others as unchanged
   * @returns {Promise<import('webpack').Stats>} when the server has received the build
   */
  async build(...changed) {
    const stats = this.begin(...changed);
    await within(stats, 'a build');
    await this.#relayed;
    return stats;
  }

  /**
   * Starts a build of the files on disk, and restarts one that is running.
   *
   * @param {string[]} changed
   * @returns {Promise<import('webpack').Stats>} settles when it has ended
   */
  begin(...changed) {
    const built = new Promise((resolve) => (this.#built = resolve));
    for (const { inputFileSystem } of this.#all) inputFileSystem?.purge?.();
    // A bundler that watches the files itself sometimes builds twice for one save.
    this.#watching ??= this.#compiler.watch({ ignored: /./ }, () => undefined);
    if (this.#hasBuilt) this.#invalidate(changed);
    this.#hasBuilt = true;
    return built;
  }

  /** All compilers; there may be only one. */
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
    const all = this.#watching.watchings ?? [this.#watching];
    // As a bundler that watches does, it builds only the bundles that have one of the files, if any has.
    const isOf = ({ compiler }) => changed.some((path) => this.#files.get(compiler)?.has(path));
    const concerned = all.filter(isOf);
    for (const watching of concerned.length ? concerned : all) {
      if (watching.invalidateWithChangesAndRemovals) {
        watching.invalidateWithChangesAndRemovals(new Set(changed), new Set());
      } else watching.invalidate();
    }
  }

  async stop() {
    await new Promise((resolve) => (this.#watching ? this.#watching.close(resolve) : resolve(undefined)));
  }
}
