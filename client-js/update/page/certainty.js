/** Pairs of siblings that may be the wrong ones: an update would give one element's state to another. */

import { overlap } from './overlaps.js';
import { put } from './sequences.js';
import { keyOf, modeOf, wordsIn } from './similarity.js';
import { isBlank, isElement, tagOf, unitOf } from './units.js';
import { hasSameTellingAttributes, isValue, Words } from './words.js';

/** Pairs of units whose words are compared; of longer lists, the words that are unique decide. */
const MOST_COMPARED = 10_000;

/** The least share of the words around an element that is taken for the same one in another parent. */
const COMMON = 0.5;

/**
 * @typedef {import('./units.js').Unit} Unit
 * @typedef {import('./match.js').Siblings} Siblings
 *
 * @typedef {object} Side the siblings of one version, without white space and comments
 * @property {Unit[]} units
 * @property {Map<Unit, number>} places
 * @property {Map<string, Unit[]>} kinds units by tag, without those that are certain by key and content
 * @property {Map<string, Unit[]>} texts the same by their words
 * @property {Map<string, Unit | undefined>} unique the same by words that no other of them has
 */

/** The pairs of one list of siblings. */
export class Pairs {
  #match;
  #noise;
  #a;
  #b;
  #words = new Words();
  /** Units that are certain by key and content. @type {Set<Unit>} */
  #closed = new Set();
  /** @type {Map<Unit, boolean>} */
  #certain = new Map();
  /** @type {Map<Node, Unit>} */
  #unitsB;
  /** @type {Map<string, { elements: Element[], isSole: boolean, isInOrder: boolean }>} */
  #like = new Map();
  /** The place of the label of an element without words, from there. */
  #step;

  /**
   * @param {Siblings} siblings
   * @param {import('./match.js').Match} match
   * @param {import('./noise.js').Noise | undefined} noise
   */
  constructor({ unitsA, unitsB }, match, noise) {
    this.#match = match;
    this.#noise = noise;
    const [solidA, solidB] = [unitsA.filter(isSolid), unitsB.filter(isSolid)];
    const [a, b] = areInPlace(solidA, solidB, match) ? [[], []] : differing(solidA, solidB, match, this.#words);
    this.#step = labelsAreAfter(solidA) ? 1 : -1;
    this.#unitsB = new Map(b.map((unit) => [unit.node, unit]));
    const isOpen = (/** @type {Unit} */ unit) => !this.#closed.has(unit);
    for (const unit of a) {
      const partner = this.#partnerOf(unit);
      const key = partner && keyOf(unit.node);
      const isKeyed = key !== undefined && partner && key === keyOf(partner.node);
      if (isKeyed && hasWords(unit) && unit.node.isEqualNode(partner.node)) this.#closed.add(unit).add(partner);
    }
    this.#a = sideOf(a, isOpen, this.#words);
    this.#b = sideOf(b, isOpen, this.#words);
  }

  /**
   * The elements of the base whose partner may be another one's, each with those of the same words, itself among them.
   *
   * @returns {Generator<{ element: Element, alike: Element[] }>}
   */
  *uncertain() {
    for (const [at, unit] of this.#a.units.entries()) {
      const partner = this.#partnerOf(unit);
      if (!partner || !isElement(unit.node) || this.#closed.has(unit) || this.#isCertain(unit, partner, at)) continue;
      yield { element: unit.node, alike: this.#likeOf(unit).elements };
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
    const known = this.#closed.has(unit) || this.#certain.get(unit);
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
    const [words, others] = [this.#words.of(unit), this.#words.of(partner)];
    const [key, other] = [keyOf(unit.node), keyOf(partner.node)];
    const [text, otherText] = [this.#words.text(unit), this.#words.text(partner)];
    if (key !== undefined && key === other) return text ? text === otherText || !this.#b.texts.has(text) : !this.#isLabelElsewhere(partner, at);
    const isRenamed = key !== undefined && other !== undefined;
    if (!words.size || !others.size) return this.#isInPlace(unit, partner, at, isRenamed);
    if (text === otherText) {
      const [count, counted] = [this.#a, this.#b].map(({ texts }) => texts.get(text)?.length);
      return count === counted && ((count === 1 && !isRenamed) || this.#isInPlace(unit, partner, at, isRenamed));
    }
    if (this.#b.texts.has(text) || this.#a.texts.has(otherText) || this.#hasBetter(unit, partner)) return false;
    if ([...words].some((word) => isValue(word) && this.#isElsewhere(word, partner))) return false;
    // Words that others have too tell nothing.
    const isOwn = (/** @type {string} */ word) => this.#a.unique.get(word) === unit && this.#b.unique.get(word) === partner;
    return !isRenamed && ([...words].some(isOwn) || this.#hasSameNeighbours(unit, partner));
  }

  /**
   * Returns true if a word is in another unit now, and in no other.
   *
   * @param {string} word
   * @param {Unit} partner
   */
  #isElsewhere(word, partner) {
    const other = this.#b.unique.get(word);
    return other !== undefined && other !== partner;
  }

  /**
   * Returns true if the words at an element are at another one now, or were.
   *
   * @param {Unit} partner
   * @param {number} at
   */
  #isLabelElsewhere(partner, at) {
    const [old, label] = this.#labelsOf(partner, at);
    if (!old || !label || !this.#words.of(old).size || !this.#words.of(label).size) return false;
    const [now, was] = [this.#partnerOf(old), this.#match.ofB.get(label.node)];
    const isElsewhere = now !== undefined && now !== label && this.#words.text(now) === this.#words.text(old);
    return isElsewhere || (was !== undefined && was.node !== old.node && this.#words.text(was) === this.#words.text(label));
  }

  /**
   * Returns the units at the place of an element's label, in the base and in the next version.
   *
   * @param {Unit} partner
   * @param {number} at
   */
  #labelsOf(partner, at) {
    return [this.#a.units[at + this.#step], this.#b.units[placeOf(this.#b, partner) + this.#step]];
  }

  /**
   * Returns true for elements without words of their own that are known by their place.
   *
   * @param {Unit} unit
   * @param {Unit} partner
   * @param {number} at
   * @param {boolean} isRenamed
   */
  #isInPlace(unit, partner, at, isRenamed) {
    const { isSole, isInOrder } = this.#likeOf(unit);
    if (isSole && !isRenamed) return true;
    if (this.#isLabelElsewhere(partner, at)) return false;
    const hasSame = hasSameTellingAttributes(unit.node, partner.node, this.#noise);
    if (hasSame && this.#words.isTold(unit, this.#a.units) && this.#words.isTold(partner, this.#b.units)) return true;
    const [old, label] = this.#labelsOf(partner, at);
    if (old && label && this.#partnerOf(old) === label && this.#words.of(old).size) {
      return isRenamed ? this.#words.text(old) === this.#words.text(label) : this.#isCertain(old, label, at + this.#step);
    }
    return isInOrder && !isRenamed && hasSame;
  }

  /**
   * The units of one kind and words: tells if each version has one only, and if all are paired in order.
   *
   * @param {Unit} unit
   */
  #likeOf(unit) {
    const text = this.#words.text(unit);
    const name = `${kindOf(unit)} ${text}`;
    const known = this.#like.get(name);
    if (known) return known;
    const alike = (/** @type {Side} */ { texts }) => (texts.get(text) ?? []).filter((one) => kindOf(one) === kindOf(unit));
    const [some, others] = [alike(this.#a), alike(this.#b)];
    const isInOrder = some.length === others.length && some.every((one, index) => this.#partnerOf(one) === others[index]);
    const elements = some.flatMap(({ node }) => (isElement(node) ? [node] : []));
    const like = { elements, isSole: some.length === 1 && others.length === 1, isInOrder };
    this.#like.set(name, like);
    return like;
  }

  /**
   * Returns true if another unit has more of the words.
   *
   * @param {Unit} unit
   * @param {Unit} partner
   */
  #hasBetter(unit, partner) {
    const [a, b] = [this.#a, this.#b];
    const [words, others] = [this.#words.of(unit), this.#words.of(partner)];
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
      more?.some((one) => one !== partner && isBetter(sharedBy(words, this.#words.of(one))) && !a.texts.has(this.#words.text(one))) ||
        some?.some((one) => one !== unit && isBetter(sharedBy(others, this.#words.of(one))) && !b.texts.has(this.#words.text(one))),
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
 * Returns true if elements without words have their labels after them: the first `for` tells, or else what the list begins with.
 *
 * @param {Unit[]} units
 */
function labelsAreAfter(units) {
  for (const [at, { node }] of units.entries()) {
    const id = isElement(node) ? node.getAttribute('for') : undefined;
    if (!id) continue;
    if ([-1, 1].some((step) => idOf(units[at + step]) === id)) return idOf(units[at - 1]) === id;
  }
  const [first] = units;
  return first !== undefined && isElement(first.node) && !wordsIn(first).size;
}

/** @param {Unit | undefined} unit */
function idOf(unit) {
  return unit && isElement(unit.node) ? unit.node.id : undefined;
}

/**
 * Returns true if all units are in their places and one at most has changed, but not its name.
 *
 * @param {Unit[]} a
 * @param {Unit[]} b
 * @param {import('./match.js').Match} match
 */
function areInPlace(a, b, match) {
  if (a.length !== b.length) return false;
  let changed = 0;
  return a.every((unit, at) => {
    const other = b[at];
    if (!other || match.ofA.get(unit.node)?.node !== other.node) return false;
    if (unit.text !== undefined ? unit.text === other.text : unit.node.isEqualNode(other.node)) return true;
    changed += 1;
    return changed === 1 && keyOf(unit.node) === keyOf(other.node);
  });
}

/**
 * The units of both versions without the equal ones at both ends, but for the next to those that differ, and those that look like one
 * that differs.
 *
 * @param {Unit[]} a
 * @param {Unit[]} b
 * @param {import('./match.js').Match} match
 * @param {Words} words
 * @returns {[Unit[], Unit[]]}
 */
function differing(a, b, match, words) {
  const isSame = (/** @type {Unit | undefined} */ one, /** @type {Unit | undefined} */ other) =>
    one !== undefined && other !== undefined && match.ofA.get(one.node)?.node === other.node && hasWords(one) && one.node.isEqualNode(other.node);
  let start = 0;
  while (isSame(a[start + 1], b[start + 1]) && isSame(a[start], b[start])) start += 1;
  let end = 0;
  while (start + end + 1 < Math.min(a.length, b.length) && isSame(a.at(-2 - end), b.at(-2 - end)) && isSame(a.at(-1 - end), b.at(-1 - end))) end += 1;
  const differ = [...a.slice(start, a.length - end), ...b.slice(start, b.length - end)].filter((unit) => isElement(unit.node));
  const texts = new Set(differ.map((unit) => words.text(unit)));
  const looksLikeOne = (/** @type {Unit | undefined} */ unit) => unit !== undefined && texts.has(words.text(unit));
  while (start > 0 && looksLikeOne(a[start - 1])) start -= 1;
  while (end > 0 && looksLikeOne(a[a.length - end])) end -= 1;
  return [a.slice(start, a.length - end), b.slice(start, b.length - end)];
}

/** @param {Unit} unit */
function hasWords({ node, text }) {
  return /\S/.test(text ?? node.textContent ?? '');
}

/**
 * @param {Unit[]} units
 * @param {(unit: Unit) => boolean} isOpen
 * @param {Words} words
 * @returns {Side}
 */
function sideOf(units, isOpen, words) {
  /** @type {Map<string, Unit[]>} */
  const kinds = new Map();
  /** @type {Map<string, Unit[]>} */
  const texts = new Map();
  /** @type {Map<string, Unit | undefined>} */
  const unique = new Map();
  for (const unit of units.filter(isOpen)) {
    put(kinds, kindOf(unit), unit);
    put(texts, words.text(unit), unit);
    for (const word of words.of(unit)) unique.set(word, unique.has(word) ? undefined : unit);
  }
  return { units, places: new Map(units.map((unit, at) => [unit, at])), kinds, texts, unique };
}

/** @param {Side} side @param {Unit} unit */
function placeOf(side, unit) {
  return /** @type {number} */ (side.places.get(unit));
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

/**
 * Returns true for a pair in different parents that may be two elements: nothing but their tags and attributes is the same, and the
 * words around them are others.
 *
 * @param {Element} element of the base
 * @param {Element} partner
 * @param {import('./match.js').Match} match
 */
export function isDoubtfulMove(element, partner, match) {
  if (wordsIn(unitOf(element)).size || isNamed(element, partner)) return false;
  const [words, others] = [outermost(element, match.ofA), outermost(partner, match.ofB)].map((one) => wordsIn(unitOf(one)));
  return Boolean(words?.size && others?.size && overlap(words, others) < COMMON);
}

/**
 * The outermost element around one that has no partner.
 *
 * @param {Element} element
 * @param {Map<Node, Unit>} partners
 */
function outermost(element, partners) {
  let found = element;
  for (let parent = element.parentElement; parent && !partners.has(parent); parent = parent.parentElement) found = parent;
  return found;
}

/**
 * Returns true for two elements with the same id, or with a name that no other of their documents has.
 *
 * @param {Element} element
 * @param {Element} partner
 */
function isNamed(element, partner) {
  if (element.id) return element.id === partner.id;
  const name = element.getAttribute('name');
  if (!name || name !== partner.getAttribute('name')) return false;
  return [element, partner].every(({ ownerDocument }) => {
    const named = [...ownerDocument.querySelectorAll('[name]')];
    return named.filter((one) => one.getAttribute('name') === name).length === 1;
  });
}
