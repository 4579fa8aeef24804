import assert from 'node:assert/strict';
import test from 'node:test';
import { prefetched, Resources } from '../update/resources.js';
import { spy } from './fakes.js';

/** A page that has loaded `loaded`, and an app that serves `served` now. */
function setUp({ loaded, served = loaded, watched = [] }) {
  const fetch = spy(async (url, { cache }) => {
    const text = (cache === 'force-cache' ? loaded : served)[url];
    if (text instanceof Error) throw text;
    if (typeof text === 'function') return new Response(text());
    return new Response(text ?? '', { status: text === undefined ? 404 : 200 });
  });
  const resources = new Resources({ fetch, urls: () => Object.keys(loaded), isWatched: () => (url) => watched.includes(url) });
  return { fetch, resources };
}

for (const [name, page, expected] of [
  ['the same files', { loaded: { a: '1', b: '2' } }, undefined],
  ['another script', { loaded: { a: '1', b: '2' }, served: { a: '1', b: '3' } }, 'b'],
  ['a file that is gone', { loaded: { a: '1' }, served: {} }, undefined],
  ['a file that can’t be requested', { loaded: { a: '1' }, served: { a: new Error('offline') } }, undefined],
  ['a file that the watcher reports', { loaded: { a: '1' }, served: { a: '2' }, watched: ['a'] }, undefined],
]) {
  test(`a new process serves ${name}`, async () => {
    const { resources } = setUp(page);
    await resources.note();
    assert.equal(await resources.changed(), expected);
  });
}

test('a file that is another one at each request is no change, and is not compared again', async () => {
  let drawn = 0;
  const chart = () => `drawn ${(drawn += 1)}`;
  const { fetch, resources } = setUp({ loaded: { chart: '0', a: '1' }, served: { chart, a: '1' } });
  await resources.note();
  assert.equal(await resources.changed(), undefined);
  const before = fetch.calls.length;
  assert.equal(await resources.changed(), undefined);
  assert.deepEqual(fetch.calls.slice(before).map(([url]) => url), ['a']);
});

test('a changed file beside one that is another one at each request is found', async () => {
  let drawn = 0;
  const chart = () => `drawn ${(drawn += 1)}`;
  const { resources } = setUp({ loaded: { chart: '0', a: '1' }, served: { chart, a: '2' } });
  await resources.note();
  assert.equal(await resources.changed(), 'a');
});

test('a changed file that can’t be requested once more has changed', async () => {
  let requests = 0;
  const once = () => ((requests += 1) > 1 ? assert.fail('offline') : '2');
  const { resources } = setUp({ loaded: { a: '1' }, served: { a: once } });
  await resources.note();
  assert.equal(await resources.changed(), 'a');
});

test('what a page prefetches for others is known by its links', () => {
  const asked = spy(() => [{ href: 'http://a.test/about#top' }, { href: 'http://a.test/next' }]);
  assert.deepEqual([...prefetched({ querySelectorAll: asked })], ['http://a.test/about', 'http://a.test/next']);
  assert.match(asked.calls[0][0], /rel~="prefetch"/);
});

test('watched files are not requested, and no more than 128 of the others', async () => {
  const loaded = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`f${at}`, '']));
  const { fetch, resources } = setUp({ loaded, watched: ['f0', 'f1'] });
  await resources.note();
  assert.equal(fetch.calls.length, 128);
  assert.ok(fetch.calls.every(([url, { cache }]) => !['f0', 'f1'].includes(url) && cache === 'force-cache'));
});
