/** The composition root of a page's client: connects its parts to the browser's APIs. */

import { Applier } from './update/apply.js';
import { Documents } from './update/documents.js';
import { readConfig } from './stream/config.js';
import { clockOf, Connection, followPage, isEager } from './stream/connection.js';
import { OverlayController } from './overlay/controller.js';
import { overlayHostOf } from './overlay/host.js';
import { mapped } from './overlay/mapped-errors.js';
import { reportsOf } from './overlay/reports.js';
import { watchRuntimeErrors } from './overlay/runtime-errors.js';
import { sourceMapsOf } from './overlay/source-maps.js';
import { handOver } from './update/handover.js';
import { idle } from './update/idle.js';
import { Images } from './update/images.js';
import { createLog, deferredConsole } from './overlay/log.js';
import { CustomElements } from './update/custom-elements.js';
import { ModuleProblems } from './update/module-problems.js';
import { modulePreloads } from './update/module-preloads.js';
import { importModule, ModuleSheets } from './update/module-sheets.js';
import { Modules } from './update/modules.js';
import { explainRefusal, fetchingModules, readingFrom, refresh, textOf } from './stream/network.js';
import { OwnRequests, requestDocument } from './update/document-request.js';
import { KeptState } from './update/keep.js';
import { PageTree } from './update/page/page-tree.js';
import { askForPage } from './update/page-answer.js';
import { PageUpdates } from './update/page-updates.js';
import { UpdateEvents } from './update/update-events.js';
import { Reloader } from './update/reload.js';
import { prefetched, Resources } from './update/resources.js';
import { serverTarget, Session } from './update/session.js';
import { Bundles } from './update/bundles.js';
import { SheetSources } from './update/sheet-sources.js';
import { Stylesheets } from './update/stylesheets.js';
import { UnseenImporters } from './update/unseen-importers.js';
import { ClientMessages } from './stream/client-messages.js';
import { ofPage, Receipts } from './stream/receipts.js';
import { SharedStreams } from './stream/shared.js';
import { limitedFetch, STEP_LIMIT, withinLimit } from './stream/time-limit.js';
import { keyOfApp, locate, streamQuery, withoutFragment } from './stream/url.js';
import { Usage } from './update/usage.js';
import { WorkerCaches } from './update/worker-caches.js';

/**
 * Starts the client of a page.
 *
 * @param {Window & typeof globalThis} window
 * @param {string} clientUrl the URL that the client was loaded from
 * @param {Event[]} [errors] errors of the page before that
 * @param {{ workers?: Set<string>, chosen?: WeakSet<EventTarget>, reports?: import('./client.d.ts').ReportSource }} [noted] URLs of the
 *   workers and worklets that the page starts, the controls that a user has set, and the page's problems
 * @returns {import('./client.d.ts').HotMiddlewareClient}
 */
export function start(window, clientUrl, errors = [], { workers = new Set(), chosen = new WeakSet(), reports: reportSource } = {}) {
  const { document, location } = window;
  const config = readConfig(document, clientUrl, window.console);
  const { stream, base } = locate(clientUrl, config.path);
  const clock = clockOf(window);
  const fetch = limitedFetch(window.fetch.bind(window), clock);
  const keyOf = keyOfApp(base, config.hosts);
  // The app's files under another of its names can't be read.
  const fetchFile = readingFrom(fetch, [location.origin, new URL(base).origin]);
  /** @param {number} milliseconds @returns {Promise<void>} */
  const pause = (milliseconds) => new Promise((resolve) => void clock.setTimeout(resolve, milliseconds));
  // Not requestAnimationFrame, which does not run in a hidden page.
  const frame = () => pause(50);
  const console = deferredConsole(window.console, (task) => void frame().then(task));
  const log = createLog(console, () => config.log);

  const requested = new OwnRequests(window.performance);
  const bundles = new Bundles(config.hashes);
  /** @param {string} line */
  const infoAtOnce = (line) => {
    log.info(line);
    console.flush();
  };
  const overlayController = new OverlayController({
    host: () => {
      const host = overlayHostOf(window, config);
      const below = new URL(base).pathname;
      const named = (/** @type {string} */ file) => (below !== '/' && file.startsWith(`${below}/`) ? file.slice(below.length) : file);
      if (config.editor) host.opensBy((file, line, column) => uplink.request('open', { file: named(file), line, column }));
      return host;
    },
    isShown: (part) => config[part],
    clock,
    log,
  });
  const workerCaches = new WorkerCaches({
    serviceWorker: window.navigator.serviceWorker,
    caches: window.caches,
    clock,
    log,
  });
  // Lets the app answer this page alone, also after a reconnect.
  const name = window.crypto.getRandomValues(new Uint32Array(4)).join('-');
  const receipts = new Receipts({ fetch, url: stream, name, ...ofPage(window, clock) });
  const updates = new PageUpdates({
    document,
    location,
    base: config.update && config.page !== undefined ? `${stream}/pages/${config.page}` : undefined,
    request: async (url, headers) => {
      const answer = await requested.during(requestDocument(window.XMLHttpRequest, url, headers));
      // A service worker may keep an answer that is for the parser alone.
      await workerCaches.forget([url]);
      return answer;
    },
    treeOf: (base, live, options) => new PageTree(base, live, { ...options, chosen }),
    idle: () => idle(window, pause),
    pause,
    renewalBy: (document) => {
      const { token } = readConfig(document, clientUrl, window.console);
      return () => {
        // A page without one was answered by a server that does not trust its request.
        if (token !== undefined) uplink.renew(token);
      };
    },
    events: new UpdateEvents(window, log),
    log,
  });
  // An error has no state. What the page before it left waits for the page after it.
  const keptState = config.keep && !config.isError ? new KeptState({ window, storage: () => window.sessionStorage, clock, pause }) : undefined;
  const loadedAt = withoutFragment(location.href);
  // After `history.pushState` a reload asks for another URL, and sends no form.
  const isResubmitted = () => config.isPost && withoutFragment(location.href) === loadedAt;
  const reloader = new Reloader(location, () => window.sessionStorage, { info: infoAtOnce, warn: log.warn }, clock, {
    ask: async ({ reason, isInPage, isApp }) => {
      await workerCaches.forget([withoutFragment(location.href)]);
      const changed = isInPage && isApp ? await resources.changed() : undefined;
      if (!isInPage || changed !== undefined) {
        return { ...(await askForPage(fetch, location.href)), ...(changed !== undefined && { cause: `${changed} changed` }) };
      }
      const updated = await updates.ask(reason);
      if (updated) return updated;
      const answer = await askForPage(fetch, location.href);
      // The app may have recovered between the two requests.
      return (answer.isPage && updates.isPossible && (await updates.ask(reason))) || answer;
    },
    show: (problems) => overlayController.problems('page', '', problems),
    notice: (text) => overlayController.notice(text),
    isError: config.isError,
    isResubmitted,
    leave: (cause) => {
      modules.emit('vite:beforeFullReload', { type: 'full-reload', path: location.pathname });
      keptState?.save();
      receipts.left(cause);
      void pause(STEP_LIMIT).then(() => receipts.isBack());
    },
    stay: (reason) => receipts.stayed(reason),
    current: (outcome) => receipts.current(outcome),
  });
  reloader.visit([...bundles.targets(), ...(config.server === undefined ? [] : [serverTarget(config.server)])]);
  /** @param {string} reason */
  const fullReload = (reason) => {
    // The cause may be that the app is down, and then a reload would bring the browser's error page.
    reloader.reloadFor(reason, ...bundles.targets());
  };
  // A module that takes longer does not hold up the ones after it.
  const moment = () => pause(1_000);
  const limit = () => pause(STEP_LIMIT);
  const customElements = new CustomElements({ registry: window.customElements, document, log, fullReload });
  const load = (/** @type {string} */ url) => customElements.during(() => importModule(url));
  const source = (/** @type {string} */ url) => textOf(fetch, url);
  const problems = new ModuleProblems({
    window,
    show: (texts) => overlayController.problems('update', '', texts),
    fetch,
    pause: frame,
    emit: (event, data) => modules.emit(event, data),
  });
  const modules = new Modules({
    load,
    source,
    problems,
    preload: modulePreloads(document, (key) => usage.urlsOf(key)),
    unseen: new UnseenImporters({ document, keyOf, resolve: (specifier) => import.meta.resolve(specifier) }),
    sheets: new ModuleSheets({ load, source, urlsOf: (key) => usage.urlsOf(key) }),
    passOn: (key, change, message) => uplink.request('invalidate', { path: key.slice(base.length), change, message }),
    log,
    fullReload,
    within: (step, promise) => withinLimit(clock, step, promise),
    moment,
    keyOf,
    isLoaded: (key) => usage.used([key]).has(key),
    messages: { on: (event, handler) => session.on(event, handler), send: (event, data) => uplink.send(event, data) },
  });
  /**
   * @param {Document} document
   * @param {Window & typeof globalThis} view its window
   */
  const partsOf = (document, view) => {
    const images = new Images(document, (url) => Promise.race([preload(view, url), limit()]), {
      keyOf,
      pause: frame,
    });
    const usage = new Usage({
      document,
      location: view.location,
      PerformanceObserver: view.PerformanceObserver,
      performance: view.performance,
      serviceWorker: view.navigator.serviceWorker,
      workers: view === window ? workers : new Set(),
      own: `${stream}/`,
      ignored: requested.urls,
      keyOf,
    });
    const stylesheets = new Stylesheets({
      document,
      fetch: fetchFile,
      CSSStyleSheet: view.CSSStyleSheet,
      images,
      log: view === window ? log : { ...log, info: (line) => log.info(`${line} (in a frame or popup)`) },
      frame,
      pause: () => pause(100),
      limit,
      replaced: (old, successor) => updates.replaced(old, successor),
      sources: new SheetSources({
        document,
        MutationObserver: view.MutationObserver,
        quiet: () => pause(2_000),
        limit,
        // A service worker may keep each URL in a cache.
        isAllowed: () => !workerCaches.isControlled(),
      }),
      keyOf,
    });
    return { usage, stylesheets, images };
  };
  const own = partsOf(document, window);
  const documents = new Documents(window, own, partsOf);
  documents.watchPopups();
  const { images, stylesheets, usage } = documents;
  const resources = new Resources({
    fetch,
    urls: () => {
      const others = prefetched(document);
      return own.usage.resources().filter((url) => new URL(url).origin === location.origin && !others.has(url));
    },
    isWatched: () => {
      const watched = new Set(bundles.files().map((id) => keyOf(base + id)));
      return (url) => watched.has(keyOf(url));
    },
  });
  const applier = new Applier({
    base,
    keyOf,
    usage,
    stylesheets,
    images,
    modules: {
      // A frame's instance of a module has no client that it could accept updates with.
      accepts: (key) => modules.accepts(key) && !documents.isShared(key),
      acceptsAsset: (key) => modules.acceptsAsset(key) && !documents.isShared(key),
      learn: (update, keyOf) => modules.learn(update, keyOf),
      passedOn: (key, isApplied) => modules.passedOn(key, isApplied),
      update: (key, change) => modules.update(key, change),
      wasUnreachable: (id) => modules.wasUnreachable(id),
    },
    canReload: () => !isResubmitted(),
    workerCaches,
    moment,
    frame,
    refresh: (urls, patience) => refresh(fetchingModules(fetchFile, location.origin), clock, urls, patience),
    log,
  });

  const forgetRuntimeErrors = config.overlayRuntimeErrors
    ? watchRuntimeErrors(window, (texts) => overlayController.problems('runtime', '', texts), errors, problems.isOwn, (...error) =>
        mapped(sourceMapsOf(window, requested.urls), ...error),
      )
    : () => undefined;

  /** @type {import('./overlay/reports.js').Reports | undefined} */
  let reports;
  /** @param {unknown} key */
  const report = (key) => {
    if (!reportSource || typeof key !== 'string') return;
    reports ??= reportsOf(window, reportSource, { fetch, url: stream, own: new URL('.', clientUrl).href, clock, requested });
    reports.greet(key);
  };

  let lastEventId = '';
  const streams = new SharedStreams({
    openOwn: (url) => new window.EventSource(url),
    startWorker: config.worker && window.SharedWorker ? () => startWorker(window) : undefined,
    fetch,
    clock,
    silence: () => connection.silence(),
  });
  let onOwn = () => {};
  const connection = new Connection({
    open: (url) => streams.open(url),
    url: (replay) => streamQuery(stream, bundles.hashes(), replay ? lastEventId : '', name, location.pathname),
    onMessage: (data, id) => {
      const isNewRun = id && lastEventId && runOf(id) !== runOf(lastEventId);
      if (id) lastEventId = id;
      const received = session.receive(data, id);
      const instances = isNewRun ? own.usage.instances() : new Map();
      if (instances?.size !== 0) {
        // The key for that is in the greeting.
        void modules.restarted(instances, received, () => handOver(instances, base, (modules) => receipts.handOver(modules)));
      }
    },
    onLost: () => {
      modules.emit('vite:ws:disconnect', { webSocket: undefined });
      receipts.lost();
      reports?.lost();
      overlayController.away();
    },
    onOpen: () => {
      modules.emit('vite:ws:connect', { webSocket: undefined });
      onOwn();
      overlayController.back();
    },
    isEager: () => isEager(stream, document),
    onRefused: () =>
      void explainRefusal(fetch, stream, log, () => moment().then(() => connection.isRefused())),
    clock,
    log,
  });
  const session = new Session({
    bundles,
    applier,
    reloader,
    log,
    server: config.server,
    isBundled: () => isBundled(window),
    overlayController,
    overlayWarnings: config.overlayWarnings,
    forgetRuntimeErrors,
    pause: () => pause(20),
    fullReload,
    emit: (event, data) => modules.emit(event, data),
    receipts,
    report,
    connection,
  });

  let isAddressable = false;
  /** Opens a stream under this page's name, on which the app can answer it alone. */
  const prepare = async () => {
    isAddressable = true;
    if (!streams.isShared) return;
    streams.separate();
    const opened = new Promise((resolve) => (onOwn = () => resolve(undefined)));
    if (connection.reopen()) await Promise.race([opened, moment()]);
  };
  const uplink = new ClientMessages({ fetch, url: stream, token: config.token, name, prepare });

  const connect = () => {
    if (window.EventSource) connection.connect();
    else log.warn('This browser has no EventSource, so the page receives no updates');
  };
  void keptState?.restore().catch((error) => log.error('Could not restore the state of the page', error));
  void updates.start().then(() => (updates.isPossible ? resources.note() : undefined));
  followPage(connection, window, document, { clock, yields: () => !streams.isShared && !isAddressable });
  window.addEventListener('pagehide', () => void (streams.isShared && receipts.gone()));
  connect();
  return {
    connect,
    disconnect: () => void connection.disconnect(),
    subscribe: (handler) => session.subscribe(handler),
    subscribeAll: (handler) => session.subscribeAll(handler),
    on: (event, handler) => session.on(event, handler),
    send: (event, data) => uplink.send(event, data),
    hot: (url, data, resolve) => modules.hot(url, data, resolve),
  };
}

/**
 * Returns true if the page runs a webpack or Rspack bundle that updates itself. Their clients share a connection under
 * one global name, and their runtimes define a global function that receives updates.
 *
 * @param {object} window
 */
export function isBundled(window) {
  return Object.keys(window).some((name) => /^(?:__w[hd]mEventSourceWrapper$|webpackHotUpdate)/.test(name));
}

/**
 * The run of the server that an event comes from.
 *
 * @param {string} id the event's
 */
function runOf(id) {
  return id.slice(0, id.lastIndexOf('-'));
}

/** @param {Window & typeof globalThis} window */
function startWorker(window) {
  return new window.SharedWorker(new URL('./stream/worker.js', import.meta.url), { type: 'module' });
}

/**
 * @param {Window & typeof globalThis} window
 * @param {string} url
 */
function preload(window, url) {
  const image = new window.Image();
  image.src = url;
  return image.decode();
}
