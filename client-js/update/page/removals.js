/** Removal of what the template no longer has, with what scripts put into it. */

import { isDirty } from './forms.js';
import { CannotUpdate, nameOf } from './reasons.js';
import { elementsIn, isBlank, isElement } from './units.js';

/** Fields whose input a user would miss. */
const FIELDS = 'input,textarea';

/** Elements that show nothing of what is put into them. */
const SHAPES = 'area,br,col,embed,hr,img,input,link,meta,source,track,wbr,circle,ellipse,line,path,polygon,polyline,rect';

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
    this.#base.push(...nodes);
    const live = /** @type {ChildNode[]} */ (this.#live.of(node));
    for (const one of live) this.#nodes.add(one);
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
   * Refuses to remove an element with what a user or a script has put into it, if the template has another in its place: what is
   * in it belongs there.
   *
   * @param {Element} node of the base
   * @param {Element[]} successors elements of the next version that are new beside it
   */
  checkReplaced(node, successors) {
    const isMoved = (/** @type {Element} */ element) => this.#match.ofA.has(element);
    const hasField = successors.some((one) => one.matches(FIELDS) || one.querySelector(FIELDS));
    for (const element of elementsIn(node, isMoved)) {
      const live = this.#live.element(element);
      if (!live) continue;
      if (hasField && live.matches(FIELDS) && isDirty(/** @type {HTMLInputElement} */ (live))) {
        throw new CannotUpdate(`${nameOf(element)} was replaced, into which a user has typed`);
      }
      const wasEmpty = !element.matches(SHAPES) && !element.firstElementChild && isBlank(element.textContent ?? '');
      const isFilled = live.firstElementChild !== null || !isBlank(live.textContent ?? '');
      if (wasEmpty && isFilled) throw new CannotUpdate(`${nameOf(element)} was replaced, which a script has filled`);
      const hasSuccessor = element.id && successors.some((one) => one.id === element.id);
      const hasOthers = [...live.childNodes].some((child) => isElement(child) && !this.#live.baseOf(child));
      if (hasSuccessor && hasOthers) throw new CannotUpdate(`${nameOf(element)} was replaced, into which a script has put elements`);
    }
  }

  removeLive() {
    for (const node of this.#nodes) node.remove();
  }

  removeBase() {
    for (const node of this.#base) node.remove();
  }
}
