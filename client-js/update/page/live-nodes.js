/** The page's nodes of each node of the base. */

import { Match } from './match.js';
import { wordsIn } from './similarity.js';
import { KEEP, isBlank, isElement, unitOf } from './units.js';

/** The longest run of text nodes in which the base's text is searched for. */
const MOST_NODES = 100;

/**
 * @typedef {import('./units.js').Unit} Unit
 * @typedef {import('./units.js').IsOwn} IsOwn
 */

/**
 * Nodes of the page by node of the base, found once and by identity from then on: what scripts do to the page later moves,
 * renames or removes them, but never makes another node of them.
 */
export class LiveNodes {
  /** @type {WeakMap<Node, Node[]>} */
  #live = new WeakMap();
  /** @type {WeakMap<Node, Node>} */
  #base = new WeakMap();
  /** @type {WeakSet<Node>} */
  #doubtful = new WeakSet();
  #isOwn;

  /**
   * @param {Document} base
   * @param {Document} live
   * @param {IsOwn} isOwn
   */
  constructor(base, live, isOwn) {
    this.#isOwn = isOwn;
    this.set(base, [live]);
    const match = new Match(base, live, { isOwn, isLive: true });
    for (const [node, unit] of match.ofA) {
      this.set(node, nodesOf(node, unit));
      if (isDoubtful(node, unit.node)) this.#doubtful.add(node);
    }
    for (const [a, b] of match.equal) this.setAll(a, b);
  }

  /**
   * @param {Node} base
   * @param {Node[]} nodes
   */
  set(base, nodes) {
    this.#live.set(base, nodes);
    for (const node of nodes) this.#base.set(node, base);
  }

  /**
   * Sets the nodes of a whole subtree, from one that is equal.
   *
   * @param {Node} base
   * @param {Node} live
   */
  setAll(base, live) {
    const waiting = [/** @type {[Node, Node]} */ ([base, live])];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [a, b] = next;
      this.set(a, [b]);
      for (let [one, other] = [a.firstChild, b.firstChild]; one && other; [one, other] = [one.nextSibling, other.nextSibling]) {
        waiting.push([one, other]);
      }
    }
  }

  /**
   * The nodes that the page got for a node of the base, even if scripts have removed them.
   *
   * @param {Node} base
   * @returns {Node[]}
   */
  known(base) {
    return this.#live.get(base) ?? [];
  }

  /**
   * The nodes that the page has for a node of the base.
   *
   * @param {Node} base
   * @returns {Node[]}
   */
  of(base) {
    const nodes = this.known(base);
    if (nodes.every((node) => node.isConnected)) return nodes;
    // The content of templates is connected to nothing.
    return nodes.filter((node) => node.isConnected || (base.getRootNode().nodeType === 11 && (node.nodeType === 11 || node.parentNode)));
  }

  /**
   * @param {Node} base
   * @returns {Element | undefined}
   */
  element(base) {
    const [node] = this.of(base);
    return node && isElement(node) ? node : undefined;
  }

  /**
   * Returns true for a node of the base that an unknown one of the page may be: one without any likeness to it, or one that a script
   * has put into its place.
   *
   * @param {Node} base
   */
  isUncertain(base) {
    if (this.of(base).length) return false;
    const [parent] = base.parentNode ? this.of(base.parentNode) : [];
    if (!parent) return false;
    if (!this.known(base).length) return [...parent.childNodes].some((node) => this.isForeign(node));
    for (let node = this.#after(base, parent); node && !this.#base.has(node); node = node.nextSibling) if (this.isForeign(node)) return true;
    return false;
  }

  /**
   * Returns true for a node of the page that a script has made, but for white space.
   *
   * @param {Node} node
   */
  isForeign(node) {
    return !this.#base.has(node) && !this.#isOwn(node) && !isBlank(node.nodeType === 3 ? (node.nodeValue ?? '') : undefined);
  }

  /**
   * The first node of the page in the place of a removed one.
   *
   * @param {Node} base
   * @param {Node} parent
   */
  #after(base, parent) {
    for (let before = base.previousSibling; before; before = before.previousSibling) {
      const node = this.of(before).findLast(({ parentNode }) => parentNode === parent);
      if (node) return node.nextSibling;
    }
    return parent.firstChild;
  }

  /**
   * Returns true for an element of the base that has only its tag and class in common with the page's: a script has written another text into it,
   * or has put one of its own into its place.
   *
   * @param {Node} base
   */
  isDoubtful(base) {
    return this.#doubtful.has(base);
  }

  /** @param {Node} live */
  baseOf(live) {
    return this.#base.get(live);
  }

  /**
   * Notes that this client has replaced a node of the page by another.
   *
   * @param {Node} old
   * @param {Node} successor
   */
  replace(old, successor) {
    const base = this.#base.get(old);
    if (base) this.set(base, [successor]);
  }

  /**
   * Returns true for an element that is never touched.
   *
   * @param {Node} base
   */
  isKept(base) {
    return isElement(base) && (base.hasAttribute(KEEP) || this.element(base)?.hasAttribute(KEEP) === true);
  }
}

/**
 * @param {Node} base
 * @param {Node} live
 */
function isDoubtful(base, live) {
  if (!isElement(base) || !isElement(live) || base.getAttributeNames().some((name) => name !== 'class')) return false;
  const words = wordsIn(unitOf(base));
  if (!words.size) return false;
  const others = wordsIn(unitOf(live));
  return others.size > 0 && ![...words].some((word) => others.has(word));
}

/**
 * The text nodes of a run that have the base's text: scripts append their own to it.
 *
 * @param {Node} base
 * @param {Unit} unit
 * @returns {Node[]}
 */
function nodesOf(base, { nodes, text }) {
  const wanted = base.nodeValue;
  if (text === undefined || text === wanted || nodes.length > MOST_NODES) return nodes;
  for (let from = 0; from < nodes.length; from += 1) {
    let found = '';
    for (let to = from; to < nodes.length && found.length < (wanted?.length ?? 0); to += 1) {
      found += nodes[to]?.nodeValue;
      if (found === wanted) return nodes.slice(from, to + 1);
    }
  }
  return nodes;
}
