/**
 * Source positions for DevTools: a link whose rules were rewritten is given the sheet of its URL again.
 *
 * DevTools shows a rewritten sheet as the browser once loaded it, with the old lines and source map. While a link loads
 * another URL, Chromium shows frames without its sheet. So a copy of the link loads first, with the same rules. It covers
 * the time in which the page's own link loads the URL, and is removed then. All of that happens some time after the paint.
 *
 * A link stays as it is where the page could notice.
 */

import { rulesOf } from './dom.js';
import { copyOf, hasEffect } from './stylesheet-places.js';
import { withVersion } from '../stream/url.js';

/** The most rules that are compared, and the most links that wait. */
const MOST_RULES = 5_000;
const MOST_WAITING = 16;

/** Rules that load something, or that take effect when they are added. A font would be hidden while it loads. */
const ACTIVE = /@(?:font-face|import|view-transition)\b/;

/** Attributes that a copy must not have: a page finds an element by them, or runs code. */
const NOT_COPIED = ['id', 'onload', 'onerror', 'blocking'];

const CAPTURE = { capture: true };

/**
 * @typedef {object} Parts
 * @property {Document} document
 * @property {typeof MutationObserver} MutationObserver
 * @property {() => Promise<void>} quiet longer than the pause between two saves
 * @property {() => Promise<void>} limit the time that a stylesheet may take to load
 * @property {() => boolean} isAllowed returns false where a request for another URL has side effects
 */

export class SheetSources {
  #parts;
  /** @type {WeakSet<Element>} */
  #reloading = new WeakSet();
  #tail = Promise.resolve();
  #waiting = 0;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Returns true while a link loads its URL and a copy has its place.
   *
   * @param {Element} owner
   */
  isReloading(owner) {
    return this.#reloading.has(owner);
  }

  /**
   * Gives links the sheets of their URLs when nothing has changed for a while, one after the other.
   *
   * @param {() => Iterable<import('./stylesheet-places.js').Owner>} owners finds them
   * @param {string} version
   * @param {() => boolean} isCurrent returns false once another version was shown
   * @param {(owner: HTMLLinkElement) => void} catchUp shows that version in a sheet that was loaded meanwhile
   */
  async restore(owners, version, isCurrent, catchUp) {
    if (this.#waiting >= MOST_WAITING) return;
    this.#waiting += 1;
    await this.#parts.quiet();
    this.#tail = this.#tail
      .then(async () => {
        if (!isCurrent() || !this.#parts.isAllowed()) return;
        for (const owner of owners()) {
          if (isCurrent() && this.#isUnnoticed(owner)) await this.#reload(owner, version, isCurrent, catchUp);
        }
      })
      // The page stays as it is.
      .catch(() => undefined)
      .then(() => void (this.#waiting -= 1));
    await this.#tail;
  }

  /**
   * Returns true for a link whose sheet can be exchanged without a visible effect.
   *
   * @param {import('./stylesheet-places.js').Owner} owner
   * @returns {owner is HTMLLinkElement}
   */
  #isUnnoticed(owner) {
    // In the body, selectors such as `:first-child` count the copy.
    if (!('href' in owner) || owner.parentNode !== this.#parts.document.head) return false;
    // Another sheet of a set of alternatives, or one that a script switches.
    if (owner.rel.trim().toLowerCase() !== 'stylesheet' || owner.title || owner.hasAttribute('disabled')) return false;
    return !owner.hasAttribute('integrity') && owner.sheet?.disabled === false;
  }

  /**
   * @param {HTMLLinkElement} link
   * @param {string} version
   * @param {() => boolean} isCurrent
   * @param {(owner: HTMLLinkElement) => void} catchUp
   */
  async #reload(link, version, isCurrent, catchUp) {
    const { document, limit, MutationObserver } = this.#parts;
    const before = textsOf(link);
    const url = withVersion(link.getAttribute('href') ?? '', version);
    if (!before || ACTIVE.test(before) || link.getAttribute('href') === url) return;

    const copy = copyOf(link);
    for (const name of NOT_COPIED) copy.removeAttribute(name);
    copy.setAttribute('href', url);
    let isDisturbed = () => {};
    const disturbed = new Promise((/** @type {(outcome: 'disturbed') => void} */ resolve) => {
      isDisturbed = () => {
        copy.remove();
        resolve('disturbed');
      };
    });
    const observer = new MutationObserver((records) => {
      if (records.some(({ type }) => type === 'attributes') || !link.isConnected || !copy.isConnected) isDisturbed();
    });
    observer.observe(link, { attributes: true });
    observer.observe(document.head, { childList: true });
    try {
      const copied = ended(copy, copy, () => true);
      link.after(copy);
      if ((await Promise.race([copied, disturbed, limit()])) !== true) return copy.remove();
      // The page has what the server sends, and no rule of a script besides.
      if (!isCurrent() || textsOf(copy) !== before || textsOf(link) !== before) return copy.remove();

      this.#reloading.add(link);
      // The page has seen its link load once, and its listeners may do something else the second time.
      const loaded = ended(document, link, () => link.getAttribute('href') === url);
      link.setAttribute('href', url);
      observer.takeRecords();
      const outcome = await Promise.race([loaded, disturbed, limit()]);
      this.#reloading.delete(link);
      if (outcome === 'disturbed' || !link.sheet) return;
      catchUp(link);
      if (hasEffect(link)) copy.remove();
    } finally {
      observer.disconnect();
      this.#reloading.delete(link);
    }
  }
}

/**
 * Waits for the next end of an element's load, and passes no listener but those before it the event.
 *
 * @param {EventTarget} listening the element or its document
 * @param {Element} element
 * @param {() => boolean} isOurs returns true if it is the load that was begun here
 * @returns {Promise<boolean>} true if the element was loaded
 */
function ended(listening, element, isOurs) {
  return new Promise((resolve) => {
    /** @param {Event} event */
    const end = (event) => {
      if (event.target !== element || !isOurs()) return;
      event.stopImmediatePropagation();
      for (const type of ['load', 'error']) listening.removeEventListener(type, end, CAPTURE);
      resolve(event.type === 'load');
    };
    for (const type of ['load', 'error']) listening.addEventListener(type, end, CAPTURE);
  });
}

/**
 * The rules of a link's sheet as one text; empty if it has no rule or too many.
 *
 * @param {HTMLLinkElement} link
 */
function textsOf(link) {
  const rules = link.sheet && rulesOf(link.sheet);
  if (!rules || rules.length > MOST_RULES) return '';
  return Array.from(rules, (rule) => rule.cssText).join('\n');
}
