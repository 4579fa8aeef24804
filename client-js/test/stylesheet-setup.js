/** Pages with stylesheets, for the tests of their updates. */

import { Stylesheets } from '../update/stylesheets.js';
import { fakeLog, FakeElement, FakeRoot, FakeSheet, importRule, spy } from './fakes.js';

export const KEY = 'http://app.test/a.css';
export const OLD = 'a{x:1}\nb{x:1}\nc{x:1}';

export function link(attributes = {}, text = OLD) {
  const element = new FakeElement('link', { rel: 'stylesheet', href: '/a.css', ...attributes });
  element.sheet = new FakeSheet({ href: element.href, text });
  return element;
}

/** `sheet-sources.test.js` has its tests. */
export const SOURCES = { isReloading: () => false, restore: async () => undefined };

/** A page; `served` are the texts that the app serves, by URL, or the texts of one request after another. */
export function setUp(elements, served = {}, limit = () => new Promise(() => {})) {
  const log = fakeLog();
  const fetch = spy(async (url) => {
    const text = Array.isArray(served[url]) ? served[url].shift() : served[url];
    return new Response(text ?? 'no', {
      status: text === undefined ? 404 : 200,
      headers: { 'content-type': 'text/css;charset=utf-8' },
    });
  });
  const root = new FakeRoot(elements);
  const stylesheets = new Stylesheets({
    document: root,
    fetch,
    CSSStyleSheet: FakeSheet,
    images: { freshen: (css) => css, freshenSheet() {} },
    log,
    frame: async () => undefined,
    pause: async () => undefined,
    limit,
    sources: SOURCES,
  });
  return { stylesheets, root, fetch, log };
}

export const change = (text, version = 'v2') => ({ id: '/a.css', version, ...(text !== undefined && { text }) });

/** Makes the sheet of an owner one that imports another. */
export function importing(owner, sheet) {
  owner.sheet = new FakeSheet({ href: owner.tag === 'link' ? owner.href : null });
  owner.sheet.rules.push(importRule('a.css', owner.sheet, sheet));
  return owner;
}
