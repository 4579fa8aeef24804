/** Changes that need a reload: of the page's scripts, its policies, and how it was parsed. */

import { isOnlyNoise } from './noise.js';
import { shorten } from './reasons.js';
import { KEEP } from './units.js';

/** A nonce in a policy, which is another at each request. */
const NONCE = /'nonce-[^']*'/g;

/** @typedef {import('./units.js').IsOwn} IsOwn */

/**
 * The reason why the next version of a page needs a reload, if there is one.
 *
 * @param {Document} base
 * @param {Document} next
 * @param {Document | undefined} second another answer of the next version
 * @param {IsOwn} isOwn
 * @returns {string | undefined}
 */
export function reasonToReload(base, next, second, isOwn) {
  if (doctypeOf(base) !== doctypeOf(next)) return 'the doctype changed';
  if (base.contentType !== next.contentType) return 'the content type changed';
  return (
    reasonInList(base, next, second, 'base', () => '<base> changed') ??
    reasonInList(base, next, second, 'meta[http-equiv]', (element) => `<meta http-equiv="${shorten(element.getAttribute('http-equiv') ?? '')}"> changed`) ??
    reasonInList(base, next, second, 'meta[charset]', () => '<meta charset> changed') ??
    reasonInScripts(scriptsIn(base, isOwn), scriptsIn(next, isOwn), second && scriptsIn(second, isOwn))
  );
}

/**
 * The scripts of a document in their order, without those that are never touched.
 *
 * @param {Document} document
 * @param {IsOwn} isOwn
 */
export function scriptsIn(document, isOwn) {
  return [...document.querySelectorAll('script')].filter((script) => !isOwn(script) && !script.closest(`[${KEEP}]`));
}

/** @param {Document} document */
function doctypeOf({ doctype }) {
  return doctype && [doctype.name, doctype.publicId, doctype.systemId].join(' ');
}

/**
 * @param {Document} base
 * @param {Document} next
 * @param {Document | undefined} second
 * @param {string} selector
 * @param {(element: Element) => string} reasonOf
 */
function reasonInList(base, next, second, selector, reasonOf) {
  const [before, after, others] = [base, next, second].map((document) => [...(document?.querySelectorAll(selector) ?? [])]);
  for (let index = 0; index < Math.max(before?.length ?? 0, after?.length ?? 0); index += 1) {
    const [a, b] = [before?.[index], after?.[index]];
    if (!a || !b || !areAlike(a, b, others?.[index])) return reasonOf(/** @type {Element} */ (b ?? a));
  }
  return undefined;
}

/**
 * @param {Element} a
 * @param {Element} b
 * @param {Element | undefined} other
 */
function areAlike(a, b, other) {
  const text = textOf(a);
  return text === textOf(b) || (other !== undefined && isOnlyNoise(text, textOf(b), textOf(other)));
}

/**
 * An element's attributes and text, without nonces.
 *
 * @param {Element} element
 */
function textOf(element) {
  const names = element.getAttributeNames().filter((name) => name !== 'nonce');
  const attributes = names.sort().map((name) => `${name}=${element.getAttribute(name)}`);
  return `${attributes.join('\n')}\n\n${element.textContent}`.replace(NONCE, '');
}

/**
 * @param {Element[]} before
 * @param {Element[]} after
 * @param {Element[] | undefined} second
 * @returns {string | undefined}
 */
function reasonInScripts(before, after, second) {
  const others = second?.length === after.length ? second : [];
  const differs = (/** @type {number} */ index) => {
    const [a, b] = [before[index], after[index]];
    return !a || !b || !areAlike(a, b, others[index]);
  };
  let first = 0;
  while (first < before.length && first < after.length && !differs(first)) first += 1;
  const [a, b] = [before[first], after[first]];
  if (!a && !b) return undefined;
  const texts = { before: before.map(textOf), after: after.map(textOf) };
  if (before.length === after.length && a && b) {
    const isMoved = [...texts.before].sort().join('\n') === [...texts.after].sort().join('\n');
    return isMoved ? 'the order of scripts changed' : `${kindOf(b)} changed`;
  }
  if (before.length < after.length) {
    const added = after.find((script) => !texts.before.includes(textOf(script)));
    return `${kindOf(/** @type {Element} */ (added ?? b ?? a))} was added`;
  }
  const removed = before.find((script) => !texts.after.includes(textOf(script)));
  return `${kindOf(/** @type {Element} */ (removed ?? a ?? b))} was removed`;
}

/** @param {Element} script */
export function kindOf(script) {
  const type = script.getAttribute('type')?.toLowerCase() ?? '';
  if (type === 'importmap') return 'an import map';
  const url = script.getAttribute('src') ?? script.getAttribute('href');
  if (url) return `the script ${shorten(url)}`;
  const isCode = type === '' || type === 'module' || /(?:java|ecma)script/.test(type);
  return isCode ? 'an inline script' : 'a data block';
}
