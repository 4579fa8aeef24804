/**
 * The hot API: ES modules that accept their own updates.
 *
 * A browser keeps every module that it has loaded, so a new version is imported under another URL and exists next to the
 * old one. The old one stops what it started in `dispose`. A module that imports it statically keeps the old one, unless
 * it accepts the dependency and receives the new one in the callback.
 *
 * @typedef {import('../client.d.ts').Hot} Hot
 * @typedef {Record<string, unknown>} Namespace
 */

import { HotContexts } from './hot-contexts.js';
import { Invalidations } from './invalidations.js';
import { ModuleGraph, changeIn, describeChain } from './module-graph.js';
import { Replacements } from './module-replacements.js';
import { typeOf } from './module-sheets.js';
import { UnlistedModules } from './unlisted-modules.js';
import { keyOf as plainKeyOf, withVersion } from '../stream/url.js';

/** The modules of a page that use the hot API. */
export class Modules {
  #log;
  #fullReload;
  #keyOf;
  #moment;
  #contexts;
  #replacements;
  #unlisted;
  /** The number of changes of each module so far. @type {Map<string, number>} */
  #orders = new Map();
  /** The last update of each module. @type {Map<string, Promise<boolean>>} */
  #updating = new Map();
  #graph = new ModuleGraph();
  /** True until the app has taken over the page's instances after a restart. */
  #isTorn = false;
  /** Files that have changed during the last restart. @type {Set<string>} */
  #missed = new Set();
  #hasMissedUnknown = false;
  /** The number of restarts of the app. */
  #restarts = 0;
  #isLoaded;
  #lastOrder = 0;
  #problems;
  #sheets;
  #invalidations;
  #preload;
  #unseen;
  /**
   * The last import for a change, by URL, with the files for which it did not arrive so far.
   *
   * @type {Map<string, { change: number, done: Promise<boolean>, missing: Set<string>, isMissing: boolean }>}
   */
  #runs = new Map();

  /**
   * @param {object} page
   * @param {(url: string) => Promise<Namespace>} page.load `import()`
   * @param {(url: string) => Promise<string | undefined>} page.source the text of a module
   * @param {Pick<import('../overlay/log.js').Log, 'info' | 'error'>} page.log
   * @param {(reason: string) => void} page.fullReload reloads the page
   * @param {<T>(step: string, promise: Promise<T>) => Promise<T>} page.within rejects with a `TimeLimitError` in time
   * @param {() => Promise<void>} page.moment longer than most modules take to load
   * @param {import('../stream/url.js').KeyOf} [page.keyOf]
   * @param {(key: string) => boolean} [page.isLoaded] whether the page has loaded a file
   * @param {import('./hot-contexts.js').Messages} [page.messages]
   * @param {Pick<import('./module-problems.js').ModuleProblems, 'done' | 'failed' | 'forget'>} [page.problems]
   * @param {Pick<import('./module-sheets.js').ModuleSheets, 'replace'>} [page.sheets]
   * @param {(key: string, change: number, message: string | undefined) => Promise<void>} [page.passOn] has the server
   *   pass the update of a module on to those that import it
   * @param {import('./module-preloads.js').Preload} [page.preload]
   * @param {Pick<import('./unseen-importers.js').UnseenImporters, 'isUsed' | 'learn' | 'of'>} [page.unseen]
   */
  constructor({
    load,
    source,
    log,
    fullReload,
    within,
    moment,
    keyOf = plainKeyOf,
    isLoaded = () => true,
    messages,
    problems,
    sheets,
    passOn,
    preload,
    unseen,
  }) {
    this.#unseen = unseen;
    this.#preload = preload;
    this.#problems = problems;
    this.#sheets = sheets;
    this.#invalidations = new Invalidations({ passOn, fullReload, log });
    this.#isLoaded = isLoaded;
    this.#keyOf = keyOf;
    this.#unlisted = new UnlistedModules({ source, keyOf });
    this.#log = log;
    this.#fullReload = fullReload;
    this.#moment = moment;
    this.#contexts = new HotContexts({
      keyOf,
      log,
      messages,
      orderOf: (instance) => this.#replacements.orderOf(instance),
      invalidate: ({ key, url, instance }, message) => {
        const change = this.#graph.changeOf(key);
        const reason = `${url} can't be updated${message === undefined ? '' : `: ${message}`}`;
        // The server passes nothing on for a change that is not its last one.
        if (change === undefined && this.#graph.hasForgotten) return this.#fullReload(reason);
        // The instance may be the old one, in whose callback the new one turned out to be unacceptable.
        this.#invalidate(key, change ?? changeIn(instance), reason, message);
      },
    });
    this.#replacements = new Replacements({ contexts: this.#contexts, load, log, problems, within });
  }

  /**
   * The hot API of one module.
   *
   * @param {string} instance the module's `import.meta.url`
   * @param {object} [data] that of a first instance which ran before the client was loaded
   * @param {(specifier: string) => string} [resolve] the module's `import.meta.resolve`
   * @returns {Hot}
   */
  hot(instance, data, resolve) {
    return this.#contexts.hot(instance, data, resolve);
  }

  /**
   * Calls the listeners of one of Vite's events.
   *
   * @param {string} event
   * @param {unknown} data
   */
  emit(event, data) {
    this.#contexts.emit(event, data);
  }

  /**
   * Returns true if a module accepts changes of a stylesheet or an image that it imports, or if a stylesheet was imported as a
   * module.
   *
   * @param {string} key
   */
  acceptsAsset(key) {
    if (this.#isTorn || this.#graph.changeOf(key) === undefined || !this.#graph.importersOf(key).some(this.#isLoaded)) return false;
    return 'boundaries' in this.#reach(key) || typeOf(key) === 'css';
  }

  /**
   * Returns true if a change of the module can be applied without a reload.
   *
   * @param {string} key
   */
  accepts(key) {
    const own = this.#contexts.own(key);
    if (this.#isTorn) {
      if (this.#isLoaded(key)) this.#log.info('The app was restarted after this page had updated modules, so it can’t update others');
      return false;
    }
    if (this.#graph.changeOf(key) !== undefined) {
      if (!this.#isLoaded(key)) return false;
      const reach = this.#reach(key);
      if (!('chain' in reach)) return true;
      this.#log.info(`No module accepts ${describeChain(reach)}`);
      return false;
    }
    // It has changed while the app was away, so no number tells its new version from the one that the page has.
    if (this.#restarts) return false;
    if (own.length && own.every(({ accepted }) => accepted)) return true;
    return !this.#graph.isUnlisted && this.#contexts.acceptors(key).length > 0;
  }

  /**
   * Brings a module up to date for which `accepts` returned true.
   *
   * A change waits a moment for the one before it of the same module. A module that never loads holds up no other
   * change.
   *
   * @param {string} key
   * @param {{ id: string, version: string, text?: string | undefined }} change
   * @returns {Promise<boolean>} whether the page runs the new version now
   */
  update(key, change) {
    const number = this.#graph.changeOf(key);
    const order = number ?? Math.max(this.#lastOrder, this.#graph.last) + 1;
    this.#lastOrder = Math.max(this.#lastOrder, order);
    this.#orders.set(key, order);
    const before = this.#updating.get(key);
    const updating = (async () => {
      if (before) await Promise.race([before, this.#moment()]);
      // A later change is waiting too, and brings what this one does.
      if (this.#orders.get(key) !== order) return false;
      return number === undefined ? this.#update(key, change, order) : this.#propagate(key, change);
    })();
    this.#updating.set(key, updating);
    return updating;
  }

  /**
   * Returns true if the last version of a file did not arrive.
   *
   * @param {string} id
   */
  wasUnreachable(id) {
    return this.#replacements.unreachable.has(id);
  }

  /**
   * Notes what a build reaches, before its files are applied.
   *
   * @param {import('./module-graph.js').Update | undefined} update `undefined` if that is unknown
   * @param {(id: string) => string | undefined} keyOf
   * @param {string[]} [missed] files that have changed while the page was away; left out if they are unknown
   */
  learn(update, keyOf, missed) {
    if (!update) {
      for (const id of missed ?? []) this.#missed.add(keyOf(id) ?? id);
      if (!missed) this.#hasMissedUnknown = true;
      return this.#graph.forget();
    }
    this.#graph.learn(update, keyOf);
    this.#unseen?.learn(update.unresolved ?? {}, keyOf);
    const listed = (update.pruned ?? []).map(keyOf).filter((key) => key !== undefined);
    const pruned = new Set(listed.filter((key) => !this.#unseen?.isUsed(key, this.#isLoaded)));
    this.#contexts.prune(pruned);
    if (pruned.size) this.#problems?.forget((url) => pruned.has(this.#keyOf(url) ?? ''));
  }

  /**
   * The app was restarted, and does not know the instances that the page has of its modules.
   *
   * @param {ReadonlyMap<string, number> | undefined} instances the change of each module's; `undefined` if some may be missing
   * @param {Promise<unknown>} greeted settles when the page knows what has changed meanwhile
   * @param {() => Promise<boolean>} handOver has the app take the instances over
   */
  async restarted(instances, greeted, handOver) {
    const restart = (this.#restarts += 1);
    this.#isTorn = true;
    this.#missed.clear();
    this.#hasMissedUnknown = false;
    await greeted;
    // The new process would take the old version of a module for the new one, and a browser may have it in its cache.
    const isOld = this.#hasMissedUnknown || !instances || [...instances.keys()].some((key) => this.#missed.has(key));
    if (!isOld && (await handOver()) && restart === this.#restarts) this.#isTorn = false;
  }

  /**
   * Notes that the server has passed an update on.
   *
   * @param {string} key the module that can't be updated
   * @param {boolean} isApplied true if modules of this page run again for that
   * @returns {string | undefined} the reason for a reload, if this page has asked for that
   */
  passedOn(key, isApplied) {
    return this.#invalidations.passedOn(key, this.#graph.changeOf(key) ?? 0, isApplied);
  }

  /**
   * @param {string} key
   * @param {number} change that of the instance
   * @param {string} reason
   * @param {string} [message]
   */
  #invalidate(key, change, reason, message) {
    if (this.#isTorn) this.#fullReload(reason);
    else this.#invalidations.begin(key, change, reason, message);
  }

  /** @param {string} key */
  #reach(key) {
    return this.#graph.reach(key, {
      isLoaded: this.#isLoaded,
      unseenImporterOf: (key) => this.#unseen?.of(key, this.#isLoaded),
      ...this.#contexts.acceptances,
    });
  }

  /**
   * Imports the modules again that accept a change, each with what is between it and the change.
   *
   * @param {string} key
   * @param {{ id: string, text?: string | undefined }} change
   */
  async #propagate(key, { id, text }) {
    const change = this.#graph.changeOf(key) ?? 0;
    const reach = this.#reach(key);
    if (!('boundaries' in reach)) {
      if (typeOf(key) === 'css' && (await this.#sheets?.replace(key, text))) {
        this.#log.info(`Updated: ${id}`);
        return true;
      }
      if (!('stopped' in reach)) {
        this.#fullReload(`${id} changed`);
        return false;
      }
      const { stopped } = reach;
      this.#invalidate(stopped, this.#graph.changeOf(stopped) ?? 0, `${new URL(stopped).pathname} accepts no update now`);
      return true;
    }
    const updates = reach.boundaries.map(({ key, acceptor = key }) => ({
      type: 'js-update',
      path: new URL(acceptor).pathname,
      acceptedPath: new URL(key).pathname,
      timestamp: this.#graph.changeOf(key),
    }));
    this.#contexts.emit('vite:beforeUpdate', { type: 'update', updates });
    this.#preload?.(reach.path.map((key) => ({ key, change: this.#graph.changeOf(key) ?? 0 })));
    let failed = false;
    for (const target of new Set(reach.boundaries.map(({ key }) => key))) {
      const order = this.#graph.changeOf(target) ?? 0;
      const accepting = new Set(reach.boundaries.filter(({ key }) => key === target).map(({ acceptor }) => acceptor));
      const acceptors = this.#contexts.acceptors(target).filter(({ key }) => accepting.has(key));
      const urls = accepting.has(undefined) ? this.#contexts.own(target) : acceptors;
      for (const url of new Set(urls.map(({ url }) => url))) {
        const deliver = (/** @type {Namespace | undefined} */ module) => {
          for (const acceptor of acceptors) if (acceptor.url === url) acceptor.deliver(module);
        };
        failed = !(await this.#again(url, { id, order, deliver })) || failed;
      }
    }
    // Without `import.meta.hot` in its new version, nothing else tells that the old one has ended.
    if (!failed) this.#contexts.endBefore(key, change);
    // After a failed one too, as in Vite.
    this.#contexts.emit('vite:afterUpdate', { type: 'update', updates });
    if (!failed) this.#log.info(`Updated: ${id}`);
    return !failed;
  }

  /**
   * Imports a module for a change, once: another file of the same change may reach it too. One that did not arrive is
   * imported again.
   *
   * @param {string} url
   * @param {{ id: string, order: number, deliver: (module: Namespace | undefined) => void }} update
   * @returns {Promise<boolean>}
   */
  #again(url, { id, order, deliver }) {
    const last = this.#runs.get(url);
    const before = last?.change === order ? last : undefined;
    if (before && !before.isMissing) return before.done;
    const instance = withVersion(url, String(order));
    const run = { change: order, missing: before?.missing ?? new Set(), isMissing: false, done: Promise.resolve(false) };
    run.done = this.#replacements.replace(url, { id, instance, order, deliver }).then((isDone) => {
      run.isMissing = !isDone && this.wasUnreachable(id);
      // Some browsers remember for each URL that it could not be imported.
      if (run.isMissing && run.missing.has(id)) this.#fullReload(`${id} changed`);
      if (run.isMissing) run.missing.add(id);
      return isDone;
    });
    this.#runs.set(url, run);
    return run.done;
  }

  /**
   * @param {string} key
   * @param {{ id: string, version: string }} change
   * @param {number} order
   */
  async #update(key, { id, version }, order) {
    const own = this.#contexts.own(key);
    const isSelfAccepted = own.length > 0 && own.every(({ accepted }) => accepted);
    const acceptors = isSelfAccepted ? [] : this.#contexts.acceptors(key);
    const urls = new Set([...own.map(({ url }) => url), ...acceptors.map(({ url }) => url)]);
    if (!urls.size) {
      // What the graph says was forgotten meanwhile.
      this.#fullReload(`${id} changed`);
      return false;
    }
    for (const url of urls) {
      if (await this.#unlisted.importsOld(url, key)) {
        this.#fullReload(`${id} imports a module that was updated before`);
        return false;
      }
    }
    this.#unlisted.updated(key);

    let failed = false;
    for (const url of urls) {
      const deliver = (/** @type {Namespace | undefined} */ module) => {
        for (const acceptor of acceptors) {
          if (acceptor.url === url) acceptor.deliver(module);
        }
      };
      failed = !(await this.#replacements.replace(url, { id, instance: this.#unlisted.fresh(url, version), order, deliver })) || failed;
    }
    if (!failed) this.#log.info(`Updated: ${id}`);
    return !failed;
  }
}
