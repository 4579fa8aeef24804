/** Matches the nodes of two documents: those of a parsed one with those of another version, or of the page. */

import { align } from './align.js';
import { equalPairs, hasContent, isTelling, nestedPairs, uniqueBy } from './moved.js';
import { isCompatible, keyOf, shallowKeyOf, Similarity } from './similarity.js';
import { elementsIn, isElement, isSame, isShadowTemplate, isTemplate, shadowTemplateOf, templatesIn, unitOf, unitsOf } from './units.js';

/** Elements that are compared when they may have got another parent. */
const MOST_MOVED = 20_000;

/** Nodes in elements of scripts that are compared with their siblings. */
const MOST_WRAPPED = 1_000;

/** Likeness of a node of the page in an element of a script. */
const WRAPPED = 0.75;

/** Rounds in which what was found in a new place leads to more. */
const MOST_ROUNDS = 8;

/**
 * @typedef {import('./units.js').Unit} Unit
 * @typedef {import('./units.js').Parent} Parent
 *
 * @typedef {object} Siblings two matched parents with their children
 * @property {Parent} a
 * @property {Parent} b
 * @property {Unit[]} unitsA
 * @property {Unit[]} unitsB
 *
 * @typedef {object} Options
 * @property {import('./units.js').IsOwn} isOwn
 * @property {boolean} [isLive] true where the second document is a page with scripts
 * @property {Map<Node, Node>} [decided] pairs that are known, from the first document to the second
 * @property {(a: Node, b: Node) => boolean} [isLeftOut] returns true for matched elements whose content is not compared
 */

/** The matches between the nodes of two documents, `a` and `b`. */
export class Match {
  /** Partners by the unit's first node, and by fragments. @type {Map<Node, Unit>} */
  ofA = new Map();
  /** @type {Map<Node, Unit>} */
  ofB = new Map();
  /** Children of matched parents that differ. @type {Siblings[]} */
  siblings = [];
  /** Matched elements that are equal, with all in them. @type {[Node, Node][]} */
  equal = [];
  /** Matched elements of both documents whose content is not compared. @type {Set<Node>} */
  #closed = new Set();
  /** Elements of `b` without a partner that have a matched element in them. @type {Set<Node>} */
  shells = new Set();
  /** Templates of the first document by their content. @type {Map<Node, Element>} */
  hosts = new Map();
  /** Units whose parent is matched and that have no partner. @type {Unit[]} */
  #goneA = [];
  /** @type {Unit[]} */
  #freshB = [];
  #options;
  #similarity;
  /** True where both documents have templates, whose content `isEqualNode` does not compare. */
  #hasTemplates;
  #isAcross = false;
  /** The second document's partners of decided pairs. @type {Map<Node, Node>} */
  #decidedB;
  /** @type {[Parent, Parent][]} */
  #waiting = [];

  /**
   * @param {Document} a
   * @param {Document} b
   * @param {Options} options
   */
  constructor(a, b, options) {
    this.#options = options;
    this.#similarity = new Similarity(options.isLive ?? false);
    this.#decidedB = new Map([...(options.decided ?? [])].map(([one, other]) => [other, one]));
    this.#hasTemplates = a.querySelector('template') !== null;
    this.#waiting.push([a, b]);
    this.#run();
    this.#isAcross = true;
    for (let round = 0; round < MOST_ROUNDS && this.#pairAcross(); round += 1) this.#run();
  }

  #run() {
    const { isOwn, isLive = false } = this.#options;
    const rules = { similarity: this.#similarity, isLive, decided: this.#decided, areEqual: this.#areEqual };
    for (let next = this.#waiting.pop(); next; next = this.#waiting.pop()) {
      const [a, b] = next;
      const unitsA = unitsOf(a, isOwn, true);
      const unitsB = unitsA.length || !isLive ? unitsOf(b, isOwn, !isLive) : [];
      this.siblings.push({ a, b, unitsA, unitsB });
      const partners = this.#aligned(unitsA, unitsB, rules);
      for (const [unit, partner] of partners) this.#pair(partner, unit);
      this.#goneA.push(...unitsA.filter(({ node }) => !this.ofA.has(node)));
      this.#freshB.push(...unitsB.filter(({ node }) => !this.ofB.has(node)));
    }
  }

  /**
   * Aligns siblings, in a page also with those that scripts have put into elements of their own.
   *
   * @param {Unit[]} unitsA
   * @param {Unit[]} unitsB
   * @param {import('./align.js').Rules} rules
   * @returns {Map<Unit, Unit>} partners by unit of the second document
   */
  #aligned(unitsA, unitsB, rules) {
    const partners = partnersOf(unitsA, unitsB, align(unitsA, unitsB, rules));
    if (!rules.isLive) return partners;
    const paired = new Set(partners.values());
    const isMissing = unitsA.some((unit) => isElement(unit.node) && !paired.has(unit));
    const wrappers = new Set(unitsB.filter((unit) => isElement(unit.node) && unit.node.firstElementChild && !partners.has(unit)));
    if (!isMissing || !wrappers.size) return partners;
    const direct = new Set(unitsB);
    const flat = unitsB.flatMap((unit) => (wrappers.has(unit) ? unitsOf(/** @type {Element} */ (unit.node), this.#options.isOwn, false) : [unit]));
    if (flat.length > MOST_WRAPPED) return partners;
    const others = partnersOf(unitsA, flat, align(unitsA, flat, rules));
    for (const [unit, partner] of others) if (!direct.has(unit) && !this.#isWrapped(partner, unit)) others.delete(unit);
    return others.size > partners.size ? others : partners;
  }

  /**
   * Returns true if an element of the page is certainly one that a script has put into another.
   *
   * @param {Unit} a
   * @param {Unit} b
   */
  #isWrapped(a, b) {
    if (!isElement(a.node)) return false;
    if (a.node.isEqualNode(b.node)) return true;
    // An empty element without attributes may be the element around it as well.
    const isCertain = hasContent(a.node) || b.node.parentElement?.localName !== a.node.localName;
    return isCertain && this.#similarity.of(a, b) >= WRAPPED;
  }

  /** @param {Unit} a @param {Unit} b */
  #decided = (a, b) => {
    const partner = this.#options.decided?.get(a.node);
    if (partner) return partner === b.node;
    return this.#decidedB.has(b.node) || this.ofA.has(a.node) || this.ofB.has(b.node) ? false : undefined;
  };

  /** @param {Unit} a @param {Unit} b */
  #pair(a, b) {
    this.ofA.set(a.node, b);
    this.ofB.set(b.node, a);
    if (!isElement(a.node) || !isElement(b.node)) return;
    if (this.#options.isLeftOut?.(a.node, b.node)) {
      this.#close(a.node, b.node);
    } else if (this.#areEqual(a.node, b.node) && !this.#hasPairsIn(a.node, b.node)) {
      this.equal.push([a.node, b.node]);
      this.#close(a.node, b.node);
      if (this.#options.isLive) this.#pairTemplates(a.node, b.node);
    } else {
      this.#descend(a.node, b.node);
    }
  }

  /**
   * Returns true if nodes in two elements have partners already, which may be elsewhere.
   *
   * @param {Element} a
   * @param {Element} b
   */
  #hasPairsIn(a, b) {
    if (!this.#isAcross) return false;
    return [...a.querySelectorAll('*')].some((one) => this.ofA.has(one)) || [...b.querySelectorAll('*')].some((one) => this.ofB.has(one));
  }

  /** @param {Element} a @param {Element} b */
  #close(a, b) {
    this.#closed.add(a).add(b);
  }

  /** @param {Element} a @param {Element} b */
  #pairTemplates(a, b) {
    const others = templatesIn(b);
    templatesIn(a).forEach(({ content }, index) => {
      const other = others[index];
      if (other) this.#pairParents(content, other.content);
    });
  }

  /** @param {Element} a @param {Element} b */
  #descend(a, b) {
    this.#waiting.push([a, b]);
    if (isTemplate(a) && isTemplate(b)) {
      this.hosts.set(a.content, a);
      this.#pairParents(a.content, b.content);
    }
    const shadow = shadowTemplateOf(a)?.content;
    const other = this.#options.isLive ? b.shadowRoot : shadowTemplateOf(b)?.content;
    if (shadow && other) this.#pairParents(shadow, other);
  }

  /** @param {DocumentFragment} a @param {DocumentFragment} b */
  #pairParents(a, b) {
    // A fragment is no child; here it is only a key.
    this.ofA.set(a, unitOf(b));
    this.ofB.set(b, unitOf(a));
    this.#waiting.push([a, b]);
  }

  /**
   * Pairs elements that have got another parent.
   *
   * @returns {boolean} true if there are any
   */
  #pairAcross() {
    const before = this.ofA.size;
    // What was moved as a whole is not searched for piece by piece.
    if (!this.#options.isLive) this.#pairNested();
    if (this.ofA.size > before) return true;
    const gone = this.#elements(this.#goneA, this.ofA, true);
    if (!gone.length) return false;
    const fresh = this.#elements(this.#freshB, this.ofB, false);
    if (!fresh.length) return false;
    this.#pairUnique(gone, fresh, (element) => element.getAttribute('id') ?? '');
    this.#pairUnique(gone, fresh, (element) => keyOf(element) ?? '');
    for (const [a, b] of equalPairs(gone, fresh, this.#areEqual)) this.#pairMoved(a, b);
    this.#pairUnique(gone, fresh, (element) => (isTelling(element) ? shallowKeyOf(element) : ''));
    return this.ofA.size > before;
  }

  /** Pairs an element with one that is as like as can be at another depth: it was put into a new element, or taken out of one. */
  #pairNested() {
    const gone = this.#goneA.filter(({ node }) => !this.ofA.has(node));
    const fresh = this.#freshB.filter(({ node }) => !this.ofB.has(node));
    for (const [a, b] of nestedPairs(gone, fresh, this.#similarity)) {
      if (!this.ofA.has(a) && !this.ofB.has(b)) this.#pairMoved(a, b);
    }
  }

  /**
   * The elements without a partner in a list of units, except those in elements that have one.
   *
   * @param {Unit[]} units
   * @param {Map<Node, Unit>} partners
   * @param {boolean} isParsed
   */
  #elements(units, partners, isParsed) {
    /** @type {Element[]} */
    const found = [];
    const isLeftOut = (/** @type {Element} */ element) => partners.has(element) || this.#options.isOwn(element);
    for (const { node } of units) {
      if (!isElement(node)) continue;
      for (const element of elementsIn(node, isLeftOut)) {
        if (found.length >= MOST_MOVED) return found;
        // A parsed shadow root is the business of its host.
        if (!isParsed || !isShadowTemplate(element)) found.push(element);
      }
    }
    return found;
  }

  /**
   * @param {Element[]} gone
   * @param {Element[]} fresh
   * @param {(element: Element) => string} nameOf
   */
  #pairUnique(gone, fresh, nameOf) {
    const inA = uniqueBy(gone, nameOf);
    for (const [name, b] of uniqueBy(fresh, nameOf)) {
      const a = inA.get(name);
      if (a && b) this.#pairMoved(a, b);
    }
  }

  /** @param {Node} a @param {Node} b */
  #areEqual = (a, b) => (this.#options.isLive || !this.#hasTemplates ? a.isEqualNode(b) : isSame(a, b));

  /** @param {Element} a @param {Element} b */
  #pairMoved(a, b) {
    const [one, other] = [unitOf(a), unitOf(b)];
    if (!isCompatible(one, other) || this.#decided(one, other) === false) return;
    // What is moved into the content of a template, or out of it, is another element.
    const [rootA, rootB] = [a.getRootNode(), b.getRootNode()];
    if ((rootA.nodeType === 9 && rootB.nodeType === 9) === (this.ofA.get(rootA)?.node === rootB)) return;
    // An option's state belongs to its select.
    const option = a.localName === 'option' ? a : a.querySelector('option');
    const select = option?.closest('select');
    const list = select ? this.ofA.get(select)?.node : null;
    if (option && !(select && a.contains(select)) && list !== b.closest('select')) return;
    if (this.#isInClosed(a, this.ofA) || this.#isInClosed(b, this.ofB)) return;
    this.#pair(one, other);
    for (let parent = b.parentNode; parent && !this.ofB.has(parent); parent = parent.parentNode) this.shells.add(parent);
  }

  /**
   * Returns true below an element whose content is not compared, as it has its partners already.
   *
   * @param {Element} element
   * @param {Map<Node, Unit>} partners
   */
  #isInClosed(element, partners) {
    for (let parent = element.parentNode; parent; parent = parent.parentNode) {
      if (partners.has(parent)) return this.#closed.has(parent);
    }
    return false;
  }
}

/**
 * @param {Unit[]} unitsA
 * @param {Unit[]} unitsB
 * @param {number[]} indices
 * @returns {Map<Unit, Unit>}
 */
function partnersOf(unitsA, unitsB, indices) {
  /** @type {Map<Unit, Unit>} */
  const partners = new Map();
  indices.forEach((i, j) => {
    const [a, b] = [unitsA[i], unitsB[j]];
    if (a && b) partners.set(b, a);
  });
  return partners;
}
