/** Copies of changed files that a service worker of the page would answer with. */

const MOST_CACHES = 100;
const MOST_URLS = 1_000;

/** Milliseconds that an update waits for the caches. */
const PATIENCE = 2_000;

/** A service worker that answers from its caches first never asks the app again, so the copies are removed. */
export class WorkerCaches {
  #page;

  /**
   * @param {object} page
   * @param {Pick<ServiceWorkerContainer, 'controller'> | undefined} page.serviceWorker
   * @param {Pick<CacheStorage, 'keys' | 'open'> | undefined} page.caches
   * @param {Pick<import('../stream/connection.js').Clock, 'setTimeout' | 'clearTimeout'>} page.clock
   * @param {Pick<import('../overlay/log.js').Log, 'info' | 'warn'>} page.log
   */
  constructor(page) {
    this.#page = page;
  }

  /** Returns true if a service worker answers for the page. */
  isControlled() {
    return Boolean(this.#page.serviceWorker?.controller);
  }

  /**
   * Removes the copies of these files, so that they come from the network.
   *
   * @param {string[]} urls
   * @returns {Promise<void>}
   */
  forget(urls) {
    const { caches, clock } = this.#page;
    if (!urls.length || !caches || !this.isControlled()) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, PATIENCE);
      void this.#remove(caches, urls.slice(0, MOST_URLS)).finally(() => {
        clock.clearTimeout(timer);
        resolve();
      });
    });
  }

  /**
   * @param {Pick<CacheStorage, 'keys' | 'open'>} caches
   * @param {string[]} urls
   */
  async #remove(caches, urls) {
    const { log } = this.#page;
    try {
      /** @type {Set<string>} */
      const removed = new Set();
      for (const name of (await caches.keys()).slice(0, MOST_CACHES)) {
        const cache = await caches.open(name);
        for (const url of urls) {
          if (await cache.delete(url, { ignoreSearch: true, ignoreVary: true })) removed.add(url);
        }
      }
      const [first] = removed;
      if (first === undefined) return;
      const others = removed.size > 1 ? ` and ${removed.size - 1} more` : '';
      log.info(`A service worker answers for this page; removed ${first}${others} from its caches to update from the network`);
    } catch (error) {
      log.warn("Could not remove changed files from the service worker's caches", error);
    }
  }
}
