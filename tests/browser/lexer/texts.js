/** Texts of modules: files of installed npm packages, and mutations of them. */

import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** The longest text, in characters. Longer ones are bundles, of which a few would take most of the time. */
const LONGEST = 200_000;

/** The longest text that is mutated as a whole, in characters. */
const PIECE = 4_000;

/** Parts of the grammar that decide about a slash, a brace or the word `import`. */
const PARTS = [
  '/', '/a/g', '/[/]"/', '/ 2', '//', '/*', '*/', '`', '${', '}', '{', '(', ')', '[', ']', ';', ',', ':', '?', '?.', '.', '=>', '=',
  '++', '--', '!', '...', '"', "'", '\\', '\n', '#a', '@',
  'import', 'import "m";', 'import("m")', 'import(`m`)', 'import.meta', 'import.meta.url', 'import a from "m"', 'export',
  'export default', 'export * from "m"', 'export { a as default }', 'new URL("m", import.meta.url)', 'from "m"', 'with { type: "json" }',
  'if (a)', 'while (a)', 'for (const a of b)', 'else', 'do', 'try {', 'finally', 'return', 'yield', 'await', 'async', 'of', 'in', 'typeof',
  'void', 'new', 'case 1:', 'default:', 'a:', 'function () {}', 'function* a() {}', 'async () => {}', 'class {}', 'class A extends B {}',
  'static {}', 'get a() {}', 'let', 'static', 'this', 'super()', 'switch (a) {', 'throw', 'debugger', '({})', '1', '.5', '0x1e', '1n', '1_0',
];

/**
 * Returns the different scripts below a folder, in the order of their paths.
 *
 * @param {string} folder
 * @returns {Promise<{ path: string, text: string }[]>}
 */
export async function readScripts(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && /\.m?js$/.test(basename(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (const path of paths) {
    const text = await readFile(path, 'utf8');
    if (text.length <= LONGEST && !texts.has(text)) texts.set(text, path);
  }
  return Array.from(texts, ([text, path]) => ({ path, text }));
}

/**
 * Returns mutations of texts, the same for the same seed. Each is a piece of one text with one or two of its tokens removed,
 * repeated, exchanged, or replaced by a part that is hard to lex.
 *
 * @param {string[]} texts
 * @param {number} count
 * @param {number} seed
 */
export function mutate(texts, count, seed) {
  const random = randomNumbers(seed);
  const below = (/** @type {number} */ limit) => Math.floor(random() * limit);
  return Array.from({ length: count }, () => {
    const text = texts[below(texts.length)];
    // The beginning has the imports.
    const piece = text.length <= PIECE ? text : text.slice(0, PIECE).split('\n').slice(0, 5 + below(60)).join('\n');
    const tokens = piece.split(/(\s+|[^\w$])/).filter(Boolean);
    for (let edits = 1 + below(2); edits > 0; edits -= 1) {
      const at = below(tokens.length + 1);
      const other = below(tokens.length + 1);
      const part = PARTS[below(PARTS.length)];
      const edit = below(5);
      if (edit === 0) tokens.splice(at, 1);
      else if (edit === 1) tokens.splice(at, 0, ...tokens.slice(other, other + 1 + below(8)));
      else if (edit === 2) tokens.splice(at, 1, part);
      else tokens.splice(at, 0, ` ${part} `);
    }
    return tokens.join('').toWellFormed();
  });
}

/** Mulberry32. @param {number} state */
function randomNumbers(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
