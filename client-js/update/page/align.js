/** Alignment of two lists of siblings: which unit of one is which of the other. */

import { pairsByWords } from './rare-words.js';
import { bestOf, commonPairs, heaviestPairs, increasing, put, uniqueIn, unpaired } from './sequences.js';
import { isCompatible, keyOf, shallowKeyOf } from './similarity.js';
import { isBlank, isElement, tagOf } from './units.js';

/** Pairs of one gap whose likeness is compared. */
const MOST_COMPARED = 2_500;

/** Likeness of two units in different places that is taken for a move. */
const MOVED = 0.6;

/** Likeness of two texts of white space. */
const BLANK = 0.2;

/** Likeness of two elements that are certainly one, in a page and in another version, if none is nearly as alike. */
const CERTAIN_LIVE = 0.85;
const CERTAIN = 0.5;
const MARGIN = 0.1;

/** A second unit this much less alike makes a match with a page's node ambiguous. */
const AMBIGUOUS = 0.05;

/**
 * @typedef {import('./units.js').Unit} Unit
 *
 * @typedef {object} Rules
 * @property {import('./similarity.js').Similarity} similarity
 * @property {boolean} isLive true where the second document is a page with scripts
 * @property {(a: Node, b: Node) => boolean} areEqual
 * @property {(a: Unit, b: Unit) => boolean | undefined} decided a decision made before; `undefined` for none
 */

/**
 * Aligns two lists of siblings.
 *
 * @param {Unit[]} a
 * @param {Unit[]} b
 * @param {Rules} rules
 * @returns {number[]} for each unit of `b` the index of its partner in `a`, or -1
 */
export function align(a, b, rules) {
  return new Alignment(a, b, rules).run();
}

class Alignment {
  #a;
  #b;
  #rules;
  /** @type {number[]} */
  #ofA;
  /** @type {number[]} */
  #ofB;
  /** @type {Map<string, number>} */
  #numbers = new Map();

  /**
   * @param {Unit[]} a
   * @param {Unit[]} b
   * @param {Rules} rules
   */
  constructor(a, b, rules) {
    this.#a = a;
    this.#b = b;
    this.#rules = rules;
    this.#ofA = a.map(() => -1);
    this.#ofB = b.map(() => -1);
  }

  run() {
    const [from, toA, toB] = this.#pairEnds(0, this.#a.length, 0, this.#b.length);
    if (toA - from === 1 && toB - from === 1 && this.#isPlainPair(from)) {
      this.#pair(from, from);
    } else if (from < toA && from < toB) {
      this.#pairKeys(from, toA, toB);
      if (this.#rules.isLive) {
        this.#pairUnique();
        this.#pairCertain();
      }
      // What has no words is known by what is beside it.
      const withWords = (/** @type {number[]} */ all, /** @type {Unit[]} */ units) => all.filter((at) => hasWords(/** @type {Unit} */ (units[at])));
      if (!this.#rules.isLive) this.#inGaps((a, b) => this.#pairEqual(withWords(a, this.#a), withWords(b, this.#b)));
      // Of several equal ones, a script may have changed any: in a page, likeness and order decide together.
      this.#inGaps((a, b) => (this.#rules.isLive && a.length * b.length <= MOST_COMPARED ? this.#pairAlike(a, b) : this.#pairEqual(a, b)));
      this.#pairMoved();
      if (!this.#rules.isLive) this.#pairCertain();
      this.#inGaps((a, b) => this.#pairAlike(a, b));
      this.#pairMovedAlike();
    }
    return this.#ofB;
  }

  /** @param {number} i @param {number} j */
  #pair(i, j) {
    this.#ofA[i] = j;
    this.#ofB[j] = i;
  }

  /** @param {number} i */
  #unitA(i) {
    return /** @type {Unit} */ (this.#a[i]);
  }

  /** @param {number} j */
  #unitB(j) {
    return /** @type {Unit} */ (this.#b[j]);
  }

  /**
   * Pairs equal units at both ends of two ranges: those without words where the next ones are equal too.
   *
   * @param {number} fromA
   * @param {number} toA
   * @param {number} fromB
   * @param {number} toB
   * @returns {[number, number, number]} the ranges between, which begin at one index where the given ones do
   */
  #pairEnds(fromA, toA, fromB, toB) {
    while (fromA < toA && fromB < toB && this.#isEqualEnd(fromA, fromB, 1)) this.#pair(fromA++, fromB++);
    while (fromA < toA && fromB < toB && this.#isEqualEnd(toA - 1, toB - 1, -1)) this.#pair(--toA, --toB);
    return [fromA, toA, toB];
  }

  /**
   * @param {number} i
   * @param {number} j
   * @param {1 | -1} step
   */
  #isEqualEnd(i, j, step) {
    if (!this.#isEqual(i, j)) return false;
    if (this.#rules.isLive || hasWords(this.#unitA(i))) return true;
    const [a, b] = [this.#a[i + step], this.#b[j + step]];
    return a && b ? this.#isEqual(i + step, j + step) : a === b;
  }

  /** @param {number} i @param {number} j */
  #isEqual(i, j) {
    const [a, b] = [this.#unitA(i), this.#unitB(j)];
    if (a.text !== undefined || b.text !== undefined) return a.text === b.text;
    return this.#rules.decided(a, b) ?? this.#rules.areEqual(a.node, b.node);
  }

  /**
   * Returns true if the only units left are of one kind: nothing else could be compared.
   *
   * @param {number} at
   */
  #isPlainPair(at) {
    const [a, b] = [this.#unitA(at), this.#unitB(at)];
    if (this.#rules.isLive || !this.#canPair(at, at)) return false;
    return !isElement(a.node) || !isElement(b.node) || (keyOf(a.node) === keyOf(b.node) && shallowKeyOf(a.node) === shallowKeyOf(b.node));
  }

  /**
   * Pairs units whose key is unique in both ranges.
   *
   * @param {number} from
   * @param {number} toA
   * @param {number} toB
   */
  #pairKeys(from, toA, toB) {
    /** @param {Unit[]} units @param {number} to */
    const places = (units, to) => {
      /** @type {Map<string, number>} */
      const found = new Map();
      for (let at = from; at < to; at += 1) {
        const key = keyOf(/** @type {Unit} */ (units[at]).node);
        if (key !== undefined) found.set(key, found.has(key) ? -1 : at);
      }
      return found;
    };
    const inA = places(this.#a, toA);
    for (const [key, j] of inA.size ? places(this.#b, toB) : []) {
      const i = inA.get(key) ?? -1;
      if (i >= 0 && j >= 0 && this.#canPair(i, j)) this.#pair(i, j);
    }
    // Scripts are paired before, in their order in the document.
    for (let i = from; i < toA; i += 1) {
      if (this.#ofA[i] !== -1 || !isElement(this.#unitA(i).node) || tagOf(/** @type {Element} */ (this.#unitA(i).node)) !== 'script') continue;
      for (let j = from; j < toB; j += 1) {
        if (this.#ofB[j] === -1 && this.#rules.decided(this.#unitA(i), this.#unitB(j))) this.#pair(i, j);
      }
    }
  }

  /** @param {number} i @param {number} j */
  #canPair(i, j) {
    const [a, b] = [this.#unitA(i), this.#unitB(j)];
    return this.#rules.decided(a, b) ?? isCompatible(a, b);
  }

  /**
   * Calls a function with the unpaired units between each two pairs that are in the same order in both lists.
   *
   * @param {(a: number[], b: number[]) => void} visit
   */
  #inGaps(visit) {
    const paired = this.#ofB.flatMap((i, j) => (i === -1 ? [] : [/** @type {[number, number]} */ ([i, j])]));
    const inOrder = increasing(paired.map(([i]) => i));
    const anchors = paired.filter((_, index) => inOrder[index]);
    let [fromA, fromB] = [0, 0];
    for (const [toA, toB] of [...anchors, /** @type {[number, number]} */ ([this.#a.length, this.#b.length])]) {
      if (fromA < toA && fromB < toB) {
        const a = unpaired(this.#ofA, fromA, toA);
        const b = unpaired(this.#ofB, fromB, toB);
        // Most gaps are white space, which is equal on both sides.
        while (!this.#rules.isLive && a.length && b.length && this.#isEqual(a[0] ?? 0, b[0] ?? 0)) this.#pair(a.shift() ?? 0, b.shift() ?? 0);
        if (a.length && b.length) visit(a, b);
      }
      [fromA, fromB] = [toA + 1, toB + 1];
    }
  }

  /** Pairs elements of the same text that are unique on both sides, in any order. */
  #pairUnique() {
    const [a, b] = this.#unpairedElements();
    const textOf = this.#textsOf(a, b);
    const inB = uniqueIn(b, (j) => textOf(this.#unitB(j)));
    for (const [text, i] of a.length && b.length ? uniqueIn(a, (i) => textOf(this.#unitA(i))) : []) {
      const j = inB.get(text);
      if (i !== undefined && j !== undefined && this.#canPair(i, j)) this.#pair(i, j);
    }
  }

  /**
   * Pairs equal units in order. White space pairs with what is around it: there is more of it than of anything else, all of it equal.
   *
   * @param {number[]} a
   * @param {number[]} b
   */
  #pairEqual(a, b) {
    const isSolid = (/** @type {Unit} */ { text }) => this.#rules.isLive || !isBlank(text);
    const [one, other] = [a.filter((i) => isSolid(this.#unitA(i))), b.filter((j) => isSolid(this.#unitB(j)))];
    this.#pairBy(one, other, this.#textsOf(one, other));
  }

  /** Pairs elements that are much more like each other than like any other, in any order. */
  #pairCertain() {
    let [a, b] = this.#unpairedElements();
    const { isLive, similarity } = this.#rules;
    const least = isLive ? CERTAIN_LIVE : CERTAIN;
    const wordsOf = (/** @type {Unit} */ { node }) => similarity.wordsOf(/** @type {Element} */ (/** @type {Node} */ (node)));
    for (const [i, j] of isLive ? [] : pairsByWords(a, b, (i) => wordsOf(this.#unitA(i)), (j) => wordsOf(this.#unitB(j)))) {
      if (this.#likeness(i, j) >= least) this.#pair(i, j);
    }
    [a, b] = this.#unpairedElements();
    if (a.length * b.length > MOST_COMPARED) {
      const [inA, inB] = [uniqueIn(a, (i) => similarity.contentOf(this.#unitA(i).node)), uniqueIn(b, (j) => similarity.contentOf(this.#unitB(j).node))];
      for (const [content, i] of inA) {
        const j = inB.get(content);
        if (i !== undefined && j !== undefined && this.#likeness(i, j) >= least) this.#pair(i, j);
      }
      return;
    }
    const likeness = a.map((i) => b.map((j) => this.#likeness(i, j)));
    const columns = b.map((_, at) => bestOf(likeness.map((row) => row[at] ?? 0)));
    for (const [at, row] of likeness.entries()) {
      const best = bestOf(row);
      const column = columns[best.at];
      if (best.value < least || !column || column.at !== at) continue;
      if (Math.max(best.second, column.second) > best.value - MARGIN) continue;
      this.#pair(/** @type {number} */ (a[at]), /** @type {number} */ (b[best.at]));
    }
  }

  /**
   * Pairs units with the same text in the order of both.
   *
   * @param {number[]} a
   * @param {number[]} b
   * @param {(unit: Unit) => string} textOf
   */
  #pairBy(a, b, textOf) {
    const numbers = [a.map((i) => this.#numberOf(textOf(this.#unitA(i)))), b.map((j) => this.#numberOf(textOf(this.#unitB(j))))];
    for (const [i, j] of commonPairs(numbers[0] ?? [], numbers[1] ?? [])) {
      const [at, other] = [/** @type {number} */ (a[i]), /** @type {number} */ (b[j])];
      if (this.#canPair(at, other)) this.#pair(at, other);
    }
  }

  /**
   * Returns a function for everything of a unit as text, by which equal ones are found. An element is not written out if none of
   * the other list is of its kind, as it may be most of the page.
   *
   * @param {number[]} a
   * @param {number[]} b
   * @returns {(unit: Unit) => string}
   */
  #textsOf(a, b) {
    /** @param {Unit} unit */
    const kindOf = ({ node }) => (isElement(node) ? `${node.childElementCount} ${shallowKeyOf(node)}` : '');
    const kinds = [a.map((i) => kindOf(this.#unitA(i))), b.map((j) => kindOf(this.#unitB(j)))].map((all) => new Set(all));
    let lone = 0;
    return (unit) => (kinds.every((all) => all.has(kindOf(unit))) ? this.#textOf(unit) : `lone ${(lone += 1)}`);
  }

  /** @param {Unit} unit */
  #textOf({ node, text }) {
    if (text !== undefined) return `"${text}`;
    if (!isElement(node)) return `${node.nodeType} ${node.nodeValue}`;
    return this.#rules.isLive ? node.outerHTML.replaceAll(' nonce=""', '') : node.outerHTML;
  }

  /** @param {string} text */
  #numberOf(text) {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  /** Pairs elements with the same text out of order, the first with the first. */
  #pairMoved() {
    const [a, b] = this.#unpairedElements();
    if (!a.length || !b.length) return;
    const textOf = this.#textsOf(a, b);
    /** @type {Map<string, number[]>} */
    const places = new Map();
    for (const i of a.reverse()) {
      put(places, textOf(this.#unitA(i)), i);
    }
    for (const j of b) {
      const i = places.get(textOf(this.#unitB(j)))?.pop();
      if (i !== undefined && this.#canPair(i, j)) this.#pair(i, j);
    }
  }

  /** @returns {[number[], number[]]} */
  #unpairedElements() {
    return [
      unpaired(this.#ofA, 0, this.#a.length).filter((i) => isElement(this.#unitA(i).node)),
      unpaired(this.#ofB, 0, this.#b.length).filter((j) => isElement(this.#unitB(j).node)),
    ];
  }

  /**
   * Pairs what is most alike in one gap, in order.
   *
   * @param {number[]} a
   * @param {number[]} b
   */
  #pairAlike(a, b) {
    if (a.length * b.length > MOST_COMPARED) {
      const shallow = (/** @type {Unit} */ { node, text }) =>
        isElement(node) ? shallowKeyOf(node) : text === undefined ? `${node.nodeType}` : `${isBlank(text)}`;
      this.#pairBy(a, b, shallow);
      const [restA, restB] = [a.filter((i) => this.#ofA[i] === -1), b.filter((j) => this.#ofB[j] === -1)];
      if (!this.#rules.isLive && restA.length === restB.length) this.#pairBy(restA, restB, ({ node }) => node.nodeName);
      return;
    }
    const likeness = a.map((i) => b.map((j) => this.#likeness(i, j)));
    const value = (/** @type {number} */ i, /** @type {number} */ j) => likeness[i]?.[j] ?? 0;
    for (const [i, j] of heaviestPairs(a.length, b.length, value)) {
      if (!this.#isAmbiguous(likeness, i, j)) this.#pair(/** @type {number} */ (a[i]), /** @type {number} */ (b[j]));
    }
  }

  /** @param {number} i @param {number} j */
  #likeness(i, j) {
    const [a, b] = [this.#unitA(i), this.#unitB(j)];
    const decided = this.#rules.decided(a, b);
    if (decided !== undefined) return Number(decided);
    // White space says less than any element.
    return this.#rules.isLive && isBlank(a.text) && isBlank(b.text) ? BLANK : this.#rules.similarity.of(a, b);
  }

  /**
   * Returns true if another node of the page is as much like the parsed one: one of them is a script's.
   *
   * @param {number[][]} likeness
   * @param {number} i
   * @param {number} j
   */
  #isAmbiguous(likeness, i, j) {
    if (!this.#rules.isLive) return false;
    const row = likeness[i] ?? [];
    const least = (row[j] ?? 0) - AMBIGUOUS;
    const candidates = row.filter((other) => other >= least).length;
    const claimants = likeness.filter((others) => (others[j] ?? 0) >= least).length;
    // As many on both sides are in the same order.
    return candidates > claimants;
  }

  #pairMovedAlike() {
    const [a, b] = this.#unpairedElements();
    if (a.length * b.length > MOST_COMPARED) return;
    const found = a
      .flatMap((i) => b.map((j) => ({ i, j, likeness: this.#likeness(i, j) })))
      .filter(({ likeness }) => likeness >= MOVED)
      .sort((one, other) => other.likeness - one.likeness);
    for (const { i, j } of found) if (this.#ofA[i] === -1 && this.#ofB[j] === -1) this.#pair(i, j);
  }
}

/** @param {Unit} unit */
function hasWords({ node, text }) {
  return isBlank(text) || /\S/.test(text ?? node.textContent ?? '');
}
