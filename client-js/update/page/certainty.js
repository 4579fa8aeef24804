/** Pairs of siblings that may be the wrong ones: an update would give one element's state to another. */

import { keyOf, modeOf, namesIn, wordsIn } from './similarity.js';
import { isBlank, isElement, tagOf } from './units.js';

/** Pairs of units whose words are compared; of longer lists, the words that are unique decide. */
const MOST_COMPARED = 10_000;

/**
 * @typedef {import('./units.js').Unit} Unit
 * @typedef {import('./match.js').Siblings} Siblings
 *
 * @typedef {object} Side the siblings of one version
 * @property {Unit[]} units without white space and comments
 * @property {Map<Unit, number>} places
 * @property {Map<string, Unit[]>} kinds units by tag
 * @property {Map<Unit, Set<string>>} words
 * @property {Map<string, number>} texts how many units have these words
 * @property {Map<string, Unit | undefined>} unique units by words that no other of them has
 */

/** The pairs of one list of siblings. */
export class Pairs {
  #match;
  #a;
  #b;
  /** @type {Map<Unit, boolean>} */
  #certain = new Map();
  /** @type {Map<Node, Unit>} */
  #unitsB;

  /**
   * @param {Siblings} siblings
   * @param {import('./match.js').Match} match
   */
  constructor({ unitsA, unitsB }, match) {
    this.#match = match;
    const [a, b] = differing(unitsA.filter(isSolid), unitsB.filter(isSolid), match);
    this.#a = sideOf(a);
    this.#b = sideOf(b);
    this.#unitsB = new Map(this.#b.units.map((unit) => [unit.node, unit]));
  }

  /**
   * The elements of the base whose partner may be another one's, each with those of the same words.
   *
   * @returns {Generator<{ element: Element, alike: Element[] }>}
   */
  *uncertain() {
    for (const [at, unit] of this.#a.units.entries()) {
      const partner = this.#partnerOf(unit);
      if (!partner || !isElement(unit.node) || this.#isCertain(unit, partner, at)) continue;
      const text = textOf(wordsOf(this.#a, unit));
      const alike = (this.#a.kinds.get(kindOf(unit)) ?? []).filter((one) => textOf(wordsOf(this.#a, one)) === text);
      yield { element: unit.node, alike: alike.flatMap(({ node }) => (isElement(node) ? [node] : [])) };
    }
  }

  /** @param {Unit | undefined} unit */
  #partnerOf(unit) {
    const partner = unit && this.#match.ofA.get(unit.node);
    return partner && this.#unitsB.get(partner.node);
  }

  /**
   * @param {Unit} unit
   * @param {Unit} partner
   * @param {number} at
   * @returns {boolean}
   */
  #isCertain(unit, partner, at) {
    const known = this.#certain.get(unit);
    if (known !== undefined) return known;
    // For a neighbour that asks for this one.
    this.#certain.set(unit, false);
    const isCertain = this.#decide(unit, partner, at);
    this.#certain.set(unit, isCertain);
    return isCertain;
  }

  /**
   * @param {Unit} unit
   * @param {Unit} partner
   * @param {number} at
   */
  #decide(unit, partner, at) {
    const [words, others] = [wordsOf(this.#a, unit), wordsOf(this.#b, partner)];
    const [key, other] = [keyOf(unit.node), keyOf(partner.node)];
    const [text, otherText] = [textOf(words), textOf(others)];
    if (key !== undefined && key === other) return !text || text === otherText || !this.#b.texts.has(text);
    const isRenamed = key !== undefined && other !== undefined;
    if (!words.size || !others.size) return this.#isInPlace(unit, partner, at, isRenamed);
    if (text === otherText) return this.#a.texts.get(text) === this.#b.texts.get(text);
    if (this.#hasBetter(unit, partner)) return false;
    return sharedBy(words, others) > 0 || (!isRenamed && this.#hasSameNeighbours(unit, partner));
  }

  /**
   * Returns true for elements without words that are known by their place.
   *
   * @param {Unit} unit
   * @param {Unit} partner
   * @param {number} at
   * @param {boolean} isRenamed
   */
  #isInPlace(unit, partner, at, isRenamed) {
    const [some, others] = [this.#a, this.#b].map(({ kinds }) => kinds.get(kindOf(unit)) ?? []);
    if (!some || !others) return false;
    const isSole = some.length === 1 && others.length === 1;
    if (isSole && !isRenamed) return true;
    const [before, label] = [this.#a.units[at - 1], this.#b.units[placeOf(this.#b, partner) - 1]];
    const hasLabel = before !== undefined && label !== undefined && this.#partnerOf(before) === label;
    if (hasLabel && wordsOf(this.#a, before).size) {
      return isRenamed ? textOf(wordsOf(this.#a, before)) === textOf(wordsOf(this.#b, label)) : this.#isCertain(before, label, at - 1);
    }
    // As many of them, in the same order.
    return !isRenamed && some.length === others.length && some.every((one, index) => this.#partnerOf(one) === others[index]);
  }

  /**
   * Returns true if another unit has more of the words.
   *
   * @param {Unit} unit
   * @param {Unit} partner
   */
  #hasBetter(unit, partner) {
    const [a, b] = [this.#a, this.#b];
    const [words, others] = [wordsOf(a, unit), wordsOf(b, partner)];
    if (a.units.length * b.units.length > MOST_COMPARED) {
      const isOther = (/** @type {string} */ word) => {
        const [one, other] = [a.unique.get(word), b.unique.get(word)];
        return one !== undefined && other !== undefined && (one === unit) !== (other === partner);
      };
      return [...words, ...others].some(isOther);
    }
    const shared = sharedBy(words, others);
    const isBetter = (/** @type {number} */ count) => count > 0 && count >= shared;
    const kind = kindOf(unit);
    const [some, more] = [a, b].map(({ kinds }) => kinds.get(kind) ?? []);
    return Boolean(
      more?.some((one) => one !== partner && isBetter(sharedBy(words, wordsOf(b, one))) && !a.texts.has(textOf(wordsOf(b, one)))) ||
        some?.some((one) => one !== unit && isBetter(sharedBy(others, wordsOf(a, one))) && !b.texts.has(textOf(wordsOf(a, one)))),
    );
  }

  /**
   * @param {Unit} unit
   * @param {Unit} partner
   */
  #hasSameNeighbours(unit, partner) {
    const [at, other] = [placeOf(this.#a, unit), placeOf(this.#b, partner)];
    return [-1, 1].every((step) => {
      const [one, two] = [this.#a.units[at + step], this.#b.units[other + step]];
      return one === undefined ? two === undefined : two !== undefined && this.#partnerOf(one) === two;
    });
  }
}

/** @param {Unit} unit */
function isSolid({ node, text }) {
  return node.nodeType !== 8 && !isBlank(text);
}

/**
 * The units of both versions without the equal ones at both ends, but for the next to those that differ.
 *
 * @param {Unit[]} a
 * @param {Unit[]} b
 * @param {import('./match.js').Match} match
 * @returns {[Unit[], Unit[]]}
 */
function differing(a, b, match) {
  const isSame = (/** @type {Unit | undefined} */ one, /** @type {Unit | undefined} */ other) =>
    one !== undefined && other !== undefined && match.ofA.get(one.node)?.node === other.node && hasWords(one) && one.node.isEqualNode(other.node);
  let start = 0;
  while (isSame(a[start + 1], b[start + 1]) && isSame(a[start], b[start])) start += 1;
  let end = 0;
  while (start + end + 1 < Math.min(a.length, b.length) && isSame(a.at(-2 - end), b.at(-2 - end)) && isSame(a.at(-1 - end), b.at(-1 - end))) end += 1;
  return [a.slice(start, a.length - end), b.slice(start, b.length - end)];
}

/** @param {Unit} unit */
function hasWords({ node, text }) {
  return /\S/.test(text ?? node.textContent ?? '');
}

/** @param {Unit[]} units @returns {Side} */
function sideOf(units) {
  const words = new Map(units.map((unit) => [unit, wordsOrNames(unit)]));
  /** @type {Map<string, Unit[]>} */
  const kinds = new Map();
  /** @type {Map<string, number>} */
  const texts = new Map();
  /** @type {Map<string, Unit | undefined>} */
  const unique = new Map();
  for (const [unit, own] of words) {
    const others = kinds.get(kindOf(unit));
    if (others) others.push(unit);
    else kinds.set(kindOf(unit), [unit]);
    const text = textOf(own);
    if (text) texts.set(text, (texts.get(text) ?? 0) + 1);
    for (const word of own) unique.set(word, unique.has(word) ? undefined : unit);
  }
  return { units, places: new Map(units.map((unit, at) => [unit, at])), kinds, words, texts, unique };
}

/**
 * The words in a unit, or the names in one without words.
 *
 * @param {Unit} unit
 */
function wordsOrNames(unit) {
  const words = wordsIn(unit);
  return words.size || !isElement(unit.node) ? words : new Set(namesIn(unit.node));
}

/** @param {Side} side @param {Unit} unit */
function placeOf(side, unit) {
  return /** @type {number} */ (side.places.get(unit));
}

/** @param {Side} side @param {Unit} unit */
function wordsOf(side, unit) {
  return /** @type {Set<string>} */ (side.words.get(unit));
}

/** @param {Set<string>} words */
function textOf(words) {
  return [...words].join(' ');
}

/** @param {Set<string>} some @param {Set<string>} others */
function sharedBy(some, others) {
  let shared = 0;
  for (const word of some) if (others.has(word)) shared += 1;
  return shared;
}

/** @param {Unit} unit */
function kindOf({ node }) {
  return isElement(node) ? `${tagOf(node)} ${modeOf(node)}` : '';
}
