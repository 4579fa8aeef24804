/** Many files saved at once in a large page: the cost is that of one pass over it, and not of one for each file. */

import assert from 'node:assert/strict';

import { html, scenario, square } from './harness.js';

const IMAGES = Array.from({ length: 100 }, (_, n) => `images/${n}.png`);
const RULES = 5_000;

const rules = Array.from({ length: RULES }, (_, n) => {
  const image = IMAGES[n / 50];
  const background = image ? ` background: url("${image}") center / cover no-repeat;` : '';
  return `.rule-${n} > .child:hover { color: rgb(${n % 256}, 0, 0); margin: 1px 2px; font-size: 12px;${background} }`;
});

/** Counts the texts of styles that are read. */
function count() {
  globalThis.reads = 0;
  const { get, set } = Object.getOwnPropertyDescriptor(CSSStyleDeclaration.prototype, 'cssText');
  Object.defineProperty(CSSStyleDeclaration.prototype, 'cssText', {
    configurable: true,
    set,
    get() {
      globalThis.reads += 1;
      return get.call(this);
    },
  });
}

/**
 * Measures the work of a page's main thread in milliseconds of processor time, which other load of the machine does not
 * change.
 *
 * @param {import('./harness.js').Tab} tab
 * @returns {Promise<() => Promise<number>>}
 */
async function meter(tab) {
  const session = await tab.page.context().newCDPSession(tab.page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const read = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1_000 * metrics.find(({ name }) => name === 'TaskDuration').value;
  };
  const before = await read();
  return async () => (await read()) - before;
}

scenario(
  '100 images saved at once in a page with 5,000 rules',
  {
    files: {
      'index.html': html(
        '<link rel="stylesheet" href="style.css">',
        IMAGES.map((image, n) => `<img src="${image}" width="10" height="10"><i class="rule-${n * 50}"></i>`).join(''),
      ),
      'style.css': rules.join('\n'),
      ...Object.fromEntries(IMAGES.map((image) => [image, square(10, [200, 0, 0])])),
    },
    server: { console_debug: true },
  },
  async ({ site, open }) => {
    const tab = await open();
    await tab.page.evaluate(count);
    const spent = await meter(tab);
    const builds = () => tab.lines().filter((line) => / rebuilt/.test(line)).length;
    await Promise.all(IMAGES.map((image) => site.replace(image, square(10, [0, 200, 0]))));
    await tab.until(() => [...document.images].every(({ src }) => src.includes('__hot=')));
    for (const image of IMAGES) await tab.says(`[HMR] Updated: /${image}`);
    const reads = await tab.page.evaluate(() => globalThis.reads);
    const work = await spent();
    const passes = reads / RULES;
    // The rest of a pass are the rules that show an image, which are read again when it is swapped.
    assert.ok(passes < 1.1 * builds(), `${passes} passes over the rules for ${builds()} builds`);
    // Most of it is the browser's own work for 200 requests and 100 images.
    assert.ok(work < 1_500, `the page was busy for ${Math.round(work)} ms`);
    await tab.isKept();
  },
);
