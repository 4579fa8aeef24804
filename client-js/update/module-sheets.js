/**
 * Stylesheets that are imported as modules (`with { type: 'css' }`).
 *
 * If no module accepts a change of one, its rules are replaced in the sheet that the page has: elements and shadow roots
 * which adopted it show them at once.
 */

import { extensionOf } from '../stream/url.js';

/** The type of a module that is imported with one, by its extension. */
const TYPES = /** @type {const} */ ({ css: 'css', json: 'json' });

/**
 * The type with which a file is imported as a module; `undefined` for one of JavaScript.
 *
 * @param {string} url
 * @returns {'css' | 'json' | undefined}
 */
export function typeOf(url) {
  return /** @type {Partial<Record<string, 'css' | 'json'>>} */ (TYPES)[extensionOf(url)];
}

/**
 * Imports a module of any type.
 *
 * @param {string} url
 * @returns {Promise<Record<string, unknown>>}
 */
export async function importModule(url) {
  const type = typeOf(url);
  if (!type) return import(url);
  const { importWith } = await import('./import-with.js');
  return importWith(url, type);
}

export class ModuleSheets {
  #page;

  /**
   * @param {object} page
   * @param {(url: string) => Promise<Record<string, unknown>>} page.load `import()`
   * @param {(url: string) => Promise<string | undefined>} page.source the text of a file
   * @param {(key: string) => string[]} page.urlsOf the URLs from which the page has loaded a file
   */
  constructor(page) {
    this.#page = page;
  }

  /**
   * Replaces the rules of all sheets of a file.
   *
   * @param {string} key
   * @param {string} [text] the new rules, if the event had them
   * @returns {Promise<boolean>} false if the page has none
   */
  async replace(key, text) {
    const { load, source, urlsOf } = this.#page;
    const rules = text ?? (await source(key));
    if (rules === undefined) return false;
    let isDone = false;
    for (const url of urlsOf(key)) {
      // That is the page's own: it has a module once for each URL.
      const { default: sheet } = await load(url);
      if (!(sheet instanceof CSSStyleSheet)) continue;
      sheet.replaceSync(rules);
      isDone = true;
    }
    return isDone;
  }
}
