/** A separate bundler that reports its builds to the app through the plugin of the npm package. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { rspack } from '@rspack/core';

import { html, scenario, Stream } from './harness.js';
import { BUNDLERS } from './harness/front-end.js';
import { installPackage } from './harness/package.js';
import { within } from './harness/patience.js';

const TOKEN = 'a-token-of-these-tests';

const FILES = {
  'index.html': html('', '<p></p><input><script src="bundle.js"></script>'),
  'src/index.js': `
    import { text } from './text.js';
    globalThis.runs = (globalThis.runs ?? 0) + 1;
    const show = () => (document.querySelector('p').textContent = text);
    module.hot.accept('./text.js', show);
    show();
  `,
  'src/text.js': "export const text = 'one';",
};

/** A bundler in watch mode whose builds the test starts. */
class Watching {
  #compiler;
  #watching;
  #builds = 0;
  #waiting = [];

  /**
   * @param {string} bundler
   * @param {string} folder
   * @param {object} options the plugin's
   * @param {object | ((configuration: any) => any)} [own] what its configuration has besides, or what makes all of it
   * @param {{ apply(compiler: any): void }} [mount] applied to the compiler of Rspack
   */
  static async start(bundler, folder, options, own = {}, mount = undefined) {
    const { bundle, HotModuleReplacementPlugin } = BUNDLERS[bundler];
    const modules = await installPackage();
    // Most configurations are CommonJS.
    const { HotMiddlewarePlugin } = createRequire(join(modules, 'config.cjs'))('tower-hot-middleware/plugin');
    const configuration = {
      mode: 'development',
      devtool: false,
      context: folder,
      entry: ['tower-hot-middleware/client', './src/index.js'],
      resolve: { modules: [modules] },
      output: { path: folder, filename: 'bundle.js', publicPath: '/' },
      plugins: [new HotModuleReplacementPlugin(), new HotMiddlewarePlugin(options)],
      infrastructureLogging: { level: 'warn', console: options.console ?? console },
    };
    const compiler = bundle(typeof own === 'function' ? own(configuration) : { ...configuration, ...own });
    if (bundler.startsWith('Rspack')) mount?.apply(compiler);
    return new Watching(compiler);
  }

  constructor(compiler) {
    this.#compiler = compiler;
    compiler.hooks.done.tap('test', () => {
      this.#builds += 1;
      for (const look of this.#waiting) look();
    });
    this.#watching = compiler.watch({ aggregateTimeout: 10 }, () => undefined);
  }

  get builds() {
    return this.#builds;
  }

  /** Waits for a build after the first `builds` ones. */
  after(builds) {
    const built = new Promise((resolve) => {
      const look = () => this.#builds > builds && resolve();
      this.#waiting.push(look);
      look();
    });
    return within(built, 'a build of the bundler');
  }

  /** Ends what the compiler has started besides, too: lazy compilation has a server of its own. */
  async stop() {
    await within(new Promise((resolve) => this.#watching.close(resolve)), 'the bundler to stop');
    await within(new Promise((resolve) => this.#compiler.close(resolve)), 'the bundler to end');
  }
}

for (const bundler of ['webpack 5', 'Rspack 2']) {
  const setup = {
    files: FILES,
    server: { watch: false, inject: false, build_token: TOKEN },
    errors: [/net::ERR_/],
  };

  scenario(`${bundler} reports to the app, and a page catches up with a build that it missed`, setup, async (stage) => {
    const { later, open, restart, site } = stage;
    const url = `${stage.server.url}/__webpack_hmr`;
    const stream = await Stream.open(url);
    const watching = await Watching.start(bundler, site.folder, { url, token: TOKEN });
    later(() => watching.stop());
    await stream.upTo('"action":"built"');

    const tab = await open();
    await tab.page.fill('input', 'kept');
    const shows = (text) => tab.until((text) => document.querySelector('p').textContent === text, text);
    await shows('one');
    await site.save('src/text.js', "export const text = 'two';");
    await shows('two');
    const seen = await stream.upTo('"file":"./src/text.js"');
    assert.match(seen, /data: \{"action":"progress","name":"","percent":\d+,"message":".*"\}/);
    stream.close();

    await restart({
      async meanwhile() {
        const { builds } = watching;
        await site.save('src/text.js', "export const text = 'three';");
        await watching.after(builds);
      },
    });
    await shows('three');
    await tab.isKept();
    assert.equal(await tab.page.inputValue('input'), 'kept');
    assert.equal(await tab.page.evaluate(() => globalThis.runs), 1, 'unchanged modules do not run again');
  });
}

/** Makes a template a file of a bundle, as plugins for HTML do. */
class Template {
  /** @param {string} path */
  constructor(path) {
    this.path = path;
  }

  apply(compiler) {
    compiler.hooks.thisCompilation.tap('Template', (compilation) => {
      compilation.hooks.processAssets.tapPromise('Template', async () => {
        compilation.fileDependencies.add(this.path);
        const text = await readFile(this.path, 'utf8');
        compilation.emitAsset('made.html', new compiler.webpack.sources.RawSource(text));
      });
    });
  }
}

scenario(
  'a template reloads the page, also beside a build of another bundle, which alone does not (Rspack 2)',
  {
    files: { ...FILES, 'src/server.js': 'export const answer = 1;', 'template.html': '<p>1' },
    server: { watch: false, inject: false, build_token: TOKEN },
    errors: [/net::ERR_/],
  },
  async ({ later, open, server, site }) => {
    const url = `${server.url}/__webpack_hmr`;
    const both = (configuration) => [
      { ...configuration, name: 'server', entry: './src/server.js', target: 'node', output: { path: join(site.folder, 'server') } },
      {
        ...configuration,
        name: 'app',
        // Rspack builds it again after each build of the other one, and gives it another hash.
        dependencies: ['server'],
        entry: ['tower-hot-middleware/client?name=app&reload=true', './src/index.js'],
        plugins: [...configuration.plugins, new Template(join(site.folder, 'template.html'))],
      },
    ];
    const watching = await Watching.start('Rspack 2', site.folder, { url, token: TOKEN }, both);
    later(() => watching.stop());
    await watching.after(0);
    const tab = await open();
    const shows = (text) => tab.until((text) => document.querySelector('p').textContent === text, text);
    await shows('one');
    const isElsewhere = /something other than this page's modules/;

    for (const answer of [2, 3]) {
      const from = tab.lines().length;
      await site.save('src/server.js', `export const answer = ${answer};`);
      await tab.says('[HMR] Nothing hot updated.', from);
      await site.save('src/text.js', `export const text = 'text ${answer}';`);
      await shows(`text ${answer}`);
    }
    assert.deepEqual(tab.lines().filter((line) => isElsewhere.test(line)), []);
    await tab.isKept();

    await Promise.all([site.save('src/server.js', 'export const answer = 4;'), site.save('template.html', '<p>2')]);
    await tab.says(isElsewhere);
    // Rspack may build the template twice.
    await tab.until(() => globalThis.marked === undefined && document.querySelector('p').textContent === 'text 3');
  },
);

scenario(
  'the bundler reports a wrong token',
  { files: FILES, server: { watch: false, inject: false, build_token: TOKEN } },
  async ({ later, server, site }) => {
    const lines = [];
    const keep = (...words) => void lines.push(words.join(' '));
    const url = `${server.url}/__webpack_hmr`;
    const console = Object.fromEntries(['error', 'warn', 'info', 'log', 'debug', 'status'].map((level) => [level, keep]));
    const watching = await Watching.start('webpack 5', site.folder, { url, token: 'another-token-of-these', console });
    later(() => watching.stop());
    await watching.after(0);
    await watching.stop();
    assert.match(lines.join('\n'), /answers 403 .*OptionsBuilder::build_token/);
    assert.equal(lines.filter((line) => line.includes('403')).length, 1, 'once');
  },
);

/** Serves Rspack's own middleware, which its lazy compilation needs beside the option, at an address for the page. */
async function serveTriggers() {
  let handle = (_, response) => void response.writeHead(503).end();
  const server = createServer((request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    handle(request, response, () => void response.writeHead(404).end());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    mount: { apply: (compiler) => void (handle = rspack.lazyCompilationMiddleware(compiler)) },
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

for (const [bundler, configure] of Object.entries({
  'webpack 5': () => ({ experiments: { lazyCompilation: true } }),
  'Rspack 2': (triggers) => ({ lazyCompilation: { serverUrl: triggers.url } }),
})) {
  const setup = { files: FILES, server: { watch: false, inject: false, build_token: TOKEN } };

  scenario(`${bundler} compiles the page’s modules lazily, and the client at once`, setup, async (stage) => {
    const { later, open, site } = stage;
    const url = `${stage.server.url}/__webpack_hmr`;
    const triggers = await serveTriggers();
    later(() => triggers.stop());
    const watching = await Watching.start(bundler, site.folder, { url, token: TOKEN }, configure(triggers), triggers.mount);
    later(() => watching.stop());
    await watching.after(0);
    const bundle = await readFile(join(site.folder, 'bundle.js'), 'utf8');
    assert.ok(!bundle.includes('globalThis.runs'), 'the entry is not compiled before a page asks for it');

    const tab = await open();
    const shows = (text) => tab.until((text) => document.querySelector('p').textContent === text, text);
    await shows('one');
    await tab.page.fill('input', 'kept');
    await site.save('src/text.js', "export const text = 'two';");
    await shows('two');
    await tab.isKept();
    assert.equal(await tab.page.inputValue('input'), 'kept');
  });
}
