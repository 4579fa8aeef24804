/** The composition root of a bundle's client: connects its parts to webpack's runtime and the browser's APIs. */

import { clockOf } from '../stream/connection.js';
import { OverlayController } from '../overlay/controller.js';
import { watchRuntimeErrors } from '../overlay/runtime-errors.js';
import { createLog } from '../overlay/log.js';
import { rulesOf } from '../update/dom.js';
import { Reloader } from '../update/reload.js';
import { overlayHostOf } from '../overlay/host.js';
import { withinLimit } from '../stream/time-limit.js';
import { checkSafely } from './downloads.js';
import { Identity } from './identity.js';
import { Messages, targetOf } from './messages.js';
import { DEFAULTS, fromQuery, streamPath, withOptions } from './options.js';
import { Reporter, reporterOf } from './reporter.js';
import { listen } from './stream.js';
import { Updates } from './updates.js';

/**
 * @typedef {import('./updates.js').ModuleId} ModuleId
 * @typedef {import('./updates.js').Hot & { check(apply: false): Promise<ModuleId[] | null> }} ModuleHot
 *
 * @typedef {object} Given
 * @property {(Window & typeof globalThis) | undefined} window `undefined` where there is no page
 * @property {string} query the client's options, as the bundle's entry names them
 * @property {ModuleHot | undefined} hot
 * @property {() => string} hash the hash of the bundle that the page runs
 * @property {() => string} publicPath
 * @property {import('./downloads.js').Runtime} runtime
 *
 * @param {Given} given
 * @returns {import('./client.d.ts').BundleClient}
 */
export function start({ window, query, hot, hash, publicPath, runtime }) {
  if (!window) return idle;
  const { console, location } = window;
  let options = withOptions(DEFAULTS, fromQuery(query), console);
  const log = createLog(console, () => (options.quiet ? 'error' : options.noInfo ? 'warn' : 'info'));
  const clock = clockOf(window);

  const overlayController = new OverlayController({
    host: () => overlayHostOf(window, options),
    isShown: (part) => options[part],
    clock,
    log,
  });
  const view = { overlayController, options: () => options };
  const shared = reporterOf(window, () => new Reporter(view, console));
  const reporter = {
    /** @param {import('./reporter.js').Report} report */
    report: (report) => shared.report(report, view),
  };
  const reloader = new Reloader(location, () => window.sessionStorage, { info: log.warn, warn: log.warn }, clock);
  const identity = new Identity(() => options.name, hash, clock.now);
  let forgetRuntimeErrors = () => {};
  /** @type {<T>(step: string, promise: Promise<T>) => Promise<T>} */
  const within = (step, promise) => withinLimit(clock, step, promise);
  const updates = new Updates({
    hot,
    hash,
    check: () => checkSafely(runtime, async () => (hot ? hot.check(false) : null), within),
    within,
    styles: () => (runtime.hmrC?.['css'] ? rulesTextOf(window.document) : ''),
    identity,
    pause: (milliseconds) => new Promise((resolve) => void clock.setTimeout(resolve, milliseconds)),
    fullReload: (hash) => void (options.reload && reloader.reloadFor('', targetOf(hash))),
    show: (problems) => {
      forgetRuntimeErrors();
      shared.thrown(options.name, problems, view);
    },
    log,
  });
  const messages = new Messages({
    name: () => options.name,
    identity,
    updates,
    hash,
    reporter,
    overlayController,
    reloader,
    log,
  });

  const parts = { window, clock, log };
  /** The stream that this client listens to, with its unsubscribe function. @type {{ path: string, leave: () => void } | undefined} */
  let listening;
  const connect = () => {
    if (!window.EventSource) return log.warn('This browser has no EventSource, so the page receives no updates');
    const path = streamPath(options, publicPath());
    if (listening?.path === path) return;
    listening?.leave();
    const leave = listen(parts, path, options.timeout, {
      onMessage: ({ data }) => messages.receive(data),
      onLost: () => {
        identity.lost();
        overlayController.away();
      },
      onOpen: () => overlayController.back(),
    });
    listening = { path, leave };
  };

  if (!hot) {
    log.error('Hot Module Replacement is disabled. Add HotModuleReplacementPlugin to the configuration.');
  }
  if (options.overlayRuntimeErrors) {
    const show = (/** @type {string[]} */ texts) => overlayController.problems('runtime', '', texts);
    forgetRuntimeErrors = watchRuntimeErrors(window, show, [], undefined, async (...error) => {
      // In the bundle itself: another chunk may be forbidden by a policy, or looked for elsewhere.
      const [{ mapped }, { sourceMapsOf }] = await Promise.all([
        import(/* webpackMode: "eager" */ '../overlay/mapped-errors.js'),
        import(/* webpackMode: "eager" */ '../overlay/source-maps.js'),
      ]);
      return mapped(sourceMapsOf(window), ...error);
    });
  }
  if (options.autoConnect) connect();

  return {
    subscribe: (handler) => messages.subscribe(handler),
    subscribeAll: (handler) => messages.subscribeAll(handler),
    useCustomOverlay: (overlay) => shared.useCustomOverlay(overlay),
    setOptionsAndConnect: (given) => {
      options = withOptions(options, { ...given }, console);
      connect();
    },
  };
}

/**
 * The different rules of a document's stylesheets. webpack updates its own stylesheets (`experiments.css`) without a
 * module, by links that it adds even if they did not change.
 *
 * @param {Document} document
 */
function rulesTextOf(document) {
  const sheets = Array.from(document.styleSheets, (sheet) => Array.from(rulesOf(sheet) ?? [], ({ cssText }) => cssText));
  return [...new Set(sheets.flat())].sort().join('\n');
}

/** @type {import('./client.d.ts').BundleClient} */
const idle = {
  subscribe() {},
  subscribeAll() {},
  useCustomOverlay() {},
  setOptionsAndConnect() {},
};
