/** Frames without a client of their own, in every engine. */

import assert from 'node:assert/strict';

import { page } from '../engines/page.js';
import { square } from '../png.js';

/** Fills a frame of each kind with the same document. */
const FILL = `
  const fill = (name) => {
    const frame = document.createElement('iframe');
    frame.id = name;
    const text = '<!doctype html><link rel="stylesheet" href="' + location.origin + '/style.css"><p>text</p>' +
      '<img src="' + location.origin + '/image.png"><script src="' + location.origin + '/' + name + '.js"></' + 'script>';
    if (name === 'srcdoc') frame.srcdoc = text;
    if (name === 'blob') frame.src = URL.createObjectURL(new Blob([text], { type: 'text/html' }));
    document.body.append(frame);
    if (name !== 'blank') return;
    frame.contentDocument.open();
    frame.contentDocument.write(text);
    frame.contentDocument.close();
  };
  for (const name of ['srcdoc', 'blank', 'blob']) fill(name);
  // A preview of what a user has written: the names hide properties of its document.
  const preview = document.createElement('iframe');
  preview.id = 'preview';
  preview.srcdoc = '<!doctype html><link rel="stylesheet" href="/style.css">' +
    ['querySelectorAll', 'defaultView', 'URL', 'styleSheets'].map((name) => '<img name="' + name + '">').join('');
  document.body.append(preview);
`;

/** Fills a window with a document that reports its colour. */
const POPUP = `
  const fill = () => {
    const { document } = open('', '', 'width=200,height=200');
    document.write(
      '<!doctype html><link rel="stylesheet" href="' + location.origin + '/style.css"><p>text</p><script>' +
        'setInterval(() => (localStorage.color = getComputedStyle(document.querySelector("p")).color), 20)</' + 'script>',
    );
    document.close();
  };
`;

const colour = (shade) => `p { color: rgb(${shade}, 0, 0); }`;

/**
 * True once every frame has that colour and an image of that width.
 *
 * @param {[color: string, width: number]} wanted
 */
const show = ([color, width]) => {
  const frames = [...document.querySelectorAll('iframe:not(#preview)')];
  return (
    frames.length === 3 &&
    frames.every(({ contentDocument, contentWindow }) => {
      const text = contentDocument.querySelector('p');
      return (
        text &&
        contentWindow.getComputedStyle(text).color === color &&
        contentDocument.querySelector('img')?.naturalWidth === width
      );
    })
  );
};

const FILES = {
  'index.html': page('', `<script>${FILL}</script>`),
  'style.css': colour(1),
  'image.png': square(10, [200, 0, 0]),
  'srcdoc.js': 'globalThis.version = 1;',
  'blank.js': 'globalThis.version = 1;',
  'blob.js': 'globalThis.version = 1;',
};

/** @type {import('../engines/scenario.js').Scenario[]} */
export const frames = [
  [
    'stylesheets and images are swapped in srcdoc, blank and blob frames',
    { files: FILES },
    async ({ site, open }) => {
      const page = await open();
      await page.until(show, ['rgb(1, 0, 0)', 10]);
      for (const shade of [2, 3]) {
        await site.save('style.css', colour(shade));
        await page.until(show, [`rgb(${shade}, 0, 0)`, 10]);
      }
      await site.save('image.png', square(20, [0, 200, 0]));
      await page.until(show, ['rgb(3, 0, 0)', 20]);
      await page.isKept();
    },
  ],
  [
    'a script of a srcdoc, blank or blob frame reloads the page',
    { files: FILES },
    async ({ site, open }) => {
      const page = await open();
      for (const name of ['srcdoc', 'blank', 'blob']) {
        await page.until(show, ['rgb(1, 0, 0)', 10]);
        await site.save(`${name}.js`, 'globalThis.version = 2;');
        await page.isReloaded();
        await page.until((name) => document.getElementById(name)?.contentWindow.version === 2, name);
      }
    },
  ],
  [
    'a popup that the page has filled is still updated after a reload of the page',
    {
      files: {
        'index.html': page('', `<button onclick="fill()">open</button><script>${POPUP}</script>`),
        'style.css': colour(1),
      },
    },
    async ({ site, open }) => {
      const page = await open();
      const shows = (color) => page.until((color) => localStorage.getItem('color') === color, color);
      await page.click('button');
      await shows('rgb(1, 0, 0)');
      for (const shade of [2, 3]) {
        await page.evaluate(() => location.reload());
        await page.isReloaded();
        await site.save('style.css', colour(shade));
        await shows(`rgb(${shade}, 0, 0)`);
      }
      await page.isKept();
    },
  ],
];
