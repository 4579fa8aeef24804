/** A saved stylesheet is replaced in place: no reload, no unstyled frame, nothing else changes. */

import assert from 'node:assert/strict';

import { html, scenario } from './harness.js';

const link = (href, attributes = '') => `<link rel="stylesheet" href="${href}" ${attributes}>`;
const colour = (shade) => `p { color: rgb(${shade}, 0, 0); }`;
const page = (head) => html(head, '<p>text</p>');

/** Longer than the text that an event may have. */
const FILLER = `/* ${'-'.repeat(130 * 1024)} */`;

/** A promise, and the function that resolves it. */
function gate() {
  let open;
  const passed = new Promise((resolve) => (open = resolve));
  return { open, passed };
}

/** Records the colour of every frame from now on. */
function record(tab) {
  return tab.page.evaluate(() => {
    globalThis.seen = [];
    const look = () => {
      const { color } = getComputedStyle(document.querySelector('p'));
      if (globalThis.seen.at(-1) !== color) globalThis.seen.push(color);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}

/**
 * Saves `count` versions of a stylesheet, as two kinds of editors do, and asserts that the page showed one after the
 * other and nothing in between.
 */
async function save(site, tab, file, count, filler = '') {
  await record(tab);
  for (let shade = 1; shade <= count; shade += 1) {
    const text = filler + colour(shade);
    await (shade % 2 ? site.save(file, text) : site.replace(file, text));
    await tab.untilStyle('p', 'color', `rgb(${shade}, 0, 0)`);
  }
  await tab.until((last) => globalThis.seen.at(-1) === last, `rgb(${count}, 0, 0)`);
  const seen = await tab.page.evaluate(() => globalThis.seen);
  const shades = seen.map((text) => Number(/^rgb\((\d+), 0, 0\)$/.exec(text)?.[1] ?? NaN));
  assert.deepEqual(
    shades,
    [...new Set(shades)].sort((left, right) => left - right),
    `frames: ${seen.join(' ')}`,
  );
}

scenario(
  'twenty saves are shown without an unstyled frame, and the page keeps its state',
  {
    files: {
      'index.html': html(link('style.css'), '<p>text</p><input><button onclick="this.textContent++">0</button>'),
      'style.css': colour(0),
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await tab.page.click('button');
    await tab.page.fill('input', 'typed');
    const sheet = await tab.page.evaluateHandle(() => document.styleSheets[0]);
    await save(site, tab, 'style.css', 20);
    await tab.isKept();
    assert.equal(await tab.page.textContent('button'), '1');
    assert.equal(await tab.page.inputValue('input'), 'typed');
    assert.ok(await sheet.evaluate((sheet) => sheet === document.styleSheets[0]), 'the sheet was rewritten in place');
  },
);

scenario(
  'a stylesheet too long for an event is shown without an unstyled frame',
  { files: { 'index.html': page(link('style.css')), 'style.css': FILLER + colour(0) } },
  async ({ site, open }) => {
    const tab = await open();
    await save(site, tab, 'style.css', 5, FILLER);
    await tab.isKept();
  },
);

scenario(
  'a stylesheet with imports is replaced by a copy, without an unstyled frame',
  {
    files: {
      'index.html': page(link('style.css')),
      'style.css': colour(0),
      'base.css': 'p { margin-top: 7px; }',
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await save(site, tab, 'style.css', 5, '@import "base.css";\n');
    assert.equal(await tab.style('p', 'margin-top'), '7px');
    await tab.until(() => document.querySelectorAll('link[rel=stylesheet]').length === 1);
    await tab.isKept();
  },
);

scenario(
  'imported sheets are rewritten at any depth',
  {
    files: {
      'index.html': page(`${link('a.css')}<style>@import "d.css";</style>`),
      'a.css': '@import "deep/b.css"; p { margin: 1px; }',
      'deep/b.css': '@import "c.css" screen;',
      'deep/c.css': colour(0),
      'd.css': 'p { padding-top: 1px; }',
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await tab.untilStyle('p', 'color', 'rgb(0, 0, 0)');
    await save(site, tab, 'deep/c.css', 3);
    await site.save('d.css', 'p { padding-top: 2px; }');
    await tab.untilStyle('p', 'padding-top', '2px');
    assert.equal(await tab.style('p', 'color'), 'rgb(3, 0, 0)');
    await site.save('deep/b.css', '@import "c.css" screen; p { padding-top: 9px; margin-left: 3px; }');
    await site.save('a.css', '@import "deep/b.css"; p { margin-right: 4px; }');
    await tab.untilStyle('p', 'margin-right', '4px');
    await tab.untilStyle('p', 'margin-left', '3px');
    assert.equal(await tab.style('p', 'color'), 'rgb(3, 0, 0)');
    await tab.isKept();
  },
);

scenario(
  'a sheet and those that it imports, saved together, are all shown',
  {
    files: {
      'index.html': page(link('a.css')),
      'a.css': '@import "b.css"; p { margin-left: 0px; }',
      'b.css': '@import "c.css"; p { margin-right: 0px; }',
      'c.css': colour(0),
    },
  },
  async ({ site, open }) => {
    // Browsers use cached files that have not changed for long.
    for (const file of ['a.css', 'b.css', 'c.css']) await site.age(file);
    const tab = await open();
    for (let round = 1; round <= 8; round += 1) {
      const saves = [
        () => site.replace('a.css', `@import "b.css"; p { margin-left: ${round}px; }`),
        () => site.replace('b.css', `@import "c.css"; p { margin-right: ${round}px; }`),
        () => site.replace('c.css', colour(round)),
      ];
      const order = round % 2 ? saves : saves.reverse();
      for (const save of order) await save();
      await tab.untilStyle('p', 'margin-left', `${round}px`);
      await tab.untilStyle('p', 'margin-right', `${round}px`);
      await tab.untilStyle('p', 'color', `rgb(${round}, 0, 0)`);
    }
    await tab.isKept();
  },
);

/** Holds back the served text of a.css until a link fires `load`, just before its own listeners. */
const OVERTAKE = `
  let release;
  const isLoaded = new Promise((resolve) => (release = resolve));
  const fetchNow = fetch.bind(window);
  window.fetch = async (url, init) => {
    const response = await fetchNow(url, init);
    if (!url.endsWith('/a.css')) return response;
    const bytes = await response.arrayBuffer();
    globalThis.isHeld = true;
    return { ok: response.ok, headers: response.headers, arrayBuffer: () => isLoaded.then(() => bytes) };
  };
  const look = ({ target }) => target.tagName === 'LINK' && target.href.includes('__hot=') && release();
  document.addEventListener('load', look, true);
`;

scenario(
  'a link that is superseded just before its load event leaves the page its sheet',
  {
    files: {
      'index.html': page(`<script>${OVERTAKE}</script>${link('a.css')}`),
      'a.css': '@import "b.css"; p { margin-left: 0px; }',
      'b.css': '@import "c.css"; p { margin-right: 0px; }',
      'c.css': colour(0),
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await site.replace('a.css', '@import "b.css"; p { margin-left: 1px; }');
    await tab.until(() => globalThis.isHeld);
    await site.replace('b.css', '@import "c.css"; p { margin-right: 1px; }');
    await tab.says('[HMR] Updated: /a.css');
    await tab.untilStyle('p', 'margin-left', '1px');
    await tab.untilStyle('p', 'margin-right', '1px');
    assert.equal(await tab.page.locator('link[rel=stylesheet]').count(), 1);
    await tab.isKept();
  },
);

scenario(
  'a stylesheet is shown although one that it imports is missing or unreachable',
  {
    files: { 'index.html': page(link('style.css')), 'style.css': colour(0) },
    // Chromium refuses to connect to port 1.
    errors: [/404/, /ERR_UNSAFE_PORT/],
  },
  async ({ site, open }) => {
    const tab = await open();
    await site.save('style.css', `@import "missing.css"; ${colour(1)}`);
    await tab.untilStyle('p', 'color', 'rgb(1, 0, 0)');
    await site.save('style.css', `@import "http://127.0.0.1:1/fonts.css"; ${colour(2)}`);
    await tab.untilStyle('p', 'color', 'rgb(2, 0, 0)');
    await tab.until(() => document.querySelectorAll('link[rel=stylesheet]').length === 1);
    await site.save('style.css', colour(3));
    await tab.untilStyle('p', 'color', 'rgb(3, 0, 0)');
    await tab.isKept();
  },
);

scenario(
  'the last save of a stylesheet is shown even if a link that imports an earlier one is still loading',
  {
    files: {
      'index.html': page(link('style.css')),
      'style.css': colour(0),
      'new.css': 'p { margin-left: 1px; }',
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    const asked = gate();
    const released = gate();
    // Only the link's own request waits; its response has the text of that time.
    await tab.page.route(
      '**/new.css',
      async (route) => {
        const response = await route.fetch();
        asked.open();
        await released.passed;
        await route.fulfill({ response });
      },
      { times: 1 },
    );
    await site.save('style.css', `@import "new.css"; ${colour(1)}`);
    await asked.passed;
    await tab.page.evaluate(() => {
      globalThis.__hot_middleware__.subscribeAll(({ changes }) => {
        globalThis.isTold ||= changes?.some(({ id }) => id === '/new.css');
      });
    });
    await site.save('new.css', 'p { margin-left: 2px; }');
    await tab.until(() => globalThis.isTold);
    released.open();
    await tab.untilStyle('p', 'margin-left', '2px');
    assert.equal(await tab.style('p', 'color'), 'rgb(1, 0, 0)');
    await tab.isKept();
  },
);

scenario(
  'a link whose copy was truncated is loaded again',
  {
    files: {
      'index.html': page(link('a.css')),
      'a.css': '@import "b.css"; p { margin-left: 1px; }',
      'b.css': colour(0),
      'c.css': 'p { margin-right: 1px; }',
    },
    errors: [/ERR_CONNECTION_RESET/],
  },
  async ({ site, open }) => {
    const tab = await open();
    await tab.page.route('**/a.css?__hot=*', (route) => route.abort('connectionreset'), { times: 1 });
    await site.save('b.css', `@import "c.css"; ${colour(1)}`);
    await tab.untilStyle('p', 'color', 'rgb(1, 0, 0)');
    assert.equal(await tab.style('p', 'margin-right'), '1px');
    await tab.isKept();
  },
);

scenario(
  'a sheet keeps its conditions: media, alternates, disabled, several copies',
  {
    files: {
      'index.html': page(
        [
          link('style.css', 'media="print"'),
          link('style.css?copy', 'media="(min-width: 1px)"'),
          '<link rel="alternate stylesheet" title="other" href="other.css">',
          link('off.css', 'id="off"'),
        ].join(''),
      ),
      'style.css': colour(0),
      'other.css': 'p { margin-top: 1px; }',
      'off.css': 'p { margin-left: 1px; }',
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await tab.page.evaluate(() => void (document.querySelector('#off').sheet.disabled = true));
    const describe = () =>
      tab.page.evaluate(() =>
        [...document.querySelectorAll('link[rel~=stylesheet]')].map(({ rel, media, title, sheet }) =>
          [rel, media, title, sheet.disabled].join('|'),
        ),
      );
    const before = await describe();
    await site.save('other.css', 'p { margin-top: 2px; }');
    await site.save('off.css', 'p { margin-left: 2px; }');
    await save(site, tab, 'style.css', 2);
    await tab.until(() =>
      ['rgb(2, 0, 0)', 'rgb(2, 0, 0)', '2px', '2px'].every((text, index) =>
        document.querySelectorAll('link[rel~=stylesheet]')[index].sheet.cssRules[0].cssText.includes(text),
      ),
    );
    assert.deepEqual(await describe(), before);
    assert.equal(await tab.style('p', 'margin-top'), '16px', 'the alternate sheet does not apply');
    assert.equal(await tab.style('p', 'margin-left'), '0px', 'the disabled sheet does not apply');
    await tab.page.emulateMedia({ media: 'print' });
    await tab.page.evaluate(() => document.querySelectorAll('link[rel~=stylesheet]')[1].remove());
    assert.equal(await tab.style('p', 'color'), 'rgb(2, 0, 0)', 'the print sheet applies in print');
    await tab.isKept();
  },
);

scenario(
  'sheets in shadow roots are replaced',
  {
    files: {
      'index.html': html('<script src="card.js" defer></script>', '<x-card></x-card>'),
      'card.js': `customElements.define('x-card', class extends HTMLElement {
        connectedCallback() {
          this.attachShadow({ mode: 'open' }).innerHTML = '<link rel=stylesheet href=card.css><p>text</p>';
        }
      });`,
      'card.css': colour(1),
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    const untilShade = (shade) =>
      tab.until((wanted) => {
        const paragraph = document.querySelector('x-card').shadowRoot.querySelector('p');
        return getComputedStyle(paragraph).color === wanted;
      }, `rgb(${shade}, 0, 0)`);
    await untilShade(1);
    await site.save('card.css', colour(2));
    await untilShade(2);
    await tab.isKept();
  },
);

scenario(
  'the served text has precedence over the file’s text',
  {
    files: {
      'index.html': html(link('processed.css'), '<p class="processed">text</p>'),
      'processed.css': 'p { margin-top: 1px; }',
    },
    server: { processed: true },
  },
  async ({ site, open }) => {
    const tab = await open();
    assert.equal(await tab.style('p', 'color'), 'rgb(1, 2, 3)');
    for (const margin of ['2px', '3px']) {
      await site.save('processed.css', `p { margin-top: ${margin}; }`);
      await tab.untilStyle('p', 'margin-top', margin);
      await tab.untilStyle('p', 'color', 'rgb(1, 2, 3)');
    }
    await tab.says('[HMR] /processed.css is not served as it is on disk; using what is served');
    await tab.isKept();
  },
);

scenario(
  'a deleted stylesheet no longer applies, and applies again once it is back',
  {
    files: { 'index.html': page(link('style.css')), 'style.css': colour(1) },
    errors: [/404/],
  },
  async ({ site, open }) => {
    const tab = await open();
    await site.remove('style.css');
    await tab.isReloaded();
    await tab.untilStyle('p', 'color', 'rgb(0, 0, 0)');
    await site.save('style.css', colour(2));
    await tab.untilStyle('p', 'color', 'rgb(2, 0, 0)');
  },
);

scenario(
  'a stylesheet that the page has not loaded is ignored',
  {
    files: { 'index.html': page(link('style.css')), 'style.css': colour(0), 'elsewhere.css': colour(7) },
  },
  async ({ site, open }) => {
    const tab = await open();
    await site.save('elsewhere.css', colour(8));
    await tab.says('[HMR] /elsewhere.css changed, which this page has not loaded');
    await save(site, tab, 'style.css', 1);
    await tab.isKept();
  },
);
