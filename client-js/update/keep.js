/**
 * Keeps over a reload what a browser lets a page keep: scroll positions, the focus with its caret, unsent form values, and
 * which `<details>` are open.
 *
 * It is in the tab's session storage while the page reloads, and is removed when it is read.
 */

import { withoutFragment } from '../stream/url.js';
import { rootsOf } from './dom.js';
import { fieldsIn, restoreState, stateOf } from './form-fields.js';
import { elementAt, locatorOf } from './locator.js';

const KEPT = 'tower-hot-middleware:kept';

/** A page that starts later than this after a reload is not its outcome. */
const LONGEST_LOAD = 30_000;

/** Bounds of each list, and of the characters of one value and of all. */
const MOST_FIELDS = 256;
const MOST_DETAILS = 256;
const MOST_SCROLLERS = 64;
const MOST_CHARACTERS = 50_000;
const MOST_TOTAL = 200_000;

/** Milliseconds after the load at which positions are restored: content that scripts add makes the page longer. */
const ATTEMPTS = [0, 100, 300, 1_000];

/** Milliseconds that a slow file of the page may hold up the rest. */
const PATIENCE = 3_000;

/**
 * @typedef {import('./locator.js').Locator} Locator
 * @typedef {[left: number, top: number]} Position
 *
 * @typedef {object} Kept
 * @property {number} at the time of the reload
 * @property {Position} scroll the page's
 * @property {[Locator, ...Position][]} scrollers
 * @property {[Locator, import('./form-fields.js').FieldState][]} fields
 * @property {[Locator, isOpen: boolean][]} details
 * @property {[Locator, start: number | null, end: number | null, direction: string | null]} [focus]
 */

export class KeptState {
  #page;
  /** The `<details>` as the page was loaded. @type {WeakMap<Element, boolean>} */
  #details;

  /**
   * @param {object} page
   * @param {Window & typeof globalThis} page.window
   * @param {() => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} page.storage
   * @param {Pick<import('../stream/connection.js').Clock, 'now'>} page.clock
   * @param {(milliseconds: number) => Promise<void>} page.pause
   */
  constructor(page) {
    this.#page = page;
    this.#details = new WeakMap(Array.from(page.window.document.querySelectorAll('details'), (each) => [each, each.open]));
  }

  /** Notes the state of the page, right before a reload. */
  save() {
    const { clock, storage, window } = this.#page;
    try {
      const focus = window.document.hasFocus() || window === window.top ? focusIn(window.document) : undefined;
      /** @type {Kept} */
      const kept = {
        at: clock.now(),
        scroll: [window.scrollX, window.scrollY],
        scrollers: [],
        fields: [],
        details: [],
        ...(focus && { focus }),
      };
      let total = 0;
      for (const root of rootsOf(window.document)) {
        this.#addScrollers(root, kept);
        this.#addDetails(root, kept);
        total = addFields(root, kept, total);
      }
      storage().setItem(this.#slot(), JSON.stringify(kept));
    } catch {
      // The page is reloaded in any case; storage may be full or forbidden.
    }
  }

  /**
   * Restores the state that the page before the reload left, once this page is loaded. What this page has changed by then
   * stays as it is.
   */
  async restore() {
    const kept = this.#take();
    if (!kept) return;
    const { pause, window } = this.#page;
    const { document } = window;
    let isMoved = false;
    const move = () => void (isMoved = true);
    const gestures = /** @type {const} */ (['wheel', 'touchmove', 'keydown', 'pointerdown']);
    for (const type of gestures) window.addEventListener(type, move, { capture: true, passive: true });
    if (document.readyState !== 'complete') {
      await Promise.race([new Promise((resolve) => window.addEventListener('load', resolve, { once: true })), pause(PATIENCE)]);
    }
    for (const [locator, isOpen] of listOf(kept.details, MOST_DETAILS)) this.#open(elementAt(document, locator), isOpen);
    for (const [locator, state] of listOf(kept.fields, MOST_FIELDS)) {
      const field = elementAt(document, locator);
      if (field && state) restoreState(field, state);
    }
    let isFirst = true;
    for (const delay of ATTEMPTS) {
      if (delay) await pause(delay);
      if (isMoved) break;
      if (this.#scroll(kept, isFirst)) break;
      isFirst = false;
    }
    for (const type of gestures) window.removeEventListener(type, move, { capture: true });
  }

  /** @returns {Partial<Kept> | undefined} */
  #take() {
    const { clock, storage } = this.#page;
    try {
      const text = storage().getItem(this.#slot());
      if (text === null) return undefined;
      storage().removeItem(this.#slot());
      const kept = Object(JSON.parse(text));
      return clock.now() - kept.at < LONGEST_LOAD ? kept : undefined;
    } catch {
      return undefined;
    }
  }

  /** Frames of a page share its storage. */
  #slot() {
    return `${KEPT}:${withoutFragment(this.#page.window.location.href)}`;
  }

  /**
   * @param {Document | ShadowRoot} root
   * @param {Kept} kept
   */
  #addScrollers(root, { scrollers }) {
    const { documentElement, body } = this.#page.window.document;
    for (const element of root.querySelectorAll('*')) {
      if (scrollers.length >= MOST_SCROLLERS) return;
      const { scrollLeft, scrollTop } = element;
      if ((!scrollLeft && !scrollTop) || element === documentElement || element === body) continue;
      const locator = locatorOf(element);
      if (locator) scrollers.push([locator, scrollLeft, scrollTop]);
    }
  }

  /**
   * @param {Document | ShadowRoot} root
   * @param {Kept} kept
   */
  #addDetails(root, { details }) {
    for (const each of root.querySelectorAll('details')) {
      if (details.length >= MOST_DETAILS) return;
      const locator = this.#details.get(each) === each.open ? undefined : locatorOf(each);
      if (locator) details.push([locator, each.open]);
    }
  }

  /**
   * @param {Element | undefined} element
   * @param {boolean} isOpen
   */
  #open(element, isOpen) {
    if (element?.localName !== 'details') return;
    const details = /** @type {HTMLDetailsElement} */ (element);
    // One that a script of this page has opened or closed stays.
    const isUntouched = (this.#details.get(details) ?? details.open) === details.open;
    if (isUntouched && details.open !== isOpen) details.open = isOpen;
  }

  /**
   * Restores the positions and the focus.
   *
   * @param {Partial<Kept>} kept
   * @param {boolean} isFirst
   * @returns {boolean} true if each position could be reached
   */
  #scroll({ focus, scroll, scrollers }, isFirst) {
    const { window } = this.#page;
    const { document } = window;
    if (isFirst && focus) restoreFocus(window, focus);
    let isReached = true;
    for (const [locator, left, top] of listOf(scrollers, MOST_SCROLLERS)) {
      const element = elementAt(document, locator);
      // One that is somewhere else was scrolled by this page.
      if (!element || element.scrollLeft || element.scrollTop) continue;
      element.scrollTo({ left, top, behavior: 'instant' });
      isReached &&= Math.abs(element.scrollTop - top) < 2 && Math.abs(element.scrollLeft - left) < 2;
    }
    const [left, top] = scroll ?? [0, 0];
    // Browsers restore the page's own position, unless a page does that itself and then has not yet.
    if (!window.scrollX && !window.scrollY && (left || top)) window.scrollTo({ left, top, behavior: 'instant' });
    return isReached && Math.abs(window.scrollY - top) < 2 && Math.abs(window.scrollX - left) < 2;
  }
}

/**
 * @param {Document | ShadowRoot} root
 * @param {Kept} kept
 * @param {number} total characters so far
 */
function addFields(root, { fields }, total) {
  for (const field of fieldsIn(root)) {
    if (fields.length >= MOST_FIELDS) break;
    const state = stateOf(field);
    const locator = state && locatorOf(field);
    if (!locator) continue;
    const { length } = JSON.stringify(state.value);
    if (length > MOST_CHARACTERS || total + length > MOST_TOTAL) continue;
    total += length;
    fields.push([locator, state]);
  }
  return total;
}

/**
 * @param {Document} document
 * @returns {Kept['focus']}
 */
function focusIn(document) {
  let active = document.activeElement;
  for (; active?.shadowRoot?.activeElement; active = active.shadowRoot.activeElement);
  if (!active || active === document.body || active.localName.startsWith('hot-middleware-')) return undefined;
  const locator = locatorOf(active);
  const { selectionStart = null, selectionEnd = null, selectionDirection = null } = /** @type {Partial<HTMLInputElement>} */ (active);
  return locator && [locator, selectionStart, selectionEnd, selectionDirection];
}

/**
 * @param {Window} window
 * @param {NonNullable<Kept['focus']>} focus
 */
function restoreFocus({ document }, [locator, start, end, direction]) {
  const { activeElement } = document;
  // A script of this page has moved it. `autofocus` would move it at each load.
  if (activeElement && activeElement !== document.body && !activeElement.hasAttribute('autofocus')) return;
  const element = /** @type {HTMLInputElement | undefined} */ (elementAt(document, locator));
  if (!element || typeof element.focus !== 'function') return;
  element.focus({ preventScroll: true });
  if (start === null || end === null || typeof element.setSelectionRange !== 'function') return;
  try {
    element.setSelectionRange(start, end, /** @type {'forward' | 'backward' | 'none'} */ (direction ?? 'none'));
  } catch {
    // A field of another type has no caret.
  }
}

/**
 * A list from the session storage, where a script may have written anything.
 *
 * @template {any[]} T
 * @param {T[] | undefined} list
 * @param {number} most
 * @returns {T[]}
 */
function listOf(list, most) {
  return Array.isArray(list) ? list.filter(Array.isArray).slice(0, most) : [];
}
