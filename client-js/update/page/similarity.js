/** Likeness of two nodes that are not equal. */

import { kept, keptCounts, overlap, overlapOfCounts, sharedEnds } from './overlaps.js';
import { isElement, shadowTemplateOf, tagOf } from './units.js';

/** @typedef {import('./units.js').Unit} Unit */

/** Attributes that name an element among its siblings. */
const KEYS = ['id', 'data-key', 'key', 'data-id'];

/** Elements of which no two are in one place. */
const SINGLE = new Set(['html', 'head', 'body', 'title']);

/** Attributes that name an element of these tags. */
const NAMED = new Map(
  Object.entries({
    input: ['name'],
    select: ['name'],
    textarea: ['name'],
    button: ['name'],
    iframe: ['name'],
    slot: ['name'],
    meta: ['name', 'property', 'itemprop'],
  }),
);

/** Types of `input` with the value mode "value" share one kind of state (HTML, section 4.10.5.4). */
const OTHER_MODES = new Set(['hidden', 'submit', 'image', 'reset', 'button', 'checkbox', 'radio', 'file']);

/** Characters of text that are compared. */
const MOST_TEXT = 2_000;

/** Children that are searched for an element. */
const MOST_CHILDREN = 8;

/** Elements inside of one whose names are compared, and the attributes that name them. */
const MOST_NAMED = 50;
const NAMES = ['id', 'name', 'for', 'href', 'src', 'action', 'data-id', 'data-key'];
const NAMED_ELEMENTS = NAMES.map((name) => `[${name}]`).join();

/** Likeness of two elements that have only the tag in common. */
const LEAST = 0.1;

/**
 * @typedef {object} Features
 * @property {Map<string, string>} attributes without classes
 * @property {Set<string>} classes
 * @property {string} text
 * @property {Set<string>} words
 * @property {Map<string, number>} tags of the children
 */

/**
 * The kind of state that an `input` has; nothing for other elements.
 *
 * @param {Element} element
 */
export function modeOf(element) {
  if (element.localName !== 'input') return '';
  const type = element.getAttribute('type')?.toLowerCase() ?? 'text';
  return OTHER_MODES.has(type) ? type : 'value';
}

/**
 * Returns true for nodes that could be one node before and after a change.
 *
 * @param {Unit} a
 * @param {Unit} b
 */
export function isCompatible({ node: a }, { node: b }) {
  if (!isElement(a) || !isElement(b)) return a.nodeType === b.nodeType;
  return (
    tagOf(a) === tagOf(b) &&
    a.namespaceURI === b.namespaceURI &&
    modeOf(a) === modeOf(b) &&
    a.getAttribute('is') === b.getAttribute('is')
  );
}

/**
 * A name that is meant to be unique.
 *
 * @param {Node} node
 * @returns {string | undefined}
 */
export function keyOf(node) {
  if (!isElement(node)) return undefined;
  if (SINGLE.has(node.localName)) return node.localName;
  if (!node.hasAttributes()) return undefined;
  for (const name of KEYS) {
    const value = node.getAttribute(name);
    if (value) return `${tagOf(node)} ${name} ${value}`;
  }
  for (const name of NAMED.get(node.localName) ?? []) {
    const value = node.getAttribute(name);
    // Radio buttons and checkboxes of one group differ in their values.
    if (value) return `${tagOf(node)} ${modeOf(node)} ${name} ${value} ${isChoice(node) ? node.getAttribute('value') : ''}`;
  }
  return undefined;
}

/** @param {Element} element */
function isChoice(element) {
  return modeOf(element) === 'radio' || modeOf(element) === 'checkbox' || element.localName === 'button';
}

/**
 * An element's tag and attributes, but for what may differ between a parsed document and the page.
 *
 * @param {Element} element
 */
export function shallowKeyOf(element) {
  const attributes = element.getAttributeNames().filter((name) => name !== 'nonce');
  return `${tagOf(element)} ${attributes.sort().map((name) => `${name}=${element.getAttribute(name)}`).join('\u0000')}`;
}

/** Compares units, and keeps what it has read of each. */
export class Similarity {
  #isLive;
  /** @type {WeakMap<Node, Features>} */
  #features = new WeakMap();

  /** @param {boolean} isLive true where the second document is a page with scripts */
  constructor(isLive) {
    this.#isLive = isLive;
  }

  /**
   * The likeness of two units, from 0 for different ones to 1.
   *
   * @param {Unit} a
   * @param {Unit} b
   */
  of(a, b) {
    if (!isCompatible(a, b)) return 0;
    if (a.text !== undefined || b.text !== undefined) return this.#ofTexts(a.text ?? '', b.text ?? '');
    if (!isElement(a.node) || !isElement(b.node)) return a.node.nodeValue === b.node.nodeValue ? 1 : 0.2;
    const [idA, idB] = [a.node.getAttribute('id'), b.node.getAttribute('id')];
    if (idA && idA === idB) return 1;
    if (idA && idB && this.#isLive) return 0;
    if (idA !== idB && ((idA && isTaken(idA, b.node)) || (idB && isTaken(idB, a.node)))) return 0;
    return this.#ofElements(a.node, b.node);
  }

  /** @param {Element} element */
  wordsOf(element) {
    return this.#featuresOf(element).words;
  }

  /**
   * The words in an element and its tag; nothing if it has no words.
   *
   * @param {Node} node
   */
  contentOf(node) {
    if (!isElement(node)) return '';
    const { words } = this.#featuresOf(node);
    return words.size ? `${tagOf(node)} ${[...words].join(' ')}` : '';
  }

  /**
   * @param {string} a
   * @param {string} b
   */
  #ofTexts(a, b) {
    if (a === b) return 1;
    const isBlankA = !/\S/.test(a);
    if (isBlankA !== !/\S/.test(b)) return this.#isLive ? 0 : 0.05;
    return 0.3 + 0.6 * Math.max(overlap(wordsOf(a), wordsOf(b)), 0.9 * sharedEnds(a, b));
  }

  /**
   * @param {Element} a
   * @param {Element} b
   */
  #ofElements(a, b) {
    const [before, after] = [this.#featuresOf(a), this.#featuresOf(b)];
    const likeness = this.#ofFeatures(before, after);
    // In a page, an element of a script around it may have all that it has.
    if (likeness === 1 && (!this.#isLive || a.attributes.length === b.attributes.length)) return 1;
    // An element that was put into a new one of its kind, or taken out of it, is found inside.
    const isInside = (/** @type {Element} */ outer, /** @type {Element} */ inner) => this.#isInside(outer, inner, likeness, outer === b);
    return isInside(b, a) || isInside(a, b) ? 0 : likeness;
  }

  /**
   * Returns true if a child of an element is more like another element than it is itself.
   *
   * @param {Element} outer
   * @param {Element} inner
   * @param {number} likeness
   * @param {boolean} isOuterSecond
   */
  #isInside(outer, inner, likeness, isOuterSecond) {
    const hasAttributes = outer.attributes.length > 0 || inner.attributes.length > 0;
    let seen = 0;
    for (let child = outer.firstElementChild; child && seen < MOST_CHILDREN; child = child.nextElementSibling, seen += 1) {
      if (tagOf(child) !== tagOf(inner)) continue;
      // Of two elements without attributes, one in the other, either may be the new one.
      if ((hasAttributes || this.#isLive) && child.isEqualNode(inner)) return true;
      const [one, other] = [this.#featuresOf(inner), this.#featuresOf(child)];
      const own = isOuterSecond ? this.#ofFeatures(one, other) : this.#ofFeatures(other, one);
      if (hasAttributes && own > likeness + 0.2) return true;
      // Either may be the page's, and neither is certain.
      if (this.#isLive && isOuterSecond && outer.attributes.length > inner.attributes.length && own >= likeness - 0.05) return true;
    }
    return false;
  }

  /**
   * @param {Features} before
   * @param {Features} after
   */
  #ofFeatures(before, after) {
    const attributes = this.#ofAttributes(before, after);
    if (this.#isLive) {
      const [words, tags] = [kept(before.words, after.words), keptCounts(before.tags, after.tags)];
      const isEmpty = !before.words.size && !before.tags.size;
      // One without anything is not certain to be one that scripts have given attributes and content.
      if (isEmpty && !before.attributes.size && !before.classes.size) {
        const [isFilled, isNamed] = [after.words.size + after.tags.size > 0, after.attributes.size + after.classes.size > 0];
        return isFilled && isNamed ? 0 : isFilled || isNamed ? 0.8 : 1;
      }
      // Without anything in common but the tag, a page's node is a script's.
      if (attributes === 0 && (words < 1 || isEmpty)) return 0;
      const likeness = 0.4 * attributes + 0.35 * words + 0.2 * tags + 0.05 * Number(before.text === after.text);
      return likeness < 0.3 ? 0 : likeness;
    }
    const words = Math.max(overlap(before.words, after.words), 0.9 * sharedEnds(before.text, after.text));
    const likeness = 0.4 * attributes + 0.35 * words + 0.25 * overlapOfCounts(before.tags, after.tags);
    return Math.max(LEAST, likeness);
  }

  /**
   * @param {Features} before
   * @param {Features} after
   */
  #ofAttributes(before, after) {
    let equal = 0;
    let all = before.attributes.size;
    for (const [name, value] of before.attributes) {
      const other = after.attributes.get(name);
      if (other === value) equal += 1;
      // A script has set it.
      else if (other !== undefined && this.#isLive) equal += 0.5;
    }
    if (before.classes.size) {
      all += 1;
      equal += this.#isLive ? kept(before.classes, after.classes) : overlap(before.classes, after.classes);
    }
    // Scripts add attributes; a change of a template that does so is as likely to be another element.
    if (!this.#isLive) {
      for (const name of after.attributes.keys()) if (!before.attributes.has(name)) all += 1;
      if (after.classes.size && !before.classes.size) all += 1;
    }
    return all ? equal / all : 1;
  }

  /**
   * @param {Element} element
   * @returns {Features}
   */
  #featuresOf(element) {
    const known = this.#features.get(element);
    if (known) return known;
    const attributes = new Map(element.getAttributeNames().map((name) => [name, element.getAttribute(name) ?? '']));
    attributes.delete('class');
    attributes.delete('nonce');
    /** @type {Map<string, number>} */
    const tags = new Map();
    const shadow = shadowTemplateOf(element);
    for (const child of element.children) {
      if (child !== shadow) tags.set(tagOf(child), (tags.get(tagOf(child)) ?? 0) + 1);
    }
    const text = textOf(element);
    const features = {
      attributes,
      classes: new Set(element.classList),
      text,
      words: this.#isLive ? wordsOf(text) : new Set([...wordsOf(text), ...namesIn(element)]),
      tags,
    };
    this.#features.set(element, features);
    return features;
  }
}

/**
 * Returns true if an element has the id in the document of the other.
 *
 * @param {string} id
 * @param {Element} other
 */
function isTaken(id, other) {
  const root = other.getRootNode();
  return 'getElementById' in root && /** @type {Document} */ (root).getElementById(id) !== null;
}

/**
 * The text of an element, with spaces between text nodes, as scripts put nodes between them.
 *
 * @param {Element} element
 */
function textOf(element) {
  const walker = element.ownerDocument.createTreeWalker(element, 4);
  let text = '';
  for (let node = walker.nextNode(); node && text.length < MOST_TEXT; node = walker.nextNode()) {
    text += `${node.nodeValue?.slice(0, MOST_TEXT)} `;
  }
  return text;
}

/**
 * The names in an element, by which two with the same text or none differ.
 *
 * @param {Element} element
 */
export function namesIn(element) {
  const named = element.childElementCount ? [...element.querySelectorAll(NAMED_ELEMENTS)].slice(0, MOST_NAMED) : [];
  return named.flatMap((one) => NAMES.flatMap((name) => (one.hasAttribute(name) ? [`${name}=${one.getAttribute(name)}`] : [])));
}

/**
 * The words in a unit.
 *
 * @param {Unit} unit
 */
export function wordsIn({ node, text }) {
  return wordsOf(text ?? (isElement(node) ? textOf(node) : ''));
}

/** @param {string} text */
function wordsOf(text) {
  return new Set(text.match(/\S+/g) ?? []);
}
