/**
 * Loads the client from the tag that the layer puts into pages. A classic script, because a module script in front of
 * a page's import map turns that map off (Firefox, Chrome before 133, Safari before 18.4). With `defer` it runs when
 * the page is parsed, before the page's own modules; until `client.js` is there, a stand-in keeps what they ask of it.
 */

(() => {
  // Run again, for a second tag or by a library that replaces the document's content, there is nothing to do.
  if (globalThis.__hot_middleware__) return;
  const tag = /** @type {HTMLScriptElement} */ (document.currentScript);

  /** @typedef {import('./client.d.ts').HotMiddlewareClient} Client */

  /** @type {Client | undefined} */
  let client;
  /** @type {((client: Client) => void)[]} */
  const waiting = [];

  /** @param {(client: Client) => void} task */
  const withClient = (task) => {
    if (client) task(client);
    else waiting.push(task);
  };

  /**
   * @param {(client: Client) => () => void} subscribe
   * @returns {() => void}
   */
  const subscription = (subscribe) => {
    let end = () => {};
    withClient((client) => (end = subscribe(client)));
    return () => withClient(() => end());
  };

  /**
   * The hot API of a module's first instance, which nothing was handed over to.
   *
   * @param {string} url
   * @returns {import('./client.d.ts').Hot}
   */
  const firstHot = (url) => ({
    data: {},
    accept: (/** @type {any[]} */ ...values) =>
      withClient((client) => /** @type {any} */ (client.hot(url)).accept(...values)),
    dispose: (callback) => withClient((client) => client.hot(url).dispose(callback)),
    decline: () => withClient((client) => client.hot(url).decline()),
    invalidate: () => withClient((client) => client.hot(url).invalidate()),
  });

  globalThis.__hot_middleware__ = {
    connect: () => withClient((client) => client.connect()),
    disconnect: () => withClient((client) => client.disconnect()),
    subscribe: (handler) => subscription((client) => client.subscribe(handler)),
    subscribeAll: (handler) => subscription((client) => client.subscribeAll(handler)),
    on: (event, handler) => subscription((client) => client.on(event, handler)),
    send: (event, data) =>
      new Promise((resolve, reject) => withClient((client) => void client.send(event, data).then(resolve, reject))),
    hot: (url) => client?.hot(url) ?? firstHot(url),
    become(started) {
      client = started;
      for (const task of waiting.splice(0)) task(started);
    },
  };

  void import(new URL('client.js', tag.src).href);
})();
