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

/**
 * A copy of an element, also for a policy with nonces: Firefox leaves them out of a clone.
 *
 * @template {Owner} Element
 * @param {Element} owner
 * @returns {Element}
 */
export function copyOf(owner) {
  const copy = /** @type {Element} */ (owner.cloneNode(true));
  if (owner.nonce) copy.nonce = owner.nonce;
  return copy;
}

/**
 * True if an element's sheet is among those of its document or shadow tree: WebKit removes one while it loads.
 *
 * @param {Owner} owner
 */
export function hasEffect(owner) {
  const { styleSheets } = /** @type {Document | ShadowRoot} */ (owner.getRootNode());
  return !owner.sheet || [...styleSheets].includes(owner.sheet);
}

/**
 * Gives a loaded element what its predecessor's attributes and the page's scripts say of when it applies.
 *
 * @param {Owner} successor
 * @param {Owner} owner
 */
export function inherit(successor, owner) {
  const media = owner.getAttribute('media');
  if (media === null) successor.removeAttribute('media');
  else successor.media = media;
  if (successor.sheet && owner.sheet) successor.sheet.disabled = owner.sheet.disabled;
}
