/** Elements that libraries put around those of the template, or beside those that they have changed. */

import { isElement, isTemplate } from './units.js';

/** @typedef {import('./live-nodes.js').LiveNodes} LiveNodes */

/**
 * The element of a script that is around a node alone, or the node itself.
 *
 * @param {ChildNode} node of the page
 * @param {LiveNodes} live
 * @returns {ChildNode}
 */
export function withWrapper(node, live) {
  let outer = node;
  for (let parent = node.parentElement; parent && live.isForeign(parent) && parent.childNodes.length === 1; parent = parent.parentElement) outer = parent;
  return outer;
}

/**
 * The element of a script that belongs to one of the template, but does not move with it: around it and more, or beside one that a
 * script has changed for that or rendered from.
 *
 * @param {Element} base
 * @param {LiveNodes} live
 * @returns {Element | undefined}
 */
export function widgetOf(base, live) {
  const element = live.element(base);
  if (!element) return undefined;
  const outer = withWrapper(element, live);
  const parent = outer.parentElement;
  if (!parent) return undefined;
  if (live.isForeign(parent)) return parent;
  const isSource = isTemplate(element);
  if (!isSource && haveSameAttributes(element, base)) return undefined;
  const siblings = isSource ? [outer.nextSibling] : [outer.previousSibling, outer.nextSibling];
  return /** @type {Element | undefined} */ (siblings.find((node) => node && isElement(node) && live.isForeign(node)) ?? undefined);
}

/**
 * Returns true for elements that no script has changed.
 *
 * @param {Element} live
 * @param {Element} parsed
 */
export function haveSameAttributes(live, parsed) {
  const names = (/** @type {Element} */ element) => element.getAttributeNames().filter((name) => name !== 'nonce');
  const all = names(live);
  return all.length === names(parsed).length && all.every((name) => live.getAttribute(name) === parsed.getAttribute(name));
}
