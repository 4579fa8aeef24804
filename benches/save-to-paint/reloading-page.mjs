/** A page that may be reloaded by a save, and still reports the frame that painted it, by the clock of this process. */

import { compareClocks } from './page.mjs';

/** Milliseconds after which a save counts as not shown. */
const PATIENCE = 10_000;

export class ReloadingPage {
  #page;
  #element;

  /**
   * Opens a contestant's site.
   *
   * @param {import('playwright-core').Browser} browser
   * @param {string} url
   * @param {string} element the id of the element whose width identifies the saves
   */
  static async open(browser, url, element) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript(observe, element);
    await page.goto(url);
    await page.waitForFunction((id) => document.getElementById(id)?.clientWidth === 1, element);
    return new ReloadingPage(page, element);
  }

  /**
   * @param {import('playwright-core').Page} page
   * @param {string} element
   */
  constructor(page, element) {
    this.#page = page;
    this.#element = element;
  }

  /** Largest error of a time in milliseconds so far. */
  clockError = 0;

  /** Number of times that the page was loaded. */
  loads() {
    return this.#page.evaluate(() => Number(sessionStorage.getItem('loads')));
  }

  /**
   * Waits for the frame that shows the element this wide. Call it before the save.
   *
   * @param {number} width
   * @returns {Promise<number>} when that frame was painted, as `performance.now()` of this process
   */
  async painted(width) {
    const deadline = performance.now() + PATIENCE;
    while (performance.now() < deadline) {
      try {
        const time = await this.#page.evaluate(
          ([width, patience]) => globalThis.painted?.(width, patience),
          /** @type {const} */ ([width, PATIENCE]),
        );
        if (time !== undefined) {
          // Each document has a clock of its own.
          const { offset, error } = await compareClocks(this.#page);
          this.clockError = Math.max(this.clockError, error);
          return time - offset;
        }
      } catch {
        // The document was being replaced.
      }
    }
    throw new Error(`#${this.#element} is not ${width} px wide ${PATIENCE} ms after the save`);
  }
}

/**
 * Runs in each document before its own scripts: records when each width of the element is first painted.
 *
 * As in `page.mjs`, a ResizeObserver is called before the paint, and a message is the first task after it. The loop over frames ends
 * with the first one that has the element: while a page is loaded, it paints anyway.
 *
 * @param {string} id
 */
function observe(id) {
  sessionStorage.setItem('loads', String(Number(sessionStorage.getItem('loads')) + 1));
  /** @type {Map<number, number>} */
  const times = new Map();
  /** @type {Map<number, (time: number) => void>} */
  const waiting = new Map();
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => {
    const time = performance.now();
    times.set(data, time);
    waiting.get(data)?.(time);
  };
  let observed;
  const observer = new ResizeObserver((entries) => {
    for (const { contentRect } of entries) port2.postMessage(contentRect.width);
  });
  const find = () => {
    const element = document.getElementById(id);
    if (!element) return void requestAnimationFrame(find);
    observed = element;
    observer.observe(element);
  };
  find();
  globalThis.painted = (/** @type {number} */ width, /** @type {number} */ patience) =>
    new Promise((resolve) => {
      if (times.has(width)) resolve(times.get(width));
      waiting.set(width, resolve);
      setTimeout(resolve, patience);
    });
  // A morph may replace the element.
  document.addEventListener('replaced', () => {
    if (observed?.isConnected === false) find();
  });
}
