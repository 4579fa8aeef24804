/**
 * Loads the client from the tag that the layer puts into pages. A classic script, because a module script in front of
 * a page's import map turns that map off (Firefox, Chrome before 133, Safari before 18.4). With `defer` it runs when
 * the page is parsed, before the page's own modules. A stand-in queues their calls until `client.js` is loaded.
 */

(() => {
  // A second tag, or a library that replaces the document's content, runs this again.
  if (globalThis.__hot_middleware__) return;

  const LONGEST_PAUSE = 5_000;
  /** The longest wait for the page's own modules, in milliseconds: one of them may never load. */
  const LONGEST_WAIT = 1_000;
  const MOST_ERRORS = 10;
  const MOST_CALLS = 10_000;
  const MOST_WORKERS = 1_000;
  const MOST_EARLY = 100;
  const WATCHED = Symbol.for('tower-hot-middleware.watched');

  /** @typedef {import('./client.d.ts').HotMiddlewareClient} Client */

  /** @type {Client | undefined} */
  let client;
  /** @type {((client: Client) => void)[]} */
  const waiting = [];

  /**
   * @param {(client: Client) => void} task
   * @returns {boolean} whether it is done, now or later
   */
  const withClient = (task) => {
    if (client) task(client);
    else if (waiting.length < MOST_CALLS) waiting.push(task);
    else return false;
    return true;
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
   * The hot API of a module's first instance, which has no predecessor's data.
   *
   * @param {string} url
   * @param {(specifier: string) => string} [resolve]
   * @returns {import('./client.d.ts').Hot}
   */
  const firstHot = (url, resolve) => {
    const data = {};
    withClient((client) => client.hot(url, data, resolve));
    const later = (/** @type {keyof import('./client.d.ts').Hot} */ method) => {
      return (/** @type {any[]} */ ...values) =>
        withClient((client) => /** @type {any} */ (client.hot(url))[method](...values));
    };
    const names = /** @type {const} */ (['accept', 'acceptExports', 'dispose', 'prune', 'decline', 'invalidate', 'on', 'off']);
    const send = (/** @type {string} */ event, /** @type {unknown} */ value) =>
      /** @type {any} */ (globalThis.__hot_middleware__).send(event, value);
    return /** @type {any} */ ({ data, send, ...Object.fromEntries(names.map((name) => [name, later(name)])) });
  };

  // No browser lists the scripts of all workers and worklets among the page's resources.
  /** @type {Set<string>} */
  const workers = new Set();
  /** @param {unknown} url */
  const note = (url) => {
    if (workers.size < MOST_WORKERS && URL.canParse(String(url), document.baseURI)) {
      workers.add(new URL(String(url), document.baseURI).href);
    }
  };
  for (const name of /** @type {const} */ (['Worker', 'SharedWorker'])) {
    const Own = /** @type {any} */ (globalThis[name]);
    if (!Own) continue;
    globalThis[name] = new Proxy(Own, {
      construct(target, values, newTarget) {
        note(values[0]);
        return Reflect.construct(target, values, newTarget);
      },
    });
  }
  const { prototype: worklet } = globalThis.Worklet ?? {};
  if (worklet) {
    worklet.addModule = new Proxy(worklet.addModule, {
      apply(target, self, values) {
        note(values[0]);
        return Reflect.apply(target, self, values);
      },
    });
  }

  // A select whose choice was taken back looks like one that the user has not touched.
  /** @type {WeakSet<EventTarget>} */
  const chosen = new WeakSet();
  const noteChoice = (/** @type {Event} */ event) => void chosen.add(event.composedPath()[0] ?? document);
  for (const type of ['input', 'change']) document.addEventListener(type, noteChoice, { capture: true, passive: true });

  /** @type {Event[]} */
  const errors = [];
  const keep = (/** @type {Event} */ event) => void (errors.length < MOST_ERRORS && errors.push(event));
  const failures = /** @type {const} */ (['error', 'unhandledrejection']);
  for (const type of failures) addEventListener(type, keep);
  /**
   * Collects the page's problems, and the lines of its console at the levels that the server asks for. All other methods of
   * the console stay as they are. Nothing is sent before the stream has a key for it.
   *
   * @param {HTMLOrSVGScriptElement | null} tag
   * @returns {{ reports?: import('./client.d.ts').ReportSource }}
   */
  function reportsFor(tag) {
    let wanted;
    try {
      wanted = JSON.parse(tag?.dataset['hotMiddleware'] || '{}').console;
    } catch {
      // The client says so.
    }
    if (wanted === false) return {};
    const levels = Array.isArray(wanted) ? wanted : [];
    /** @type {import('./client.d.ts').Reported[]} */
    const early = [];
    /** @type {(item: import('./client.d.ts').Reported) => void} */
    let handler = (item) => void (early.length < MOST_EARLY && early.push(item));
    /** @param {Window & typeof globalThis} view */
    const watch = (view) => {
      // A frame's first document and the next one may share a window.
      if (WATCHED in view) return;
      Object.defineProperty(view, WATCHED, { value: true });
      for (const type of ['error', 'unhandledrejection', 'securitypolicyviolation']) {
        // Failures of elements don't bubble.
        view.addEventListener(type, (event) => handler({ event }), { capture: true, passive: true });
      }
      for (const level of levels) {
        const console = /** @type {any} */ (view.console);
        if (typeof console?.[level] !== 'function') continue;
        console[level] = new Proxy(console[level], {
          apply(target, self, values) {
            Reflect.apply(target, self, values);
            handler({ level, values, stack: String(new Error().stack) });
          },
        });
      }
    };
    watch(window);
    /** @param {typeof handler} next */
    const take = (next) => {
      handler = next;
      for (const item of early.splice(0)) next(item);
    };
    return { reports: { take, watch } };
  }

  globalThis.__hot_middleware__ = {
    workers,
    chosen,
    errors,
    ...reportsFor(document.currentScript),
    connect: () => withClient((client) => client.connect()),
    disconnect: () => withClient((client) => client.disconnect()),
    subscribe: (handler) => subscription((client) => client.subscribe(handler)),
    subscribeAll: (handler) => subscription((client) => client.subscribeAll(handler)),
    on: (event, handler) => subscription((client) => client.on(event, handler)),
    send: (event, data) =>
      new Promise((resolve, reject) => {
        const isKept = withClient((client) => void client.send(event, data).then(resolve, reject));
        if (!isKept) reject(new Error(`${event} was not sent: ${MOST_CALLS} calls wait for the client to load`));
      }),
    hot: (url, data, resolve) => client?.hot(url, data, resolve) ?? firstHot(url, resolve),
    become(started) {
      client = started;
      for (const type of failures) removeEventListener(type, keep);
      for (const task of waiting.splice(0)) {
        try {
          task(started);
        } catch (error) {
          console.error('[HMR] A call that waited for the client failed', error);
        }
      }
    },
  };

  /** @param {number} attempt */
  const load = (attempt) => {
    // Some browsers remember for each URL that it could not be imported.
    // Relative to this file: `src` of its tag follows a <base> that comes after it.
    import(attempt ? `./client.js?retry=${attempt}` : './client.js').catch((error) => {
      if (!attempt) console.warn('[HMR] Could not load the client; trying again until the server answers', error);
      setTimeout(load, Math.min(LONGEST_PAUSE, 250 * 2 ** attempt), attempt + 1);
    });
  };
  // The page's modules run before `DOMContentLoaded`. A client that loads at the same time would take connections from them.
  const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType('navigation'));
  if (navigation?.domContentLoadedEventStart === 0 && document.querySelector('script[type="module" i]')) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer = undefined;
    const begin = () => {
      clearTimeout(timer);
      document.removeEventListener('DOMContentLoaded', begin);
      load(0);
    };
    timer = setTimeout(begin, LONGEST_WAIT);
    document.addEventListener('DOMContentLoaded', begin);
  } else {
    load(0);
  }
})();
