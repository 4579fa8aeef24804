/** The composition root of a page's client: connects its parts to the browser's APIs. */

import { Applier } from './update/apply.js';
import { Documents } from './update/documents.js';
import { readConfig } from './stream/config.js';
import { clockOf, Connection, followPage, isEager } from './stream/connection.js';
import { OverlayController } from './overlay/controller.js';
import { watchRuntimeErrors } from './overlay/runtime-errors.js';
import { Images } from './update/images.js';
import { createLog, deferredConsole } from './overlay/log.js';
import { Modules } from './update/modules.js';
import { explainRefusal, readingFrom, refresh, textOf } from './stream/network.js';
import { askForPage } from './update/page-answer.js';
import { Reloader } from './update/reload.js';
import { serverTarget, Session } from './update/session.js';
import { Bundles } from './update/bundles.js';
import { Stylesheets } from './update/stylesheets.js';
import { ClientMessages } from './stream/client-messages.js';
import { Receipts } from './stream/receipts.js';
import { SharedStreams } from './stream/shared.js';
import { limitedFetch, STEP_LIMIT, withinLimit } from './stream/time-limit.js';
import { keyOfApp, locate, streamQuery } from './stream/url.js';
import { Usage } from './update/usage.js';
import { WorkerCaches } from './update/worker-caches.js';

/**
 * Starts the client of a page.
 *
 * @param {Window & typeof globalThis} window
 * @param {string} clientUrl the URL that the client was loaded from
 * @param {Event[]} [errors] errors of the page before that
 * @param {Set<string>} [workers] URLs of the workers and worklets that the page starts
 * @returns {import('./client.d.ts').HotMiddlewareClient}
 */
export function start(window, clientUrl, errors = [], workers = new Set()) {
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

  const bundles = new Bundles(config.hashes);
  /** @param {string} line */
  const infoAtOnce = (line) => {
    log.info(line);
    console.flush();
  };
  const overlayController = new OverlayController({
    load: async () => {
      const loading = withinLimit(clock, 'the overlay', import('./overlay/host.js'));
      return (await loading).overlayHostOf(window, config);
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
  const receipts = new Receipts({
    boot: config.receipts,
    fetch,
    url: stream,
    token: config.token,
    name,
  });
  const loadedAt = withoutFragment(location.href);
  // After `history.pushState` a reload asks for another URL, and sends no form.
  const isResubmitted = () => config.isPost && withoutFragment(location.href) === loadedAt;
  const reloader = new Reloader(location, () => window.sessionStorage, { info: infoAtOnce, warn: log.warn }, clock, {
    ask: async () => {
      await workerCaches.forget([withoutFragment(location.href)]);
      return askForPage(fetch, location.href);
    },
    show: (problems) => overlayController.problems('page', '', problems),
    notice: (text) => overlayController.notice(text),
    isError: config.isError,
    isResubmitted,
    leave: () => receipts.left(),
    stay: (reason) => receipts.stayed(reason),
  });
  reloader.visit([...bundles.targets(), ...(config.server === undefined ? [] : [serverTarget(config.server)])]);
  /** @param {string} reason */
  const fullReload = (reason) => {
    // A service worker may have the page in a cache.
    if (workerCaches.isControlled()) reloader.reloadFor(reason, ...bundles.targets());
    else reloader.reloadAtOnce(reason, ...bundles.targets());
  };
  // A module that takes longer does not hold up the ones after it.
  const moment = () => pause(1_000);
  const limit = () => pause(STEP_LIMIT);
  const modules = new Modules({
    load: (url) => import(url),
    source: (url) => textOf(fetch, url),
    log,
    fullReload,
    within: (step, promise) => withinLimit(clock, step, promise),
    moment,
    keyOf,
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
      fullReload,
      keyOf,
    });
    return { usage, stylesheets, images };
  };
  const documents = new Documents(window, partsOf(document, window), partsOf);
  documents.watchPopups();
  const { images, stylesheets, usage } = documents;
  const applier = new Applier({
    base,
    keyOf,
    usage,
    stylesheets,
    images,
    modules: {
      // A frame's instance of a module has no client that it could accept updates with.
      accepts: (key) => modules.accepts(key) && !documents.isShared(key),
      update: (key, change) => modules.update(key, change),
    },
    fullReload,
    canReload: () => !isResubmitted(),
    workerCaches,
    moment,
    frame,
    refresh: (urls, patience) => refresh(fetchFile, clock, urls, patience),
    log,
  });

  const forgetRuntimeErrors = config.overlayRuntimeErrors
    ? watchRuntimeErrors(window, (texts) => overlayController.problems('runtime', '', texts), errors)
    : () => undefined;

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
    url: (replay) => streamQuery(stream, bundles.hashes(), replay ? lastEventId : '', name),
    onMessage: (data, id) => {
      if (id) lastEventId = id;
      void session.receive(data, id);
    },
    onLost: () => overlayController.away(),
    onOpen: () => {
      onOwn();
      overlayController.back();
      overlayController.prepare();
    },
    isEager: () => isEager(stream, document),
    onRefused: () => void explainRefusal(fetch, stream, log),
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
    receipts,
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
  followPage(connection, window, document, { clock, yields: () => !streams.isShared && !isAddressable });
  connect();
  return {
    connect,
    disconnect: () => void connection.disconnect(),
    subscribe: (handler) => session.subscribe(handler),
    subscribeAll: (handler) => session.subscribeAll(handler),
    on: (event, handler) => session.on(event, handler),
    send: (event, data) => uplink.send(event, data),
    hot: (url) => modules.hot(url),
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

/** @param {Window & typeof globalThis} window */
function startWorker(window) {
  return new window.SharedWorker(new URL('./stream/worker.js', import.meta.url), { type: 'module' });
}

/** @param {string} url */
function withoutFragment(url) {
  return url.replace(/#.*$/s, '');
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
