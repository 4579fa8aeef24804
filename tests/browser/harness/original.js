/** webpack-hot-middleware itself, in an Express app. */

import express from 'express';
import hotMiddleware from 'webpack-hot-middleware';

export class Original {
  #server;

  /**
   * @param {any} compiler webpack's, or a fake one
   * @param {object} options
   * @param {{ folder?: string, port?: number }} [app] a folder to serve as well, and the port
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

/** The parts of a compiler that webpack-hot-middleware uses, with builds that the test defines. */
export class FakeCompiler {
  #done;
  #invalid;
  hooks = {
    invalid: { tap: (_, listener) => void (this.#invalid = listener) },
    done: { tap: (_, listener) => void (this.#done = listener) },
  };

  /** @param {any} stats the result of `toJson()` */
  build(stats) {
    const { compilation } = stats;
    this.#done({ toJson: () => structuredClone(stats), ...(compilation && { compilation }) });
  }

  /** @param {any[]} stats the results for each of several compilers */
  buildAll(stats) {
    this.#done({ stats: stats.map((one) => ({ toJson: () => structuredClone(one) })) });
  }

  invalidate() {
    this.#invalid();
  }
}
