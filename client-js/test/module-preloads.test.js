import assert from 'node:assert/strict';
import test from 'node:test';
import { modulePreloads } from '../update/module-preloads.js';

const CHANGE = 1_764_300_000_000;
const key = (id) => `http://app.test${id}`;

/** What is requested ahead for these files, each with the URLs from which the page has loaded it. */
function requested(loaded) {
  const links = [];
  const document = {
    querySelector: () => ({ nonce: 'n' }),
    createElement: () => ({ remove() {} }),
    head: { append: (link) => links.push(link) },
  };
  const preload = modulePreloads(document, (key) => loaded[new URL(key).pathname]);
  preload(Object.keys(loaded).map((id) => ({ key: key(id), change: CHANGE })));
  assert.ok(links.every(({ nonce, rel }) => nonce === 'n' && rel === 'modulepreload'));
  return links.map(({ href }) => href);
}

test('all modules of an update are requested at once, under the URL that the page has loaded', () => {
  const before = `__hot=${CHANGE - 1}`;
  const loaded = { '/a.js': [key('/a.js'), key(`/a.js?${before}`)], '/b.mjs': [key('/b.mjs?v=1')] };
  assert.deepEqual(requested(loaded), [key(`/a.js?__hot=${CHANGE}`), key(`/b.mjs?v=1&__hot=${CHANGE}`)]);
});

test('what is no module, was loaded under several URLs or is the only one is not requested', () => {
  const loaded = { '/a.json': [key('/a.json')], '/b.png': [key('/b.png')], '/c.js': [key('/c.js?1'), key('/c.js?2')], '/d.js': [] };
  assert.deepEqual(requested(loaded), []);
  assert.deepEqual(requested({ '/a.js': [key('/a.js')] }), []);
});

test('the number of requests has a bound', () => {
  const loaded = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`/${at}.js`, [key(`/${at}.js`)]]));
  assert.equal(requested(loaded).length, 100);
});
