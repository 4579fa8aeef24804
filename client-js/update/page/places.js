/** Places in the page that a script has made unclear. */

import { CannotUpdate, nameOf } from './reasons.js';
import { wordsIn } from './similarity.js';
import { isBlank, isElement, unitOf } from './units.js';

/**
 * @typedef {import('./units.js').Unit} Unit
 * @typedef {import('./units.js').Parent} Parent
 * @typedef {import('./live-nodes.js').LiveNodes} LiveNodes
 *
 * @typedef {object} Item a unit of the next version in its place
 * @property {Unit} unit
 * @property {Unit | undefined} partner in the base
 * @property {'stable' | 'moved' | 'fresh' | 'shell'} kind
 * @property {Item[]} items the children of a shell
 *
 * @typedef {object} Change of the children of a parent
 * @property {Item[]} items
 * @property {Unit[]} unitsA
 * @property {Unit[]} gone
 * @property {Parent} parent in the page
 */

/**
 * Refuses a change of an element's children where a script has put, taken or sorted them so that their places are not clear.
 *
 * @param {Change} change
 * @param {LiveNodes} live
 */
export function checkChildren({ items, unitsA, gone, parent }, live) {
  const [doubtful, another] = unitsA.filter(({ node }) => live.isDoubtful(node));
  if (doubtful && another && (gone.some((unit) => !isTrifle(unit)) || items.some(isPut))) throw new CannotUpdate(replaced(doubtful.node));
  checkPlaces(items, live);
  checkDetached(items, live);
  checkWrappers(items, parent, live);
  checkTwins(items, parent, live);
  if (items.some(({ kind }) => kind === 'moved')) checkOrder(unitsA, parent, live);
}

/**
 * Refuses to add an element that a script has put into the page already, as htmx does with a part of the next answer.
 *
 * @param {Element} element of the next version
 * @param {Document} document the page
 * @param {LiveNodes} live
 */
export function checkAbsent(element, document, live) {
  if (!element.id) return;
  const same = document.getElementById(element.id);
  if (same && live.isForeign(same)) throw new CannotUpdate(`${nameOf(element)} was added, which a script has added before`);
}

/**
 * Returns true for what no reader of the page sees.
 *
 * @param {Unit} unit
 */
export function isTrifle({ node, text }) {
  return node.nodeType === 8 || isBlank(text);
}

/** @param {Node} node of the base */
export function replaced(node) {
  const name = isElement(node) ? nameOf(node) : `the text of ${node.parentElement ? nameOf(node.parentElement) : 'a template'}`;
  return `${name} changed, which a script has removed or replaced`;
}

/** @param {Item} item */
function isPut({ kind, unit }) {
  return kind !== 'stable' && !isTrifle(unit);
}

/**
 * Refuses to put something beside an element that the page may have in an unknown place.
 *
 * @param {Item[]} items
 * @param {LiveNodes} live
 */
function checkPlaces(items, live) {
  let isBeside = false;
  /** @type {Element | undefined} */
  let uncertain;
  for (const item of items) {
    const { partner, kind } = item;
    if (kind !== 'stable') isBeside ||= isPut(item);
    else if (partner && isElement(partner.node) && live.isUncertain(partner.node)) uncertain = partner.node;
    else if (partner && live.of(partner.node).length) [isBeside, uncertain] = [false, undefined];
    if (isBeside && uncertain) throw new CannotUpdate(replaced(uncertain));
  }
}

/**
 * Refuses to put something into a list from which a script has taken others like it, as one that shows a page of rows at a time.
 *
 * @param {Item[]} items
 * @param {LiveNodes} live
 */
function checkDetached(items, live) {
  const tags = new Set(items.filter(isPut).map(({ unit: { node } }) => node.nodeName));
  const isDetached = (/** @type {Item} */ { partner }) => {
    const node = partner?.node;
    return node && isElement(node) && !live.of(node).length;
  };
  const taken = items.filter((item) => item.kind === 'stable' && tags.has(item.unit.node.nodeName) && isDetached(item));
  const [first, another] = taken.map(({ unit }) => /** @type {Element} */ (/** @type {Node} */ (unit.node)));
  if (first && another) {
    throw new CannotUpdate(`${nameOf(first)} and others beside a new one are not in the page, from which a script has taken them`);
  }
}

/**
 * Refuses to put something beside elements that a script has put together into one of its own: it may belong there too.
 *
 * @param {Item[]} items
 * @param {Parent} parent
 * @param {LiveNodes} live
 */
function checkWrappers(items, parent, live) {
  /** @param {Item} item */
  const wrapperOf = ({ kind, partner }) => {
    const element = kind === 'stable' && partner ? live.element(partner.node) : undefined;
    const wrapper = element?.parentElement;
    return wrapper && wrapper !== parent && !live.baseOf(wrapper) ? wrapper : undefined;
  };
  const solid = items.filter(({ unit }) => !isTrifle(unit));
  const wrappers = solid.map(wrapperOf);
  /** @type {Map<Element | undefined, number>} */
  const counts = new Map();
  for (const wrapper of wrappers) counts.set(wrapper, (counts.get(wrapper) ?? 0) + 1);
  /** The nearest stable ones, from both sides. @param {number[]} places */
  const check = (places) => {
    /** @type {Element | undefined} */
    let beside;
    for (const at of places) {
      if (solid[at]?.kind === 'stable') beside = wrappers[at];
      else if (beside && (counts.get(beside) ?? 0) > 1) throw new CannotUpdate(`a script has put the elements beside a new one into ${nameOf(beside)}`);
    }
  };
  const places = [...solid.keys()];
  check(places);
  check(places.reverse());
}

/**
 * Refuses to add an element beside one that a script has added and that is equal, or has the same words.
 *
 * @param {Item[]} items
 * @param {Parent} parent
 * @param {LiveNodes} live
 */
function checkTwins(items, parent, live) {
  const fresh = items.filter(({ kind, unit }) => kind === 'fresh' && isElement(unit.node));
  const foreign = fresh.length ? [...parent.children].filter((child) => live.isForeign(child)) : [];
  for (const { unit } of foreign.length ? fresh : []) {
    const element = /** @type {Element} */ (/** @type {Node} */ (unit.node));
    if (foreign.some((child) => isTwin(child, element))) throw new CannotUpdate(`${nameOf(element)} was added, which a script has added before`);
  }
}

/** @param {Element} own @param {Element} element */
function isTwin(own, element) {
  if (own.isEqualNode(element)) return true;
  const [words, others] = [own, element].map((one) => [...wordsIn(unitOf(one))].sort().join(' '));
  return own.localName === element.localName && words !== '' && words === others;
}

/**
 * Refuses another order of elements that a script has sorted too.
 *
 * @param {Unit[]} unitsA
 * @param {Parent} parent
 * @param {LiveNodes} live
 */
function checkOrder(unitsA, parent, live) {
  /** @type {Node | undefined} */
  let last;
  for (const { node } of unitsA) {
    const [own] = isElement(node) ? live.of(node) : [];
    if (own?.parentNode !== parent) continue;
    if (last && last.compareDocumentPosition(own) & 2) {
      throw new CannotUpdate(`the order of elements in ${isElement(parent) ? nameOf(parent) : 'the page'} changed, which a script has changed too`);
    }
    last = own;
  }
}
