/** Noise: what differs between two answers of one version of a page, such as tokens against forged requests. */

import { Match } from './match.js';
import { commonPairs } from './sequences.js';
import { isElement } from './units.js';

/** Words, and every other character. */
const TOKENS = /[\w-]+|[^]/g;

/** Characters between two differing words that belong to one encoded value (Base64). */
const JOINTS = /^[+/=]*$/;

/** Longer texts are compared as a whole. */
const MOST_TEXT = 1_000_000;

/**
 * @typedef {import('./units.js').Unit} Unit
 * @typedef {import('./units.js').Parent} Parent
 */

/** The noise of one answer, found by comparison with another. */
export class Noise {
  #match;
  /** Nodes that the other answer lacks. @type {Set<Node>} */
  #units = new Set();
  /** Nodes of the other answer that this one lacks, by parent. @type {Map<Node, Unit[]>} */
  #missing = new Map();
  /** Parents whose children the other answer has in another order. @type {Set<Node>} */
  #reordered = new Set();

  /**
   * @param {Document} next
   * @param {Document} second
   * @param {import('./units.js').IsOwn} isOwn
   */
  constructor(next, second, isOwn) {
    this.#match = new Match(next, second, { isOwn });
    for (const { a, unitsA, unitsB } of this.#match.siblings) {
      for (const { node } of unitsA) if (!this.#match.ofA.has(node)) this.#units.add(node);
      const missing = unitsB.filter(({ node }) => !this.#match.ofB.has(node));
      if (missing.length) this.#missing.set(a, missing);
      const places = new Map(unitsB.map(({ node }, index) => [node, index]));
      const order = unitsA.flatMap(({ node }) => places.get(/** @type {ChildNode} */ (this.#match.ofA.get(node)?.node)) ?? []);
      if (order.some((place, index) => index > 0 && place < (order[index - 1] ?? 0))) this.#reordered.add(a);
    }
  }

  /**
   * The other answer's value of an attribute; `undefined` if it has the same, or lacks the element.
   *
   * @param {Element} element
   * @param {string} name
   * @returns {string | null | undefined}
   */
  attribute(element, name) {
    const other = this.#match.ofA.get(element)?.node;
    if (!other || !isElement(other)) return undefined;
    const value = other.getAttribute(name);
    return value === element.getAttribute(name) ? undefined : value;
  }

  /**
   * The other answer's text; `undefined` if it is the same.
   *
   * @param {Unit} unit
   * @returns {string | undefined}
   */
  text({ node, text }) {
    const other = this.#match.ofA.get(node);
    const value = other && (other.text ?? other.node.nodeValue ?? undefined);
    return value === (text ?? node.nodeValue) ? undefined : value;
  }

  /**
   * Returns true for a node that only this answer has, or that is in one.
   *
   * @param {Node} node
   */
  has(node) {
    if (!this.#units.size) return false;
    for (let at = /** @type {Node | null} */ (node); at; at = at.parentNode) if (this.#units.has(at)) return true;
    return false;
  }

  /**
   * Returns true for a parent whose children are in another order in each answer.
   *
   * @param {Parent} parent
   */
  isReordered(parent) {
    return this.#reordered.has(parent);
  }

  /**
   * Returns true for a unit of the base that looks like one that some answers have below this parent.
   *
   * @param {Unit} unit
   * @param {Parent} parent
   */
  isLike({ node, text }, parent) {
    const missing = this.#missing.get(parent) ?? [];
    const own = [...parent.childNodes].filter((child) => this.#units.has(child));
    return [...missing.map((other) => other.node), ...own].some((other) => {
      if (!isElement(node) || !isElement(other)) return text !== undefined && other.nodeType === 3;
      return node.localName === other.localName && node.className === other.className;
    });
  }
}

/**
 * Returns true if a text differs from the next answer's only where a second one does too.
 *
 * @param {string} base
 * @param {string} next
 * @param {string} second
 */
export function isOnlyNoise(base, next, second) {
  if (base === next) return true;
  if (next === second || Math.max(base.length, next.length, second.length) > MOST_TEXT) return false;
  const [before, after, other] = [tokensOf(base), tokensOf(next), tokensOf(second)];
  /** @type {Map<string, number>} */
  const numbers = new Map();
  const numbered = (/** @type {string[]} */ tokens) =>
    tokens.map((token) => {
      const number = numbers.get(token) ?? numbers.size;
      numbers.set(token, number);
      return number;
    });
  const [a, b, c] = [numbered(before), numbered(after), numbered(other)];
  const noise = joined(gapsIn(commonPairs(c, b), c.length, b.length), after);
  return gapsIn(commonPairs(a, b), a.length, b.length).every(([from, to]) =>
    noise.some(([start, end]) => start <= from && to <= end),
  );
}

/** @param {string} text */
function tokensOf(text) {
  return text.match(TOKENS) ?? [];
}

/**
 * The ranges of the second sequence that are not common to both. One is empty where the first has more.
 *
 * @param {import('./sequences.js').Pair[]} pairs
 * @param {number} lengthA
 * @param {number} lengthB
 * @returns {[number, number][]}
 */
function gapsIn(pairs, lengthA, lengthB) {
  /** @type {[number, number][]} */
  const gaps = [];
  let [atA, atB] = [0, 0];
  for (const [i, j] of [...pairs, /** @type {[number, number]} */ ([lengthA, lengthB])]) {
    if (i > atA || j > atB) gaps.push([atB, j]);
    [atA, atB] = [i + 1, j + 1];
  }
  return gaps;
}

/**
 * Joins ranges that have only joints between them.
 *
 * @param {[number, number][]} ranges
 * @param {string[]} tokens
 * @returns {[number, number][]}
 */
function joined(ranges, tokens) {
  /** @type {[number, number][]} */
  const found = [];
  for (const [from, to] of ranges) {
    const last = found.at(-1);
    if (last && JOINTS.test(tokens.slice(last[1], from).join(''))) last[1] = to;
    else found.push([from, to]);
  }
  return found;
}
