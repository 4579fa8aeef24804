/** Bounds for text from outside. */

/** A half of a surrogate pair without the other. Bundlers print them, and `encodeURIComponent` throws at them. */
const LONE_SURROGATES = /\p{Surrogate}/gu;

/**
 * The start of a text, and the number of characters after it.
 *
 * @param {string} text
 * @param {number} most
 * @returns {{ start: string, omitted: number }}
 */
export function startOf(text, most) {
  if (text.length <= most) return { start: text, omitted: 0 };
  // Not between the halves of a surrogate pair.
  const end = /[\ud800-\udbff]/.test(text.charAt(most - 1)) ? most - 1 : most;
  return { start: text.slice(0, end), omitted: text.length - end };
}

/**
 * The text, or its start and a note of how much is left out.
 *
 * @param {string} text
 * @param {number} most
 */
export function shorten(text, most) {
  const { start, omitted } = startOf(text, most);
  return omitted ? `${start}… (${omitted} more characters)` : start;
}

/**
 * Any value as text. `String` throws for some objects.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function textFrom(value) {
  if (typeof value === 'string') return value;
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/**
 * The texts in a value from outside that should be a list.
 *
 * @param {unknown} list
 * @returns {string[]}
 */
export function textsFrom(list) {
  return Array.isArray(list) ? list.map(textFrom) : [];
}

/**
 * The first texts of a list, each cut to a length, and the number of those left out.
 *
 * @param {readonly string[]} texts
 * @param {{ texts: number, characters: number, total: number }} most the number of texts, and the characters of one
 *   and of all
 * @returns {{ texts: string[], omitted: number }}
 */
export function firstOf(texts, most) {
  /** @type {string[]} */
  const first = [];
  let total = 0;
  for (const text of texts.slice(0, most.texts)) {
    const short = shorten(text, most.characters);
    total += short.length;
    if (first.length && total > most.total) break;
    first.push(short);
  }
  return { texts: first, omitted: texts.length - first.length };
}

/**
 * The text as part of a URL, with U+FFFD in the place of lone surrogates.
 *
 * @param {string} text
 */
export function encode(text) {
  return encodeURIComponent(text.replace(LONE_SURROGATES, '\ufffd'));
}
