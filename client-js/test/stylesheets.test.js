import assert from 'node:assert/strict';
import test from 'node:test';
import { Stylesheets } from '../update/stylesheets.js';
import { fakeLog, FakeElement, FakeRoot, FakeSheet, importRule, settle, spy } from './fakes.js';

const KEY = 'http://app.test/a.css';
const OLD = 'a{x:1}\nb{x:1}\nc{x:1}';

function link(attributes = {}, text = OLD) {
  const element = new FakeElement('link', { rel: 'stylesheet', href: '/a.css', ...attributes });
  element.sheet = new FakeSheet({ href: element.href, text });
  return element;
}

/** A page; `served` are the texts that the app serves, by URL, or the texts of one request after another. */
function setUp(elements, served = {}, limit = () => new Promise(() => {})) {
  const log = fakeLog();
  const fullReload = spy();
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
    fullReload,
  });
  return { stylesheets, root, fetch, fullReload, log };
}

const change = (text, version = 'v2') => ({ id: '/a.css', version, ...(text !== undefined && { text }) });

test('the text of the event replaces the rules that differ, in every copy, at once', async () => {
  const first = link({ href: '/a.css', media: 'print', title: 't' });
  const second = link({ href: 'a.css?copy' });
  const shadow = link();
  const host = new FakeElement('div');
  host.shadowRoot = new FakeRoot([shadow]);
  const other = link({ href: '/b.css' });
  first.sheet.disabled = true;
  const text = 'a{x:1}\nb{x:2}\nd{x:3}\nc{x:1}';
  const { stylesheets, root, log } = setUp([first, second, host, other], { [KEY]: text, [`${KEY}?copy`]: text });

  assert.equal(stylesheets.having(new Set([KEY])).has(KEY), true);
  stylesheets.update(new Map([[KEY, change(`\ufeff${text}`)]]));
  for (const { sheet } of [first, second, shadow]) {
    assert.equal(sheet.text, text);
    assert.deepEqual(sheet.edits, ['-1', '+1 b{x:2}', '+2 d{x:3}']);
  }
  assert.equal(other.sheet.text, OLD);
  assert.equal(first.sheet.disabled, true);
  assert.deepEqual(log.lines, ['info Updated: /a.css']);
  await settle();
  assert.equal(root.elements.length, 4, 'nothing came or went');
});

test('each URL is fetched once, without caches', async () => {
  const { stylesheets, fetch } = setUp([link(), link(), link({ href: '/a.css?x' })], { [KEY]: 'a{}', [`${KEY}?x`]: 'a{}' });
  stylesheets.update(new Map([[KEY, change('a{}')]]));
  await settle();
  assert.deepEqual(fetch.calls, [[KEY, { cache: 'reload' }], [`${KEY}?x`, { cache: 'reload' }]]);
});

test('the served text wins over the file, and is fetched first from then on', async () => {
  const element = link();
  const served = { [KEY]: 'a{processed:1}' };
  const { stylesheets, log } = setUp([element], served);
  stylesheets.update(new Map([[KEY, change('a{raw:1}')]]));
  assert.equal(element.sheet.text, 'a{raw:1}');
  await settle();
  assert.equal(element.sheet.text, 'a{processed:1}');
  assert.match(log.lines.at(-1), /not served as it is on disk/);

  served[KEY] = 'a{processed:2}';
  stylesheets.update(new Map([[KEY, change('a{raw:2}', 'v3')]]));
  assert.equal(element.sheet.text, 'a{processed:1}', 'the raw text is not shown in between');
  await settle();
  assert.equal(element.sheet.text, 'a{processed:2}');
});

test('a text that is served while the file is being written is ignored', async () => {
  const element = link();
  const answers = ['', 'a{x:2}'];
  const { stylesheets, log } = setUp([element], { [KEY]: answers });
  stylesheets.update(new Map([[KEY, change('a{x:2}')]]));
  await settle();
  assert.equal(element.sheet.text, 'a{x:2}');
  assert.deepEqual(answers, []);
  assert.deepEqual(log.lines, ['info Updated: /a.css']);
});

test('once a file is served unchanged again, the event’s text is used again', async () => {
  const element = link();
  const served = { [KEY]: 'a{processed:1}' };
  const { stylesheets } = setUp([element], served);
  stylesheets.update(new Map([[KEY, change('a{raw:1}')]]));
  await settle();
  served[KEY] = 'a{raw:2}';
  stylesheets.update(new Map([[KEY, change('a{raw:2}', 'v3')]]));
  await settle();
  stylesheets.update(new Map([[KEY, change('a{raw:3}', 'v4')]]));
  assert.equal(element.sheet.text, 'a{raw:3}');
});

test('an answer that comes after the next change is dropped', async () => {
  const element = link();
  const answers = [];
  const { stylesheets } = setUp([element]);
  const slow = new Stylesheets({
    document: element.root,
    fetch: () => new Promise((resolve) => answers.push(resolve)),
    CSSStyleSheet: FakeSheet,
    images: { freshen: (css) => css, freshenSheet() {} },
    log: fakeLog(),
    frame: async () => undefined,
    pause: () => assert.fail('the answers are the texts'),
    fullReload: () => assert.fail('no reload'),
  });
  assert.equal(stylesheets.having(new Set([KEY])).has(KEY), true);
  slow.update(new Map([[KEY, change('a{x:2}', 'v2')]]));
  await settle();
  slow.update(new Map([[KEY, change('a{x:3}', 'v3')]]));
  await settle();
  const css = (text) => new Response(text, { headers: { 'content-type': 'text/css' } });
  answers[1](css('a{x:3}'));
  answers[0](css('a{x:2}'));
  await settle();
  assert.equal(element.sheet.text, 'a{x:3}');
});

test('a link that was replaced while the text was fetched is found', async () => {
  const element = link();
  const text = '@import "b.css";';
  const { stylesheets, root } = setUp([element], { [KEY]: text });
  stylesheets.update(new Map([[KEY, change(text)]]));
  const other = link({ href: '/a.css?__hot=v1' });
  element.after(other);
  element.remove();
  await settle();
  assert.deepEqual(root.elements.map((found) => found.getAttribute('href')), ['/a.css?__hot=v1', '/a.css?__hot=v2']);
});

test('a response that is not a stylesheet is ignored', async () => {
  const element = link();
  const { stylesheets } = setUp([element]);
  stylesheets.update(new Map([[KEY, change('a{x:2}')]]));
  await settle();
  assert.equal(element.sheet.text, 'a{x:2}');
});

test('without a text in the event the served one is written into the sheet', async () => {
  const element = link();
  const { stylesheets, root } = setUp([element], { [KEY]: 'a{x:9}' });
  stylesheets.update(new Map([[KEY, change()]]));
  await settle();
  assert.equal(element.sheet.text, 'a{x:9}');
  assert.deepEqual(root.elements, [element]);
});

test('with namespaces all rules are replaced', () => {
  const element = link({}, '@namespace "a";\nx{}');
  const { stylesheets } = setUp([element]);
  stylesheets.update(new Map([[KEY, change('@namespace "b";\nx{}')]]));
  assert.deepEqual(element.sheet.edits, ['-1', '-0', '+0 @namespace "b";', '+1 x{}']);
});

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
  const { stylesheets, root, log, fullReload } = setUp([element]);
  stylesheets.update(new Map([[KEY, change('@import "b.css";')]]));
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await settle();
    root.elements[1].sheet = new FakeSheet();
    root.elements[1].onerror();
  }
  await settle();
  assert.deepEqual(root.elements, [element]);
  assert.match(log.lines.at(-1), /^warn Could not load \/a\.css/);
  assert.equal(fullReload.calls.length, 0);
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
function importing(owner, sheet) {
  owner.sheet = new FakeSheet({ href: owner.tag === 'link' ? owner.href : null });
  owner.sheet.rules.push(importRule('a.css', owner.sheet, sheet));
  return owner;
}

test('an imported sheet is rewritten in place', () => {
  for (const owner of [link({ href: '/top.css' }), new FakeElement('style')]) {
    const imported = new FakeSheet({ href: KEY, text: OLD });
    const { stylesheets, root } = setUp([importing(owner, imported)]);
    stylesheets.update(new Map([[KEY, change('a{x:2}')]]));
    assert.equal(imported.text, 'a{x:2}');
    assert.deepEqual(root.elements, [owner]);
  }
});

test('an imported sheet that can’t be rewritten is fetched before its owner is replaced', async () => {
  for (const owner of [link({ href: '/top.css' }), new FakeElement('style')]) {
    const imported = new FakeSheet({ href: KEY, text: OLD });
    const { stylesheets, root, fetch, fullReload } = setUp([importing(owner, imported)], { [KEY]: '@import "c.css";' });
    stylesheets.update(new Map([[KEY, change()]]));
    assert.deepEqual(fetch.calls, [[KEY, { cache: 'reload' }]]);
    assert.equal(root.elements.length, 1);
    await settle();
    assert.equal(root.elements.length, 2);
    if (owner.tag === 'link') assert.equal(root.elements[1].getAttribute('href'), '/top.css?__hot=v2');
    for (let attempt = 0; attempt < 2; attempt += 1) {
      assert.deepEqual(fullReload.calls, []);
      root.elements[1].onerror();
      await settle();
    }
    assert.deepEqual(fullReload.calls, [['/a.css changed']], 'if that fails twice, the page is reloaded');
  }
});

test('a sheet that is not in the document is not found', () => {
  assert.equal(setUp([link({ href: '/b.css' })]).stylesheets.having(new Set([KEY])).has(KEY), false);
});

test('a link that never loads is given up at the limit, and the next change is tried', async () => {
  const owner = link({}, '');
  owner.sheet = null;
  const limits = [];
  const { stylesheets, root, log } = setUp([owner], {}, () => new Promise((resolve) => limits.push(resolve)));
  stylesheets.update(new Map([[KEY, change()]]));
  await settle();
  assert.equal(root.elements.length, 2, 'a successor is loading');
  limits.shift()();
  await settle();
  assert.ok(log.lines.includes('warn /a.css took too long to load; the page keeps the stylesheet that it has'));
  assert.ok(root.elements.includes(owner));
  assert.equal(stylesheets.having(new Set([KEY])).has(KEY), true);
});

test('100 sheets saved at once are found in three passes over the document', async () => {
  const keys = Array.from({ length: 100 }, (_, n) => `http://app.test/${n}.css`);
  const { stylesheets, root } = setUp(keys.map((href) => link({ href })), Object.fromEntries(keys.map((key) => [key, 'a{x:2}'])));
  let passes = 0;
  const all = root.querySelectorAll.bind(root);
  root.querySelectorAll = (selectors) => {
    if (selectors === '*') passes += 1;
    return all(selectors);
  };
  assert.equal(stylesheets.having(new Set(keys)).size, 100);
  stylesheets.update(new Map(keys.map((key) => [key, { id: key, version: 'v2', text: 'a{x:2}' }])));
  await settle();
  for (const { sheet } of root.elements) assert.equal(sheet.text, 'a{x:2}');
  // To decide, to update, and to check what was updated.
  assert.equal(passes, 3);
});
