/** Image updates: a changed image is shown everywhere in the page without a reload. */

import { baseOf, rootsOf, walkRules } from './dom.js';
import { endOfBlank, endOfString, skip } from './split-rules.js';
import { absolute, keyOf, withVersion } from '../stream/url.js';

const XLINK = 'http://www.w3.org/1999/xlink';

const ELEMENTS =
  'img,source,input[type="image" i],video[poster],link[rel~="icon" i],link[rel~="apple-touch-icon" i],' +
  'link[imagesrcset],object[data],embed,image,use,feImage,[background]';

const URL_ATTRIBUTES = ['src', 'href', 'poster', 'data', 'background'];
const SRCSET_ATTRIBUTES = ['srcset', 'imagesrcset'];

/** The start of a `url(…)`. */
const CSS_URL = /url\(/gi;

/** Characters of a bare URL in CSS, and an escape, which may end in a space (CSS Syntax, section 4.3.7). */
const BARE = /[^\s"'()\\]*/y;
const ESCAPE = /\\(?:[0-9a-f]{1,6}\s?|[^])/iy;

const SEPARATORS = /[\s,]*/y;
const NOT_BLANK = /\S*/y;

/** @typedef {(url: string, base: string) => string | undefined} Rename */

/** The images of a page. */
export class Images {
  #document;
  #preload;
  /** Versions that were swapped in, by key, for stylesheets that are loaded later. @type {Map<string, string>} */
  #versions = new Map();

  /**
   * @param {Document} document
   * @param {(url: string) => Promise<unknown>} preload settles when the image is decoded
   */
  constructor(document, preload) {
    this.#document = document;
    this.#preload = preload;
  }

  /**
   * Returns true if the document or a stylesheet shows the image.
   *
   * @param {string} key
   */
  shows(key) {
    return this.#find(key) !== undefined;
  }

  /**
   * Shows the image's new version everywhere, once it is loaded.
   *
   * @param {string} key
   * @param {string} version
   */
  async swap(key, version) {
    this.#versions.set(key, version);
    const url = this.#find(key);
    if (url === undefined) return;
    // A broken image is swapped in too: it is what the server has.
    await this.#preload(withVersion(url, version)).catch(() => undefined);
    if (this.#versions.get(key) !== version) return;
    this.#rename((url, base) => (keyOf(url, base) === key ? withVersion(url, version) : undefined));
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
    if (this.#versions.size) renameInSheet(sheet, this.#document, this.#current);
  }

  /** @type {Rename} */
  #current = (url, base) => {
    const version = this.#versions.get(keyOf(url, base) ?? '');
    return version === undefined ? undefined : withVersion(url, version);
  };

  /**
   * The first URL, made absolute, by which the page shows the image.
   *
   * @param {string} key
   */
  #find(key) {
    /** @type {string | undefined} */
    let found;
    this.#rename((url, base) => {
      if (found === undefined && keyOf(url, base) === key) found = absolute(url, base);
      return undefined;
    });
    return found;
  }

  /** @param {Rename} rename */
  #rename(rename) {
    const document = this.#document;
    for (const root of rootsOf(document)) {
      for (const element of root.querySelectorAll(ELEMENTS)) renameInElement(element, document.baseURI, rename);
      for (const element of root.querySelectorAll('[style*="url(" i]')) {
        renameInStyle(/** @type {HTMLElement} */ (element).style, document.baseURI, rename);
      }
      for (const sheet of [...root.styleSheets, ...(root.adoptedStyleSheets ?? [])]) {
        renameInSheet(sheet, document, rename);
      }
    }
  }
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
 * @param {Rename} rename
 */
function renameInSheet(sheet, document, rename) {
  for (const { rule, sheet: owner } of walkRules(sheet)) {
    const { style } = /** @type {Partial<CSSStyleRule>} */ (rule);
    if (style) renameInStyle(style, baseOf(owner, document), rename);
  }
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
