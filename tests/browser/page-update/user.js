/** A page that a user works in with mouse and keyboard, before and after an update. */

import { page } from './rows/page.js';

const CONTROLS = `
<p><input id="field" value="default "></p>
<p><textarea id="area"></textarea></p>
<p><input id="box" type="checkbox"><input id="radio" type="radio" name="r" value="2"></p>
<details><summary id="more">More</summary><p>text</p></details>
<p><button id="add" onclick="this.textContent = String(Number(this.textContent) + 1)">0</button></p>
<div id="editor" contenteditable style="min-height: 1em"></div>`;

/** The versions of the page. */
export const USER = [
  page(`<main><h1 id="title">before</h1>${CONTROLS}</main>`),
  page(`<main><h1 id="title">after</h1><p>new</p><div class="wrapper">${CONTROLS}</div></main>`),
];

/** Returns the state, as JSON allows. It runs in the page. */
export function read() {
  const $ = (/** @type {string} */ selector) => /** @type {any} */ (document.querySelector(selector));
  return {
    field: $('#field').value,
    area: $('#area').value,
    box: $('#box').checked,
    radio: $('#radio').checked,
    isOpen: $('details').open,
    count: $('#add').textContent,
    editor: $('#editor').textContent,
    focus: document.activeElement?.id,
  };
}
