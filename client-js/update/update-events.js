/**
 * Events of an update in place, for the page's own scripts.
 *
 * @typedef {import('../client.d.ts').BeforeUpdate} Before
 * @typedef {import('../client.d.ts').AfterUpdate} After
 */

export class UpdateEvents {
  #window;
  #log;

  /**
   * @param {Window & typeof globalThis} window
   * @param {Pick<import('../overlay/log.js').Log, 'error'>} log
   */
  constructor(window, log) {
    this.#window = window;
    this.#log = log;
  }

  /**
   * Announces an update.
   *
   * @param {Before} detail
   * @returns {boolean} false if the page cancels it
   */
  before(detail) {
    return this.#dispatch('hot:before-update', detail, true);
  }

  /**
   * Announces that the page was updated, after htmx has processed the elements that concern it.
   *
   * @param {After} detail
   * @param {Element[]} rewired those whose attributes for htmx changed
   */
  after(detail, rewired) {
    // htmx processes elements only on request, those that it knows only by force; Alpine and Stimulus observe the document.
    const { htmx } = /** @type {{ htmx?: { process?(element: Element, force?: boolean): void } }} */ (/** @type {unknown} */ (this.#window));
    if (typeof htmx?.process === 'function') {
      const concerned = [...detail.added.map((element) => ({ element, force: false })), ...rewired.map((element) => ({ element, force: true }))];
      for (const { element, force } of concerned) {
        try {
          htmx.process(element, force);
        } catch (error) {
          this.#log.error('htmx could not process an element of the update', error);
        }
      }
    }
    this.#dispatch('hot:after-update', detail, false);
  }

  /**
   * @param {string} type
   * @param {object} detail
   * @param {boolean} cancelable
   */
  #dispatch(type, detail, cancelable) {
    // Listeners that throw are reported by the browser.
    const event = new this.#window.CustomEvent(type, { detail, cancelable });
    return this.#window.document.dispatchEvent(event);
  }
}
