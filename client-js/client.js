/**
 * The browser client of tower-hot-middleware. Only this file does something when it is loaded.
 *
 * ```js
 * import { hot } from '/__webpack_hmr/client.js';
 * const self = hot(import.meta.url);
 * let count = self.data.count ?? 0;
 * self.dispose((data) => { data.count = count; });
 * self.accept();
 * ```
 *
 * Code that also runs in production, without a client, uses its global name:
 *
 * ```js
 * globalThis.__hot_middleware__?.hot(import.meta.url).accept();
 * ```
 *
 * It imports nothing before it runs, so that a page whose server was killed during the load still gets its client
 * once the server is back. Calls made before the rest is loaded are made then.
 */

/** @typedef {import('./client.d.ts').HotMiddlewareClient} Client */

const MOST_CALLS = 10_000;
const LONGEST_PAUSE = 5_000;
const LIMIT = 10_000;

/** False in a worker, which has no page to update. Every call is accepted there and does nothing. */
const isPage = typeof window !== 'undefined';

/** @type {Client | undefined} */
let client;
/** @type {((client: Client) => void)[]} */
const calls = [];
let hasWarned = false;

/**
 * @param {(client: Client) => void} call
 * @returns {boolean} whether the call is made, now or later
 */
function whenLoaded(call) {
  if (client) call(client);
  else if (!isPage) return false;
  else if (calls.length >= MOST_CALLS) {
    if (!hasWarned) console.warn(`[HMR] More than ${MOST_CALLS} calls wait for the client to load; further ones are left out`);
    hasWarned = true;
    return false;
  }
  else calls.push(call);
  return true;
}

/**
 * @param {'subscribe' | 'subscribeAll' | 'on'} method
 * @returns {(...parameters: any[]) => () => void}
 */
function subscription(method) {
  return (...parameters) => {
    let isOver = false;
    let end = () => {};
    whenLoaded((client) => {
      if (!isOver) end = /** @type {any} */ (client)[method](...parameters);
    });
    return () => {
      isOver = true;
      end();
    };
  };
}

/** @type {Client} */
const facade = {
  connect: () => whenLoaded((client) => client.connect()),
  disconnect: () => whenLoaded((client) => client.disconnect()),
  subscribe: subscription('subscribe'),
  subscribeAll: subscription('subscribeAll'),
  on: subscription('on'),
  send: (event, data) => {
    if (!isPage) return Promise.resolve();
    return new Promise((resolve, reject) => {
      if (!whenLoaded((client) => resolve(client.send(event, data)))) {
        reject(new Error(`[HMR] ${event} was not sent: ${MOST_CALLS} calls are waiting for the client to load`));
      }
    });
  },
  hot(url, data = {}, resolve) {
    if (client) return client.hot(url, data, resolve);
    // The first instance of its module, as no update is applied before the rest is loaded.
    const forward = (/** @type {keyof import('./client.d.ts').Hot} */ method) => {
      return (/** @type {any[]} */ ...parameters) =>
        whenLoaded((client) => /** @type {any} */ (client.hot(url))[method](...parameters));
    };
    whenLoaded((client) => client.hot(url, data, resolve));
    return /** @type {any} */ ({
      data,
      accept: forward('accept'),
      acceptExports: forward('acceptExports'),
      dispose: forward('dispose'),
      prune: forward('prune'),
      decline: forward('decline'),
      invalidate: forward('invalidate'),
      on: forward('on'),
      off: forward('off'),
      send: (/** @type {string} */ event, /** @type {unknown} */ data) => facade.send(event, data),
    });
  },
};

/** @param {number} milliseconds @returns {Promise<void>} */
const pause = (milliseconds) => new Promise((resolve) => void setTimeout(resolve, milliseconds));

/**
 * The client of the page; one that accepts every call and does nothing if it can't be started, which another attempt would not
 * change.
 *
 * @param {() => Client} start
 * @returns {Client}
 */
function started(start) {
  try {
    return start();
  } catch (error) {
    console.error('[HMR] The client could not be started, so this page is not updated', error);
    const nothing = () => () => {};
    const hot = () => /** @type {any} */ (new Proxy({ data: {} }, { get: (target, name) => Reflect.get(target, name) ?? (() => {}) }));
    return { connect() {}, disconnect() {}, subscribe: nothing, subscribeAll: nothing, on: nothing, send: () => Promise.resolve(), hot };
  }
}

/** Loads the rest of the client, and retries until it succeeds. */
async function load() {
  /** @type {Event[]} */
  const errors = standIn?.errors ?? [];
  const keep = (/** @type {Event} */ event) => void (errors.length < 10 && errors.push(event));
  for (const type of ['error', 'unhandledrejection']) addEventListener(type, keep);

  for (let attempt = 0; !client; attempt += 1) {
    try {
      // Some browsers remember for each URL that it could not be imported.
      const page = import(attempt ? `./page.js?retry=${attempt}` : './page.js');
      const late = pause(LIMIT).then(() => Promise.reject(new Error(`no answer within ${LIMIT / 1_000} s`)));
      const { start } = await Promise.race([page, late]);
      client = started(() => start(window, import.meta.url, errors, standIn));
    } catch (error) {
      if (attempt === 0) console.warn('[HMR] Could not load the client; trying again until the server answers', error);
      await pause(Math.min(LONGEST_PAUSE, 250 * 2 ** attempt));
    }
  }
  for (const type of ['error', 'unhandledrejection']) removeEventListener(type, keep);
  for (const call of calls.splice(0)) {
    try {
      call(/** @type {Client} */ (client));
    } catch (error) {
      console.error('[HMR] A call that waited for the client failed', error);
    }
  }
}

// One client a page, even if several tags load it under different URLs. `load.js` leaves a stand-in.
const standIn = globalThis.__hot_middleware__;
if (!standIn || standIn.become) {
  globalThis.__hot_middleware__ = facade;
  if (isPage) void load();
  standIn?.become?.(facade);
}

export const { connect, disconnect, subscribe, subscribeAll, on, send, hot } =
  /** @type {Client} */ (globalThis.__hot_middleware__);
