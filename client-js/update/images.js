/** Showing a changed image wherever the page shows it, without loading the page again. */

import { baseOf, rootsOf, walkRules } from './dom.js';
import { absolute, keyOf, withVersion } from '../stream/url.js';

const XLINK = 'http://www.w3.org/1999/xlink';

const ELEMENTS =
  'img,source,input[type="image" i],video[poster],link[rel~="icon" i],link[rel~="apple-touch-icon" i],' +
  'link[imagesrcset],object[data],embed,image,use,feImage,[background]';

const URL_ATTRIBUTES = ['src', 'href', 'poster', 'data', 'background'];
const SRCSET_ATTRIBUTES = ['srcset', 'imagesrcset'];

/** `url(…)` as browsers serialise it and as people write it; the groups are the three ways to quote. */
const CSS_URL = /url\(\s*(?:"((?:[^"\\]|\\[^])*)"|'((?:[^'\\]|\\[^])*)'|((?:[^\s"'()\\]|\\[0-9a-f]{1,6}\s?|\\[^])+))\s*\)/gi;

/** @typedef {(url: string, base: string) => string | undefined} Rename */

/** The images of a page. */
export class Images {
  #document;
  #preload;
  /** What was swapped in, by key, for the stylesheets that come later. @type {Map<string, string>} */
  #versions = new Map();

  /**
   * @param {Document} document
   * @param {(url: string) => Promise<unknown>} preload settles when the image can be painted at once
   */
  constructor(document, preload) {
    this.#document = document;
    this.#preload = preload;
  }

  /**
   * Whether the document or a stylesheet shows the image.
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
    // A broken image is shown as one too: it is what the server has.
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
   * Does to a whole sheet what `freshen` does to a rule.
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
 * Renames what `url(…)` names in a piece of CSS.
 *
 * @param {string} css
 * @param {string} base
 * @param {Rename} rename
 */
export function renameInCss(css, base, rename) {
  return css.replace(CSS_URL, (whole, double, single, bare) => {
    const next = rename(unescapeCss(double ?? single ?? bare), base);
    return next === undefined ? whole : `url("${next.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\a ')}")`;
  });
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
 * Renames the URLs of a `srcset`, whose descriptors stay as they are.
 *
 * A URL may hold commas but neither begin nor end with one (HTML, "parse a srcset attribute").
 *
 * @param {string} srcset
 * @param {string} base
 * @param {Rename} rename
 */
export function renameInSrcset(srcset, base, rename) {
  return srcset.replace(
    /([\s,]*)(\S*[^\s,])(,+|(?:\s+(?:\([^)]*\)|[^,(])*)?(?:,|$))/g,
    (_, before, url, after) => before + (rename(url, base) ?? url) + after,
  );
}
