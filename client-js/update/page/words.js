/** Words of siblings, and the attributes that distinguish those of the same words. */

import { namesIn, wordsIn } from './similarity.js';
import { isElement } from './units.js';

/** Attributes that distinguish an element from others of the same words. */
const TELLING = /^(?:id|name|for|href|src|srcset|action|formaction|value|title|alt|style|aria-label|on.+|[@:].+|x-.+|data-.+|hx-.+)$/;

/** Elements inside of one whose attributes are compared. */
const MOST_ELEMENTS = 100;

const VALUE = 'value=';

/** @typedef {import('./units.js').Unit} Unit */

/** The words of units, read once. */
export class Words {
  /** @type {Map<Unit, Set<string>>} */
  #words = new Map();
  /** @type {Map<Unit, string>} */
  #texts = new Map();
  /** @type {Map<Unit[], Map<string, number>>} */
  #tellings = new Map();

  /**
   * The words in a unit, or the names and values of the fields in one without words.
   *
   * @param {Unit} unit
   */
  of(unit) {
    const known = this.#words.get(unit);
    if (known) return known;
    const own = wordsIn(unit);
    const words = own.size || !isElement(unit.node) ? own : new Set([...namesIn(unit.node), ...valuesIn(unit.node)]);
    this.#words.set(unit, words);
    return words;
  }

  /**
   * The same words in one text, without their order.
   *
   * @param {Unit} unit
   */
  text(unit) {
    const known = this.#texts.get(unit);
    if (known !== undefined) return known;
    const text = [...this.of(unit)].sort().join(' ');
    this.#texts.set(unit, text);
    return text;
  }

  /**
   * Returns true if no other unit of the list has the same telling attributes.
   *
   * @param {Unit} unit
   * @param {Unit[]} units
   */
  isTold(unit, units) {
    let counts = this.#tellings.get(units);
    if (!counts) {
      counts = new Map();
      for (const text of units.map(tellingOf)) counts.set(text, (counts.get(text) ?? 0) + 1);
      this.#tellings.set(units, counts);
    }
    const own = tellingOf(unit);
    return own !== '' && counts.get(own) === 1;
  }
}

/**
 * Returns true for the default of a field.
 *
 * @param {string} word
 */
export function isValue(word) {
  return word.startsWith(VALUE);
}

/** @param {Element} element */
function valuesIn(element) {
  const fields = [...element.querySelectorAll('input[value]:not([type=hidden i])')].slice(0, MOST_ELEMENTS);
  return fields.flatMap((field) => (field.getAttribute('value') ? [`${VALUE}${field.getAttribute('value')}`] : []));
}

/**
 * Returns true for two nodes that lead to the same, and do the same, in all that is in them.
 *
 * @param {Node} a
 * @param {Node} b
 * @param {import('./noise.js').Noise | undefined} noise of the second one's document
 */
export function hasSameTellingAttributes(a, b, noise) {
  if (!isElement(a) || !isElement(b)) return true;
  const [some, others] = [partsOf(a), partsOf(b)];
  return some.length === others.length && some.every((one, at) => haveSame(one, /** @type {Element} */ (others[at]), noise));
}

/**
 * The telling attributes in a unit.
 *
 * @param {Unit} unit
 */
function tellingOf({ node }) {
  const parts = isElement(node) ? partsOf(node) : [];
  return parts.flatMap((one) => tellingNames(one).map((name) => `${name}=${one.getAttribute(name)}`)).join('\n');
}

/** @param {Element} element */
function tellingNames(element) {
  return element.getAttributeNames().filter((name) => TELLING.test(name)).sort();
}

/** @param {Element} element */
function partsOf(element) {
  return [element, ...[...element.querySelectorAll('*')].slice(0, MOST_ELEMENTS)];
}

/**
 * @param {Element} a
 * @param {Element} b
 * @param {import('./noise.js').Noise | undefined} noise
 */
function haveSame(a, b, noise) {
  const names = new Set([...tellingNames(a), ...tellingNames(b)]);
  // A token is another one in each answer.
  return [...names].every((name) => a.getAttribute(name) === b.getAttribute(name) || noise?.attribute(b, name) !== undefined);
}
