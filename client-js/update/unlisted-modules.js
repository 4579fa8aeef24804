/**
 * Modules that accept updates and are not in the import graph, because the layer has not served them as files.
 *
 * What such a module imports keeps its URL, so the new version of it would get the old version of another module that was
 * updated before.
 */

import { keyOf as plainKeyOf, withVersion } from '../stream/url.js';

/** String literals, one of which names each static import. */
const LITERAL = /(["'`])((?:(?!\1)[^\\\n])+)\1/g;

export class UnlistedModules {
  #keyOf;
  #source;
  /** Modules of which the page holds more than one version. @type {Set<string>} */
  #updated = new Set();
  /** The number of imports of each URL: a second import has the outcome of the first. @type {Map<string, number>} */
  #imports = new Map();

  /**
   * @param {object} page
   * @param {(url: string) => Promise<string | undefined>} page.source the text of a module
   * @param {import('../stream/url.js').KeyOf} page.keyOf
   */
  constructor({ source, keyOf }) {
    this.#source = source;
    this.#keyOf = keyOf;
  }

  /**
   * Notes that a module is updated.
   *
   * @param {string} key
   */
  updated(key) {
    this.#updated.add(key);
  }

  /**
   * Returns true if the new text of a module imports another one that was updated before.
   *
   * @param {string} url
   * @param {string} key
   */
  async importsOld(url, key) {
    if (![...this.#updated].some((other) => other !== key)) return false;
    const imported = importedUrls((await this.#source(url)) ?? '', url, this.#keyOf);
    return imported.some((other) => other !== key && this.#updated.has(other));
  }

  /**
   * The URL under which a version of a module is imported.
   *
   * @param {string} url
   * @param {string} version
   */
  fresh(url, version) {
    const first = withVersion(url, version);
    const imports = this.#imports.get(first) ?? 0;
    this.#imports.set(first, imports + 1);
    return imports ? withVersion(url, `${version}.${imports}`) : first;
  }
}

/**
 * The keys of the URLs that a module's text may import.
 *
 * @param {string} text
 * @param {string} url the module's
 * @param {import('../stream/url.js').KeyOf} [keyOf]
 */
export function importedUrls(text, url, keyOf = plainKeyOf) {
  return Array.from(text.matchAll(LITERAL), ([, , specifier = '']) =>
    /^(?:\.{0,2}\/|https?:)/.test(specifier) ? keyOf(specifier, url) : undefined,
  ).filter((key) => key !== undefined);
}
