/** A page in Chromium that reports the frame that painted a save, by the clock of this process. */

/** Number of round trips for comparing the two clocks. */
const ROUND_TRIPS = 200;

/** Milliseconds after which a save counts as not shown. */
const PATIENCE = 5_000;

export class Page {
  #page;
  #offset;

  /**
   * Opens a contestant's site.
   *
   * @param {import('playwright-core').Browser} browser
   * @param {string} url
   * @param {string[]} elements the ids of the elements whose widths identify the saves
   */
  static async open(browser, url, elements) {
    // One context each: contestants share no cache, and each page has its own window, so none is hidden.
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForFunction((ids) => ids.every((id) => document.getElementById(id)?.clientWidth === 1), elements);
    await page.evaluate(observe, elements);
    return new Page(page, await compareClocks(page));
  }

  /**
   * @param {import('playwright-core').Page} page
   * @param {{ offset: number, error: number }} clocks
   */
  constructor(page, { offset, error }) {
    this.#page = page;
    this.#offset = offset;
    /** Largest error of a time in milliseconds, because the clocks were compared by messages. */
    this.clockError = error;
  }

  /**
   * Waits for the frame that shows an element this wide. It listens before its promise's first tick, so call it, let
   * the page settle, and save.
   *
   * @param {string} element
   * @param {number} width
   * @returns {Promise<number>} when that frame was painted, as `performance.now()` of this process
   */
  async painted(element, width) {
    const time = await this.#page.evaluate(
      ([key, patience]) => globalThis.painted(key, patience),
      /** @type {const} */ ([`${element} ${width}`, PATIENCE]),
    );
    if (time === undefined) throw new Error(`#${element} is not ${width} px wide ${PATIENCE} ms after the save`);
    return time - this.#offset;
  }
}

/**
 * Runs in the page: records the frame in which each width is first seen.
 *
 * A ResizeObserver is called in the frame that shows a new size, after layout and before paint. So the page
 * does no work until the save arrives. A loop over requestAnimationFrame would keep the compositor awake and make
 * the contestants wait for its frames. The message that is posted there is the first task after the frame has been
 * painted and passed to the compositor.
 *
 * A page that reloads loses this function, and with it the measurement: a reload does not count as an update.
 *
 * @param {string[]} ids
 */
function observe(ids) {
  /** @type {Map<string, number>} */
  const times = new Map();
  /** @type {Map<string, (time: number) => void>} */
  const waiting = new Map();
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => {
    for (const key of data) {
      const time = performance.now();
      times.set(key, time);
      waiting.get(key)?.(time);
    }
  };
  const observer = new ResizeObserver((entries) => {
    port2.postMessage(entries.map(({ target, contentRect }) => `${target.id} ${contentRect.width}`));
  });
  for (const id of ids) observer.observe(/** @type {Element} */ (document.getElementById(id)));

  globalThis.painted = (/** @type {string} */ key, /** @type {number} */ patience) =>
    new Promise((resolve) => {
      if (times.has(key)) resolve(times.get(key));
      waiting.set(key, resolve);
      setTimeout(resolve, patience);
    });
}

/**
 * Computes the difference between the page's clock and this process's. Both are monotonic and of one machine, so
 * they differ by a constant. Each round trip bounds it: the page answers after the request and before the response
 * arrives. All round trips together bound it closely.
 *
 * @param {import('playwright-core').Page} page
 */
export async function compareClocks(page) {
  const session = await page.context().newCDPSession(page);
  let [low, high] = [-Infinity, Infinity];
  for (let n = 0; n < ROUND_TRIPS; n += 1) {
    const asked = performance.now();
    const { result } = await session.send('Runtime.evaluate', { expression: 'performance.now()' });
    const answered = performance.now();
    low = Math.max(low, result.value - answered);
    high = Math.min(high, result.value - asked);
  }
  await session.detach();
  if (!(low <= high)) throw new Error(`the clocks of the page and of this process drift: ${low} > ${high}`);
  return { offset: (low + high) / 2, error: (high - low) / 2 };
}
