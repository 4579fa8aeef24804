/**
 * The hot API: ES modules that take their own updates.
 *
 * A browser never forgets a module, so a new version is imported under another URL and lives beside
 * the old one. What the old one started, it has to end in `dispose`; who imports it statically goes on
 * with the old one, unless it accepts the dependency and takes the new one from the callback.
 *
 * @typedef {import('../client.d.ts').Hot} Hot
 * @typedef {Record<string, unknown>} Namespace
 */

import { absolute, keyOf, withVersion, withoutVersion } from '../stream/url.js';

/** String literals: whatever a module imports statically is named by one. */
const LITERAL = /(["'`])((?:(?!\1)[^\\\n])+)\1/g;

/**
 * One instance of a module that asked for the hot API.
 *
 * @typedef {object} Context
 * @property {string} key
 * @property {string} url without this client's parameter
 * @property {string} instance with it
 * @property {any} handover what `dispose` left for the next instance
 * @property {((module: any) => void) | undefined} accepted
 * @property {{ urls: string[], callback: (modules: any) => void }[]} dependencies
 * @property {((data: any) => void)[]} disposers
 * @property {boolean} declined
 * @property {Hot} hot
 */

/** The modules of a page that use the hot API. */
export class Modules {
  #load;
  #source;
  #log;
  #fullReload;
  /** @type {Map<string, Context>} */
  #contexts = new Map();
  /** Modules of which the page holds more than one version. @type {Set<string>} */
  #updated = new Set();
  /** How often each URL was imported: a browser gives a second import the first one's outcome. @type {Map<string, number>} */
  #imports = new Map();

  /**
   * @param {object} page
   * @param {(url: string) => Promise<Namespace>} page.load `import()`
   * @param {(url: string) => Promise<string | undefined>} page.source the text of a module
   * @param {Pick<import('../overlay/log.js').Log, 'info' | 'error'>} page.log
   * @param {(reason: string) => void} page.fullReload loads the page again
   */
  constructor({ load, source, log, fullReload }) {
    this.#load = load;
    this.#source = source;
    this.#log = log;
    this.#fullReload = fullReload;
  }

  /**
   * The hot API of one module.
   *
   * @param {string} instance the module's `import.meta.url`
   * @returns {Hot}
   */
  hot(instance) {
    const url = withoutVersion(instance);
    const known = this.#contexts.get(url);
    if (known?.instance === instance) return known.hot;
    const context = this.#context(url, instance, known?.handover ?? {});
    this.#contexts.set(url, context);
    return context.hot;
  }

  /**
   * Whether a change of the module can be taken without loading the page again.
   *
   * @param {string} key
   */
  accepts(key) {
    const own = this.#own(key);
    if (own.some(({ declined }) => declined)) return false;
    if (own.length && own.every(({ accepted }) => accepted)) return true;
    return this.#acceptors(key).length > 0;
  }

  /**
   * Brings a module up to date that `accepts` said yes to.
   *
   * @param {string} key
   * @param {{ id: string, version: string }} change
   * @returns {Promise<boolean>} whether the page runs the new version now
   */
  async update(key, { id, version }) {
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
      const old = this.#contexts.get(url);
      if (old) this.#dispose(old);
      try {
        const module = await this.#load(this.#fresh(url, version));
        if (old && this.#contexts.get(url) === old) this.#contexts.delete(url);
        old?.accepted?.(module);
        for (const { url: dependency, deliver } of acceptors) {
          if (dependency === url) deliver(module);
        }
      } catch (error) {
        failed = true;
        this.#log.error(`Could not update ${id}; the next change of it is tried again`, error);
        if (old) this.#restore(old);
      }
    }
    if (!failed) this.#log.info(`Updated: ${id}`);
    return !failed;
  }

  /** @param {string} key */
  #own(key) {
    return [...this.#contexts.values()].filter((context) => context.key === key);
  }

  /**
   * Who accepts the module as a dependency, each with the URL that it imports it by.
   *
   * @param {string} key
   */
  #acceptors(key) {
    return [...this.#contexts.values()].flatMap(({ dependencies }) =>
      dependencies.flatMap(({ urls, callback }) =>
        urls.flatMap((url, index) => {
          if (keyOf(url) !== key) return [];
          /** @param {Namespace} module */
          const deliver = (module) => callback(urls.length > 1 ? urls.map((_, at) => (at === index ? module : undefined)) : module);
          return [{ url, deliver }];
        }),
      ),
    );
  }

  /**
   * Whether the new text imports a module of which it would get the old version: imports go by URL,
   * and the URL is the old one's.
   *
   * @param {string} url
   * @param {string} key
   */
  async #importsOld(url, key) {
    if (![...this.#updated].some((other) => other !== key)) return false;
    const imported = importedUrls((await this.#source(url)) ?? '', url);
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
    context.handover ??= {};
    for (const disposer of context.disposers.splice(0)) {
      try {
        disposer(context.handover);
      } catch (error) {
        this.#log.error(`A dispose handler of ${context.url} failed`, error);
      }
    }
  }

  /**
   * Keeps the old instance answerable for the module after the new one failed; what the new one has
   * already started, the next update ends.
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
    /** @type {Context} */
    const context = {
      key: keyOf(url) ?? url,
      url,
      instance,
      handover: undefined,
      accepted: undefined,
      dependencies: [],
      disposers: [],
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
            callback: (modules) => callback?.(isList && urls.length === 1 ? [modules] : modules),
          });
        },
        dispose(disposer) {
          context.disposers.push(disposer);
        },
        decline() {
          context.declined = true;
        },
        invalidate() {
          fullReload(`${url} cannot take its update`);
        },
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
 */
export function importedUrls(text, url) {
  return Array.from(text.matchAll(LITERAL), ([, , specifier = '']) =>
    /^(?:\.{0,2}\/|https?:)/.test(specifier) ? keyOf(specifier, url) : undefined,
  ).filter((key) => key !== undefined);
}
