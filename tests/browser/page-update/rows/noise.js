/** Values that differ at each request: [name, a function that makes an answer of a value and of a text, options]. */

import { page } from './page.js';

/** @type {import('./index.js').Noise[]} */
export const NOISE = [
  ['a token in a form', (value, text) => page(`<form><input type="hidden" name="csrf" value="${value}"></form><p>${text}</p>`)],
  ['a token in each form', (value, text) => page(['a', 'b', 'c'].map((name) => `<form>${token(value + name)}<input name="${name}"></form>`).join('') + `<p>${text}</p>`)],
  ['a token in each form, one of which only some answers have', (value, text) => page(`${value === '2b' ? '' : `<form>${token(`${value}x`)}<input name="x"></form>`}<form>${token(`${value}y`)}<input name="y"></form><p>${text}</p>`), { mayAdd: true }],
  ['a token in a <meta>', (value, text) => page(`<p>${text}</p>`, `<meta name="csrf-token" content="${value}">`)],
  ['a token in a block of data', (value, text) => page(`<script type="application/json">{"csrf":"${value}"}</script><p>${text}</p>`)],
  ['a token in an inline script', (value, text) => page(`<script>window.csrf = '${value}'</script><p>${text}</p>`)],
  ['a nonce of scripts and styles', (value, text) => page(`<style nonce="${value}">p { margin: 0 }</style><script nonce="${value}">window.ran = 1</script><p>${text}</p>`)],
  ['a nonce in a policy', (value, text) => page(`<p>${text}</p>`, `<meta http-equiv="Content-Security-Policy" content="script-src 'nonce-${value}' 'self'">`)],
  ['a time and an id', (value, text) => page(`<p id="i${value}">${text}</p><time>${value}</time><!-- ${value} -->`)],
  ['a random address', (value, text) => page(`<img src="/media/picture.svg?${value}" alt=""><p>${text}</p>`)],
  // Whether an item is new in the template or just in these answers can't be told, so it is shown. None is removed.
  ['a number of items', (value, text) => page(`<ul>${items(value)}</ul><p>${text}</p>`), { mayAdd: true }],
  ['a number of items between others', (value, text) => page(`<ul><li>first</li>${items(value)}<li>last</li></ul><p>${text}</p>`), { mayAdd: true }],
  ['a smaller number of items', (value, text) => page(`<ul>${items(FEWER[value])}</ul><p>${text}</p>`), { mayAdd: true }],
  ['a number of rows with fields', (value, text) => page(`<table>${items(value, (n) => `<tr><td>${n}<td><input name="f${n}">`)}</table><p>${text}</p>`), { mayAdd: true }],
  ['an element that only some answers have', (value, text) => page(`<main>${value === '2b' ? '<aside class="ad">ad</aside>' : ''}<p>${text}</p></main>`)],
  ['one of two elements', (value, text) => page(value === '2b' ? `<section>b</section><p>${text}</p>` : `<aside>a</aside><p>${text}</p>`)],
  ['items in a random order', (value, text) => page(`<ul>${ORDERS[value].map((n) => `<li>${n}</li>`).join('')}</ul><p>${text}</p>`)],
  ['items with ids in a random order', (value, text) => page(`<ul>${ORDERS[value].map((n) => `<li id="i${n}">${n}</li>`).join('')}</ul><p>${text}</p>`)],
  ['random ids and keys of items', (value, text) => page(`<ul>${[1, 2, 3].map((n) => `<li id="${value}-${n}" data-key="${value}${n}">${n}</li>`).join('')}</ul><p>${text}</p>`)],
];

/** @param {string} value */
function token(value) {
  return `<input type="hidden" name="csrf" value="${value}">`;
}

/** Numbers of items by value, of which the page has the largest. @type {Record<string, string>} */
const FEWER = { '1a': '3', '2b': '1', '3c': '2' };

/** Orders by value. @type {Record<string, number[]>} */
const ORDERS = { '1a': [1, 2, 3, 4], '2b': [3, 1, 4, 2], '3c': [4, 3, 2, 1] };

/** @param {string} value another number of items for each @param {(n: number) => string} [one] */
function items(value, one = (n) => `<li>item ${n}</li>`) {
  return Array.from({ length: Number.parseInt(value, 10) }, (_, n) => one(n)).join('');
}
