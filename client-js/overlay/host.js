/** The host of the overlay and the build indicator. A client makes it when there is something to show. */

import { Overlay } from './overlay.js';
import { Style } from './style.js';

const KEY = Symbol.for('tower-hot-middleware.overlay');

export const INDICATOR_TAG = 'hot-middleware-indicator';

/** The overlay and the build indicator of a page. */
export class OverlayHost {
  #document;
  #style;
  #overlay;
  /** @type {{ host: HTMLElement, status: HTMLElement } | undefined} */
  #indicator;

  /**
   * @param {Document} document
   * @param {Style} style
   */
  constructor(document, style) {
    this.#document = document;
    this.#style = style;
    this.#overlay = new Overlay(document, style);
  }

  /**
   * Makes the places on the overlay links that open an editor.
   *
   * @param {import('./overlay.js').Open} open
   */
  opensBy(open) {
    this.#overlay.open = open;
  }

  /**
   * Shows the problems of one kind and bundle; see `Overlay`.
   *
   * @param {import('./problem-store.js').Kind} kind
   * @param {string} name
   * @param {readonly string[]} texts
   */
  problems(kind, name, texts) {
    this.#overlay.set(kind, name, texts);
  }

  /**
   * Shows the build indicator, or removes it.
   *
   * @param {string} text empty to remove it
   */
  indicate(text) {
    if (!text) {
      this.#indicator?.host.remove();
      this.#indicator = undefined;
      return;
    }
    if (!this.#indicator?.host.isConnected) this.#indicator = this.#makeIndicator();
    this.#indicator.status.textContent = text;
  }

  #makeIndicator() {
    const host = this.#document.createElement(INDICATOR_TAG);
    const root = host.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [this.#style.sheet];
    const status = this.#document.createElement('div');
    status.className = 'building';
    status.setAttribute('role', 'status');
    root.append(status);
    this.#document.documentElement.append(host);
    return { host, status };
  }
}

/**
 * The overlay host of a page. All clients of the page share it, with the style options of the first.
 *
 * @param {Window & typeof globalThis} window
 * @param {ConstructorParameters<typeof Style>[1]} own
 * @returns {OverlayHost}
 */
export function overlayHostOf(window, own) {
  const page = /** @type {{ [KEY]?: OverlayHost }} */ (window);
  return (page[KEY] ??= new OverlayHost(window.document, new Style(window, own)));
}
