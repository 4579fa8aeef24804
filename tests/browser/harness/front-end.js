/** A front end: a bundle by a real bundler, with one of the clients, on one of the servers. */

import { join } from 'node:path';

import MiniCssExtractPlugin from 'mini-css-extract-plugin';
import { rspack } from '@rspack/core';
import webpack from 'webpack';
import webpack4 from 'webpack-4';

import { Bundler } from './bundler.js';
import { Original } from './original.js';
import { installPackage } from './package.js';
import { Proxy } from './proxy.js';
import { Server } from './server.js';
import { html } from './site.js';

const MODULES = join(import.meta.dirname, '../node_modules');

/**
 * The bundlers: `bundle` creates a compiler, `Extract` writes stylesheets into separate files.
 *
 * @type {Record<string, { bundle: any, HotModuleReplacementPlugin: any, Extract?: any }>}
 */
export const BUNDLERS = {
  'webpack 5': {
    bundle: webpack,
    HotModuleReplacementPlugin: webpack.HotModuleReplacementPlugin,
    Extract: MiniCssExtractPlugin,
  },
  'Rspack 2': {
    bundle: rspack,
    HotModuleReplacementPlugin: rspack.HotModuleReplacementPlugin,
    Extract: rspack.CssExtractRspackPlugin,
  },
  // The loaders for stylesheets no longer support webpack 4.
  'webpack 4': { bundle: webpack4, HotModuleReplacementPlugin: webpack4.HotModuleReplacementPlugin },
};

/**
 * The entry of each client, as its documentation has it; `reload` allows it to reload the page. Clients with a
 * delay before they reconnect wait for a second.
 *
 * @type {Record<string, (how: { name?: string, reload: boolean }) => string>}
 */
export const CLIENTS = {
  'tower-hot-middleware/client': ({ name = '', reload }) =>
    `tower-hot-middleware/client?path=/__webpack_hmr&reload=${reload}&name=${name}`,
  'webpack-hot-middleware/client': ({ name = '', reload }) =>
    `webpack-hot-middleware/client?path=/__webpack_hmr&timeout=1000&reload=${reload}&name=${name}`,
  'webpack-dev-middleware/client': ({ name = '', reload }) =>
    // By its file, as the middleware itself adds it: with a query, webpack can't resolve its name.
    `${join(MODULES, 'webpack-dev-middleware/client/index.js')}?apply=${reload ? 'hmr' : 'hmr-only'}&connect={"timeout":1000}&name=${name}`,
};

/** The servers: each sends a bundler's builds to its clients, and serves a folder. */
export const SERVERS = {
  'this layer': {
    /** @param {FrontEnd} front */
    async start(front, port = 0) {
      const setup = { root: front.site.folder, watch: false, inject: false, port, ...front.how.server };
      const server = await Server.start(setup);
      front.bundler.relay(server);
      return server;
    },
  },
  'webpack-hot-middleware': {
    /** @param {FrontEnd} front */
    start: (front, port = 0) =>
      Original.start(front.bundler.compiler, { statsOptions: { ids: true } }, { folder: front.site.folder, port }),
  },
};

/** Two pages with the same modules: the client may reload `reloading.html`, but not `kept.html`. */
export const FILES = {
  'kept.html': page('kept'),
  'reloading.html': page('reloading'),
  'src/kept.js': "import './app.js';",
  'src/reloading.js': "import './app.js';",
  'src/app.js': `
    import { text } from './text.js';
    import { fixed } from './fixed.js';
    import './styles.js';
    globalThis.runs = (globalThis.runs || 0) + 1;
    const show = () => (document.querySelector('p').textContent = text);
    document.querySelector('i').textContent = fixed;
    module.hot.accept('./text.js', show);
    show();
  `,
  'src/text.js': "export const text = 'one';",
  'src/fixed.js': "export const fixed = 'one';",
  'src/styles.js': "import './style.css'; import './extracted.css';",
  'src/style.css': 'p { color: rgb(1, 0, 0); }',
  'src/extracted.css': 'i { color: rgb(1, 0, 0); }',
};

/** @param {string} name */
function page(name) {
  const sheet = `<link rel="stylesheet" href="${name}.css">`;
  return html(sheet, `<p></p><i></i><input><script src="${name}.js"></script>`);
}

export class FrontEnd {
  /** @type {Bundler} */
  bundler;
  /** The proxy in front of the server. @type {Proxy} */
  proxy;
  #server;
  #gate = Promise.resolve();

  /**
   * @param {{ client: string, server: string, bundler: string }} cell
   * @param {import('./site.js').Site} site
   * @param {{ server?: object, configure?: (front: FrontEnd) => Promise<any> }} [how]
   */
  constructor(cell, site, how = {}) {
    this.cell = cell;
    this.site = site;
    this.how = how;
  }

  /** The server of the pages. */
  get server() {
    return this.#server;
  }

  /** True if the bundler has loaders for stylesheets. */
  get hasStyles() {
    return Boolean(BUNDLERS[this.cell.bundler].Extract);
  }

  /** Builds the front end and serves it. */
  async start() {
    this.proxy = await Proxy.start(() => Number(new URL(this.#server.url).port));
    if (!this.hasStyles) {
      await this.site.save('src/styles.js', '');
      for (const name of ['kept', 'reloading']) await this.site.save(`${name}.css`, '');
    }
    await this.#up();
  }

  async stop() {
    await this.proxy?.stop();
    await this.#down();
  }

  /** Stops the bundler and the server, and starts new ones. */
  async restart(meanwhile) {
    const port = Number(new URL(this.#server.url).port);
    await this.#down();
    await meanwhile();
    await this.#up(port);
  }

  /** Stops the server and starts a new one, while the bundler continues. */
  async restartServer(meanwhile) {
    await this.#server.stop();
    this.bundler.relay(undefined);
    await meanwhile();
    this.#server = await this.#server.again();
    this.bundler.relay(this.#server);
  }

  /**
   * Saves a source and builds it.
   *
   * @param {string} name
   * @param {string} content
   */
  async save(name, content) {
    await this.site.save(name, content);
    await this.bundler.build(join(this.site.folder, name));
  }

  /**
   * Saves a source, and saves it again during the build of the first version.
   *
   * @param {string} name
   * @param {[string, string]} contents
   */
  async saveTwice(name, [first, second]) {
    const path = join(this.site.folder, name);
    let open = () => {};
    this.#gate = new Promise((resolve) => (open = () => resolve(undefined)));
    await this.site.save(name, first);
    void this.bundler.begin(path);
    await this.site.save(name, second);
    const built = this.bundler.build(path);
    open();
    await built;
  }

  /**
   * Returns the bundler's configuration.
   *
   * @param {Record<string, unknown>} [own] options that override the defaults, such as `entry`
   */
  async configuration(own = {}) {
    const { client, bundler } = this.cell;
    const { HotModuleReplacementPlugin, Extract } = BUNDLERS[bundler];
    const modules = [await installPackage(), MODULES];
    const gate = { apply: ({ hooks }) => hooks.make.tapPromise('gate', () => this.#gate) };
    return {
      context: this.site.folder,
      entry: {
        kept: [CLIENTS[client]({ reload: false }), './src/kept.js'],
        reloading: [CLIENTS[client]({ reload: true }), './src/reloading.js'],
      },
      output: { path: this.site.folder, filename: '[name].js', publicPath: '/' },
      resolve: { modules },
      resolveLoader: { modules },
      module: {
        rules: Extract
          ? [
              { test: /style\.css$/, use: ['style-loader', 'css-loader'] },
              { test: /extracted\.css$/, use: [Extract.loader, 'css-loader'] },
            ]
          : [],
      },
      plugins: [new HotModuleReplacementPlugin(), gate, ...(Extract ? [new Extract()] : [])],
      ...own,
    };
  }

  async #up(port = 0) {
    const { server, bundler } = this.cell;
    const { configure = (front) => front.configuration() } = this.how;
    this.bundler = new Bundler(await configure(this), BUNDLERS[bundler].bundle);
    this.#server = await SERVERS[server].start(this, port);
    await this.bundler.build();
  }

  async #down() {
    await this.bundler?.stop();
    await this.#server?.stop();
  }
}
