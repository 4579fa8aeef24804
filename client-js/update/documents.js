/**
 * The documents that a page owns: itself, and the frames and popups that its scripts fill, without a client of their own.
 *
 * A `srcdoc`, blank or blob document comes from no server, so it has no tag. Its stylesheets and images are swapped as the
 * page's own, and a change that can't be swapped reloads the page, which fills it again. Documents of the server have
 * their own client and are left to it.
 */

import { withoutFragment } from '../stream/url.js';
import { rootsOf } from './dom.js';
import { Popups } from './popups.js';

const CONTAINERS = 'iframe,frame,object,embed';

/** A bound for pages that make frames and popups all day. */
const MOST_DOCUMENTS = 100;

/**
 * @typedef {{ id: string, version: string, text?: string }} Update
 *
 * @typedef {import('./images.js').Place} Place
 *
 * @typedef {object} Parts the updates of one document
 * @property {Pick<import('./usage.js').Usage, 'isGuess' | 'isPage' | 'sameNameOf' | 'used' | 'urlsOf'>} usage
 * @property {Pick<import('./stylesheets.js').Stylesheets, 'having' | 'update'>} stylesheets
 * @property {Pick<import('./images.js').Images, 'find' | 'swap'>} images
 */

export class Documents {
  #window;
  #own;
  #partsOf;
  /** @type {WeakMap<Document, Parts>} */
  #parts = new WeakMap();
  /** The document's images that found a place. @type {WeakMap<Place, Parts['images']>} */
  #ownerOf = new WeakMap();
  #popups;
  /** The documents found in this task. @type {Parts[] | undefined} */
  #found;

  /**
   * @param {Window & typeof globalThis} window
   * @param {Parts} own the parts of the page itself
   * @param {(document: Document, window: Window & typeof globalThis) => Parts} partsOf
   */
  constructor(window, own, partsOf) {
    this.#window = window;
    this.#popups = new Popups(window);
    this.#own = own;
    this.#partsOf = partsOf;
  }

  /** Includes the windows that the page opens from now on. */
  watchPopups() {
    this.#popups.watch();
  }

  /** @type {Parts['usage']} */
  usage = {
    used: (keys) => union(this.#each(({ usage }) => usage.used(keys))),
    isGuess: (key) => this.#each(({ usage }) => !uses(usage, key) || usage.isGuess(key)).every(Boolean),
    isPage: (key) => this.#own.usage.isPage(key) && !this.isShared(key),
    urlsOf: (key) => [...new Set(this.#each(({ usage }) => usage.urlsOf(key)).flat())],
    sameNameOf: (key) => this.#own.usage.sameNameOf(key),
  };

  /** @type {Parts['stylesheets']} */
  stylesheets = {
    having: (keys) => union(this.#each(({ stylesheets }) => stylesheets.having(keys))),
    update: async (updates) => {
      const work = this.#each((parts) => {
        const used = parts.stylesheets.having(new Set(updates.keys()));
        const update = parts.stylesheets.update(new Map([...updates].filter(([key]) => used.has(key))));
        return parts === this.#own ? update : update.catch(() => []);
      });
      return (await Promise.all(work)).flat();
    },
  };

  /** @type {Parts['images']} */
  images = {
    find: (keys) => {
      /** @type {Map<string, Place[]>} */
      const found = new Map();
      this.#each(({ images }) => {
        for (const [key, places] of images.find(keys)) {
          for (const place of places) this.#ownerOf.set(place, images);
          found.set(key, [...(found.get(key) ?? []), ...places]);
        }
      });
      return found;
    },
    swap: async (key, version, places) => {
      /** @type {Map<Parts['images'], Place[]>} */
      const byOwner = new Map();
      for (const place of places) {
        const owner = this.#ownerOf.get(place) ?? this.#own.images;
        byOwner.set(owner, [...(byOwner.get(owner) ?? []), place]);
      }
      await Promise.all([...byOwner].map(([images, own]) => images.swap(key, version, own)));
    },
  };

  /**
   * Returns true if a frame or popup uses the file, beside the page itself.
   *
   * @param {string} key
   */
  isShared(key) {
    return this.#each(
      (parts) => parts !== this.#own && uses(parts.usage, key) && parts.usage.urlsOf(key).length > 0,
    ).some(Boolean);
  }

  /**
   * Calls a function with the parts of each document. Frames and popups that it fails for are left out: an element such
   * as `<img name="querySelectorAll">`, in a preview of what users have written, hides the document's own property.
   *
   * @template Result
   * @param {(parts: Parts) => Result} call
   * @returns {Result[]}
   */
  #each(call) {
    return this.#all().flatMap((parts) => (parts === this.#own ? [call(parts)] : attempt(() => [call(parts)], [])));
  }

  /** The parts of each document, the page's first. */
  #all() {
    if (this.#found) return this.#found;
    const found = [this.#own];
    for (const document of this.#documents()) {
      const parts = this.#parts.get(document) ?? attempt(() => this.#make(document), undefined);
      if (!parts) continue;
      this.#parts.set(document, parts);
      found.push(parts);
      if (found.length > MOST_DOCUMENTS) break;
    }
    this.#found = found;
    queueMicrotask(() => (this.#found = undefined));
    return found;
  }

  /** @param {Document} document */
  #make(document) {
    const { defaultView } = document;
    return defaultView ? this.#partsOf(document, defaultView) : undefined;
  }

  /** @returns {Generator<Document>} */
  *#documents() {
    const page = this.#window.document;
    /** @type {Document[]} */
    const waiting = [page];
    const seen = new Set(waiting);
    const popups = this.#popups.documents();
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (next !== page) yield next;
      const inside = attempt(() => [...containersIn(next)].map(documentIn), []);
      for (const document of next === page ? [...inside, ...popups] : inside) {
        if (!document || seen.has(document) || !attempt(() => isFilled(document, [page, next]), false)) continue;
        seen.add(document);
        waiting.push(document);
      }
    }
  }
}

/**
 * @param {Document} document
 * @returns {Generator<Element>}
 */
function* containersIn(document) {
  for (const root of rootsOf(document)) yield* root.querySelectorAll(CONTAINERS);
}

/**
 * @param {Element} container
 * @returns {Document | null}
 */
function documentIn(container) {
  // Null for another origin.
  return attempt(() => /** @type {Partial<HTMLIFrameElement>} */ (container).contentDocument ?? null, null);
}

/**
 * Returns true for a document that the owner's scripts or markup filled. `document.open` gives one the URL of the document
 * whose script called it (HTML, "document open steps").
 *
 * @param {Document} document
 * @param {Document[]} owners
 */
function isFilled(document, owners) {
  const { defaultView: window } = document;
  if (!window || '__hot_middleware__' in window || document.querySelectorAll('script[data-hot-middleware]').length) return false;
  return /^(?:about|blob):/.test(document.URL) || owners.some(({ URL }) => isSame(URL, document.URL));
}

/**
 * Compares URLs without their fragments.
 *
 * @param {string} one
 * @param {string} other
 */
function isSame(one, other) {
  const [first, second] = [one, other].map(withoutFragment);
  return first === second;
}

/**
 * @template Result
 * @param {() => Result} call
 * @param {Result} otherwise the result if the call throws
 * @returns {Result}
 */
function attempt(call, otherwise) {
  try {
    return call();
  } catch {
    return otherwise;
  }
}

/**
 * @param {Parts['usage']} usage
 * @param {string} key
 */
function uses(usage, key) {
  return usage.used([key]).has(key);
}

/**
 * @param {Set<string>[]} sets
 * @returns {Set<string>}
 */
function union(sets) {
  return new Set(sets.flatMap((set) => [...set]));
}
