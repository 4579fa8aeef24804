/** Stylesheets in every engine. */

import assert from 'node:assert/strict';

import { page } from '../engines/page.js';
import { square } from '../png.js';

const link = (href) => `<link rel="stylesheet" href="${href}">`;
/** A running animation. */
const MOVING = '@keyframes move { to { margin-left: 9px; } } p { animation: move 1000s; } ';
const colour = (shade) => `p { color: rgb(${shade}, 0, 255); }`;

/** Records the colour of every frame from now on. */
function record() {
  globalThis.seen = [];
  const look = () => {
    const { color } = getComputedStyle(document.querySelector('p'));
    if (globalThis.seen.at(-1) !== color) globalThis.seen.push(color);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/**
 * Waits until another change is shown: an engine that reloads or drops a sheet has done so by then.
 *
 * @param {import('../site.js').Site} site
 * @param {import('../engines/page.js').Page} page
 * @param {string} length a new one each time
 */
async function everythingHasCome(site, page, length) {
  await site.save('other.css', `p { padding-left: ${length}; }`);
  await page.untilStyle('p', 'padding-left', length);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
}

/** Stylesheets that are not rewritten in place: a new link is loaded next to the old one. */
const LOADED_AGAIN = {
  'a saved stylesheet with an import stays': { before: '@import "base.css"; ', after: '@import "base.css"; ' },
  'a saved stylesheet that imports for the first time stays': { after: '@import "base.css"; ' },
  'a saved stylesheet of a page without a doctype stays': { doctype: '', after: '' },
};

const content = (version) => `p::after { content: "é ${version}"; } p { margin-left: ${version}px; }`;
const latin = (text) => Buffer.from(text, 'latin1');

/** Stylesheets that are not UTF-8, or that browsers decode differently. */
const ENCODINGS = {
  'by the header': { type: 'text/css;charset=iso-8859-1', encode: latin },
  'by @charset': { encode: (text) => latin(`@charset "iso-8859-1";${text}`) },
  'by the page': { charset: 'windows-1252', encode: latin },
  'by a byte order mark': { encode: (text) => Buffer.from(`\ufeff${text}`, 'utf16le') },
  'UTF-8 with another charset in the header': {
    type: 'text/css;charset=iso-8859-1',
    encode: (text) => Buffer.from(text),
    expected: 'Ã©',
    // The header is only known when the URL has been fetched, after the event's text is shown.
    settles: true,
  },
  'UTF-8 in a page with another charset': { charset: 'windows-1252', encode: (text) => Buffer.from(text), expected: 'Ã©' },
  'UTF-8 by @charset in a page with another charset': {
    charset: 'windows-1252',
    encode: (text) => Buffer.from(`@charset "utf-8";${text}`),
  },
};

/** @type {import('../engines/scenario.js').Scenario[]} */
export const stylesheets = [
  [
    'a linked stylesheet is updated in place, and the user’s state stays',
    {
      files: {
        'index.html': page(link('style.css'), '<p>text</p><input><button onclick="this.textContent++">0</button>'),
        'style.css': colour(0),
      },
    },
    async ({ site, open }) => {
      const page = await open();
      await page.click('button');
      await page.type('input', 'typed');
      for (const shade of [1, 2, 3]) {
        await site.save('style.css', colour(shade));
        await page.untilStyle('p', 'color', `rgb(${shade}, 0, 255)`);
      }
      assert.equal(await page.text('button'), '1');
      assert.equal(await page.evaluate(() => document.querySelector('input').value), 'typed');
      await page.isKept();
    },
  ],
  [
    'the link of an updated stylesheet loads the new URL later, without an unstyled frame or an event',
    {
      files: {
        'index.html': page(link('style.css'), '<p>text</p>'),
        'style.css': MOVING + colour(0),
      },
    },
    async ({ site, open }) => {
      const page = await open();
      await page.evaluate(record);
      await page.evaluate(() => {
        globalThis.link = document.querySelector('link[rel=stylesheet]');
        globalThis.link.onload = globalThis.link.onerror = () => (globalThis.heard = true);
        globalThis.moving = document.querySelector('p').getAnimations()[0];
        globalThis.startTime = globalThis.moving.startTime;
      });
      const show = async (shade) => {
        await site.save('style.css', MOVING + colour(shade));
        await page.until((color) => globalThis.seen.at(-1) === color, `rgb(${shade}, 0, 255)`);
        assert.equal(await page.evaluate(() => globalThis.link.sheet.cssRules.length), 3, 'its rules were replaced');
      };
      await show(1);
      await page.until(() => globalThis.link.sheet?.href.includes('/style.css?__hot='));
      await page.until(() => document.querySelectorAll('link[rel=stylesheet]').length === 1);
      await show(2);
      const seen = await page.evaluate(() => globalThis.seen);
      assert.deepEqual(seen.slice(seen.indexOf('rgb(1, 0, 255)')), ['rgb(1, 0, 255)', 'rgb(2, 0, 255)']);
      assert.ok(await page.evaluate(() => globalThis.link.isConnected && !globalThis.heard));
      const [isSame, isMoved] = await page.evaluate(() => {
        const [animation] = document.querySelector('p').getAnimations();
        return [animation === globalThis.moving, animation.startTime !== globalThis.startTime];
      });
      assert.deepEqual([isSame, isMoved], [true, false], 'an animation goes on');
      await page.isKept();
    },
  ],
  ...Object.entries(LOADED_AGAIN).map(([name, { doctype = '<!doctype html>', before = '', after }]) => [
    name,
    {
      files: {
        'index.html': page(link('style.css') + link('other.css'), '<p>text</p>').replace('<!doctype html>', doctype),
        'style.css': before + colour(0),
        'base.css': 'p { margin-top: 7px; }',
        'other.css': '',
      },
    },
    async ({ site, open }) => {
      const page = await open();
      await page.evaluate(record);
      for (const shade of [1, 2, 3]) {
        await site.save('style.css', after + colour(shade));
        await page.untilStyle('p', 'color', `rgb(${shade}, 0, 255)`);
        await everythingHasCome(site, page, `${shade}px`);
        assert.equal(await page.style('p', 'color'), `rgb(${shade}, 0, 255)`);
        assert.equal(await page.evaluate(() => document.querySelectorAll('link[rel=stylesheet]').length), 2);
      }
      await page.until(() => globalThis.seen.at(-1) === 'rgb(3, 0, 255)');
      const shades = await page.evaluate(() => globalThis.seen);
      assert.deepEqual(shades, [...new Set(shades)], 'no frame without the sheet, and none of an earlier one');
      await page.isKept();
    },
  ]),
  [
    'an imported sheet and an updated image stay new when the sheet is loaded again',
    {
      files: {
        'index.html': page(link('style.css') + link('other.css'), '<p>text</p>'),
        'other.css': '',
        'style.css': '@import "base.css"; p { background: url(image.png); }',
        'base.css': colour(0),
        'image.png': square(10, [200, 0, 0]),
      },
    },
    async ({ site, open }) => {
      for (const file of ['base.css', 'image.png']) await site.age(file);
      const page = await open();
      await site.save('image.png', square(10, [0, 200, 0]));
      await page.untilPixel('p', 'rgb(0, 200, 0)');
      await site.save('base.css', colour(1));
      await page.untilStyle('p', 'color', 'rgb(1, 0, 255)');
      for (const margin of ['1px', '2px']) {
        await site.save('style.css', `@import "base.css"; p { margin-left: ${margin}; background: url(image.png); }`);
        await page.untilStyle('p', 'margin-left', margin);
        await everythingHasCome(site, page, margin);
        assert.equal(await page.style('p', 'color'), 'rgb(1, 0, 255)');
        assert.match(await page.style('p', 'background-image'), /image\.png\?__hot=/);
      }
      await page.isKept();
    },
  ],
  [
    'a sheet and those that it imports, saved together, are all shown',
    {
      files: {
        'index.html': page(link('a.css'), '<p>text</p>'),
        'a.css': '@import "b.css"; p { margin-left: 0px; }',
        'b.css': '@import "c.css"; p { margin-right: 0px; }',
        'c.css': colour(0),
      },
    },
    async ({ site, open }) => {
      // Browsers use cached files that have not changed for long.
      for (const file of ['a.css', 'b.css', 'c.css']) await site.age(file);
      const page = await open();
      for (let round = 1; round <= 4; round += 1) {
        const saves = [
          () => site.replace('a.css', `@import "b.css"; p { margin-left: ${round}px; }`),
          () => site.replace('b.css', `@import "c.css"; p { margin-right: ${round}px; }`),
          () => site.replace('c.css', colour(round)),
        ];
        for (const save of round % 2 ? saves : saves.reverse()) await save();
        await page.untilStyle('p', 'margin-left', `${round}px`);
        await page.untilStyle('p', 'margin-right', `${round}px`);
        await page.untilStyle('p', 'color', `rgb(${round}, 0, 255)`);
      }
      await page.isKept();
    },
  ],
  [
    'a sheet that a script has disabled stays disabled when it is loaded again',
    {
      files: {
        'index.html': page(link('style.css') + link('other.css'), '<p>text</p>'),
        'other.css': '',
        'style.css': '@import "base.css"; p { margin-left: 1px; }',
        'base.css': 'p { margin-right: 1px; }',
      },
    },
    async ({ site, open }) => {
      const page = await open();
      await page.evaluate(() => void (document.styleSheets[0].disabled = true));
      await site.save('style.css', '@import "base.css"; p { margin-left: 2px; }');
      await page.until(() => document.styleSheets[0].cssRules[1]?.style.marginLeft === '2px');
      await everythingHasCome(site, page, '1px');
      assert.deepEqual([await page.style('p', 'margin-left'), await page.style('p', 'margin-right')], ['0px', '0px']);
      await page.isKept();
    },
  ],
  ...Object.entries(ENCODINGS).map(([name, { charset = 'utf-8', type, encode, expected = 'é', settles }]) => [
    `a saved stylesheet is decoded as the browser decoded it at first: ${name}`,
    {
      files: {
        'index.html': page(link('style.css') + link('other.css'), '<p>text</p>').replace('utf-8', charset),
        'style.css': encode(content(0)),
        'other.css': '',
      },
      server: type ? { css_type: type } : {},
    },
    async ({ site, open }) => {
      const page = await open();
      const shown = () => page.evaluate(() => getComputedStyle(document.querySelector('p'), '::after').content);
      assert.equal(await shown(), `"${expected} 0"`);
      for (const version of [1, 2]) {
        await site.save('style.css', encode(content(version)));
        await page.untilStyle('p', 'margin-left', `${version}px`);
        await everythingHasCome(site, page, `${version}px`);
        if (settles) {
          const text = `"${expected} ${version}"`;
          await page.until((text) => getComputedStyle(document.querySelector('p'), '::after').content === text, text);
        }
        assert.equal(await shown(), `"${expected} ${version}"`);
      }
      await page.isKept();
    },
  ]),
];
