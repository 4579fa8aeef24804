/** The places where a document uses stylesheets: its `link` and `style` elements, and what their sheets import. */

import { absolute, withoutVersion } from '../stream/url.js';
import { baseOf, rootsOf, rulesOf } from './dom.js';

/**
 * @typedef {HTMLLinkElement | HTMLStyleElement} Owner
 *
 * @typedef {object} Place where a document uses a stylesheet
 * @property {string} url without this client's parameter
 * @property {Owner} owner the element at the top of it, which an `@import` is reached from
 * @property {CSSStyleSheet | null} sheet `null` when it failed to load or is disabled
 * @property {boolean} imported
 */

/**
 * @param {Document} document
 * @returns {Generator<Owner>}
 */
export function* ownersIn(document) {
  for (const root of rootsOf(document)) {
    yield* /** @type {NodeListOf<Owner>} */ (root.querySelectorAll('link[rel~="stylesheet" i],style'));
  }
}

/**
 * The stylesheet of an element, and those that it imports at any depth.
 *
 * @param {Owner} owner
 * @param {Document} document
 * @returns {Generator<Place>}
 */
export function* placesOf(owner, document) {
  const { sheet } = owner;
  if ('href' in owner && owner.href) yield { url: withoutVersion(owner.href), owner, sheet, imported: false };
  if (sheet) yield* importsOf(sheet, owner, document);
}

/**
 * @param {CSSStyleSheet} parent
 * @param {Owner} owner
 * @param {Document} document
 * @returns {Generator<Place>}
 */
export function* importsOf(parent, owner, document) {
  for (const rule of rulesOf(parent) ?? []) {
    // Only @layer statements may precede imports; the rest of a large sheet can be skipped.
    if ('nameList' in rule) continue;
    if (!('styleSheet' in rule)) break;
    const { href, styleSheet: sheet } = /** @type {CSSImportRule} */ (rule);
    const url = absolute(href, baseOf(parent, document));
    if (url) yield { url: withoutVersion(url), owner, sheet, imported: true };
    if (sheet) yield* importsOf(sheet, owner, document);
  }
}
