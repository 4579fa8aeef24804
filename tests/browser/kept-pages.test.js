/** The HTML that the layer keeps and answers with for the client's parser is the page that the browser shows. */

import assert from 'node:assert/strict';

import { scenario } from './harness.js';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<!-- <noscript>a comment</noscript> -->
<noscript><img src="data:,"><link rel="stylesheet" href="data:text/css,"></noscript>
<meta charset="utf-8"><link rel="icon" href="data:,"><title>é &amp; <noscript></title>
<style>p::after { content: '<noscript>' }</style>
<script>window.text = '<noscript>'; /* <!-- <script> </script> <noscript> --> */</script>
</head>
<body title="</noscript><noscript>">
<NOSCRIPT class="a>b"><p>no <b>scripts</b> <!-- </noframes > --></NoScript >
<textarea><noscript></textarea><iframe title="<noscript>"><noscript></iframe>
<svg><title><noscript>in HTML</noscript></title><style><!-- <noscript> --></style><![CDATA[<noscript>]]></svg>
<template><noscript><td></noscript></template>
<table><tr><td><noscript><table></noscript>cell</table>
</body>
</html>
`;

/**
 * Runs in the page. Returns the trees of the live document, of the page that was kept, and of the answer for a parser.
 */
async function readTrees() {
  const tag = document.querySelector('script[data-hot-middleware]');
  const { page } = JSON.parse(tag.dataset.hotMiddleware);
  /** @returns {Promise<Document>} */
  const parse = (url, headers = {}) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open('GET', url);
      request.responseType = 'document';
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.onload = () => resolve(request.response);
      request.onerror = () => reject(new Error(`no answer for ${url}`));
      request.send();
    });
  const rename = (text) => text.replaceAll(/noframes/gi, 'noscript');
  const lines = (node, depth = 0) => {
    if (node.nodeType === Node.ELEMENT_NODE && node.matches('script[data-hot-middleware]')) return [];
    const attributes = [...(node.attributes ?? [])].map(({ name, value }) => `${name}=${value}`);
    const line = `${'  '.repeat(depth)}${rename(node.nodeName.toLowerCase())} ${attributes} ${rename(node.nodeValue ?? '')}`;
    const children = [...(node.localName === 'template' ? node.content : node).childNodes];
    return [line, ...children.flatMap((child) => lines(child, depth + 1))];
  };
  return {
    live: lines(document),
    kept: lines(await parse(`/__webpack_hmr/pages/${page}`)),
    asked: lines(await parse(location.href, { 'Hot-Middleware-Navigation': 'document' })),
  };
}

scenario('the page for the parser equals the one that is shown', { files: { 'index.html': PAGE } }, async ({ open }) => {
  const tab = await open();
  const { live, kept, asked } = await tab.page.evaluate(readTrees);
  assert.ok(live.length > 40 && live.filter((line) => /^ *noscript /.test(line)).length === 5, live.join('\n'));
  assert.deepEqual(kept, live);
  assert.deepEqual(asked, live);
});
