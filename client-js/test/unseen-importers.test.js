import assert from 'node:assert/strict';
import test from 'node:test';
import { handOver } from '../update/handover.js';
import { UnseenImporters } from '../update/unseen-importers.js';
import { keyOf } from '../stream/url.js';

const BASE = 'http://app.test';
const MAP = { lit: `${BASE}/npm/lit.js` };

/** A page with inline modules that have these texts, and with module scripts that have these URLs. */
function setUp(texts = [], sources = []) {
  const inline = texts.map((text) => ({ text }));
  const others = sources.map((src) => ({ src }));
  const document = { baseURI: `${BASE}/pages/one`, querySelectorAll: (selector) => (selector.includes(':not([src])') ? inline : others) };
  const resolve = (specifier) => {
    if (!MAP[specifier]) throw new TypeError('not mapped');
    return MAP[specifier];
  };
  return new UnseenImporters({ document, keyOf, resolve });
}

test('inline modules import what their texts name', () => {
  const unseen = setUp(['import a from "./a.js"; import"/b.js"; export * from \'lit\'', 'const c = await import(`./c.js`); const d = "./d.js"; import "none"']);
  for (const path of ['/pages/a.js', '/b.js', '/npm/lit.js', '/pages/c.js']) {
    assert.equal(unseen.of(BASE + path, () => true), 'an inline module of the page', path);
  }
  for (const path of ['/pages/d.js', '/a.js', '/none']) assert.equal(unseen.of(BASE + path, () => true), undefined, path);
});

test('modules of inline modules and of elements are in use', () => {
  const unseen = setUp(['import "/a.js"'], [`${BASE}/b.js?v=1`]);
  for (const [path, expected] of [['/a.js', true], ['/b.js', true], ['/c.js', false]]) {
    assert.equal(unseen.isUsed(BASE + path, () => true), expected, path);
  }
});

test('specifiers that the server could not resolve are those of the modules that the page has loaded', () => {
  const unseen = setUp();
  unseen.learn({ lit: ['/a.js', '/b.js'], '/app/x.js': ['/c.js'], none: ['/d.js'] }, (id) => keyOf(BASE + id));
  const of = (path, ...loaded) => unseen.of(BASE + path, (key) => loaded.includes(new URL(key).pathname));
  assert.equal(of('/npm/lit.js', '/b.js'), '/b.js');
  assert.equal(of('/npm/lit.js', '/c.js'), undefined);
  assert.equal(of('/app/x.js', '/c.js'), '/c.js');
  assert.equal(of('/none', '/d.js'), undefined);
  unseen.learn({}, () => undefined);
  assert.equal(of('/npm/lit.js', '/b.js'), undefined);
});

test('a restarted app is told of all instances or of none', async () => {
  const sent = [];
  const send = async (modules) => sent.push(modules) > 0;
  const over = (entries) => handOver(entries && new Map(entries), `${BASE}/app`, send);
  assert.equal(await over([[`${BASE}/app/a.js`, 1], [`${BASE}/app/b/c.mjs`, 2]]), true);
  assert.deepEqual(sent, [{ '/a.js': 1, '/b/c.mjs': 2 }]);
  assert.equal(await over(undefined), false, 'some may be missing');
  assert.equal(await over([[`${BASE}/a.js`, 1]]), false, 'elsewhere');
  assert.equal(await over([[`${BASE}/app/a.js`, 1], [`${BASE}/app/s.css`, 1]]), false);
  assert.equal(sent.length, 1);
});
