/**
 * The originals as a server: `node originals.mjs webpack-hot-middleware`. Prints its port, publishes events by commands on
 * standard input, and ends with it. `src/serve/mod.rs` is the same in Rust.
 */

import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

/** Milliseconds between heartbeats: none is sent during a measurement. */
const HEARTBEAT = 3_600_000;

/** @typedef {{ handle: import('node:http').RequestListener, publish: (event: object) => void, build: (stats: object) => void }} Original */

/** @type {Record<string, () => Promise<Original>>} */
const originals = {
  async 'webpack-hot-middleware'() {
    const { default: hot } = await import('webpack-hot-middleware');
    /** @type {(stats: object) => void} */
    let done;
    const hooks = { invalid: { tap() {} }, done: { tap: (/** @type {string} */ _, fn) => (done = fn) } };
    const middleware = hot({ hooks }, { heartbeat: HEARTBEAT, log: false });
    return {
      handle: (request, response) => middleware(request, response, () => response.writeHead(404).end()),
      publish: middleware.publish,
      build: (stats) => done({ toJson: () => stats }),
    };
  },
  async 'webpack-dev-middleware'() {
    const { default: webpack } = await import('webpack');
    const { default: dev } = await import('webpack-dev-middleware');
    const compiler = webpack({
      mode: 'development',
      context: import.meta.dirname,
      entry: 'data:text/javascript,',
      infrastructureLogging: { level: 'none' },
    });
    const middleware = dev(compiler, { hot: { heartbeat: HEARTBEAT }, stats: 'none' });
    await new Promise((resolve) => middleware.waitUntilValid(resolve));
    return {
      handle: (request, response) => middleware(request, response, () => response.writeHead(404).end()),
      publish: middleware.publish,
      build: () => {
        throw new Error('its events name no modules');
      },
    };
  },
};

const name = process.argv[2];
if (!(name in originals)) throw new Error(`${name} is not one of ${Object.keys(originals)}`);
const { handle, publish, build } = await originals[name]();

const server = createServer(handle);
server.listen({ port: 0, host: '127.0.0.1', backlog: 16_384 }, () => console.log(server.address().port));

let count = 0;
for await (const line of createInterface({ input: process.stdin })) {
  count += 1;
  const number = String(count).padStart(7, '0');
  if (line === 'small') {
    publish({ action: 'news', number, text: 'x'.repeat(146) });
  } else if (line === 'build') {
    const modules = Array.from({ length: 2000 }, (_, n) => {
      const module = `./src/parts/p${String(n).padStart(4, '0')}.js`;
      return { id: module, name: module };
    });
    build({ name: '', time: 10, hash: number, warnings: [], errors: [], modules });
  } else {
    throw new Error(`${line} is no command`);
  }
}
process.exit();
