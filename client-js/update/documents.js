/**
 * The documents that a page owns: itself, and the frames and popups that its scripts fill, without a client of their own.
 *
 * A `srcdoc`, blank or blob document comes from no server, so it has no tag. Its stylesheets and images are swapped as the
 * page's own, and a change that can't be swapped reloads the page, which fills it again. Documents of the server have
 * their own client and are left to it.
 */

import { rootsOf } from './dom.js';

const CONTAINERS = 'iframe,frame,object,embed';

/** Bounds for pages that make frames and popups all day. */
const MOST_DOCUMENTS = 100;
const MOST_POPUPS = 100;

/**
 * @typedef {{ id: string, version: string, text?: string }} Update
 *
 * @typedef {import('./images.js').Place} Place
 *
 * @typedef {object} Parts the updates of one document
 * @property {Pick<import('./usage.js').Usage, 'isGuess' | 'sameNameOf' | 'used' | 'urlsOf'>} usage
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
  /** @type {Window[]} */
  #popups = [];
  /** The documents found in this task. @type {Parts[] | undefined} */
  #found;

  /**
   * @param {Window & typeof globalThis} window
   * @param {Parts} own the parts of the page itself
   * @param {(document: Document, window: Window & typeof globalThis) => Parts} partsOf
   */
  constructor(window, own, partsOf) {
    this.#window = window;
    this.#own = own;
    this.#partsOf = partsOf;
  }

  /**
   * Remembers the windows that the page opens from now on. No list of them exists, and `window.open` with a name would
   * open a window that was closed.
   */
  watchPopups() {
    const { open } = this.#window;
    // A proxy keeps the function's name, length and text.
    this.#window.open = new Proxy(open, {
      apply: (open, self, values) => {
        const popup = Reflect.apply(open, self, values);
        if (popup) this.#remember(popup);
        return popup;
      },
    });
  }

  /** @type {Parts['usage']} */
  usage = {
    used: (keys) => union(this.#all().map(({ usage }) => usage.used(keys))),
    isGuess: (key) => this.#all().every(({ usage }) => !uses(usage, key) || usage.isGuess(key)),
    urlsOf: (key) => [...new Set(this.#all().flatMap(({ usage }) => usage.urlsOf(key)))],
    sameNameOf: (key) => this.#own.usage.sameNameOf(key),
  };

  /** @type {Parts['stylesheets']} */
  stylesheets = {
    having: (keys) => union(this.#all().map(({ stylesheets }) => stylesheets.having(keys))),
    update: (updates) => {
      for (const { stylesheets } of this.#all()) {
        const used = stylesheets.having(new Set(updates.keys()));
        stylesheets.update(new Map([...updates].filter(([key]) => used.has(key))));
      }
    },
  };

  /** @type {Parts['images']} */
  images = {
    find: (keys) => {
      /** @type {Map<string, Place[]>} */
      const found = new Map();
      for (const { images } of this.#all()) {
        for (const [key, places] of images.find(keys)) {
          for (const place of places) this.#ownerOf.set(place, images);
          found.set(key, [...(found.get(key) ?? []), ...places]);
        }
      }
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
    const others = this.#all().filter((parts) => parts !== this.#own);
    return others.some(({ usage }) => uses(usage, key) && usage.urlsOf(key).length > 0);
  }

  /** @param {Window} popup */
  #remember(popup) {
    // A reference to a closed window would keep its document in memory.
    this.#popups = this.#popups.filter((other) => !other.closed && other !== popup).slice(1 - MOST_POPUPS);
    this.#popups.push(popup);
  }

  /** The parts of each document, the page's first. */
  #all() {
    if (this.#found) return this.#found;
    this.#popups = this.#popups.filter(({ closed }) => !closed);
    const found = [this.#own];
    for (const document of this.#documents()) {
      const { defaultView } = document;
      if (!defaultView) continue;
      const parts = this.#parts.get(document) ?? this.#partsOf(document, defaultView);
      this.#parts.set(document, parts);
      found.push(parts);
      if (found.length > MOST_DOCUMENTS) break;
    }
    this.#found = found;
    queueMicrotask(() => (this.#found = undefined));
    return found;
  }

  /** @returns {Generator<Document>} */
  *#documents() {
    const page = this.#window.document;
    /** @type {Document[]} */
    const waiting = [page];
    const seen = new Set(waiting);
    const popups = this.#popups.map(documentOf);
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (next !== page) yield next;
      const inside = [...containersIn(next)].map(documentIn);
      for (const document of next === page ? [...inside, ...popups] : inside) {
        if (!document || seen.has(document) || !isFilled(document, [page, next].map(({ URL }) => withoutFragment(URL)))) continue;
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
  return /** @type {Partial<HTMLIFrameElement>} */ (container).contentDocument ?? null;
}

/**
 * @param {Window} popup
 * @returns {Document | null}
 */
function documentOf(popup) {
  try {
    return popup.document;
  } catch {
    return null;
  }
}

/**
 * Returns true for a document that the owner's scripts or markup filled. `document.open` gives one the URL of the document
 * whose script called it (HTML, "document open steps").
 *
 * @param {Document} document
 * @param {string[]} owners
 */
function isFilled(document, owners) {
  const { defaultView: window } = document;
  if (!window || '__hot_middleware__' in window || document.querySelectorAll('script[data-hot-middleware]').length) return false;
  return /^(?:about|blob):/.test(document.URL) || owners.includes(withoutFragment(document.URL));
}

/** @param {string} url */
function withoutFragment(url) {
  return url.replace(/#.*$/s, '');
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
