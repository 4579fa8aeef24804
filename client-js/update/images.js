/** Image updates: a changed image is shown everywhere in the page without a reload. */

import { baseOf, rootsOf, rulesOf, visitStyles } from './dom.js';
import { endOfBlank, endOfString, skip } from './split-rules.js';
import { absolute, keyOf as plainKeyOf, withVersion } from '../stream/url.js';

const XLINK = 'http://www.w3.org/1999/xlink';

const ELEMENTS =
  'img,source,input[type="image" i],video[poster],link[rel~="icon" i],link[rel~="apple-touch-icon" i],' +
  'link[imagesrcset],object[data],embed,image,use,feImage,[background]';

const URL_ATTRIBUTES = ['src', 'href', 'poster', 'data', 'background'];
const SRCSET_ATTRIBUTES = ['srcset', 'imagesrcset'];

/** The start of a `url(…)`. */
const CSS_URL = /url\(/gi;
const HAS_URL = /url\(/i;

/** Characters of a bare URL in CSS, and an escape, which may end in a space (CSS Syntax, section 4.3.7). */
const BARE = /[^\s"'()\\]*/y;
const ESCAPE = /\\(?:[0-9a-f]{1,6}\s?|[^])/iy;

const SEPARATORS = /[\s,]*/y;
const NOT_BLANK = /\S*/y;

/**
 * @typedef {(url: string, base: string) => string | undefined} Rename
 *
 * @typedef {(rename: Rename) => void} Renaming renames the URLs in one element or style
 *
 * @typedef {object} Place where the page shows an image
 * @property {string} url
 * @property {Renaming} renaming
 */

/** The images of a page. */
export class Images {
  #document;
  #preload;
  #keyOf;
  /** Versions that were swapped in, by key, for stylesheets that are loaded later. @type {Map<string, string>} */
  #versions = new Map();
  /** The number of images that are loading. */
  #loading = 0;
  /** The sheets that were searched since then, each with its rules. @type {WeakMap<CSSStyleSheet, CSSRule[]>} */
  #seen = new WeakMap();
  #pause;
  /** The pause after the last swap. @type {Promise<void> | undefined} */
  #rest;

  /**
   * @param {Document} document
   * @param {(url: string) => Promise<unknown>} preload settles when the image is decoded
   * @param {object} [page]
   * @param {import('../stream/url.js').KeyOf} [page.keyOf]
   * @param {() => Promise<void>} [page.pause] a few frames
   */
  constructor(document, preload, { keyOf = plainKeyOf, pause = () => Promise.resolve() } = {}) {
    this.#pause = pause;
    this.#document = document;
    this.#preload = preload;
    this.#keyOf = keyOf;
  }

  /**
   * Finds where the document or a stylesheet shows any of the images, in one pass over them.
   *
   * @param {Set<string>} keys
   * @returns {Map<string, Place[]>} the places of each image that is shown
   */
  find(keys) {
    /** @type {Map<string, Place[]>} */
    const found = new Map();
    if (!keys.size) return found;
    this.#visit(
      (renaming) =>
        renaming((url, base) => {
          const key = this.#keyOf(url, base);
          if (key === undefined || !keys.has(key)) return undefined;
          const places = found.get(key) ?? [];
          places.push({ url: absolute(url, base) ?? url, renaming });
          found.set(key, places);
          return undefined;
        }),
      (sheet) => {
        this.#seen.set(sheet, [...(rulesOf(sheet) ?? [])]);
        return false;
      },
    );
    return found;
  }

  /**
   * Shows the image's new version, once it is loaded, at the places that `find` found, and at those that the page added
   * meanwhile.
   *
   * @param {string} key
   * @param {string} version
   * @param {Place[]} places
   */
  async swap(key, version, places) {
    const [first] = places;
    if (!first) return;
    this.#versions.set(key, version);
    this.#loading += 1;
    // A broken image is swapped in too: it is what the server has.
    await this.#preload(withVersion(first.url, version)).catch(() => undefined);
    // Images that are loaded meanwhile are swapped together: each change of a sheet has all styles calculated again.
    if (this.#rest) await this.#rest;
    this.#rest ??= this.#pause().then(() => (this.#rest = undefined));
    this.#loading -= 1;
    try {
      if (this.#versions.get(key) !== version) return;
      for (const renaming of new Set(places.map((place) => place.renaming))) {
        renaming((url, base) => (this.#keyOf(url, base) === key ? this.#current(url, base) : undefined));
      }
    } finally {
      if (!this.#loading) this.#catchUp();
    }
  }

  /**
   * The text of a CSS rule with the images in it that were swapped since the page was loaded.
   *
   * @param {string} css
   * @param {string} base
   */
  freshen(css, base) {
    return this.#versions.size ? renameInCss(css, base, this.#current) : css;
  }

  /**
   * Does the same as `freshen` for a whole sheet.
   *
   * @param {CSSStyleSheet} sheet
   */
  freshenSheet(sheet) {
    if (!this.#versions.size) return;
    visitSheet(sheet, this.#document, (renaming) => renaming(this.#current));
  }

  /** @type {Rename} */
  #current = (url, base) => {
    const version = this.#versions.get(this.#keyOf(url, base) ?? '');
    const next = version === undefined ? url : withVersion(url, version);
    return next === url ? undefined : next;
  };

  /** Shows the new versions where the page has put the old ones while they were loading, in one pass for all. */
  #catchUp() {
    const seen = this.#seen;
    this.#seen = new WeakMap();
    this.#visit(
      (renaming) => {
        try {
          renaming(this.#current);
        } catch {
          // Trusted Types forbid it here.
        }
      },
      (sheet) => isAsSeen(sheet, seen.get(sheet)),
    );
  }

  /**
   * Visits every element and style of the page that has the URL of an image.
   *
   * @param {(renaming: Renaming) => void} visit
   * @param {(sheet: CSSStyleSheet) => boolean} isLeftOut returns true for a sheet whose own styles are not visited
   */
  #visit(visit, isLeftOut) {
    const document = this.#document;
    const { baseURI } = document;
    for (const root of rootsOf(document)) {
      for (const element of root.querySelectorAll(ELEMENTS)) {
        visit((rename) => renameInElement(element, baseURI, rename));
      }
      for (const element of root.querySelectorAll('[style*="url(" i]')) {
        visit((rename) => renameInStyle(/** @type {HTMLElement} */ (element).style, baseURI, rename));
      }
      for (const sheet of [...root.styleSheets, ...(root.adoptedStyleSheets ?? [])]) {
        visitSheet(sheet, document, visit, isLeftOut);
      }
    }
  }
}

/**
 * Returns true if a sheet has the rules that it had when it was searched. To compare them takes a tenth of the time of
 * reading them.
 *
 * @param {CSSStyleSheet} sheet
 * @param {CSSRule[] | undefined} seen
 */
function isAsSeen(sheet, seen) {
  const rules = rulesOf(sheet);
  return seen !== undefined && rules?.length === seen.length && seen.every((rule, index) => rule === rules[index]);
}

/**
 * @param {Element} element
 * @param {string} base
 * @param {Rename} rename
 */
function renameInElement(element, base, rename) {
  for (const name of URL_ATTRIBUTES) {
    const next = renamed(element.getAttribute(name), base, rename);
    if (next !== undefined) element.setAttribute(name, next);
  }
  const link = renamed(element.getAttributeNS(XLINK, 'href'), base, rename);
  if (link !== undefined) element.setAttributeNS(XLINK, 'xlink:href', link);
  for (const name of SRCSET_ATTRIBUTES) {
    const value = element.getAttribute(name);
    const next = value && renameInSrcset(value, base, rename);
    if (next && next !== value) element.setAttribute(name, next);
  }
}

/**
 * @param {string | null} url
 * @param {string} base
 * @param {Rename} rename
 */
function renamed(url, base, rename) {
  return url ? rename(url, base) : undefined;
}

/**
 * @param {CSSStyleSheet} sheet
 * @param {Document} document
 * @param {(renaming: Renaming) => void} visit
 * @param {(sheet: CSSStyleSheet) => boolean} [isLeftOut]
 */
function visitSheet(sheet, document, visit, isLeftOut) {
  /**
   * @param {CSSStyleDeclaration} style
   * @param {CSSStyleSheet} owner
   */
  const visitStyle = (style, owner) => {
    // Few styles have a URL, and only those need more than a look.
    if (HAS_URL.test(style.cssText)) visit((rename) => renameInStyle(style, baseOf(owner, document), rename));
  };
  visitStyles(sheet, visitStyle, isLeftOut);
}

/**
 * @param {CSSStyleDeclaration} style
 * @param {string} base
 * @param {Rename} rename
 */
function renameInStyle(style, base, rename) {
  // The whole text, not property by property: a shorthand with `var()` has no longhands to read.
  const text = style.cssText;
  const next = renameInCss(text, base, rename);
  if (next !== text) style.cssText = next;
}

/**
 * Renames the URLs in the `url(…)` of a piece of CSS. Each character is read at most twice.
 *
 * @param {string} css
 * @param {string} base
 * @param {Rename} rename
 */
export function renameInCss(css, base, rename) {
  let renamed = '';
  let from = 0;
  const pattern = new RegExp(CSS_URL);
  for (let match = pattern.exec(css); match; match = pattern.exec(css)) {
    const found = readUrl(css, pattern.lastIndex);
    if (!found) continue;
    pattern.lastIndex = found.end;
    const next = rename(unescapeCss(found.text), base);
    if (next === undefined) continue;
    const quoted = next.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\a ');
    renamed += `${css.slice(from, match.index)}url("${quoted}")`;
    from = found.end;
  }
  return renamed + css.slice(from);
}

/**
 * Reads a URL and the parenthesis after it, as browsers serialise them and as people write them.
 *
 * @param {string} css
 * @param {number} from the index after `url(`
 * @returns {{ text: string, end: number } | undefined} the URL with its escapes
 */
function readUrl(css, from) {
  const start = endOfBlank(css, from);
  const quote = css.charAt(start);
  const isQuoted = quote === '"' || quote === "'";
  const after = isQuoted ? endOfString(css, quote, start + 1) : endOfBare(css, start);
  if (after === -1 || after === start) return undefined;
  const end = endOfBlank(css, after);
  if (css.charAt(end) !== ')') return undefined;
  return { text: isQuoted ? css.slice(start + 1, after - 1) : css.slice(start, after), end: end + 1 };
}

/**
 * @param {string} css
 * @param {number} from
 */
function endOfBare(css, from) {
  let at = skip(css, from, BARE);
  while (css.charAt(at) === '\\' && at + 1 < css.length) at = skip(css, skip(css, at, ESCAPE), BARE);
  return at;
}

/** @param {string} text */
function unescapeCss(text) {
  return text.replace(/\\(?:([0-9a-f]{1,6})\s?|\n|([^]))/gi, (_, hex, character) => {
    if (character !== undefined) return character;
    const code = hex === undefined ? undefined : parseInt(hex, 16);
    if (code === undefined) return '';
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  });
}

/**
 * Renames the URLs of a `srcset` and keeps their descriptors. Each character is read once.
 *
 * A URL may hold commas but neither begin nor end with one (HTML, "parse a srcset attribute").
 *
 * @param {string} srcset
 * @param {string} base
 * @param {Rename} rename
 */
export function renameInSrcset(srcset, base, rename) {
  let renamed = '';
  for (let at = 0; at < srcset.length; ) {
    const start = skip(srcset, at, SEPARATORS);
    const end = skip(srcset, start, NOT_BLANK);
    let urlEnd = end;
    while (urlEnd > start && srcset.charAt(urlEnd - 1) === ',') urlEnd -= 1;
    const url = srcset.slice(start, urlEnd);
    const next = urlEnd < end ? end : endOfDescriptors(srcset, end);
    renamed += srcset.slice(at, start) + (url && (rename(url, base) ?? url)) + srcset.slice(urlEnd, next);
    at = next;
  }
  return renamed;
}

/**
 * The index after the comma that ends a candidate's descriptors, which may have commas in parentheses.
 *
 * @param {string} srcset
 * @param {number} from
 */
function endOfDescriptors(srcset, from) {
  let isOpen = false;
  for (let at = from; at < srcset.length; at += 1) {
    const character = srcset.charAt(at);
    if (character === ',' && !isOpen) return at + 1;
    if (character === '(') isOpen = true;
    if (character === ')') isOpen = false;
  }
  return srcset.length;
}
