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

import { ModuleGraph, changeIn } from './module-graph.js';
import { TimeLimitError } from '../stream/time-limit.js';
import { absolute, keyOf as plainKeyOf, withVersion, withoutVersion } from '../stream/url.js';

/** String literals, one of which names each static import. */
const LITERAL = /(["'`])((?:(?!\1)[^\\\n])+)\1/g;

/**
 * One instance of a module that asked for the hot API.
 *
 * @typedef {object} Context
 * @property {string} key
 * @property {string} url the URL without the version parameter
 * @property {string} instance the URL with it
 * @property {any} handover data that `dispose` left for the next instance
 * @property {((module: any) => void) | undefined} accepted
 * @property {{ urls: string[], keys: (string | undefined)[], callback: (modules: any) => void }[]} dependencies
 * @property {((data: any) => void)[]} disposers
 * @property {string[] | undefined} acceptedExports names that it accepts changes of, while nothing imports it
 * @property {((data: any) => void)[]} pruners
 * @property {{ event: string, listener: (data: any) => void, end: () => void }[]} subscriptions
 * @property {boolean} declined
 * @property {Hot} hot
 */

/** The modules of a page that use the hot API. */
export class Modules {
  #keyOf;
  #load;
  #source;
  #log;
  #fullReload;
  #within;
  #moment;
  /** @type {Map<string, Context>} */
  #contexts = new Map();
  /** Modules of which the page holds more than one version. @type {Set<string>} */
  #updated = new Set();
  /** The number of imports of each URL: a second import has the outcome of the first. @type {Map<string, number>} */
  #imports = new Map();

  /** The number of changes of each module so far. @type {Map<string, number>} */
  #orders = new Map();
  /** The last update of each module. @type {Map<string, Promise<boolean>>} */
  #updating = new Map();
  /** The change that each version was imported for. @type {Map<string, number>} */
  #instances = new Map();
  /** The change of the newest version that runs, by URL. @type {Map<string, number>} */
  #newest = new Map();
  /** Versions that asked for the hot API after a later one. @type {Map<string, Context>} */
  #stale = new Map();
  #graph = new ModuleGraph();
  #isTorn = false;
  #isLoaded;
  #lastOrder = 0;
  /** The last import for a change, by URL. @type {Map<string, { change: number, done: Promise<boolean> }>} */
  #runs = new Map();
  /** @type {Map<string, Set<(data: any) => void>>} */
  #listeners = new Map();
  #messages;

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
   * @param {{ on(event: string, handler: (data: any) => void): () => void, send(event: string, data?: unknown): Promise<void> }} [page.messages]
   *   the events between the page and the app
   */
  constructor({ load, source, log, fullReload, within, moment, keyOf = plainKeyOf, isLoaded = () => true, messages }) {
    this.#keyOf = keyOf;
    this.#isLoaded = isLoaded;
    this.#messages = messages;
    this.#load = load;
    this.#source = source;
    this.#log = log;
    this.#fullReload = fullReload;
    this.#within = within;
    this.#moment = moment;
  }

  /**
   * The hot API of one module.
   *
   * @param {string} instance the module's `import.meta.url`
   * @param {object} [data] that of a first instance which ran before the client was loaded
   * @returns {Hot}
   */
  hot(instance, data = {}) {
    const url = withoutVersion(instance);
    const known = this.#contexts.get(url);
    if (known?.instance === instance) return known.hot;
    if (known && this.#orderOf(known.instance) > this.#orderOf(instance)) {
      // It was loaded so late that a later version runs already.
      const stale = this.#stale.get(instance) ?? this.#context(url, instance, {});
      this.#stale.set(instance, stale);
      return stale.hot;
    }
    // The next version begins to run here, so it is known to be loaded. One that can't be loaded leaves the old one as it is.
    if (known) this.#dispose(known);
    for (const { end } of known?.subscriptions ?? []) end();
    const context = this.#context(url, instance, known?.handover ?? data);
    this.#contexts.set(url, context);
    return context.hot;
  }

  /**
   * Returns true if a change of the module can be applied without a reload.
   *
   * @param {string} key
   */
  accepts(key) {
    const own = this.#own(key);
    if (own.some(({ declined }) => declined)) return false;
    if (this.#graph.changeOf(key) !== undefined) {
      if (!this.#isLoaded(key)) return false;
      if (this.#isTorn) {
        this.#log.info('The app was restarted after this page had updated modules, so it can’t update others');
        return false;
      }
      const reach = this.#reach(key);
      if ('boundaries' in reach) return true;
      this.#log.info(`No module accepts ${reach.chain.map((key) => new URL(key).pathname).join(', which is imported by ')}`);
      return false;
    }
    if (own.length && own.every(({ accepted }) => accepted)) return true;
    return this.#acceptors(key).length > 0;
  }

  /**
   * Brings a module up to date for which `accepts` returned true.
   *
   * A change waits a moment for the one before it of the same module. A module that never loads holds up no other
   * change.
   *
   * @param {string} key
   * @param {{ id: string, version: string }} change
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
      if (!this.#isLatest(key, order)) return false;
      return number === undefined ? this.#update(key, change, order) : this.#propagate(key, change);
    })();
    this.#updating.set(key, updating);
    return updating;
  }

  /**
   * Notes what a build reaches, before its files are applied.
   *
   * @param {import('./module-graph.js').Update} update
   * @param {(id: string) => string | undefined} keyOf
   */
  learn(update, keyOf) {
    this.#graph.learn(update, keyOf);
    this.#prune(new Set((update.pruned ?? []).map(keyOf)));
  }

  /** The app was restarted, and does not know the instances that the page has of its modules. */
  restarted() {
    this.#isTorn = true;
  }

  /** @param {Set<string | undefined>} keys */
  #prune(keys) {
    const pruned = [...this.#contexts.values()].filter(({ key, pruners }) => keys.has(key) && pruners.length);
    if (!pruned.length) return;
    this.#emit('vite:beforePrune', { type: 'prune', paths: pruned.map(({ url }) => new URL(url).pathname) });
    for (const context of pruned) {
      this.#dispose(context);
      this.#call(context.pruners.splice(0), context);
    }
  }

  /** @param {string} key */
  #reach(key) {
    return this.#graph.reach(key, {
      isLoaded: this.#isLoaded,
      acceptsItself: (key, hasImporters) => {
        const own = this.#own(key);
        return own.length > 0 && own.every((context) => context.accepted ?? (!hasImporters && context.acceptedExports));
      },
      accepts: (key, dependency) =>
        this.#own(key).some(({ dependencies }) => dependencies.some(({ keys }) => keys.includes(dependency))),
    });
  }

  /**
   * Imports the modules again that accept a change, each with what is between it and the change.
   *
   * @param {string} key
   * @param {{ id: string }} change
   */
  async #propagate(key, { id }) {
    const reach = this.#reach(key);
    if (!('boundaries' in reach)) {
      this.#fullReload(`${id} changed`);
      return false;
    }
    const updates = reach.boundaries.map(({ key, acceptor = key }) => ({
      type: 'js-update',
      path: new URL(acceptor).pathname,
      acceptedPath: new URL(key).pathname,
      timestamp: this.#graph.changeOf(key),
    }));
    this.#emit('vite:beforeUpdate', { type: 'update', updates });
    let failed = false;
    for (const boundary of reach.boundaries) {
      const order = this.#graph.changeOf(boundary.key) ?? 0;
      const acceptors = this.#acceptors(boundary.key).filter(({ key }) => key === boundary.acceptor);
      const urls = boundary.acceptor === undefined ? this.#own(boundary.key) : acceptors;
      for (const url of new Set(urls.map(({ url }) => url))) {
        const deliver = (/** @type {Namespace} */ module) => {
          for (const acceptor of acceptors) if (acceptor.url === url) acceptor.deliver(module);
        };
        failed = !(await this.#again(url, { id, order, deliver })) || failed;
      }
    }
    if (failed) return false;
    this.#emit('vite:afterUpdate', { type: 'update', updates });
    this.#log.info(`Updated: ${id}`);
    return true;
  }

  /**
   * Imports a module for a change, once: another file of the same change may reach it too.
   *
   * @param {string} url
   * @param {{ id: string, order: number, deliver: (module: Namespace) => void }} update
   * @returns {Promise<boolean>}
   */
  #again(url, { id, order, deliver }) {
    const run = this.#runs.get(url);
    if (run?.change === order) return run.done;
    const done = this.#replace(url, { id, instance: withVersion(url, String(order)), order, deliver });
    this.#runs.set(url, { change: order, done });
    return done;
  }

  /**
   * @param {string} key
   * @param {{ id: string, version: string }} change
   * @param {number} order
   */
  async #update(key, { id, version }, order) {
    const own = this.#own(key);
    const isSelfAccepted = own.length > 0 && own.every(({ accepted }) => accepted);
    const acceptors = isSelfAccepted ? [] : this.#acceptors(key);
    const urls = new Set([...own.map(({ url }) => url), ...acceptors.map(({ url }) => url)]);
    for (const url of urls) {
      if (await this.#importsOld(url, key)) {
        this.#fullReload(`${id} imports a module that was updated before`);
        return false;
      }
    }
    this.#updated.add(key);

    let failed = false;
    for (const url of urls) {
      const deliver = (/** @type {Namespace} */ module) => {
        for (const acceptor of acceptors) {
          if (acceptor.url === url) acceptor.deliver(module);
        }
      };
      failed = !(await this.#replace(url, { id, instance: this.#fresh(url, version), order, deliver })) || failed;
    }
    if (!failed) this.#log.info(`Updated: ${id}`);
    return !failed;
  }

  /**
   * Imports the new version of one URL, and hands it to the modules that accept it.
   *
   * @param {string} url
   * @param {{ id: string, instance: string, order: number, deliver: (module: Namespace) => void }} update
   * @returns {Promise<boolean>} whether that was done
   */
  async #replace(url, { id, instance, order, deliver }) {
    const old = this.#contexts.get(url);
    this.#instances.set(instance, order);
    const isOvertaken = () => (this.#newest.get(url) ?? 0) > order;
    const accept = (/** @type {Namespace} */ module) => {
      if (isOvertaken()) return this.#disposeStale(instance);
      this.#newest.set(url, order);
      if (old && this.#contexts.get(url) === old) {
        // The new version does not use the hot API.
        this.#dispose(old);
        this.#contexts.delete(url);
      }
      old?.accepted?.(module);
      deliver(module);
      return true;
    };
    const loading = this.#load(instance);
    try {
      return accept(await this.#within(id, loading));
    } catch (error) {
      if (isOvertaken()) return false;
      this.#log.error(`Could not update ${id}; the next change of it is tried again`, error);
      if (old) this.#restore(old);
      if (error instanceof TimeLimitError) {
        const late = (/** @type {Namespace} */ module) => void (accept(module) && this.#log.info(`Updated: ${id}`));
        void loading.then(late, () => {});
      }
      return false;
    }
  }

  /**
   * Disposes a version that was loaded so late that a later one runs already.
   *
   * @param {string} instance
   */
  #disposeStale(instance) {
    const stale = this.#stale.get(instance);
    this.#stale.delete(instance);
    if (stale) this.#dispose(stale);
    return false;
  }

  /**
   * @param {string} key
   * @param {number} order
   */
  #isLatest(key, order) {
    return this.#orders.get(key) === order;
  }

  /** @param {string} instance */
  #orderOf(instance) {
    return this.#instances.get(instance) ?? changeIn(instance);
  }

  /** @param {string} key */
  #own(key) {
    return [...this.#contexts.values()].filter((context) => context.key === key);
  }

  /**
   * The modules that accept this one as a dependency, each with the URL that it imports.
   *
   * @param {string} key
   */
  #acceptors(key) {
    return [...this.#contexts.values()].flatMap(({ key: acceptor, dependencies }) =>
      dependencies.flatMap(({ urls, keys, callback }) =>
        urls.flatMap((url, index) => {
          if (keys[index] !== key) return [];
          /** @param {Namespace} module */
          const deliver = (module) => callback(urls.length > 1 ? urls.map((_, at) => (at === index ? module : undefined)) : module);
          return [{ key: acceptor, url, deliver }];
        }),
      ),
    );
  }

  /**
   * Returns true if the new text imports a module that was updated before. It would get the old version, as it imports
   * the old URL.
   *
   * @param {string} url
   * @param {string} key
   */
  async #importsOld(url, key) {
    if (![...this.#updated].some((other) => other !== key)) return false;
    const imported = importedUrls((await this.#source(url)) ?? '', url, this.#keyOf);
    return imported.some((other) => other !== key && this.#updated.has(other));
  }

  /**
   * @param {string} url
   * @param {string} version
   */
  #fresh(url, version) {
    const first = withVersion(url, version);
    const imports = this.#imports.get(first) ?? 0;
    this.#imports.set(first, imports + 1);
    return imports ? withVersion(url, `${version}.${imports}`) : first;
  }

  /** @param {Context} context */
  #dispose(context) {
    context.handover ??= context.hot.data;
    this.#call(context.disposers.splice(0), context);
  }

  /**
   * @param {((data: any) => void)[]} handlers
   * @param {Context} context
   */
  #call(handlers, context) {
    for (const handler of handlers) {
      try {
        handler(context.hot.data);
      } catch (error) {
        this.#log.error(`A dispose handler of ${context.url} failed`, error);
      }
    }
  }

  /**
   * @param {string} event one of Vite's, or one that the app sends
   * @param {(data: any) => void} listener
   * @returns {() => void} ends that
   */
  #listen(event, listener) {
    if (!event.startsWith('vite:')) return this.#messages?.on(event, listener) ?? (() => {});
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /**
   * @param {string} event
   * @param {any} data
   */
  #emit(event, data) {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        listener(data);
      } catch (error) {
        this.#log.error(`A listener of ${event} failed`, error);
      }
    }
  }

  /**
   * Makes the old instance the current one again after the new one failed. The next update disposes what the new one
   * had started.
   *
   * @param {Context} old
   */
  #restore(old) {
    const failed = this.#contexts.get(old.url);
    if (failed && failed !== old) {
      old.disposers.push(...failed.disposers);
      if (failed.accepted) old.accepted = failed.accepted;
    }
    this.#contexts.set(old.url, old);
  }

  /**
   * @param {string} url
   * @param {string} instance
   * @param {any} data
   * @returns {Context}
   */
  #context(url, instance, data) {
    const fullReload = this.#fullReload;
    const keyOf = this.#keyOf;
    /** @type {Context} */
    const context = {
      key: keyOf(url) ?? url,
      url,
      instance,
      handover: undefined,
      accepted: undefined,
      dependencies: [],
      acceptedExports: undefined,
      disposers: [],
      pruners: [],
      subscriptions: [],
      declined: false,
      hot: {
        data,
        /**
         * @param {unknown} [first]
         * @param {(modules: any) => void} [callback]
         */
        accept(first, callback) {
          if (first === undefined || typeof first === 'function') {
            context.accepted = /** @type {Context['accepted']} */ (first) ?? (() => {});
            return;
          }
          const list = Array.isArray(first) ? first : [first];
          const urls = list.map((dependency) => absolute(String(dependency), url) ?? String(dependency));
          const isList = Array.isArray(first);
          context.dependencies.push({
            urls,
            keys: urls.map((url) => keyOf(url)),
            callback: (modules) => callback?.(isList && urls.length === 1 ? [modules] : modules),
          });
        },
        acceptExports(names, callback) {
          context.acceptedExports = [names].flat();
          void callback;
        },
        dispose(disposer) {
          context.disposers.push(disposer);
        },
        prune(pruner) {
          context.pruners.push(pruner);
        },
        decline() {
          context.declined = true;
        },
        invalidate: (message) => {
          this.#emit('vite:invalidate', { path: new URL(url).pathname, message });
          fullReload(`${url} can't be updated${message === undefined ? '' : `: ${message}`}`);
        },
        on: (event, listener) => void context.subscriptions.push({ event, listener, end: this.#listen(event, listener) }),
        off: (event, listener) => {
          for (const subscription of context.subscriptions) {
            if (subscription.event === event && subscription.listener === listener) subscription.end();
          }
        },
        send: (event, data) => this.#messages?.send(event, data) ?? Promise.resolve(),
      },
    };
    return context;
  }
}

/**
 * The keys of the URLs that a module's text may import.
 *
 * @param {string} text
 * @param {string} url the module's
 * @param {import('../stream/url.js').KeyOf} [keyOf]
 */
export function importedUrls(text, url, keyOf = plainKeyOf) {
  return Array.from(text.matchAll(LITERAL), ([, , specifier = '']) =>
    /^(?:\.{0,2}\/|https?:)/.test(specifier) ? keyOf(specifier, url) : undefined,
  ).filter((key) => key !== undefined);
}
