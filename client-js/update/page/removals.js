/** Removal of what the template no longer has, with what scripts put into it. */

import { CannotUpdate, nameOf } from './reasons.js';
import { hasInput, hasOthers, isFilled, isOfKind } from './states.js';
import { elementsIn, isElement } from './units.js';
import { widgetOf, withWrapper } from './widgets.js';

/** @typedef {import('./units.js').Unit} Unit */

/** The removals of one update. */
export class Removals {
  #live;
  #match;
  /** Nodes of the page. @type {Set<ChildNode>} */
  #nodes = new Set();
  /** Nodes of the base. @type {ChildNode[]} */
  #base = [];

  /**
   * @param {import('./live-nodes.js').LiveNodes} live
   * @param {import('./match.js').Match} match of the base and the next version
   */
  constructor(live, match) {
    this.#live = live;
    this.#match = match;
  }

  /**
   * Plans the removal of a unit of the base.
   *
   * @param {Unit} unit
   * @returns {number} the number of changes in the page
   */
  add({ node, nodes }) {
    if (this.#live.isKept(node)) return 0;
    const widget = isElement(node) ? widgetOf(node, this.#live) : undefined;
    if (widget && isElement(node)) {
      throw new CannotUpdate(`${nameOf(node)} was removed, but not ${nameOf(widget)}, which a script has put beside or around it`);
    }
    this.#base.push(...nodes);
    const live = /** @type {ChildNode[]} */ (this.#live.of(node));
    // An element of a script around it alone has nothing left to show.
    for (const one of live) this.#nodes.add(withWrapper(one, this.#live));
    if (!isElement(node)) return live.length;
    const isMoved = (/** @type {Element} */ element) => element !== node && this.#match.ofA.has(element);
    const elements = [...elementsIn(node, isMoved)];
    for (const element of elements) {
      if (element !== node && this.#live.isKept(element)) {
        throw new CannotUpdate(`${nameOf(node)} was removed, and ${nameOf(element)} in it must be kept`);
      }
      // A script has put it into another place.
      const [elsewhere] = element === node ? [] : /** @type {ChildNode[]} */ (this.#live.of(element));
      if (elsewhere && !live[0]?.contains(elsewhere)) this.#nodes.add(elsewhere);
    }
    for (const removed of live) if (isElement(removed)) this.#check(removed, node);
    return live.length;
  }

  /**
   * Refuses to remove what a script has moved into a removed element.
   *
   * @param {Element} removed
   * @param {Element} base
   */
  #check(removed, base) {
    for (const element of elementsIn(removed)) {
      const known = this.#live.baseOf(element);
      if (known && known.isConnected && !base.contains(known)) {
        throw new CannotUpdate(`${nameOf(base)} was removed, into which a script has moved ${nameOf(element)}`);
      }
    }
  }

  /**
   * Refuses to remove an element with what a script has put into it, if the template has another in its place: what is in it belongs
   * there.
   *
   * @param {Element} node of the base
   * @param {Element[]} successors elements of the next version that are new beside it
   */
  checkReplaced(node, successors) {
    for (const element of elementsIn(node, this.#isMoved)) {
      const live = this.#live.element(element);
      if (!live) continue;
      if (isFilled(element, live)) throw new CannotUpdate(`${nameOf(element)} was replaced, which a script has filled`);
      const hasSuccessor = element.id && successors.some((one) => one.id === element.id);
      if (hasSuccessor && hasOthers(live, this.#live)) {
        throw new CannotUpdate(`${nameOf(element)} was replaced, into which a script has put elements`);
      }
    }
  }

  /**
   * Refuses to remove an element into which a user has put something that may belong into a new one.
   *
   * @param {Element[]} fresh the elements of the next version that the page gets
   * @param {import('./choices.js').Choices} choices
   */
  checkLost(fresh, choices) {
    if (!fresh.length) return;
    for (const root of this.#base) {
      if (!isElement(root)) continue;
      for (const element of elementsIn(root, this.#isMoved)) {
        const live = this.#live.element(element);
        if (!live || !hasInput(element, live, choices)) continue;
        const isSuccessor = (/** @type {Element} */ one) => isOfKind(live, one);
        if (fresh.some((one) => [...elementsIn(one)].some(isSuccessor))) {
          throw new CannotUpdate(`${nameOf(element)} was replaced, into which a user has put something`);
        }
      }
    }
  }

  #isMoved = (/** @type {Element} */ element) => this.#match.ofA.has(element);

  removeLive() {
    for (const node of this.#nodes) node.remove();
  }

  removeBase() {
    for (const node of this.#base) node.remove();
  }
}
