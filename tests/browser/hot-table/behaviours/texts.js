/** Parts of the modules' texts. */

/** A function that shows a text on the page. */
export const SHOW = "((text) => (document.querySelector('p').textContent = text))";

/** A statement that counts how often its module has run. @param {string} name of a global variable */
export const count = (name) => `globalThis.${name} = (globalThis.${name} ?? 0) + 1;`;

/** A module that exports a text. @param {string} word */
export const word = (word) => `export const word = '${word}';\n`;

/** A module that shows a text from below and accepts its own updates. @param {string} specifier */
export const view = (specifier) => `import { word } from '${specifier}';
${count('views')}
${SHOW}(word);
import.meta.hot?.accept();
`;

/** A module with a syntax error that a lexer notices too: Vite's server reports no others. */
export const UNTERMINATED = "export const word = 'two";
