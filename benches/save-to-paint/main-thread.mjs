/** Measures the main thread's work for an update of a large page. */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import { templateOf } from './site.mjs';

const CLIENT = fileURLToPath(new URL('../../client-js', import.meta.url));
const UPDATES = 20;

/**
 * @param {import('playwright-core').Browser} browser
 * @param {number} nodes number of the page's nodes, about
 * @returns {Promise<{ nodes: number, match: number, updates: number[] }>} milliseconds: to match the page with its base, once, and for
 *   each of some updates
 */
export async function mainThread(browser, nodes) {
  const server = createServer(({ url = '/' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://main-thread');
    const width = Number(searchParams.get('width') ?? 1);
    if (pathname === '/') {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(templateOf(width, nodes));
      return;
    }
    try {
      const text = normalize(pathname) === pathname && readFileSync(join(CLIENT, pathname));
      response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(text);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    return await page.evaluate(measure, UPDATES);
  } finally {
    await context.close();
    server.closeAllConnections();
    server.close();
  }
}

/** Runs in the page. @param {number} count */
async function measure(count) {
  // @ts-ignore: a module of the server above
  const { PageTree } = await import('/update/page/page-tree.js');
  const parse = (/** @type {number} */ width) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open('GET', `/?width=${width}`);
      request.responseType = 'document';
      request.onload = () => resolve(request.responseXML);
      request.send();
    });
  const base = await parse(1);
  const before = performance.now();
  const tree = new PageTree(base, document);
  const match = performance.now() - before;
  const updates = [];
  for (let n = 2; n < count + 2; n += 1) {
    const next = await parse(n);
    // Another task, so that the parser's garbage is not ours.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const start = performance.now();
    const { kind, reason } = tree.update(next);
    updates.push(performance.now() - start);
    if (kind !== 'updated') throw new Error(`${kind} instead of an update: ${reason}`);
  }
  return { nodes: document.getElementsByTagName('*').length, match, updates };
}
