import assert from 'node:assert/strict';
import test from 'node:test';
import { Stylesheets } from '../update/stylesheets.js';
import { fakeLog, FakeElement, FakeRoot, FakeSheet, settle } from './fakes.js';
import { change, importing, KEY, link, OLD, setUp, SOURCES } from './stylesheet-setup.js';

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
    sources: SOURCES,
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
    const { stylesheets, root, fetch } = setUp([importing(owner, imported)], { [KEY]: '@import "c.css";' });
    const unswapped = stylesheets.update(new Map([[KEY, change()]]));
    assert.deepEqual(fetch.calls, [[KEY, { cache: 'reload' }]]);
    assert.equal(root.elements.length, 1);
    await settle();
    assert.equal(root.elements.length, 2);
    if (owner.tag === 'link') assert.equal(root.elements[1].getAttribute('href'), '/top.css?__hot=v2');
    for (let attempt = 0; attempt < 2; attempt += 1) {
      root.elements[1].onerror();
      await settle();
    }
    assert.deepEqual(await unswapped, [{ id: '/a.css', needsReload: true }], 'if that fails twice, the page is reloaded');
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

test('an update is over once the sheet is loaded, or a later one has begun', async () => {
  const element = link();
  const { stylesheets, root } = setUp([element], { [KEY]: '@import "c.css";' });
  /** @type {string[]} */
  const over = [];
  const update = (version) =>
    stylesheets.update(new Map([[KEY, change('@import "c.css";', version)]])).then((unswapped) => over.push([version, unswapped]));
  const first = update('v2');
  await settle();
  assert.deepEqual(over, []);
  const second = update('v3');
  await settle();
  await first;
  assert.deepEqual(over, [['v2', []]], 'the later one brings the change');
  root.elements[1].sheet = new FakeSheet({ href: KEY });
  root.elements[1].onload();
  await second;
  assert.deepEqual(over[1], ['v3', []]);
});

test('an update is over at once if the sheet is rewritten', async () => {
  const { stylesheets } = setUp([link()], { [KEY]: 'a{x:2}' });
  assert.deepEqual(await stylesheets.update(new Map([[KEY, change('a{x:2}')]])), []);
});
