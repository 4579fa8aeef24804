/**
 * The real sheet of a link again, after its rules were rewritten in place.
 *
 * Developer tools show a rewritten sheet with the lines and the source map of the file that it was loaded from. So once a
 * file has not changed for a moment, its link loads it. The page does not see that: a browser shows the old sheet until
 * the new one is loaded, and the rules of both are the same. Firefox drops the old sheet first and is left out.
 */

import { baseOf } from './dom.js';
import { withVersion } from '../stream/url.js';

/** A new sheet's fonts are loaded again, and until then its texts may be shown in another font. */
const FONTS = /@font-face/i;

export class RealSheets {
  #page;
  /** True if the browser drops a link's sheet before the next one is loaded. @type {boolean | undefined} */
  #drops;

  /**
   * @param {object} page
   * @param {Document} page.document
   * @param {Pick<import('./images.js').Images, 'freshen'>} page.images
   * @param {() => Promise<void>} page.settled longer than the time between two saves of somebody at work
   * @param {() => Promise<void>} page.limit the time that a stylesheet may take to load
   */
  constructor(page) {
    this.#page = page;
  }

  /**
   * Loads the real sheet of a link, when nobody sees it.
   *
   * @param {HTMLLinkElement} link
   * @param {string} version
   * @param {string} text the text of the file
   * @param {() => boolean} isCurrent returns false once the file has changed again
   * @param {() => void} adopt called once the link has the new sheet
   * @returns {Promise<void>}
   */
  async restore(link, version, text, isCurrent, adopt) {
    await this.#page.settled();
    if (!isCurrent()) return;
    if (FONTS.test(text)) await untilHidden(this.#page.document);
    if (this.#drops || !isCurrent() || !this.#isPlain(link, text)) return;
    const before = link.getAttribute('href') ?? '';
    const url = withVersion(before, version);
    // A copy has replaced it.
    if (url === before) return;
    const copy = /** @type {HTMLLinkElement} */ (link.cloneNode(true));
    copy.removeAttribute('id');
    // Loaded, and without effect. The link then takes the file from the browser's memory.
    copy.media = 'not all';
    copy.href = url;
    try {
      if (!(await this.#isLoaded(copy, () => link.after(copy)))) return;
      this.#drops ??= dropsSheets(copy, url);
      if (this.#drops || !isCurrent() || !this.#isPlain(link, text)) return;
      if (await this.#isLoaded(link, () => (link.href = url))) adopt();
      else link.setAttribute('href', before);
    } finally {
      copy.remove();
    }
  }

  /**
   * True for a link whose next sheet will be as the one that it has.
   *
   * @param {HTMLLinkElement} link
   * @param {string} text
   */
  #isPlain(link, text) {
    const { document, images } = this.#page;
    const { isConnected, sheet } = link;
    if (!isConnected || !sheet || sheet.disabled || !/^\s*stylesheet\s*$/i.test(link.rel)) return false;
    // Browsers don't expose whether an alternate sheet is enabled. Swapped images have other URLs than the file's.
    if (['title', 'integrity', 'disabled'].some((name) => link.hasAttribute(name))) return false;
    return images.freshen(text, baseOf(sheet, document)) === text;
  }

  /**
   * @param {HTMLLinkElement} link
   * @param {() => void} load makes it load
   * @returns {Promise<boolean>} whether it was loaded in time
   */
  async #isLoaded(link, load) {
    /** @type {Document | ShadowRoot | undefined} */
    let root;
    /** @type {(event: Event) => void} */
    let listener = () => {};
    const loaded = new Promise((/** @type {(isLoaded: boolean) => void} */ resolve) => {
      listener = (event) => {
        if (event.target !== link) return;
        // The page's own handlers have had the event of this link.
        event.stopImmediatePropagation();
        resolve(event.type === 'load');
      };
      load();
      root = /** @type {Document | ShadowRoot} */ (link.getRootNode());
      for (const type of ['load', 'error']) root.addEventListener(type, listener, true);
      void this.#page.limit().then(() => resolve(false));
    });
    const isLoaded = await loaded;
    for (const type of ['load', 'error']) root?.removeEventListener(type, listener, true);
    return isLoaded;
  }
}

/**
 * Returns true if a link has no sheet while another one loads.
 *
 * @param {HTMLLinkElement} link a link that is loaded and without effect
 * @param {string} url its URL
 */
function dropsSheets(link, url) {
  link.href = `${url}#`;
  return link.sheet === null;
}

/**
 * @param {Document} document
 * @returns {Promise<void>}
 */
function untilHidden(document) {
  if (document.visibilityState === 'hidden') return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (document.visibilityState !== 'hidden') return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
  });
}
