/**
 * Importers that the import graph does not have, because only the browser can tell what they import: the inline modules of the page,
 * and modules with a specifier that the server could not resolve.
 */

/** The specifiers of imports in a text. Some in comments and strings are among them. */
const SPECIFIER = /\b(?:from|import)\s*\(?\s*(["'`])((?:(?!\1)[^\\\n])+)\1/g;

/** The start of a specifier that is a URL. */
const URL_LIKE = /^(?:\.{0,2}\/|[a-z][a-z\d+.-]*:)/i;

/** The longest inline module that is searched. */
const LONGEST = 256 * 1024;

export class UnseenImporters {
  #document;
  #keyOf;
  #resolve;
  /** Specifiers of listed modules. @type {{ specifier: string, importers: string[] }[]} */
  #unresolved = [];
  /** The keys that each inline module imports. @type {WeakMap<Element, Set<string>>} */
  #inline = new WeakMap();

  /**
   * @param {object} page
   * @param {Document} page.document
   * @param {import('../stream/url.js').KeyOf} page.keyOf
   * @param {(specifier: string) => string} page.resolve the URL of a bare specifier, by the page's import maps; throws without one
   */
  constructor({ document, keyOf, resolve }) {
    this.#document = document;
    this.#keyOf = keyOf;
    this.#resolve = resolve;
  }

  /**
   * Replaces the specifiers that the server could not resolve.
   *
   * @param {Record<string, string[]>} unresolved each with the ids of the modules that have it
   * @param {(id: string) => string | undefined} keyOf
   */
  learn(unresolved, keyOf) {
    this.#unresolved = Object.entries(unresolved).map(([specifier, ids]) => {
      return { specifier, importers: ids.map(keyOf).filter((key) => key !== undefined) };
    });
  }

  /**
   * An importer of a module that is not in the graph, as a text for the console.
   *
   * @param {string} key
   * @param {(key: string) => boolean} isLoaded
   * @returns {string | undefined}
   */
  of(key, isLoaded) {
    for (const { specifier, importers } of this.#unresolved) {
      const importer = importers.find((importer) => isLoaded(importer) && this.#key(specifier, importer) === key);
      if (importer) return new URL(importer).pathname;
    }
    const scripts = /** @type {NodeListOf<HTMLScriptElement>} */ (this.#document.querySelectorAll('script[type="module" i]:not([src])'));
    return [...scripts].some((script) => this.#importsOf(script).has(key)) ? 'an inline module of the page' : undefined;
  }

  /**
   * Returns true if the page has a module by something that is not in the graph: one of these importers, or an element.
   *
   * @param {string} key
   * @param {(key: string) => boolean} isLoaded
   */
  isUsed(key, isLoaded) {
    if (this.of(key, isLoaded) !== undefined) return true;
    const scripts = /** @type {NodeListOf<HTMLScriptElement>} */ (this.#document.querySelectorAll('script[type="module" i][src]'));
    return [...scripts].some((script) => this.#keyOf(script.src) === key);
  }

  /** @param {HTMLScriptElement} script */
  #importsOf(script) {
    let imports = this.#inline.get(script);
    if (!imports) {
      const found = script.text.slice(0, LONGEST).matchAll(SPECIFIER);
      imports = new Set(Array.from(found, ([, , specifier = '']) => this.#key(specifier, this.#document.baseURI) ?? ''));
      this.#inline.set(script, imports);
    }
    return imports;
  }

  /**
   * The key of the module that a specifier names.
   *
   * @param {string} specifier
   * @param {string} base
   */
  #key(specifier, base) {
    try {
      return this.#keyOf(URL_LIKE.test(specifier) ? specifier : this.#resolve(specifier), base);
    } catch {
      return undefined;
    }
  }
}
