/**
 * The hot API of each module that asked for it, with Vite's names and meaning.
 *
 * @typedef {import('../client.d.ts').Hot} Hot
 * @typedef {Record<string, unknown>} Namespace
 *
 * @typedef {object} Messages the events between the page and the app
 * @property {(event: string, handler: (data: any) => void) => () => void} on
 * @property {(event: string, data?: unknown) => Promise<void>} send
 */

import { absolute, withoutVersion } from '../stream/url.js';

/**
 * One instance of a module that asked for the hot API.
 *
 * @typedef {object} Context
 * @property {string} key
 * @property {string} url the URL without the version parameter
 * @property {string} instance the URL with it
 * @property {((module: any) => void)[] | undefined} accepted the callbacks, if it accepts itself
 * @property {{ urls: string[], keys: (string | undefined)[], callback: (modules: any) => void }[]} dependencies
 * @property {((data: any) => void)[]} disposers
 * @property {Map<string, ((module: any) => void) | undefined> | undefined} acceptedExports names that it accepts changes of
 * @property {((data: any) => void)[]} pruners
 * @property {{ event: string, listener: (data: any) => void, end: () => void, isOff: boolean }[]} subscriptions
 * @property {boolean} isPruned
 * @property {Context | undefined} previous the one that it has replaced
 * @property {Hot} hot
 */

/** The instances of a page's modules that use the hot API: the newest of each URL. */
export class HotContexts {
  #keyOf;
  #log;
  #messages;
  #orderOf;
  #invalidate;
  /** @type {Map<string, Context>} */
  #contexts = new Map();
  /** Versions that asked for the hot API after a later one. @type {Map<string, Context>} */
  #stale = new Map();
  /** The data of instances that have ended without a successor, by URL. @type {Map<string, any>} */
  #left = new Map();
  /** @type {Map<string, Set<(data: any) => void>>} */
  #listeners = new Map();

  /**
   * @param {object} page
   * @param {import('../stream/url.js').KeyOf} page.keyOf
   * @param {Pick<import('../overlay/log.js').Log, 'error'>} page.log
   * @param {Messages | undefined} page.messages
   * @param {(instance: string) => number} page.orderOf larger for a later instance
   * @param {(context: { key: string, url: string, instance: string }, message: string | undefined) => void} page.invalidate
   *   passes the update of a module on to those that import it
   */
  constructor({ keyOf, log, messages, orderOf, invalidate }) {
    this.#keyOf = keyOf;
    this.#log = log;
    this.#invalidate = invalidate;
    this.#messages = messages;
    this.#orderOf = orderOf;
  }

  /**
   * The hot API of one module.
   *
   * @param {string} instance the module's `import.meta.url`
   * @param {object} [data] that of a first instance which ran before the client was loaded
   * @param {(specifier: string) => string} [resolve] the module's `import.meta.resolve`
   * @returns {Hot}
   */
  hot(instance, data = {}, resolve) {
    const url = withoutVersion(instance);
    const known = this.#contexts.get(url);
    if (known?.instance === instance) return known.hot;
    if (known && this.#orderOf(known.instance) > this.#orderOf(instance)) {
      // It was loaded so late that a later version runs already.
      const stale = this.#stale.get(instance) ?? this.#context(url, instance, {}, resolve);
      this.#stale.set(instance, stale);
      return stale.hot;
    }
    // The next version begins to run here, so it is known to be loaded. One that can't be loaded leaves the old one as it is.
    if (known) this.dispose(known);
    for (const { end } of known?.subscriptions ?? []) end();
    const context = this.#context(url, instance, known ? known.hot.data : (this.#left.get(url) ?? data), resolve);
    this.#left.delete(url);
    if (known) known.previous = undefined;
    context.previous = known;
    this.#contexts.set(url, context);
    return context.hot;
  }

  /** @param {string} key */
  own(key) {
    return [...this.#contexts.values()].filter((context) => context.key === key);
  }

  /**
   * The modules that accept this one as a dependency, each with the URL that it imports.
   *
   * @param {string} key
   */
  acceptors(key) {
    return [...this.#contexts.values()].flatMap(({ key: acceptor, dependencies }) =>
      dependencies.flatMap(({ urls, keys, callback }) =>
        urls.flatMap((url, index) => {
          if (keys[index] !== key) return [];
          /** @param {Namespace | undefined} module */
          const deliver = (module) => callback(urls.length > 1 ? urls.map((_, at) => (at === index ? module : undefined)) : module);
          return [{ key: acceptor, url, deliver }];
        }),
      ),
    );
  }

  /** What the modules accept, for the import graph. */
  acceptances = {
    acceptsItself: (/** @type {string} */ key) => {
      const own = this.own(key);
      return own.length > 0 && own.every(({ accepted }) => accepted);
    },
    acceptedExports: (/** @type {string} */ key) => {
      const [first] = this.own(key);
      return first?.acceptedExports && [...first.acceptedExports.keys()];
    },
    accepts: (/** @type {string} */ key, /** @type {string} */ dependency) =>
      this.own(key).some(({ dependencies }) => dependencies.some(({ keys }) => keys.includes(dependency))),
  };

  /** @param {Context} context */
  dispose(context) {
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
  emit(event, data) {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        listener(data);
      } catch (error) {
        this.#log.error(`A listener of ${event} failed`, error);
      }
    }
  }

  /**
   * Makes the instance before a failed one the current one again. The next update disposes what the failed one had started.
   *
   * @param {Context} before the current one when the failed one was requested
   * @param {string} instance the failed one
   */
  restore(before, instance) {
    const failed = this.#contexts.get(before.url);
    // Another update has another instance of the same module, which is the current one.
    if (failed && failed !== before && failed.instance !== instance) return;
    const old = failed?.previous && failed !== before ? failed.previous : before;
    if (failed !== before) {
      old.disposers.push(...(failed?.disposers ?? []));
      if (failed?.accepted) old.accepted = failed.accepted;
      for (const { end } of failed?.subscriptions ?? []) end();
      for (const subscription of old.subscriptions) {
        if (!subscription.isOff) subscription.end = this.#listen(subscription.event, subscription.listener);
      }
    }
    this.#contexts.set(old.url, old);
  }

  /**
   * @param {string} url
   * @param {string} instance
   * @param {any} data
   * @param {((specifier: string) => string) | undefined} resolve
   * @returns {Context}
   */
  #context(url, instance, data, resolve) {
    const keyOf = this.#keyOf;
    /** @param {unknown} dependency */
    const urlOf = (dependency) => {
      const specifier = String(dependency);
      try {
        // By the page's import maps.
        if (resolve) return withoutVersion(resolve(specifier));
      } catch {
        // It is bare, and no import map has it.
      }
      return absolute(specifier, url) ?? specifier;
    };
    /** @type {Context} */
    const context = {
      key: keyOf(url) ?? url,
      url,
      instance,
      accepted: undefined,
      dependencies: [],
      acceptedExports: undefined,
      disposers: [],
      pruners: [],
      subscriptions: [],
      isPruned: false,
      previous: undefined,
      hot: {
        data,
        /**
         * @param {unknown} [first]
         * @param {(modules: any) => void} [callback]
         */
        accept(first, callback) {
          if (first === undefined || typeof first === 'function') {
            context.accepted ??= [];
            if (first) context.accepted.push(/** @type {(module: any) => void} */ (first));
            return;
          }
          const list = Array.isArray(first) ? first : [first];
          const urls = list.map(urlOf);
          const isList = Array.isArray(first);
          context.dependencies.push({
            urls,
            keys: urls.map((url) => keyOf(url)),
            callback: (modules) => callback?.(isList && urls.length === 1 ? [modules] : modules),
          });
        },
        acceptExports(names, callback) {
          context.acceptedExports ??= new Map();
          for (const name of [names].flat()) context.acceptedExports.set(name, callback);
        },
        dispose(disposer) {
          context.disposers.push(disposer);
        },
        prune(pruner) {
          context.pruners.push(pruner);
        },
        // As in Vite, where a module that accepts nothing declines by that.
        decline() {},
        invalidate: (message) => {
          const path = new URL(url).pathname;
          this.emit('vite:invalidate', { path, message, firstInvalidatedBy: path });
          this.#invalidate(context, message);
        },
        on: (event, listener) => void context.subscriptions.push({ event, listener, end: this.#listen(event, listener), isOff: false }),
        off: (event, listener) => {
          for (const subscription of context.subscriptions) {
            if (subscription.event !== event || subscription.listener !== listener) continue;
            subscription.isOff = true;
            subscription.end();
          }
        },
        send: (event, data) => this.#messages?.send(event, data) ?? Promise.resolve(),
      },
    };
    return context;
  }

  /** @param {Set<string>} keys */
  prune(keys) {
    const pruned = [...this.#contexts.values()].filter(({ key, isPruned }) => keys.has(key) && !isPruned);
    if (!pruned.length) return;
    this.emit('vite:beforePrune', { type: 'prune', paths: pruned.map(({ url }) => new URL(url).pathname) });
    for (const context of pruned) {
      context.isPruned = true;
      this.dispose(context);
      this.#call(context.pruners.splice(0), context);
    }
  }

  /**
   * Disposes a version that was loaded so late that a later one runs already.
   *
   * @param {string} instance
   */
  disposeStale(instance) {
    const stale = this.#stale.get(instance);
    this.#stale.delete(instance);
    if (stale) this.dispose(stale);
    return false;
  }

  /**
   * The newest instance of the module with this URL.
   *
   * @param {string} url
   */
  get(url) {
    return this.#contexts.get(url);
  }

  /**
   * Ends an instance whose successor does not use the hot API.
   *
   * @param {Context} context
   */
  end(context) {
    if (this.#contexts.get(context.url) !== context) return;
    this.dispose(context);
    for (const { end } of context.subscriptions) end();
    this.#contexts.delete(context.url);
    this.#left.set(context.url, context.hot.data);
  }

  /**
   * Ends the instances of a module that a change has left behind.
   *
   * @param {string} key
   * @param {number} order that of the change
   */
  endBefore(key, order) {
    for (const context of this.own(key)) if (this.#orderOf(context.instance) < order) this.end(context);
  }
}
