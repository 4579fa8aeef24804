import assert from 'node:assert/strict';
import test from 'node:test';
import { FakeElement, FakeSheet, settle } from './fakes.js';
import { change, importing, KEY, link, OLD, setUp } from './stylesheet-setup.js';

/** Changes that can't be made rule by rule, so that a copy of the element is loaded. */
const RELOADED = [
  ['an @import in the text', {}, '@import "b.css";'],
  ['a rule that cannot be inserted', {}, 'uninsertable{}'],
  ['another encoding', {}, '@charset "latin1";'],
];
for (const [name, attributes, text] of RELOADED) {
  test(`${name}: a copy of the link is loaded next to it`, async () => {
    const element = link({ media: 'print', integrity: 'sha256-x', id: 'theme', ...attributes });
    element.sheet.disabled = true;
    const { stylesheets, root, log } = setUp([element, new FakeElement('p')], { [KEY]: text });
    stylesheets.update(new Map([[KEY, change(text)]]));
    await settle();
    const [old, successor] = root.elements;
    assert.equal(old, element);
    assert.equal(old.sheet.text, OLD, 'the old one is as it was');
    assert.equal(successor.getAttribute('href'), '/a.css?__hot=v2');
    assert.equal(successor.media, 'not all', 'nothing applies twice');
    assert.equal(successor.hasAttribute('integrity'), false);
    assert.match(log.lines.join('\n'), /integrity/);

    successor.sheet = new FakeSheet();
    successor.onload();
    assert.deepEqual(root.elements.map(({ tag }) => tag), ['link', 'p']);
    assert.equal(root.elements[0], successor);
    assert.equal(successor.media, 'print');
    assert.equal(successor.getAttribute('id'), 'theme');
    assert.equal(successor.sheet.disabled, true);
    await settle();
    assert.equal(log.lines.at(-1), 'info Updated: /a.css');
  });
}

test('a sheet of another origin, or in a page in quirks mode, is replaced by a copy', async () => {
  const foreign = link();
  foreign.sheet.foreign = true;
  const quirks = link();
  for (const element of [foreign, quirks]) {
    const { stylesheets, root } = setUp([element], { [KEY]: 'a{}' });
    if (element === quirks) root.compatMode = 'BackCompat';
    stylesheets.update(new Map([[KEY, change('a{}')]]));
    await settle();
    assert.equal(root.elements.length, 2);
    root.elements[1].onload();
    assert.equal(root.elements[0].hasAttribute('media'), false);
  }
});

test('a link that fails to load twice leaves the old one in place', async () => {
  const element = link();
  const { stylesheets, root, log } = setUp([element]);
  const unswapped = stylesheets.update(new Map([[KEY, change('@import "b.css";')]]));
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await settle();
    root.elements[1].sheet = new FakeSheet();
    root.elements[1].onerror();
  }
  await settle();
  assert.deepEqual(root.elements, [element]);
  assert.match(log.lines.at(-1), /^warn Could not load \/a\.css/);
  assert.deepEqual(await unswapped, [{ id: '/a.css', needsReload: false }]);
});

test('a link that was read while it was being written is loaded again', async () => {
  const element = link();
  const { stylesheets, root, log } = setUp([element]);
  stylesheets.update(new Map([[KEY, change('@import "b.css";')]]));
  await settle();
  root.elements[1].onerror();
  await settle();
  root.elements[1].onload();
  await settle();
  assert.equal(root.elements.length, 1);
  assert.notEqual(root.elements[0], element);
  assert.equal(log.lines.at(-1), 'info Updated: /a.css');
});

test('a link that fails to load is not retried when there is a later change', async () => {
  const element = link();
  const { stylesheets, root } = setUp([element]);
  stylesheets.update(new Map([[KEY, change('@import "b.css";')]]));
  await settle();
  root.elements[1].onerror();
  stylesheets.update(new Map([[KEY, change('@import "b.css";', 'v3')]]));
  await settle();
  assert.deepEqual(root.elements.map((each) => each.getAttribute('href')), ['/a.css', '/a.css?__hot=v3']);
});

test('a sheet takes its place even if one of its imports fails', async () => {
  const element = link();
  const { stylesheets, root, log } = setUp([element]);
  stylesheets.update(new Map([[KEY, change('@import "missing.css";')]]));
  await settle();
  const [, successor] = root.elements;
  successor.sheet = new FakeSheet({ text: '@import "missing.css";' });
  successor.onerror();
  await settle();
  assert.deepEqual(root.elements, [successor]);
  assert.deepEqual(log.lines, ['info Updated: /a.css']);
});

test('a change of a file that only a loading link imports is applied once that has loaded', async () => {
  const element = link({ href: '/top.css' });
  const top = 'http://app.test/top.css';
  const { stylesheets, root, log } = setUp([element]);
  stylesheets.update(new Map([[top, { id: '/top.css', version: 'v2', text: '@import "a.css";' }]]));
  await settle();
  const [, successor] = root.elements;
  assert.equal(stylesheets.having(new Set([KEY])).has(KEY), false, 'its imports are not known yet');
  const imported = new FakeSheet({ href: KEY, text: OLD });
  importing(successor, imported);
  assert.equal(stylesheets.having(new Set([KEY])).has(KEY), true);

  stylesheets.update(new Map([[KEY, change('a{x:2}')]]));
  stylesheets.update(new Map([[KEY, change('a{x:3}', 'v3')]]));
  await settle();
  assert.equal(imported.text, OLD, 'the browser is still loading it');
  successor.onload();
  await settle();
  assert.equal(imported.text, 'a{x:3}');
  assert.deepEqual(log.lines.sort(), ['info Updated: /a.css', 'info Updated: /top.css']);
});

test('the newest of several updates in quick succession is loaded, and no links accumulate', async () => {
  const element = link();
  const { stylesheets, root } = setUp([element]);
  for (const version of ['v2', 'v3', 'v4']) {
    stylesheets.update(new Map([[KEY, change('@import "b.css";', version)]]));
    await settle();
  }
  assert.deepEqual(root.elements.map((each) => each.getAttribute('href')), ['/a.css', '/a.css?__hot=v4']);
  root.elements[1].onload();
  stylesheets.update(new Map([[KEY, change('@import "b.css";', 'v5')]]));
  await settle();
  assert.deepEqual(root.elements.map((each) => each.getAttribute('href')), ['/a.css?__hot=v4', '/a.css?__hot=v5']);
});

/** Browsers fire `load` in a later task, even if the link is gone by then. */
for (const event of ['onload', 'onerror']) {
  test(`a cancelled link changes nothing when its ${event} is still fired`, async () => {
    const element = link();
    const { stylesheets, root, log } = setUp([element]);
    const hrefs = () => root.elements.map((each) => each.getAttribute('href'));
    stylesheets.update(new Map([[KEY, change('@import "b.css";', 'v2')]]));
    await settle();
    const [, overtaken] = root.elements;
    stylesheets.update(new Map([[KEY, change('@import "b.css";', 'v3')]]));
    await settle();
    overtaken[event]?.();
    assert.deepEqual(hrefs(), ['/a.css', '/a.css?__hot=v3']);

    stylesheets.update(new Map([[KEY, change('@import "b.css";', 'v4')]]));
    await settle();
    assert.deepEqual(hrefs(), ['/a.css', '/a.css?__hot=v4'], 'the second is cancelled too');
    root.elements[1].onload();
    await settle();
    assert.deepEqual(hrefs(), ['/a.css?__hot=v4']);
    assert.deepEqual(log.lines, ['info Updated: /a.css']);
  });
}

test('a link that the page removes meanwhile stays removed', async () => {
  const element = link();
  const { stylesheets, root } = setUp([element]);
  stylesheets.update(new Map([[KEY, change('@import "b.css";')]]));
  await settle();
  const [, successor] = root.elements;
  element.remove();
  successor.onload();
  assert.deepEqual(root.elements, []);
});

test('a disabled link only gets the new URL', async () => {
  const element = link({ disabled: '' });
  element.sheet = null;
  const { stylesheets, root } = setUp([element]);
  stylesheets.update(new Map([[KEY, change('a{}')]]));
  await settle();
  assert.deepEqual(root.elements, [element]);
  assert.equal(element.getAttribute('href'), '/a.css?__hot=v2');
});

/** A page whose /top.css (or a style element) imports /a.css. */
