/** Large pages: one of 10,000 nodes, whose versions differ in a text, an attribute, an added and a removed section, and two lists. */

import { page } from './page.js';

/** The least number of nodes. */
export const LARGE_NODES = 10_000;

const SECTIONS = 250;

/** @param {number} n @param {string} text */
const section = (n, text) => `<section id="s${n}" class="card c${n % 7}">
  <h2>Section ${n}</h2>
  <p title="t${n}">${text} <b>bold ${n}</b> and <a href="/${n}">a link</a>.</p>
  <ul>
    <li>one ${n}</li>
    <li>two ${n} <input name="f${n}"></li>
    <li>three</li>
  </ul>
  <table><tr><td>${n}</td><td>${n * 2}</td></tr><tr><td>a</td><td>b</td></tr></table>
</section>`;

/** @param {number} version */
function large(version) {
  const sections = Array.from({ length: SECTIONS }, (_, n) => section(n, n === 120 ? `text ${version}` : 'text'));
  if (version > 0) sections.splice(40, 0, section(1_000, 'added'));
  if (version > 1) sections.splice(200, 1);
  return page(`<main class="v${version}">\n${sections.join('\n')}\n</main>`);
}

/** The versions of the page. */
export const LARGE = [0, 1, 2].map(large);

/** Two thousand like rows, which all get a class. */
export const ALIKE_ROWS = ['', ' class="x"'].map((attribute) => page(`<table>${`<tr${attribute}><td>Item<td><button>Like</button>`.repeat(2_000)}</table>`));

/** A list of a thousand items in two orders. */
export const SHUFFLED = [7_919, 3_571].map((step) =>
  page(`<ul>${Array.from({ length: 1_000 }, (_, n) => `<li>${(n * step) % 1_000}</li>`).join('')}</ul>`),
);
