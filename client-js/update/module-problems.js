/** Modules that could not be updated: their errors on the overlay, with file, line and column. */

import { describe } from '../overlay/runtime-errors.js';
import { discard } from '../stream/network.js';
import { withoutVersion } from '../stream/url.js';

/** A place in a stack: `at f (URL:1:2)` in Chromium, `f@URL:1:2` in Firefox and Safari. */
const FRAME = /(?:^|[\s(@])([^\s(@]+?):(\d+):(\d+)\)?$/m;

/** Milliseconds that the search for the place of a syntax error may take. */
const LIMIT = 2_000;

/** @typedef {{ file: string, line: number, column: number }} Place */

export class ModuleProblems {
  #page;
  /** The URLs whose syntax errors are being located. @type {Set<string>} */
  #located = new Set();
  /** The last failure of each module. @type {Map<string, object>} */
  #attempts = new Map();
  /** @type {Map<string, string>} */
  #texts = new Map();

  /**
   * @param {object} page
   * @param {Window & typeof globalThis} page.window
   * @param {(texts: string[]) => void} page.show shows all problems
   * @param {import('../stream/network.js').Fetch} page.fetch
   * @param {() => Promise<void>} page.pause
   * @param {(event: string, data: unknown) => void} page.emit
   */
  constructor(page) {
    this.#page = page;
  }

  /** Returns true for the event of an error that is located here, and shown with the module's name. */
  isOwn = (/** @type {Event} */ event) => event.type === 'error' && this.#located.has(/** @type {ErrorEvent} */ (event).filename);

  /**
   * Shows why a module could not be imported again.
   *
   * @param {string} url
   * @param {string} instance the URL that was imported
   * @param {unknown} error
   */
  async failed(url, instance, error) {
    const { emit, show } = this.#page;
    const attempt = {};
    this.#attempts.set(url, attempt);
    // A policy may forbid the script by which it is found.
    const place = await this.#placeOf(instance, error).catch(() => undefined);
    const reason = await this.#reason(instance, error);
    // The next save may have been imported meanwhile.
    if (this.#attempts.get(url) !== attempt) return;
    const path = new URL(url).pathname;
    this.#texts.set(url, place ? `${place.file} ${place.line}:${place.column}\n${reason}` : `${path}\n${reason}`);
    show([...this.#texts.values()]);
    const { message = String(error), stack = '' } = error instanceof Error ? error : {};
    emit('vite:error', { type: 'error', err: { message, stack, id: path, ...(place && { loc: place }) } });
  }

  /**
   * Removes what was shown of a module.
   *
   * @param {string} url
   */
  done(url) {
    this.#attempts.delete(url);
    if (this.#texts.delete(url)) this.#page.show([...this.#texts.values()]);
  }

  /**
   * Removes what was shown of modules that nothing imports any more.
   *
   * @param {(url: string) => boolean} isPruned
   */
  forget(isPruned) {
    for (const url of [...this.#texts.keys(), ...this.#attempts.keys()]) if (isPruned(url)) this.done(url);
  }

  /**
   * @param {string} url
   * @param {unknown} error
   * @returns {Promise<Place | undefined>}
   */
  async #placeOf(url, error) {
    if (!(error instanceof Error)) return undefined;
    // The stack of such an error has no place, or that of the import.
    if (error instanceof SyntaxError || error.name === 'SyntaxError') return this.#locate(url);
    const [, file = '', line, column] = FRAME.exec(error.stack ?? '') ?? [];
    if (!file || !URL.canParse(file)) return undefined;
    return { file: new URL(withoutVersion(file)).pathname, line: Number(line), column: Number(column) };
  }

  /**
   * The place of a syntax error. The browser has it: it reports the error of a script element, which it has parsed before.
   *
   * @param {string} url
   * @returns {Promise<Place | undefined>}
   */
  async #locate(url) {
    const { window, pause } = this.#page;
    const { document } = window;
    const script = document.createElement('script');
    script.type = 'module';
    script.nonce = /** @type {HTMLScriptElement | null} */ (document.querySelector('script[data-hot-middleware]'))?.nonce ?? '';
    script.src = url;
    /** @type {(event: ErrorEvent) => void} */
    let note = () => {};
    /** @type {Promise<Place | undefined>} */
    const found = new Promise((resolve) => {
      note = ({ colno, filename, lineno, message }) => {
        // The failure of an element has none.
        if (!message?.includes('SyntaxError') || !URL.canParse(filename)) return;
        this.#located.add(filename);
        // WebKit knows the line alone, and dispatches neither `load` nor `error`.
        resolve({ file: new URL(withoutVersion(filename)).pathname, line: lineno, column: Math.max(colno, 1) });
      };
      script.onload = script.onerror = () => resolve(undefined);
      window.setTimeout(() => resolve(undefined), LIMIT);
    });
    // Before the page's own listeners, which receive the event all the same.
    window.addEventListener('error', note, { capture: true });
    document.head.append(script);
    const place = await found;
    script.remove();
    window.removeEventListener('error', note, { capture: true });
    void pause().then(() => this.#located.clear());
    return place;
  }

  /**
   * The text of an error; for a module that could not be loaded, with the server's answer.
   *
   * @param {string} url
   * @param {unknown} error
   */
  async #reason(url, error) {
    const text = describe(error);
    if (!(error instanceof TypeError) || FRAME.test((error.stack ?? '').split('\n')[0] ?? '')) return text;
    const response = await this.#page.fetch(url, {}).catch(() => undefined);
    discard(response);
    if (!response || response.ok) return text;
    return `${response.status} ${response.statusText}\n${text}`;
  }
}
