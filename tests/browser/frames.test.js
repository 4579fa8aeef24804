/** Popups without a client of their own; the frames are in `harness/core/frames.js`. */

import { html, scenario } from './harness.js';

const colour = (shade) => `p { color: rgb(${shade}, 0, 0); }`;

/** Opens a window and writes a document into it, and a frame into that. */
const OPEN = `
  globalThis.popup = window.open('', 'popup', 'width=200,height=200');
  const text = '<!doctype html><link rel="stylesheet" href="/style.css"><p>text</p>';
  popup.document.write(text + '<iframe></iframe><script src="/popup.js"></' + 'script>');
  popup.document.close();
  popup.document.querySelector('iframe').srcdoc = text;
`;

/** @param {string} wanted */
const popupShows = (wanted) => {
  const { document: outer } = globalThis.popup;
  const inner = outer.querySelector('iframe').contentDocument;
  return [outer, inner].every((document) => {
    const text = document.querySelector('p');
    return text && document.defaultView.getComputedStyle(text).color === wanted;
  });
};

scenario(
  'a popup that the page has written is updated, and its script reloads the page',
  {
    files: {
      'index.html': html('', `<button onclick="open_()">open</button><script>function open_() { ${OPEN} }</script>`),
      'style.css': colour(1),
      'popup.js': 'globalThis.version = 1;',
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await tab.page.click('button');
    await tab.until(popupShows, 'rgb(1, 0, 0)');
    for (const shade of [2, 3]) {
      await site.save('style.css', colour(shade));
      await tab.until(popupShows, `rgb(${shade}, 0, 0)`);
    }
    await tab.isKept();
    await site.save('popup.js', 'globalThis.version = 2;');
    await tab.isReloaded();
  },
);
