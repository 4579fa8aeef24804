/** Random edits of a page, as an author makes them. */

import fc from 'fast-check';

import { pieces } from './pages.js';

/** @typedef {import('./pages.js').Piece} Piece */

const KINDS = ['text', 'attribute', 'insert', 'remove', 'move', 'duplicate', 'wrap', 'unwrap', 'rename', 'reverse', 'swap', 'head'];

/** @typedef {{ kind: string, at: number, to: number, piece: Piece, word: string }} Edit */

/** @type {fc.Arbitrary<Edit[]>} */
export const edits = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    at: fc.nat(1_000),
    to: fc.nat(1_000),
    piece: pieces,
    word: fc.constantFrom('edited', 'new', 'z'),
  }),
  { minLength: 1, maxLength: 4 },
);

/**
 * Applies edits to a copy of a page.
 *
 * @param {import('./pages.js').Page} page
 * @param {Edit[]} list
 */
export function applyEdits(page, list) {
  // Not `structuredClone`, which keeps what generated values share.
  const copy = JSON.parse(JSON.stringify(page));
  for (const edit of list) apply(copy, edit);
  return copy;
}

/** All places of children, with their parent: the body's first. */
function placesOf(parent, places = []) {
  parent.children.forEach((child, index) => {
    places.push({ parent, index, child });
    if (child.children) placesOf(child, places);
  });
  return places;
}

const pick = (list, at) => list[at % list.length];

function apply({ head, body }, { kind, at, to, piece, word }) {
  const places = placesOf(body);
  const items = places.filter(({ child }) => child.children);
  if (kind === 'head') {
    if (at % 2) head.splice(to % (head.length + 1), 0, { tag: 'meta', attributes: { name: word, content: 'x' }, children: [] });
    else head.splice(to % (head.length + 1), 1);
    return;
  }
  if (kind === 'insert') {
    const { children } = pick([body, ...items.map(({ child }) => child)], at);
    children.splice(to % (children.length + 1), 0, JSON.parse(JSON.stringify(piece)));
    return;
  }
  if (kind === 'attribute') {
    const { attributes } = pick([body, ...items.map(({ child }) => child)], at);
    const name = pick(['class', 'title', 'id', 'value', 'checked', 'style', 'selected', 'hidden', 'data-x'], to);
    if (name in attributes) {
      if (to % 2) delete attributes[name];
      else attributes[name] = name === 'style' ? 'color: green' : word;
    } else attributes[name] = name === 'style' ? 'margin: 2px' : word;
    return;
  }
  const place = pick(kind === 'text' || kind === 'remove' || kind === 'duplicate' ? places : items, at);
  if (!place) return;
  const { parent, index, child } = place;
  switch (kind) {
    case 'text':
      if (typeof child === 'string') parent.children[index] = word;
      else if (child.children) child.children.unshift(word);
      else child.comment = word;
      break;
    case 'remove':
      parent.children.splice(index, 1);
      break;
    case 'duplicate':
      parent.children.splice(index, 0, JSON.parse(JSON.stringify(child)));
      break;
    case 'move': {
      parent.children.splice(index, 1);
      const others = [body, ...placesOf(body).filter((other) => other.child.children).map((other) => other.child)];
      const { children } = pick(others, to);
      children.splice((at + to) % (children.length + 1), 0, child);
      break;
    }
    case 'wrap':
      parent.children[index] = { tag: pick(['div', 'section', 'b'], to), attributes: {}, children: [child] };
      break;
    case 'unwrap':
      parent.children.splice(index, 1, ...child.children);
      break;
    case 'rename':
      child.tag = pick(['div', 'section', 'p', 'span'], to);
      break;
    case 'reverse':
      child.children.reverse();
      break;
    case 'swap':
      if (child.children.length > 1) child.children.push(child.children.shift());
      break;
  }
}
