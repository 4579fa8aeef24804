/**
 * The client where there is no page, as in a worker: modules that use its API also run there, and
 * nothing changes under them.
 *
 * @type {import('./client.d.ts').HotMiddlewareClient}
 */
export const idle = {
  connect() {},
  disconnect() {},
  subscribe: () => () => {},
  subscribeAll: () => () => {},
  on: () => () => {},
  send: () => Promise.resolve(),
  hot: () => ({
    data: {},
    accept() {},
    dispose() {},
    decline() {},
    invalidate() {},
  }),
};
