/** webpack-hot-middleware itself, on express. */

import express from 'express';
import hotMiddleware from 'webpack-hot-middleware';

export class Original {
  #server;

  /**
   * @param {any} compiler webpack's, or one that looks like it
   * @param {object} options
   * @param {{ folder?: string, port?: number }} [app] what it serves besides, and where
   * @returns {Promise<Original>} when it listens
   */
  static async start(compiler, options, { folder, port = 0 } = {}) {
    const middleware = hotMiddleware(compiler, { log: false, ...options });
    const app = express().use(middleware);
    if (folder) app.use(express.static(folder));
    const server = await new Promise((resolve, reject) => {
      const server = app.listen(port, '127.0.0.1', (error) => (error ? reject(error) : resolve(server)));
    });
    return new Original(middleware, server);
  }

  constructor(middleware, server) {
    this.middleware = middleware;
    this.#server = server;
    this.url = `http://127.0.0.1:${server.address().port}`;
  }

  async stop() {
    this.middleware.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** As much of a compiler as the original looks at, with builds of the test's own making. */
export class FakeCompiler {
  #done;
  #invalid;
  hooks = {
    invalid: { tap: (_, listener) => void (this.#invalid = listener) },
    done: { tap: (_, listener) => void (this.#done = listener) },
  };

  /** @param {any} stats what `toJson()` returns */
  build(stats) {
    const { compilation } = stats;
    this.#done({ toJson: () => structuredClone(stats), ...(compilation && { compilation }) });
  }

  /** @param {any[]} stats those of each of several compilers */
  buildAll(stats) {
    this.#done({ stats: stats.map((one) => ({ toJson: () => structuredClone(one) })) });
  }

  invalidate() {
    this.#invalid();
  }
}
