/** New versions of modules: each is imported, handed to the modules that accept it, and taken back if it fails. */

import { TimeLimitError } from '../stream/time-limit.js';
import { changeIn } from './module-graph.js';

/** @typedef {Record<string, unknown>} Namespace */

/** The messages of Chromium and Firefox, and of WebKit, for a module that did not arrive. */
const UNREACHABLE = /dynamically imported module|Importing a module script failed/;

export class Replacements {
  #page;
  /** The change that each version was imported for. @type {Map<string, number>} */
  #instances = new Map();
  /** The change of the newest version that runs, by URL. @type {Map<string, number>} */
  #newest = new Map();
  /** Files whose last version could not be loaded, as the app was away. @type {Set<string>} */
  unreachable = new Set();

  /**
   * @param {object} page
   * @param {import('./hot-contexts.js').HotContexts} page.contexts
   * @param {(url: string) => Promise<Namespace>} page.load `import()`
   * @param {Pick<import('../overlay/log.js').Log, 'info' | 'error'>} page.log
   * @param {Pick<import('./module-problems.js').ModuleProblems, 'done' | 'failed'> | undefined} page.problems
   * @param {<T>(step: string, promise: Promise<T>) => Promise<T>} page.within rejects with a `TimeLimitError` in time
   */
  constructor(page) {
    this.#page = page;
  }

  /**
   * Larger for a later version.
   *
   * @param {string} instance
   */
  orderOf(instance) {
    return this.#instances.get(instance) ?? changeIn(instance);
  }

  /**
   * Imports the new version of one URL, and hands it to the modules that accept it.
   *
   * @param {string} url
   * @param {{ id: string, instance: string, order: number, deliver: (module: Namespace | undefined) => void }} update
   * @returns {Promise<boolean>} whether that was done
   */
  async replace(url, { id, instance, order, deliver }) {
    const { contexts, load, log, problems, within } = this.#page;
    const old = contexts.get(url);
    this.#instances.set(instance, order);
    this.unreachable.delete(id);
    const isOvertaken = () => (this.#newest.get(url) ?? 0) > order;
    const tell = (/** @type {Namespace | undefined} */ module) => {
      for (const callback of [...(old?.accepted ?? [])]) callback(module);
      for (const callback of new Set(old?.acceptedExports?.values())) callback?.(module);
      deliver(module);
    };
    const accept = (/** @type {Namespace} */ module) => {
      if (isOvertaken()) return contexts.disposeStale(instance);
      // It was imported once more, as it came late.
      if (this.#newest.get(url) === order) return true;
      this.#newest.set(url, order);
      if (old) contexts.end(old);
      problems?.done(url);
      tell(module);
      return true;
    };
    const restore = () => old && contexts.restore(old, instance);
    /** @param {unknown} error */
    const fail = (error) => {
      log.error(`Could not update ${id}; the next change of it is tried again`, error);
      void problems?.failed(url, instance, error);
    };
    const loading = load(instance);
    let module;
    try {
      module = await within(id, loading);
    } catch (error) {
      if (isOvertaken()) return false;
      fail(error);
      if (isUnreachable(error)) this.unreachable.add(id);
      if (error instanceof TimeLimitError) {
        // It may have begun to run, and may end yet.
        const late = (/** @type {Namespace} */ module) => {
          this.unreachable.delete(id);
          if (accept(module)) log.info(`Updated: ${id}`);
        };
        void loading.then(late, restore);
        return false;
      }
      restore();
      try {
        // As in Vite.
        tell(undefined);
      } catch {
        log.info(`A callback that accepts ${id} takes no failed update`);
      }
      return false;
    }
    try {
      return accept(module);
    } catch (error) {
      if (!isOvertaken()) {
        fail(error);
        restore();
      }
      return false;
    }
  }
}

/**
 * Returns true if a module did not arrive. A mistake in it may be a `TypeError` too.
 *
 * @param {unknown} error
 */
function isUnreachable(error) {
  return error instanceof TimeLimitError || (error instanceof TypeError && UNREACHABLE.test(error.message));
}
