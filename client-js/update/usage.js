/** The files that the page uses, as far as the browser exposes them. */

import { rootsOf } from './dom.js';
import { extensionOf, keyOf, withoutVersion } from '../stream/url.js';

const SCRIPT = /^(?:[cm]?[jt]s|[jt]sx|json|wasm)$/;
/** Extensions of files that servers make pages of. */
const DOCUMENT = /^(?:x?html?|shtml|php|md|markdown)$/;
const EXTENSION = /\.(?:x?html?|shtml|php|md|markdown)$/i;
const INDEX = /\/index\.(?:x?html?|shtml|php|md|markdown)$/i;

/** Elements with URLs that are not in the timeline: pending, lazy or failed ones. */
const SOURCES = [
  ['[src]', 'src'],
  ['object[data]', 'data'],
  ['link[rel~="stylesheet"],link[rel~="icon"],link[rel~="manifest"],link[rel~="modulepreload"]', 'href'],
];

/** Initiators that load HTML into a page. */
const EMBEDDED = /^(?:fetch|xmlhttprequest|iframe|frame|object|embed)$/;

/** A statement that starts a worker or a worklet. */
const STARTS_WORKER = /\bnew (?:Shared)?Worker\b|\.addModule\b/;

/** Bounds for pages that load from new URLs all day: the files that are remembered, and the queries of each. */
const MOST_FILES = 10_000;
const MOST_QUERIES = 8;

/** The number of resources that browsers buffer in the timeline. */
const TIMELINE = 250;

/** The files that the page has loaded, from the resource timeline and the document. */
export class Usage {
  #document;
  #location;
  #observer;
  #worker;

  /** The URLs and initiators of each loaded file, by key. @type {Map<string, { urls: Set<string>, initiators: Set<string> }>} */
  #loaded = new Map();
  #overflowed = false;
  #hasWorkers = false;
  #workers;
  #own;

  /**
   * @param {object} page
   * @param {Document} page.document
   * @param {Pick<Location, 'href'>} page.location
   * @param {typeof globalThis.PerformanceObserver | undefined} page.PerformanceObserver
   * @param {Pick<Performance, 'getEntriesByType'>} page.performance
   * @param {Pick<ServiceWorkerContainer, 'controller'> | undefined} page.serviceWorker
   * @param {Set<string>} [page.workers] URLs of the workers and worklets that the page starts
   * @param {string} [page.own] start of the URLs of the client's own files
   */
  constructor({ document, location, PerformanceObserver, performance, serviceWorker, workers = new Set(), own }) {
    this.#workers = workers;
    this.#own = own;
    this.#document = document;
    this.#location = location;
    this.#worker = serviceWorker;

    if (!PerformanceObserver) {
      this.#record(performance.getEntriesByType('resource'));
      // Later resources are not reported.
      this.#overflowed = true;
      return;
    }
    /** @type {(list: PerformanceObserverEntryList, _: unknown, options?: { droppedEntriesCount?: number }) => void} */
    const record = (list, _, options) => {
      if (options?.droppedEntriesCount) this.#overflowed = true;
      this.#record(list.getEntries());
    };
    this.#observer = new PerformanceObserver(record);
    if (performance.getEntriesByType('resource').length >= TIMELINE) this.#overflowed = true;
    this.#observer.observe({ type: 'resource', buffered: true });
  }

  /**
   * Returns true if the page uses the file behind `key`.
   *
   * @param {string} key
   */
  uses(key) {
    this.#record(this.#observer?.takeRecords() ?? []);
    if (DOCUMENT.test(extensionOf(key))) return this.#usesDocument(key);
    return this.#isLoaded(key) || this.#inDocument(key) || this.#mayBeWorkers(key);
  }

  /**
   * Returns true if the page uses the file only because it has a worker, which may import any script: its imports are in
   * its own timeline.
   *
   * @param {string} key
   */
  isGuess(key) {
    return this.#mayBeWorkers(key) && !this.#isLoaded(key) && !this.#inDocument(key);
  }

  /** @param {string} key */
  #isLoaded(key) {
    return this.#overflowed || this.#loaded.has(key) || this.#workerKeys().has(key);
  }

  /** @param {string} key */
  #mayBeWorkers(key) {
    if (!SCRIPT.test(extensionOf(key))) return false;
    if (this.#hasWorkers || this.#worker?.controller || this.#workerKeys().size) return true;
    // A classic script may have started one before the client saw it, and shared workers are in no timeline.
    const scripts = this.#document.querySelectorAll('script:not([src])');
    return [...scripts].some(({ textContent }) => STARTS_WORKER.test(textContent ?? ''));
  }

  /** The keys of the page's workers; those of a `blob:` URL have the URL itself. */
  #workerKeys() {
    const keys = [...this.#workers].map((url) => keyOf(url) ?? url);
    return new Set(keys.filter((key) => !this.#isOwn(key)));
  }

  /** @param {string} key */
  #isOwn(key) {
    return this.#own !== undefined && key.startsWith(this.#own);
  }

  /**
   * The URLs, queries and all, that the page has loaded a file from.
   *
   * @param {string} key
   */
  urlsOf(key) {
    return [...(this.#loaded.get(key)?.urls ?? [])];
  }

  /**
   * A loaded file with the same name in another folder, for a prefix that the page does not use.
   *
   * @param {string} key
   * @returns {string | undefined}
   */
  sameNameOf(key) {
    const name = key.slice(key.lastIndexOf('/'));
    for (const loaded of this.#loaded.keys()) {
      if (loaded !== key && name.length > 1 && loaded.endsWith(name)) return loaded;
    }
    return undefined;
  }

  /** @param {string} key */
  #entry(key) {
    const known = this.#loaded.get(key);
    if (known) return known;
    /** @type {{ urls: Set<string>, initiators: Set<string> }} */
    const entry = { urls: new Set(), initiators: new Set() };
    // From here on, any file may be one that the page has loaded.
    if (this.#loaded.size >= MOST_FILES) this.#overflowed = true;
    else this.#loaded.set(key, entry);
    return entry;
  }

  /** @param {string} key */
  #usesDocument(key) {
    const here = keyOf(this.#location.href);
    if (here !== undefined && (isServedFrom(here, key) || isFallback(here, key))) return true;
    for (const [url, { initiators }] of this.#loaded) {
      if ([...initiators].some((type) => EMBEDDED.test(type)) && isServedFrom(url, key)) return true;
    }
    for (const frame of this.#document.querySelectorAll('iframe[src],frame[src]')) {
      const url = keyOf(frame.getAttribute('src') ?? '', this.#document.baseURI);
      if (url !== undefined && isServedFrom(url, key)) return true;
    }
    return false;
  }

  /** @param {string} key */
  #inDocument(key) {
    for (const root of rootsOf(this.#document)) {
      for (const [selector = '', attribute = ''] of SOURCES) {
        for (const element of root.querySelectorAll(selector)) {
          if (keyOf(element.getAttribute(attribute) ?? '', this.#document.baseURI) === key) return true;
        }
      }
    }
    return false;
  }

  /** @param {PerformanceEntryList} entries */
  #record(entries) {
    for (const entry of entries) {
      const key = keyOf(entry.name);
      if (key === undefined || this.#isOwn(key)) continue;
      const { initiatorType = '' } = /** @type {Partial<PerformanceResourceTiming>} */ (entry);
      const { urls, initiators } = this.#entry(key);
      const url = withoutVersion(entry.name);
      urls.delete(url);
      urls.add(url);
      for (const oldest of urls) {
        if (urls.size <= MOST_QUERIES) break;
        urls.delete(oldest);
      }
      initiators.add(initiatorType);
      // A worker's imports are in its own timeline. Its own script has this initiator.
      if (initiatorType === 'other' && SCRIPT.test(extensionOf(key))) this.#hasWorkers = true;
    }
  }
}

/**
 * Returns true if pages are made of files with this extension.
 *
 * @param {string} extension
 */
export function isDocument(extension) {
  return DOCUMENT.test(extension);
}

/**
 * Returns true if servers commonly make a document of this file at a URL: at its own, at its folder's for an
 * `index.html`, or at its name without the extension.
 *
 * @param {string} url both as keys
 * @param {string} file
 */
export function isServedFrom(url, file) {
  const bare = url.replace(/(.)\/$/, '$1');
  return url === file || bare === file.replace(INDEX, '') || bare === file.replace(EXTENSION, '');
}

/**
 * Returns true if an `index.html` may be served at a deeper path of a single-page app. Its routes may have dots, as in
 * `/users/jane.doe`; only the URL of another document is its own file's.
 *
 * @param {string} url both as keys
 * @param {string} file
 */
export function isFallback(url, file) {
  const folder = /^(.*\/)index\.html?$/i.exec(file)?.[1];
  return folder !== undefined && url.startsWith(folder) && !DOCUMENT.test(extensionOf(url));
}
