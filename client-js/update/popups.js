/** The windows that a page opens, also after a reload of the page. */

/** A popup sets this property of its opener to itself. */
const KEY = '__hot_middleware_popup__';

const MOST = 100;

/** Milliseconds after the page is left at which a popup announces itself to the next page of the same window. */
const ANNOUNCEMENTS = [100, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000];

/** @typedef {Window & typeof globalThis} GlobalWindow */

export class Popups {
  #window;
  /** @type {Window[]} */
  #known = [];

  /** @param {GlobalWindow} window */
  constructor(window) {
    this.#window = window;
  }

  /**
   * Remembers the windows that the page opens from now on. No list of them exists, and `window.open` with a name would
   * open a window that was closed, and focus one that was not.
   */
  watch() {
    const window = /** @type {GlobalWindow & { [KEY]?: unknown }} */ (this.#window);
    // A proxy keeps the function's name, length and text.
    window.open = new Proxy(window.open, {
      apply: (open, self, values) => {
        const popup = Reflect.apply(open, self, values);
        if (popup) this.#remember(popup);
        return popup;
      },
    });
    this.#adopt(window[KEY]);
    Reflect.defineProperty(window, KEY, { configurable: true, set: (popup) => this.#adopt(popup) });
    window.addEventListener('pagehide', () => {
      for (const popup of this.#known) announceLater(popup);
    });
  }

  /**
   * The documents of the windows that are still open.
   *
   * @returns {Document[]}
   */
  documents() {
    this.#known = this.#known.filter(({ closed }) => !closed);
    return this.#known.flatMap((popup) => documentOf(popup) ?? []);
  }

  /** @param {unknown} popup what a popup has announced, or anything that a script of the page has set */
  #adopt(popup) {
    try {
      const { closed, window } = /** @type {Window} */ (Object(popup));
      if (window === popup && closed === false) this.#remember(window);
    } catch {
      // No window, or one of another origin by now.
    }
  }

  /** @param {Window} popup */
  #remember(popup) {
    // A reference to a closed window would keep its document in memory.
    this.#known = this.#known.filter((other) => !other.closed && other !== popup).slice(1 - MOST);
    this.#known.push(popup);
  }
}

/**
 * Lets a popup without a client announce itself to its opener when this page is gone. A function of this page would not run
 * any more, so every function here is the popup's.
 *
 * @param {Window} popup
 */
function announceLater(popup) {
  try {
    if (popup.closed || '__hot_middleware__' in popup) return;
    const { Function: { prototype: ignore }, Reflect } = /** @type {any} */ (popup);
    const { document, opener } = popup;
    const announce = ignore.bind.call(Reflect.set, undefined, opener, KEY, popup, opener);
    for (const delay of ANNOUNCEMENTS) {
      // An animation of nothing, because Chromium drops the timers that a page has started in another one when it is gone.
      const { finished } = document.documentElement.animate([], delay);
      // It fails if the opener shows a page of another origin by then.
      finished.then(announce).then(null, ignore);
    }
  } catch {
    // Of another origin, or with other values in the place of the browser's functions.
  }
}

/**
 * @param {Window} popup
 * @returns {Document | undefined}
 */
function documentOf(popup) {
  try {
    return popup.document;
  } catch {
    return undefined;
  }
}
