/** The files that the page uses, as far as the browser exposes them. */

import { rootsOf } from './dom.js';
import { changeIn } from './module-graph.js';
import { extensionOf, keyOf as plainKeyOf, withoutVersion } from '../stream/url.js';

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

/**
 * @typedef {object} Loaded a file that the page has loaded, by key
 * @property {Set<string>} urls the latest, queries and all
 * @property {boolean} isPolled true if there were more: the query is another one each time
 * @property {boolean} isEmbedded true if it may be HTML in the page
 */

/** The most modules that a restarted app is told of. */
const MOST_INSTANCES = 1_000;

/** The files that the page has loaded, from the resource timeline and the document. */
export class Usage {
  #document;
  #keyOf;
  #location;
  #observer;
  #worker;

  /** @type {Map<string, Loaded>} */
  #loaded = new Map();
  #overflowed = false;
  #hasWorkers = false;
  /** The latest change that the page has loaded each module for. @type {Map<string, number>} */
  #instances = new Map();
  #workers;
  #own;
  #ignored;

  /**
   * @param {object} page
   * @param {Document} page.document
   * @param {Pick<Location, 'href'>} page.location
   * @param {typeof globalThis.PerformanceObserver | undefined} page.PerformanceObserver
   * @param {Pick<Performance, 'getEntriesByType'>} page.performance
   * @param {Pick<ServiceWorkerContainer, 'controller'> | undefined} page.serviceWorker
   * @param {import('../stream/url.js').KeyOf} [page.keyOf]
   * @param {Set<string>} [page.workers] URLs of the workers and worklets that the page starts
   * @param {string} [page.own] start of the URLs of the client's own files
   * @param {Set<string>} [page.ignored] URLs that the client has fetched for source maps
   */
  constructor({
    document,
    location,
    PerformanceObserver,
    performance,
    serviceWorker,
    keyOf = plainKeyOf,
    workers = new Set(),
    own,
    ignored = new Set(),
  }) {
    this.#ignored = ignored;
    this.#workers = workers;
    this.#own = own;
    this.#document = document;
    this.#keyOf = keyOf;
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
   * Those of the files that the page uses, found in one pass over the document.
   *
   * @param {Iterable<string>} keys
   * @returns {Set<string>}
   */
  used(keys) {
    this.#record(this.#observer?.takeRecords() ?? []);
    const referenced = once(() => this.#referenced());
    const framed = once(() => this.#frames());
    const startsWorkers = once(() => this.#startsWorkers());
    /** @param {string} key */
    const isUsed = (key) => {
      const extension = extensionOf(key);
      if (DOCUMENT.test(extension)) return this.#usesDocument(key, (url) => framed().has(url));
      return this.#isLoaded(key) || referenced().has(key) || (SCRIPT.test(extension) && startsWorkers());
    };
    return new Set([...keys].filter(isUsed));
  }

  /**
   * The latest change that the page has loaded each module for.
   *
   * @returns {ReadonlyMap<string, number> | undefined} `undefined` if some may be missing
   */
  instances() {
    this.#record(this.#observer?.takeRecords() ?? []);
    return this.#overflowed || this.#instances.size > MOST_INSTANCES ? undefined : this.#instances;
  }

  /**
   * Returns true if the page uses the file only because it has a worker, which may import any script: its imports are in
   * its own timeline.
   *
   * @param {string} key
   */
  isGuess(key) {
    const isKnown = this.#isLoaded(key) || this.#referenced().has(key);
    return !isKnown && SCRIPT.test(extensionOf(key)) && this.#startsWorkers();
  }

  /**
   * Returns true if the page's own HTML may be made of this document, and nothing that the page has loaded into itself is.
   *
   * @param {string} key
   */
  isPage(key) {
    if (!this.#isServedHere(key)) return false;
    const here = this.#keyOf(this.#location.href);
    const frames = this.#frames();
    // The client itself fetches the page's own URL.
    return !addressesOf(key).some((url) => frames.has(url) || (url !== here && this.#loaded.get(url)?.isEmbedded));
  }

  /** @param {string} key */
  #isServedHere(key) {
    const here = this.#keyOf(this.#location.href);
    return here !== undefined && (isServedFrom(here, key) || isFallback(here, key));
  }

  /** @param {string} key */
  #isLoaded(key) {
    return this.#overflowed || this.#loaded.has(key) || this.#workerKeys().has(key);
  }

  /** Returns true if the page has a worker or worklet, or may have one. */
  #startsWorkers() {
    if (this.#hasWorkers || this.#worker?.controller || this.#workerKeys().size) return true;
    // A classic script may have started one before the client saw it, and shared workers are in no timeline.
    const scripts = this.#document.querySelectorAll('script:not([src])');
    return [...scripts].some(({ textContent }) => STARTS_WORKER.test(textContent ?? ''));
  }

  /** The keys of the page's workers; those of a `blob:` URL have the URL itself. */
  #workerKeys() {
    const keys = [...this.#workers].map((url) => this.#keyOf(url) ?? url);
    return new Set(keys.filter((key) => !this.#isOwn(key)));
  }

  /** @param {string} key */
  #isOwn(key) {
    return this.#own !== undefined && key.startsWith(this.#own);
  }

  /**
   * The URLs, queries and all, that the page may load a file from again. Where the query is another one each time, as of
   * an API that is polled, an earlier one is not needed again: then it is only the latest.
   *
   * @param {string} key
   */
  urlsOf(key) {
    const { urls = [], isPolled = false } = this.#loaded.get(key) ?? {};
    return [...urls].slice(isPolled ? -1 : 0);
  }

  /** The URLs that the page has loaded from, apart from those that its scripts and frames request. */
  resources() {
    this.#record(this.#observer?.takeRecords() ?? []);
    return [...this.#loaded.values()].flatMap(({ isEmbedded, urls }) => (isEmbedded ? [] : [...urls].slice(-1)));
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
    /** @type {Loaded} */
    const entry = { urls: new Set(), isPolled: false, isEmbedded: false };
    // From here on, any file may be one that the page has loaded.
    if (this.#loaded.size >= MOST_FILES) this.#overflowed = true;
    else this.#loaded.set(key, entry);
    return entry;
  }

  /**
   * @param {string} key
   * @param {(key: string) => boolean} isFramed
   */
  #usesDocument(key, isFramed) {
    if (this.#isServedHere(key)) return true;
    return addressesOf(key).some((url) => this.#loaded.get(url)?.isEmbedded || isFramed(url));
  }

  /** The frames of the document. */
  #frames() {
    return this.#keysIn(this.#document.querySelectorAll('iframe[src],frame[src]'), 'src');
  }

  /** The files that elements refer to. */
  #referenced() {
    /** @type {Set<string>} */
    const keys = new Set();
    for (const root of rootsOf(this.#document)) {
      for (const [selector = '', attribute = ''] of SOURCES) {
        for (const key of this.#keysIn(root.querySelectorAll(selector), attribute)) keys.add(key);
      }
    }
    return keys;
  }

  /**
   * @param {Iterable<Element>} elements
   * @param {string} attribute
   */
  #keysIn(elements, attribute) {
    const { baseURI } = this.#document;
    const keys = Array.from(elements, (element) => this.#keyOf(element.getAttribute(attribute) ?? '', baseURI));
    return new Set(keys.filter((key) => key !== undefined));
  }

  /** @param {PerformanceEntryList} entries */
  #record(entries) {
    for (const entry of entries) {
      const key = this.#keyOf(entry.name);
      if (key === undefined || this.#isOwn(key)) continue;
      const { initiatorType = '' } = /** @type {Partial<PerformanceResourceTiming>} */ (entry);
      if (initiatorType === 'fetch' && this.#ignored.has(entry.name)) continue;
      const change = changeIn(entry.name);
      if (change && this.#instances.size <= MOST_INSTANCES) this.#instances.set(key, Math.max(change, this.#instances.get(key) ?? 0));
      const loaded = this.#entry(key);
      const url = withoutVersion(entry.name);
      loaded.urls.delete(url);
      loaded.urls.add(url);
      for (const oldest of loaded.urls) {
        if (loaded.urls.size <= MOST_QUERIES) break;
        loaded.urls.delete(oldest);
        loaded.isPolled = true;
      }
      loaded.isEmbedded ||= EMBEDDED.test(initiatorType);
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
  return addressesOf(file).includes(url);
}

/**
 * The URLs at which servers commonly make a document of this file.
 *
 * @param {string} file
 */
function addressesOf(file) {
  const [folder, bare] = [file.replace(INDEX, ''), file.replace(EXTENSION, '')];
  return [file, folder, `${folder}/`, bare, `${bare}/`];
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

/**
 * Calls the function when its value is first asked for, and keeps that.
 *
 * @template T
 * @param {() => T} compute
 * @returns {() => T}
 */
function once(compute) {
  /** @type {{ value: T } | undefined} */
  let kept;
  return () => (kept ??= { value: compute() }).value;
}
