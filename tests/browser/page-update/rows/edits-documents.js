/** Edits of whole documents: [name, before, after]. */

import { page } from './page.js';

const BODY = '<p>text</p>';
const SHEET = '<link rel="stylesheet" href="/media/red.css">';

/** @param {string} before @param {string} after of the head */
const heads = (before, after) => [page(BODY, before), page(BODY, after)];

/** @type {import('./index.js').Edit[]} */
export const DOCUMENTS = [
  ['the title', page(BODY), page(BODY).replace('<title>Row', '<title>Rows &amp; more')],
  ['a <meta> changed', ...heads('<meta name="description" content="a">', '<meta name="description" content="b">')],
  ['a <meta> added and one removed', ...heads('<meta name="a" content="1">', '<meta property="og:b" content="2">')],
  ['a stylesheet added', ...heads('', SHEET)],
  ['a stylesheet removed', ...heads(SHEET, '')],
  ['a stylesheet for another medium', ...heads(SHEET, SHEET.replace('>', ' media="print">'))],
  ['stylesheets in another order', ...heads(`${SHEET}<style>p { color: blue }</style>`, `<style>p { color: blue }</style>${SHEET}`)],
  ['an inline <style> changed', ...heads('<style>p { color: red }</style>', '<style>p { color: blue } b > i { margin: 0 }</style>')],
  ['an inline <style> added', ...heads('', '<style>p { color: red }</style>')],
  ['an icon and a preload', ...heads('<link rel="preload" as="image" href="/media/picture.svg">', '<link rel="alternate" href="/feed">')],
  ['comments in the head', ...heads('<!-- a -->', '<!-- b --><!-- c -->')],
  ['attributes of <html>', page(BODY), page(BODY).replace('lang="en"', 'lang="de" dir="ltr" class="a b"')],
  ['attributes of <body>', page(BODY), page(BODY).replace('<body', '<body class="wide" data-page="7" style="margin: 0"')],
  ['comments around the document', page(BODY), `${page(BODY).replace('<html', '<!-- first --><html')}<!-- last -->`],
  ['a document without tags of its own', '<!doctype html><title>a</title><p>one', '<!doctype html><title>b</title><p>two<p>three'],
  ['a document with whitespace after its end', page(BODY), `${page('<p>other</p>')}\n\n`],
  ['a <noscript> in the head', ...heads('<noscript><link rel="stylesheet" href="a.css"></noscript>', '<noscript><style>p { color: red }</style></noscript>')],
  ['a <noscript> with a picture in the head', ...heads('<noscript><img src="a"></noscript><meta name="a">', '<noscript><img src="b"></noscript><meta name="b">')],
  ['content beside an unchanged script', page('<script>window.ran = (window.ran ?? 0) + 1</script><p>a</p>'), page('<script>window.ran = (window.ran ?? 0) + 1</script><p>b</p><p>c</p>')],
  ['an unchanged declarative shadow root', page('<div><template shadowrootmode="open"><b>s</b></template>a</div>'), page('<div><template shadowrootmode="open"><b>s</b></template>b</div>')],
];
