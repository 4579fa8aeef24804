/** Random pages: trees as data, and the HTML that they are written as. The parser may repair them, as it does with any page. */

import fc from 'fast-check';

/**
 * @typedef {string | { comment: string } | Item} Piece
 * @typedef {{ tag: string, attributes: Record<string, string>, children: Piece[] }} Item
 * @typedef {{ html: Record<string, string>, head: Piece[], body: Item }} Page
 */

const TEXTS = ['', ' ', '\n  ', 'a', 'b', 'one', 'two three', 'x < y & z', '"q"', '\u{1F493}'];
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const VOID = new Set(['br', 'hr', 'input', 'img', 'meta', 'link']);
const RAW = new Set(['style', 'noscript']);
const TEXT = new Set(['textarea', 'title']);

const word = fc.constantFrom('a', 'b', 'c', 'd');
const optional = (arbitrary, weight = 4) => fc.option(arbitrary, { nil: undefined, freq: weight });
const flag = fc.option(fc.constant(''), { nil: undefined, freq: 1 });

/** @param {Record<string, fc.Arbitrary<string | undefined>>} own */
const attributes = (own) =>
  fc
    .record({ id: optional(fc.constantFrom(...NAMES), 1), class: optional(fc.constantFrom('a', 'a b', 'c')), ...own })
    .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));

const common = attributes({
  title: optional(word, 1),
  style: optional(fc.constantFrom('color: red', 'color: blue; margin: 1px'), 1),
  hidden: flag,
});

const text = fc.constantFrom(...TEXTS);

/**
 * @param {string} tag
 * @param {fc.Arbitrary<any>} own
 * @param {fc.Arbitrary<Piece[]>} children
 * @returns {fc.Arbitrary<Item>}
 */
const item = (tag, own, children) => fc.record({ tag: fc.constant(tag), attributes: own, children });

const none = fc.constant([]);
const option = item('option', attributes({ value: optional(word, 1), selected: flag }), fc.tuple(word));

const controls = fc.oneof(
  item('input', attributes({ value: optional(word), name: optional(word, 1) }), none),
  item('input', attributes({ type: fc.constant('checkbox'), checked: flag, value: optional(word, 1) }), none),
  item('input', attributes({ type: fc.constant('radio'), checked: flag, name: fc.constantFrom('r', 's'), value: word }), none),
  item('textarea', attributes({ name: optional(word, 1) }), fc.tuple(text)),
  item('select', attributes({ multiple: flag }), fc.array(option, { maxLength: 4 })),
  item('output', attributes({}), fc.tuple(word)),
);

const leaves = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 1, arbitrary: fc.record({ comment: fc.constantFrom('', 'a', ' b ') }) },
  { weight: 2, arbitrary: controls },
  { weight: 1, arbitrary: item(/** @type {any} */ ('br'), attributes({}), none) },
  { weight: 1, arbitrary: item('img', attributes({ alt: optional(word) }), none) },
  { weight: 1, arbitrary: item('noscript', attributes({}), fc.tuple(fc.constantFrom('', '<p>a</p>', '<img src=x><b>b</b>'))) },
);

const BLOCKS = ['div', 'p', 'section', 'ul', 'li', 'b', 'span', 'a', 'h2', 'pre', 'label', 'button', 'x-card', 'form'];
const TABLES = ['table', 'tbody', 'tr', 'td'];
const OTHERS = ['details', 'summary', 'dialog', 'fieldset', 'template'];

const { piece } = fc.letrec((tie) => {
  const children = fc.array(tie('piece'), { maxLength: 4, depthIdentifier: 'page' });
  const among = (/** @type {string[]} */ tags, own = common) =>
    fc.record({ tag: fc.constantFrom(...tags), attributes: own, children });
  // A list whose items are alike, with and without keys.
  const list = fc
    .tuple(fc.constantFrom('', 'id', 'data-key'), fc.uniqueArray(fc.constantFrom(...'ghijklmn'), { maxLength: 6 }))
    .map(([key, letters]) => ({
      tag: 'ul',
      attributes: {},
      children: letters.map((letter) => ({ tag: 'li', attributes: key ? { [key]: letter } : {}, children: [letter] })),
    }));
  const table = fc.array(fc.array(word, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }).map((rows) => ({
    tag: 'table',
    attributes: {},
    children: rows.map((cells) => ({
      tag: 'tr',
      attributes: {},
      children: cells.map((cell) => ({ tag: 'td', attributes: {}, children: [cell] })),
    })),
  }));
  const shapes = fc
    .array(fc.record({ r: word, title: optional(word, 1) }), { maxLength: 4 })
    .map((circles) => ({
      tag: 'svg',
      attributes: {},
      children: circles.map(({ r, title }) => ({
        tag: 'circle',
        attributes: { r },
        children: title ? [{ tag: 'title', attributes: {}, children: [title] }] : [],
      })),
    }));
  return {
    piece: fc.oneof(
      { depthSize: 'small', withCrossShrink: true, depthIdentifier: 'page' },
      { weight: 5, arbitrary: leaves },
      { weight: 6, arbitrary: among(BLOCKS) },
      { weight: 1, arbitrary: among(TABLES) },
      { weight: 1, arbitrary: among(OTHERS) },
      { weight: 1, arbitrary: list },
      { weight: 1, arbitrary: table },
      { weight: 1, arbitrary: shapes },
    ),
  };
});

const heads = fc.oneof(
  item('meta', fc.record({ name: word, content: word }), none),
  item('style', fc.constant({}), fc.tuple(fc.constantFrom('p { margin: 0 }', 'b { color: red }', ''))),
  item('link', fc.record({ rel: fc.constant('alternate'), href: word }), none),
  item('title', fc.constant({}), fc.tuple(word)),
  item('noscript', fc.constant({}), fc.tuple(fc.constantFrom('<link rel="alternate" href="a">', '<img src=x>'))),
  fc.record({ comment: word }),
);

/** A piece of a page. @type {fc.Arbitrary<Piece>} */
export const pieces = /** @type {any} */ (piece);

/** @type {fc.Arbitrary<Page>} */
export const pages = fc.record({
  html: attributes({ lang: optional(fc.constantFrom('en', 'de'), 1) }),
  head: fc.array(heads, { maxLength: 4 }),
  body: item('body', common, fc.array(pieces, { minLength: 1, maxLength: 8 })),
});

const escape = (value) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/**
 * @param {Piece} value
 * @param {string} noscript the name of `noscript` elements
 * @returns {string}
 */
function write(value, noscript) {
  if (typeof value === 'string') return escape(value);
  if ('comment' in value) return `<!--${value.comment}-->`;
  const { attributes, children } = value;
  const tag = value.tag === 'noscript' ? noscript : value.tag;
  if (VOID.has(tag)) return `<${tag}${writeAttributes(attributes)}>`;
  // Tags in these are text.
  const inner = TEXT.has(tag) ? 'noscript' : noscript;
  const content = RAW.has(value.tag) ? children.filter((child) => typeof child === 'string') : children.map((child) => write(child, inner));
  return `<${tag}${writeAttributes(attributes)}>${content.join('')}</${tag}>`;
}

/** @param {Record<string, string>} all */
const writeAttributes = (all) =>
  Object.entries(all)
    .map(([name, value]) => ` ${name}="${escape(value)}"`)
    .join('');

/** @param {Page} page @param {string} noscript */
function writePage({ html, head, body }, noscript) {
  const inside = head.map((piece) => write(piece, noscript)).join('');
  return `<!doctype html><html${writeAttributes(html)}><head><meta charset="utf-8">${inside}</head>${write(body, noscript)}</html>`;
}

/** @param {Page} page */
export const htmlOf = (page) => writePage(page, 'noscript');

/** The HTML as the layer sends it for a parser without scripting. @param {Page} page */
export const parsedHtmlOf = (page) => writePage(page, 'noframes');
