/** Elements that have got another parent: candidates among those without a partner in two documents. */

import { put } from './sequences.js';
import { isCompatible, modeOf, shallowKeyOf } from './similarity.js';
import { isBlank, isElement, unitOf } from './units.js';

/** Pairs of elements at different depths whose likeness is compared, and the likeness of a pair. */
const MOST_NESTED = 1_000;
const NESTED = 0.7;
const MOST_CHILDREN = 20;

/** Characters of text by which elements are sorted out before they are compared. */
const MOST_TEXT = 200;

/** Elements with state, of which one without a name is known by being the only one. */
const STATEFUL = new Set(['form', 'input', 'select', 'textarea', 'video', 'audio', 'canvas', 'iframe', 'details', 'dialog']);

/** @typedef {import('./units.js').Unit} Unit */

/**
 * The pairs of elements at different depths that are as like as can be, the most alike first.
 *
 * @param {Unit[]} gone
 * @param {Unit[]} fresh
 * @param {import('./similarity.js').Similarity} similarity
 * @returns {[Element, Element][]}
 */
export function nestedPairs(gone, fresh, similarity) {
  const elements = (/** @type {Unit[]} */ units) => units.map(({ node }) => /** @type {Node} */ (node)).filter(isElement);
  const inside = (/** @type {Element[]} */ roots) => roots.flatMap((root) => childrenOf(root).flatMap((child) => [child, ...childrenOf(child)]));
  const [goneRoots, freshRoots] = [elements(gone), elements(fresh)];
  const [goneInside, freshInside] = [inside(goneRoots), inside(freshRoots)];
  if (goneRoots.length * freshInside.length + goneInside.length * freshRoots.length > MOST_NESTED) return [];
  /** @param {Element} a @param {Element} b */
  const likenessOf = (a, b) => {
    const [one, other] = [unitOf(a), unitOf(b)];
    return isCompatible(one, other) && hasContent(a) ? similarity.of(one, other) : 0;
  };
  /** @param {Element[]} some @param {Element[]} others */
  const pairs = (some, others) => some.flatMap((a) => others.map((b) => ({ a, b, likeness: likenessOf(a, b) })));
  const found = [...pairs(goneRoots, freshInside), ...pairs(goneInside, freshRoots)].filter(({ likeness }) => likeness >= NESTED);
  found.sort((one, other) => other.likeness - one.likeness);
  return found.map(({ a, b }) => [a, b]);
}

/**
 * The pairs of equal elements that are unique, the outermost first.
 *
 * @param {Element[]} gone
 * @param {Element[]} fresh
 * @param {(a: Node, b: Node) => boolean} areEqual
 * @returns {[Element, Element][]}
 */
export function equalPairs(gone, fresh, areEqual) {
  const cheap = (/** @type {Element} */ element) => {
    const { childNodes, textContent } = element;
    return `${shallowKeyOf(element)} ${childNodes.length} ${textContent?.length} ${textContent?.slice(0, MOST_TEXT)}`;
  };
  /** @type {Map<string, Element[]>} */
  const places = new Map();
  for (const a of gone.filter(hasContent)) put(places, cheap(a), a);
  /** @type {Map<Element, Element[]>} */
  const claims = new Map();
  for (const b of fresh.filter(hasContent)) {
    const others = places.get(cheap(b)) ?? [];
    const at = others.findIndex((element) => areEqual(element, b));
    const a = others[at];
    if (a && !others.slice(at + 1).some((element) => areEqual(element, b))) put(claims, a, b);
  }
  return [...claims].flatMap(([a, [b, ...others]]) => (b && !others.length ? [/** @type {[Element, Element]} */ ([a, b])] : []));
}

/**
 * The elements whose name is unique among them, and not empty.
 *
 * @param {Element[]} elements
 * @param {(element: Element) => string} nameOf
 */
export function uniqueBy(elements, nameOf) {
  /** @type {Map<string, Element | undefined>} */
  const found = new Map();
  for (const element of elements) {
    const name = nameOf(element);
    if (!name) continue;
    const key = `${element.localName} ${modeOf(element)} ${name}`;
    found.set(key, found.has(key) ? undefined : element);
  }
  return found;
}

/** @param {Element} element */
export function hasContent(element) {
  return element.firstElementChild !== null || !isBlank(element.textContent ?? '') || element.attributes.length > 0;
}

/**
 * Returns true if an element can be known by its tag and attributes alone.
 *
 * @param {Element} element
 */
export function isTelling(element) {
  return STATEFUL.has(element.localName) || element.attributes.length > 0;
}

/**
 * The children of an element that may have been put into it.
 *
 * @param {Element} element
 */
function childrenOf(element) {
  /** @type {Element[]} */
  const found = [];
  for (let child = element.firstElementChild; child && found.length < MOST_CHILDREN; child = child.nextElementSibling) found.push(child);
  return found;
}
