/**
 * Runs the project's own webpack or Rspack in watch mode and reports its builds to the app.
 *
 * Started by the app as `node --input-type=module --eval THIS SETUP`, in the project's folder, so that the bundler is
 * the one that the project has installed. Standard input is a socket: events go to the app as lines of JSON, and when
 * it ends, the app is gone.
 *
 * @typedef {object} Setup
 * @property {string} config the configuration's absolute path
 * @property {string[]} bundlers the packages to try, in order
 * @property {string | null} mode
 * @property {Record<string, string | boolean>} env
 * @property {Record<string, unknown>} argv what the command line would give to a configuration that is a function
 * @property {string | null} client what pages load, without its query; null when nothing is to be added
 * @property {string} query the client's options
 * @property {string} path where the client finds the stream
 * @property {boolean} hmr whether HotModuleReplacementPlugin is to be added
 */

import { readdirSync, statSync, unlink } from 'node:fs';
import { Socket } from 'node:net';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The number of builds whose update files are kept: a page that has missed more reloads. */
const KEPT_BUILDS = 20;
/** Milliseconds between two progress reports. */
const PROGRESS_EVERY = 100;
const UPDATE_FILE = /\.hot-update\.(json|[cm]?js|css)(\.map)?$/;
const STATS = {
  all: false,
  cached: true,
  cachedModules: true,
  children: true,
  errors: true,
  hash: true,
  ids: true,
  modules: true,
  modulesSpace: Infinity,
  nestedModules: false,
  timings: true,
  warnings: true,
};
/** The clients that a configuration may have already. */
const CLIENT = /^(tower-hot-middleware|webpack-hot-middleware|webpack-dev-middleware)\/client(\.m?js)?(\?|$)/;

/** @type {Setup} */
const setup = JSON.parse(process.argv[1]);
const app = new Socket({ fd: 0, readable: true, writable: true });
app.on('error', () => process.exit(1));
app.on('end', () => process.exit(0));
app.resume();

const send = (event) => void app.write(`${JSON.stringify(event)}\n`);

/** Reports a fatal error, and exits once it is sent. */
function fail(what, error) {
  const lines = (error?.stack ?? String(error)).split('\n');
  // Without stack frames of this file and of Node.js, where the mistake is not.
  const detail = lines.filter((line) => !/^ +at .*(\[eval1\]|node:internal)/.test(line)).join('\n');
  app.end(`${JSON.stringify({ action: 'failed', message: `${what}\n${detail}` })}\n`, () => process.exit(1));
}

/** Returns the first of the packages that the project has. */
async function findBundler() {
  for (const name of setup.bundlers) {
    let module;
    try {
      module = await import(name);
    } catch (error) {
      // Another package may be missing, which the bundler imports.
      if (error?.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes(`'${name}'`)) continue;
      throw error;
    }
    const bundler = [module.rspack, module.webpack, module.default].find((value) => typeof value === 'function');
    if (!bundler) throw new Error(`${name} exports no function that makes a compiler`);
    const { HotModuleReplacementPlugin } = bundler.HotModuleReplacementPlugin ? bundler : module;
    return { name, bundler, HotModuleReplacementPlugin };
  }
  throw new Error(`none of ${setup.bundlers.join(', ')} is installed for ${process.cwd()}`);
}

/** Returns the configuration that its file exports, with functions called and promises awaited. */
async function loadConfig() {
  const module = await import(pathToFileURL(setup.config).href);
  // A module that was compiled to CommonJS has its default export as a property.
  const exported = module.default?.__esModule ? module.default.default : module.default;
  if (exported === undefined) throw new Error('it has no default export');
  const env = { WEBPACK_WATCH: true, ...setup.env };
  const argv = { watch: true, ...(setup.mode && { mode: setup.mode }), ...setup.argv, env, config: [setup.config] };
  const settle = async (value) => {
    const settled = await (typeof value === 'function' ? value(env, argv) : value);
    return settled?.default && settled.__esModule ? settled.default : settled;
  };
  const config = await settle(exported);
  if (!Array.isArray(config)) return complete(await settle(config));
  const all = await Promise.all(config.map(settle));
  return Object.assign(all.flat().map(complete), config.parallelism && { parallelism: config.parallelism });
}

/** Adds what is missing: a mode, the client in each entry, the plugin. The exported object stays as it is. */
function complete(config) {
  if (config === null || typeof config !== 'object') throw new Error(`a configuration is ${config} and no object`);
  const mode = setup.mode ?? config.mode ?? 'development';
  const completed = { ...config, mode };
  if (!isForBrowsers(config.target)) return completed;
  if (setup.client !== null) completed.entry = withClient(config.entry ?? './src', clientOf(config));
  const { experiments, lazyCompilation } = config;
  if (lazyCompilation) completed.lazyCompilation = withoutClient(lazyCompilation);
  if (experiments?.lazyCompilation) {
    completed.experiments = { ...experiments, lazyCompilation: withoutClient(experiments.lazyCompilation) };
  }
  return completed;
}

/**
 * Options of lazy compilation that leave the client out, as webpack itself does with webpack-hot-middleware's: a client
 * that is compiled once the page asks for it can't bring the update that it is in.
 */
function withoutClient(lazy) {
  const { test, ...options } = lazy === true ? {} : lazy;
  const isTested = (module) => {
    const path = module.nameForCondition?.() ?? '';
    if (test === undefined) return true;
    if (typeof test === 'function') return test(module);
    return typeof test === 'string' ? path.startsWith(test) : path.search(test) >= 0;
  };
  if (test && !/^(function|string)$/.test(typeof test) && !(test instanceof RegExp)) return lazy;
  return { ...options, test: (module) => !isClient(module.rawRequest ?? '') && isTested(module) };
}

function isClient(request) {
  return CLIENT.test(request) || (setup.client !== null && request.startsWith(setup.client));
}

/** Returns true if a bundle runs in a page, which is webpack's default. */
function isForBrowsers(target) {
  if (target === undefined) return true;
  if (target === false || target === null) return false;
  const targets = [target].flat();
  if (targets.some((one) => /^(async-)?node|^electron-(main|preload)|^webworker/.test(one))) return false;
  return targets.some((one) => /^(web|browserslist|electron-renderer|nwjs|node-webkit)/.test(one));
}

function clientOf(config) {
  const query = new URLSearchParams(setup.query);
  if (!query.has('path')) query.set('path', setup.path);
  if (config.name && !query.has('name')) query.set('name', config.name);
  return `${setup.client}?${query}`;
}

/** Returns an entry, in any of webpack's forms, with the client in front. */
function withClient(entry, client) {
  if (typeof entry === 'function') return async (...given) => withClient(await entry(...given), client);
  if (typeof entry === 'string' || Array.isArray(entry)) return prefixed(entry, client);
  // The bundler reports any other value as an error.
  if (entry === null || typeof entry !== 'object') return entry;
  const entries = Object.entries(entry).map(([name, value]) => {
    if (typeof value === 'string' || Array.isArray(value)) return [name, prefixed(value, client)];
    // Such an entry runs after the one that it depends on, which has the client.
    if (!value?.import || value.dependOn) return [name, value];
    return [name, { ...value, import: prefixed(value.import, client) }];
  });
  return Object.fromEntries(entries);
}

function prefixed(modules, client) {
  const all = [modules].flat();
  return all.some((module) => CLIENT.test(module)) ? modules : [client, ...all];
}

/** Adds HotModuleReplacementPlugin to the compilers of pages that don't have it. */
function addPlugin(Plugin, config) {
  for (const one of [config].flat()) {
    const has = (one.plugins ?? []).some((plugin) => plugin?.constructor?.name === 'HotModuleReplacementPlugin');
    if (!has && isForBrowsers(one.target)) {
      one.plugins = [...(one.plugins ?? []), new Plugin()];
    }
  }
}

/** Removes the update files of old builds, which no page requests any more. */
class UpdateFiles {
  /** The files of each build, the oldest first. @type {string[][]} */
  #builds = [];

  /** @param {string} folder in which earlier runs may have left some: each counts as a separate build */
  adopt(folder) {
    try {
      const files = readdirSync(folder).filter((name) => UPDATE_FILE.test(name));
      const timed = files.map((name) => ({ path: join(folder, name), time: statSync(join(folder, name)).mtimeMs }));
      timed.sort((a, b) => a.time - b.time);
      this.#builds.push(...timed.map(({ path }) => [path]));
    } catch {
      // There is no such folder yet.
    }
  }

  /** @param {any} compilation of a build that is on disk */
  add(compilation) {
    const assets = compilation.getAssets().filter(({ info }) => info?.hotModuleReplacement);
    if (!assets.length) return;
    this.#builds.push(assets.map(({ name }) => join(compilation.outputOptions.path, name.split('?')[0])));
    // A build that reverts a change writes the files of an earlier one again.
    const kept = new Set(this.#builds.slice(-KEPT_BUILDS).flat());
    const old = this.#builds.splice(0, Math.max(0, this.#builds.length - KEPT_BUILDS)).flat();
    for (const path of old) if (!kept.has(path)) unlink(path, () => undefined);
  }
}

/**
 * Tells whether a file of its own has caused a compiler's latest build. The npm package's plugin has the same; this text is run by
 * `--eval` and can't import it.
 */
class Modifications {
  #hasBuilt = false;
  #versions = new Map();
  /** True if none has; undefined where that is unknown. @type {boolean | undefined} */
  unmodified;

  constructor(compiler) {
    compiler.hooks.watchRun.tap('tower-hot-middleware', ({ modifiedFiles, removedFiles }) => {
      // webpack 4 doesn't know, and to a first build all files are new.
      if (modifiedFiles && this.#hasBuilt) {
        const renewed = [...modifiedFiles, ...(removedFiles ?? [])].filter((path) => this.#isRenewed(path));
        this.unmodified = renewed.length === 0;
      }
      this.#hasBuilt = true;
    });
  }

  /** Rspack may build twice for one save. */
  #isRenewed(path) {
    const { mtimeMs, size } = statSync(path, { throwIfNoEntry: false }) ?? {};
    const version = `${mtimeMs} ${size}`;
    if (this.#versions.get(path) === version) return false;
    this.#versions.set(path, version);
    return true;
  }
}

/** Reports every build to the app, once its files are on disk. */
function report(compiler) {
  const files = new UpdateFiles();
  const modifications = new Map();
  const compilers = compiler.compilers ?? [compiler];
  for (const one of compilers) {
    files.adopt(one.outputPath);
    const building = (file) => {
      const path = file ? `./${relative(process.cwd(), file)}` : undefined;
      send({ action: 'building', name: one.name ?? '', file: path });
    };
    building();
    one.hooks.invalid.tap('tower-hot-middleware', building);
    reportProgress(one);
    modifications.set(one, new Modifications(one));
    one.hooks.done.tap('tower-hot-middleware', ({ compilation }) => files.add(compilation));
  }
  compiler.hooks.done.tap('tower-hot-middleware', (stats) => {
    const bundles = (stats.stats ?? [stats]).map((one) => {
      const { compiler, name } = one.compilation;
      return { name, ...one.toJson(STATS), unmodified: modifications.get(compiler)?.unmodified };
    });
    send({ action: 'built', stats: bundles });
  });
}

/** Reports a build's progress, but not its end. webpack 4 does not export the plugin under this name. */
function reportProgress(compiler) {
  const Plugin = compiler.webpack?.ProgressPlugin;
  if (!Plugin) return;
  let reported = 0;
  const handler = (part, message) => {
    const now = Date.now();
    if (part >= 1 || now - reported < PROGRESS_EVERY) return;
    reported = now;
    send({ action: 'progress', name: compiler.name ?? '', percent: Math.round(part * 100), message });
  };
  new Plugin(handler).apply(compiler);
}

/** Returns the text that the project's own command line would print for a build. */
function print(compiler, stats) {
  const options = (compiler.compilers ?? [compiler]).map(({ options }) => {
    const given = options.stats;
    const preset = given && typeof given === 'object' ? given : { preset: given === true ? 'normal' : given };
    return { colors: Boolean(process.env.FORCE_COLOR), ...preset };
  });
  const text = stats.toString(compiler.compilers ? { children: options } : options[0]);
  if (text) console.log(text);
}

let during = 'the bundler could not be loaded';
try {
  const { name, bundler, HotModuleReplacementPlugin } = await findBundler();
  during = `${relative(process.cwd(), setup.config)} could not be loaded`;
  const config = await loadConfig();
  if (setup.hmr) addPlugin(HotModuleReplacementPlugin, config);
  during = `${name} does not take ${relative(process.cwd(), setup.config)}`;
  const compiler = bundler(config);
  report(compiler);
  during = `${name} has failed`;
  const options = (compiler.compilers ?? [compiler]).map(({ options }) => options.watchOptions ?? {});
  compiler.watch(compiler.compilers ? options : options[0], (error, stats) => {
    if (error) fail(during, error);
    else print(compiler, stats);
  });
} catch (error) {
  fail(during, error);
}
process.on('uncaughtException', (error) => fail(during, error));
