/** Who is compared: each serves the same files from the same kind of folder. */

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

import { Server } from '../harness/server.js';

const MODULES = join(import.meta.dirname, '../node_modules');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.json': 'application/json', '.css': 'text/css', '.txt': 'text/plain' };

/** @param {string} name of an npm package */
const versionOf = async (name) => JSON.parse(await readFile(join(MODULES, name, 'package.json'), 'utf8')).version;

/** @type {import('./stage.js').Contestant} */
export const OURS = {
  name: 'this crate',
  connected: '[HMR] connected',
  overlay: 'hot-middleware-overlay',
  async start(root, { port, isProduction }) {
    const server = await Server.start({ root, port, echo: true, enabled: !isProduction });
    return { url: server.url, stop: () => server.stop() };
  },
};

/** Vite's development server, and its build. */
const vite = {
  connected: '[vite] connected.',
  overlay: 'vite-error-overlay',
  /** @type {import('./stage.js').Contestant['start']} */
  async start(root, { port, isProduction }) {
    const { build, createServer } = await import('vite');
    const shared = /** @type {const} */ ({ root, configFile: false, logLevel: 'silent', cacheDir: join(root, '.vite') });
    if (isProduction) {
      await build(shared);
      return serveFiles(join(root, 'dist'), port);
    }
    const server = await createServer({
      ...shared,
      server: { host: '127.0.0.1', port, strictPort: true },
      // For `acceptExports`.
      experimental: { hmrPartialAccept: true },
      plugins: [
        {
          name: 'echo',
          configureServer: ({ ws }) => ws.on('echo', (data) => ws.send('echo', data)),
        },
      ],
    });
    const ready = new Promise((resolve) => server.watcher.once('ready', resolve));
    await server.listen();
    await Promise.race([ready, new Promise((resolve) => setTimeout(resolve, 1_000))]);
    const address = /** @type {import('node:net').AddressInfo} */ (server.httpServer?.address());
    return { url: `http://127.0.0.1:${address.port}`, stop: () => server.close() };
  },
};

/** In the mode that its documentation recommends for hot reloading. */
const shims = {
  connected: '[shims] connected',
  overlay: 'none',
  /** @type {import('./stage.js').Contestant['start']} */
  start: (root, { port, isProduction }) => serveFiles(root, port, !isProduction),
};

/** What loads es-module-shims, and passes each save on to it. */
const SHIMS = `<script type="esms-options">{"shimMode":true,"hotReload":true}</script>
<script src="/es-module-shims.js"></script>
<script>
  const source = new EventSource('/saves');
  source.onopen = () => console.info('[shims] connected');
  source.onmessage = ({ data }) => importShim.hotReload(data);
</script>`;

/**
 * @param {string} root
 * @param {number} port
 * @param {boolean} [hasShims]
 * @returns {Promise<import('./stage.js').Server>}
 */
async function serveFiles(root, port, hasShims = false) {
  /** @type {Set<import('node:http').ServerResponse>} */
  const pages = new Set();
  const server = createServer(async ({ url = '/' }, response) => {
    const path = normalize(decodeURIComponent(new URL(url, 'http://host').pathname));
    if (path === '/saves') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }).write(': Firefox waits for the first bytes\n\n');
      pages.add(response);
      response.on('close', () => pages.delete(response));
      return;
    }
    const name = path === '/' ? '/index.html' : path;
    const isShim = hasShims && name === '/es-module-shims.js';
    try {
      let text = await readFile(isShim ? join(MODULES, 'es-module-shims/dist/es-module-shims.js') : join(root, name), 'utf8');
      if (hasShims && name === '/index.html') {
        text = text.replaceAll('type="module"', 'type="module-shim"').replaceAll('type="importmap"', 'type="importmap-shim"');
        text = text.replace('</head>', `${SHIMS}</head>`);
      }
      response.writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'text/plain', 'Cache-Control': 'no-cache' }).end(text);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve, reject) => server.on('error', reject).listen(port, '127.0.0.1', () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    saved(name) {
      for (const page of pages) page.write(`data: /${name}\n\n`);
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** This crate first. @returns {Promise<import('./stage.js').Contestant[]>} */
export async function contestants() {
  return [
    OURS,
    { ...vite, name: `Vite ${await versionOf('vite')}` },
    { ...shims, name: `es-module-shims ${await versionOf('es-module-shims')}` },
  ];
}
