/**
 * A plugin of webpack or Rspack that reports builds to a server with the layer in it: for a bundler that runs in
 * another terminal or container than the app.
 *
 * ```js
 * const { HotMiddlewarePlugin } = require('tower-hot-middleware/plugin');
 * module.exports = { plugins: [new HotMiddlewarePlugin({ url: 'http://localhost:3000/__webpack_hmr' })] };
 * ```
 */

'use strict';

const { join, relative } = require('node:path');

const { Modifications } = require('./modifications.cjs');
const { Reporter } = require('./reporter.cjs');

const NAME = 'HotMiddlewarePlugin';
const URL_DEFAULT = 'http://localhost:3000/__webpack_hmr';
const TOKEN_VARIABLE = 'TOWER_HOT_MIDDLEWARE_TOKEN';
/** Milliseconds between two progress reports. */
const PROGRESS_EVERY = 100;

/** The part of the stats that pages receive. All of it may be a hundred times as large. */
const STATS = {
  all: false,
  cached: true,
  cachedModules: true,
  errors: true,
  hash: true,
  ids: true,
  modules: true,
  modulesSpace: Infinity,
  nestedModules: false,
  timings: true,
  warnings: true,
};

/** The entry module of the client in this package. */
const CLIENT = join(__dirname, '../bundle/client.js');

class HotMiddlewarePlugin {
  #url;
  #token;
  #progress;
  /** @type {InstanceType<typeof Reporter> | undefined} */
  #reporter;

  /** @param {import('./plugin.d.ts').PluginOptions} [options] */
  constructor({ url = URL_DEFAULT, token = process.env[TOKEN_VARIABLE], progress = true } = {}) {
    if (!URL.canParse(url)) throw new TypeError(`${NAME}: the url ${JSON.stringify(url)} is invalid; it must be like ${URL_DEFAULT}`);
    if (!token) {
      throw new TypeError(
        `${NAME}: there is no token. Pass the one of OptionsBuilder::build_token as { token } or in the ` +
          `environment as ${TOKEN_VARIABLE}`,
      );
    }
    this.#url = url;
    this.#token = token;
    this.#progress = progress;
  }

  /** @param {any} compiler webpack's or Rspack's, or one of several */
  apply(compiler) {
    if (compiler.compilers) {
      for (const one of compiler.compilers) this.apply(one);
      return;
    }
    const log = compiler.getInfrastructureLogger(NAME);
    const reporter = (this.#reporter ??= new Reporter({ url: this.#url, token: this.#token, log }));
    const name = compiler.options.name ?? '';
    for (const options of [compiler.options, compiler.options.experiments]) leaveClientOut(options);

    const modifications = new Modifications();
    compiler.hooks.watchRun.tap(NAME, (/** @type {any} */ compiler) => {
      reporter.follow();
      modifications.started(compiler);
    });
    compiler.hooks.invalid.tap(NAME, (/** @type {string | null} */ file) => {
      void reporter.building(name, file ? `./${relative(compiler.context, file)}` : undefined);
    });
    // After the files of the build are on disk. A bundler that builds once waits for the report. One that watches does
    // not wait.
    compiler.hooks.done.tapPromise(NAME, async (/** @type {any} */ stats) => {
      const sent = reporter.built(name, { ...stats.toJson(STATS), unmodified: modifications.unmodified });
      if (!compiler.watchMode) await sent;
    });
    compiler.hooks.watchClose.tap(NAME, () => void reporter.close());
    if (this.#progress) reportProgress(compiler, (percent, message) => void reporter.progress(name, percent, message));
  }
}

/**
 * Leaves the client out of lazy compilation, as webpack itself does with webpack-hot-middleware's: a client that is
 * compiled once the page asks for it can't bring the update that it is in.
 *
 * @param {{ lazyCompilation?: any } | undefined} options
 */
function leaveClientOut(options) {
  const lazy = options?.lazyCompilation;
  if (!options || !lazy) return;
  const { test, ...others } = lazy === true ? {} : lazy;
  const isKnown = test === undefined || /^(function|string)$/.test(typeof test) || test instanceof RegExp;
  if (!isKnown) return;
  options.lazyCompilation = {
    ...others,
    test: (/** @type {any} */ module) => {
      const path = module.nameForCondition?.() ?? '';
      if (path === CLIENT) return false;
      if (test === undefined) return true;
      if (typeof test === 'function') return test(module);
      return typeof test === 'string' ? path.startsWith(test) : path.search(test) >= 0;
    },
  };
}

/**
 * @param {any} compiler
 * @param {(percent: number, message: string) => void} report
 */
function reportProgress(compiler, report) {
  let reported = 0;
  const handler = (/** @type {number} */ part, /** @type {string} */ message) => {
    const now = Date.now();
    // The report of the build itself announces the end.
    if (!compiler.watchMode || part >= 1 || now - reported < PROGRESS_EVERY) return;
    reported = now;
    report(Math.round(part * 100), message);
  };
  new compiler.webpack.ProgressPlugin(handler).apply(compiler);
}

module.exports = { HotMiddlewarePlugin };
