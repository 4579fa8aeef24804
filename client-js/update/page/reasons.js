/** Reasons for a reload, as short texts for the console and the terminal. */

const MOST_TEXT = 40;

/** Thrown while an update is planned, when the page has to be reloaded instead. */
export class CannotUpdate extends Error {}

/**
 * A short name of an element.
 *
 * @param {Element} element
 */
export function nameOf(element) {
  const tag = element.localName;
  const id = element.getAttribute('id');
  if (id) return `<${tag} id="${shorten(id)}">`;
  const name = element.getAttribute('name') ?? element.getAttribute('class');
  return name ? `<${tag} ${element.hasAttribute('name') ? 'name' : 'class'}="${shorten(name)}">` : `<${tag}>`;
}

/** @param {string} text */
export function shorten(text) {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MOST_TEXT ? `${line.slice(0, MOST_TEXT)}…` : line;
}
