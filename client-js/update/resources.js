/**
 * The files that the page was loaded with and no watcher reports, such as scripts that are compiled into the app.
 *
 * A new process of the app may serve others under the same URLs, and the page's own HTML does not show that.
 */

import { discard } from '../stream/network.js';
import { withoutFragment } from '../stream/url.js';

/** Bounds of the files that are compared, and of those requested at once. */
const MOST_FILES = 128;
const MOST_AT_ONCE = 4;

/** @typedef {import('../stream/network.js').Fetch} Fetch */

export class Resources {
  #page;
  /** A digest of each file, by URL. @type {Map<string, string>} */
  #loaded = new Map();

  /**
   * @param {object} page
   * @param {Fetch} page.fetch
   * @param {() => string[]} page.urls the files that the page has loaded, apart from those that it fetches itself
   * @param {() => (url: string) => boolean} page.isWatched the function that returns true for files whose changes are reported
   */
  constructor(page) {
    this.#page = page;
  }

  /** Notes the files as the page has loaded them, which are in the browser's cache. */
  async note() {
    const { urls } = this.#page;
    await this.#each(this.#compared(urls()), 'force-cache', (url, digest) => void this.#loaded.set(url, digest));
  }

  /**
   * The first file that the app serves otherwise now, or `undefined`. Files whose content differs with each request are left
   * out from then on.
   *
   * @returns {Promise<string | undefined>}
   */
  async changed() {
    /** The new digests. @type {Map<string, string>} */
    const changed = new Map();
    await this.#each(this.#compared([...this.#loaded.keys()]), 'no-store', (url, digest) => {
      if (this.#loaded.get(url) !== digest) changed.set(url, digest);
    });
    await this.#each([...changed.keys()], 'no-store', (url, digest) => {
      if (changed.get(url) !== digest && changed.delete(url)) this.#loaded.delete(url);
    });
    const [first] = changed.keys();
    return first;
  }

  /** @param {string[]} urls */
  #compared(urls) {
    const isWatched = this.#page.isWatched();
    return urls.filter((url) => !isWatched(url)).slice(0, MOST_FILES);
  }

  /**
   * @param {string[]} urls
   * @param {RequestCache} cache
   * @param {(url: string, digest: string) => void} take
   */
  async #each(urls, cache, take) {
    const waiting = [...urls];
    const load = async () => {
      for (let url = waiting.shift(); url !== undefined; url = waiting.shift()) {
        try {
          const response = await this.#page.fetch(url, { cache });
          // A file that is gone is not one that the page would be reloaded for.
          if (!response.ok) discard(response);
          else take(url, digestOf(new Uint8Array(await response.arrayBuffer())));
        } catch {
          // It can't be compared.
        }
      }
    };
    await Promise.all(Array.from({ length: MOST_AT_ONCE }, load));
  }
}

/**
 * The URLs that a document has loaded for other pages, which it is not made of.
 *
 * @param {Pick<Document, 'querySelectorAll'>} document
 * @returns {Set<string>}
 */
export function prefetched(document) {
  const links = document.querySelectorAll('link[rel~="prefetch" i][href], link[rel~="prerender" i][href]');
  return new Set(Array.from(links, (link) => withoutFragment(/** @type {HTMLLinkElement} */ (link).href)));
}

/**
 * The length and a hash (FNV-1a): nobody forges a file of their own page. `crypto.subtle` needs HTTPS.
 *
 * @param {Uint8Array} bytes
 */
function digestOf(bytes) {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${bytes.length} ${hash >>> 0}`;
}
