/** A page in Chromium that tells on which frame it has painted a save, by the clock of this process. */

/** Round trips that the two clocks are compared by. */
const ROUND_TRIPS = 200;

/** Milliseconds after which a save counts as one that never shows. */
const PATIENCE = 5_000;

export class Page {
  #page;
  #offset;

  /**
   * Opens a contestant's site.
   *
   * @param {import('playwright-core').Browser} browser
   * @param {string} url
   * @param {string[]} elements the ids of those whose widths tell the saves
   */
  static async open(browser, url, elements) {
    // A context each: contestants share no cache, and each page has a window of its own, so none is hidden.
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
    /** How far, in milliseconds, a time may be off either way because the clocks were compared by messages. */
    this.clockError = error;
  }

  /**
   * Waits for the frame that shows an element this wide. Listens before it returns its promise's first tick,
   * so call it, let the page rest, and save.
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
 * Runs in the page: notes the frame in which each width is first seen.
 *
 * A ResizeObserver is called in the frame that shows a new size, after layout and before paint. So the page
 * does nothing of its own until the save has come through, which a loop over requestAnimationFrame would: it
 * would keep the compositor awake and make the contestants wait for its beat. The message that is posted from
 * there is the first task after the frame has been painted and handed to the compositor.
 *
 * A page that loads itself again loses this function, and with it the measurement: that is another result
 * than an update.
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
 * Finds what to take from the page's clock to have this process's. Both are monotonic and of one machine, so
 * they differ by a constant. Each round trip bounds it: the page answers after it was asked and before the
 * answer is here. All round trips together bound it closely.
 *
 * @param {import('playwright-core').Page} page
 */
async function compareClocks(page) {
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
