import assert from 'node:assert/strict';
import test from 'node:test';
import { SheetSources } from '../update/sheet-sources.js';
import { FakeSheet, settle } from './fakes.js';

const TEXT = 'a{x:2}\nb{x:1}';

/** A document whose head has links, and which dispatches their events as a browser does: to the document first. */
class FakeDocument extends EventTarget {
  head = { children: [] };
  observers = [];

  get styleSheets() {
    return this.head.children.map(({ sheet }) => sheet).filter(Boolean);
  }

  record(...records) {
    for (const notify of this.observers) notify(records);
  }
}

class FakeLink extends EventTarget {
  title = '';
  isConnected = true;
  heard = [];

  constructor(document, attributes, text) {
    super();
    this.document = document;
    this.attributes = new Map(Object.entries(attributes));
    this.parentNode = document.head;
    this.sheet = text === undefined ? null : new FakeSheet({ text });
    this.addEventListener('load', () => this.heard.push('load'));
  }

  get rel() {
    return this.attributes.get('rel');
  }
  get href() {
    return `http://app.test${this.attributes.get('href')}`;
  }
  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }
  hasAttribute(name) {
    return this.attributes.has(name);
  }
  setAttribute(name, value) {
    this.attributes.set(name, value);
  }
  removeAttribute(name) {
    this.attributes.delete(name);
  }
  getRootNode() {
    return this.document;
  }
  cloneNode() {
    return new FakeLink(this.document, Object.fromEntries(this.attributes));
  }
  after(link) {
    const { children } = this.document.head;
    children.splice(children.indexOf(this) + 1, 0, link);
  }
  remove() {
    this.isConnected = false;
    const { children } = this.document.head;
    if (children.includes(this)) children.splice(children.indexOf(this), 1);
  }
  /** The browser is done with the load of the link's URL. */
  end(type, text) {
    if (text !== undefined) this.sheet = new FakeSheet({ text });
    const event = new Event(type, { cancelable: true });
    Object.defineProperty(event, 'target', { value: this });
    let isStopped = false;
    event.stopImmediatePropagation = () => (isStopped = true);
    this.document.dispatchEvent(event);
    if (!isStopped) this.dispatchEvent(new Event(type));
  }
}

function setUp(attributes = {}, text = TEXT) {
  const document = new FakeDocument();
  const link = new FakeLink(document, { rel: 'stylesheet', href: '/a.css', id: 'own', onload: 'x()', ...attributes }, text);
  document.head.children.push(link);
  const state = { isCurrent: true, isAllowed: true, caughtUp: 0 };
  let endLimit;
  const sources = new SheetSources({
    document,
    MutationObserver: class {
      constructor(notify) {
        this.notify = notify;
      }
      observe() {
        if (!document.observers.includes(this.notify)) document.observers.push(this.notify);
      }
      takeRecords() {}
      disconnect() {
        document.observers.splice(document.observers.indexOf(this.notify), 1);
      }
    },
    quiet: async () => undefined,
    limit: () => new Promise((resolve) => (endLimit = resolve)),
    isAllowed: () => state.isAllowed,
  });
  const restore = (version = 'v2') =>
    sources.restore(
      () => [link],
      version,
      () => state.isCurrent,
      () => (state.caughtUp += 1),
    );
  return { document, link, links: () => document.head.children, restore, sources, state, endLimit: () => endLimit() };
}

test('a copy has the place of a link while that loads its URL', async () => {
  const { document, link, links, restore, sources, state } = setUp();
  const done = restore();
  await settle();
  const [, copy] = links();
  assert.deepEqual(Object.fromEntries(copy.attributes), { rel: 'stylesheet', href: '/a.css?__hot=v2' });
  assert.equal(link.getAttribute('href'), '/a.css');
  assert.equal(sources.isReloading(link), false);

  copy.end('load', TEXT);
  await settle();
  assert.deepEqual([links().length, link.getAttribute('href')], [2, '/a.css?__hot=v2']);
  assert.equal(sources.isReloading(link), true);

  link.end('load', TEXT);
  await done;
  assert.deepEqual(links(), [link]);
  assert.equal(sources.isReloading(link), false);
  assert.deepEqual(link.heard, [], 'the page’s listeners have heard of its load before');
  assert.equal(state.caughtUp, 1);
  assert.deepEqual(document.observers, []);
  link.end('load');
  assert.deepEqual(link.heard, ['load'], 'later loads are the page’s');
});

/** Reasons to leave a link with the sheet that it has, each with what happens then. */
const LEFT = {
  'the copy can’t be loaded': ({ copy }) => copy.end('error'),
  'the app serves something else': ({ copy }) => copy.end('load', 'a{x:9}'),
  'a script has added a rule meanwhile': ({ copy, link }) => {
    link.sheet.insertRule('c{x:1}', 0);
    copy.end('load', TEXT);
  },
  'another version was shown meanwhile': ({ copy, state }) => {
    state.isCurrent = false;
    copy.end('load', TEXT);
  },
  'the copy takes too long': ({ endLimit }) => endLimit(),
  'a script changes the link': ({ document, link }) => document.record({ type: 'attributes', target: link }),
  'a script removes the link': ({ document, link }) => {
    link.remove();
    document.record({ type: 'childList', target: document.head });
  },
};
for (const [reason, happens] of Object.entries(LEFT)) {
  test(`a link keeps its sheet if ${reason}`, async () => {
    const stage = setUp();
    const { document, link, links, restore, sources } = stage;
    const { sheet } = link;
    const done = restore();
    await settle();
    const [, copy] = links();
    happens({ ...stage, copy });
    await done;
    assert.deepEqual([copy.isConnected, link.sheet === sheet, link.getAttribute('href')], [false, true, '/a.css']);
    assert.equal(sources.isReloading(link), false);
    assert.deepEqual(document.observers, []);
  });
}

test('links whose sheet can’t be exchanged unnoticed are left alone', async () => {
  for (const [case_, attributes, text, change] of [
    ['an alternative', { rel: 'alternate stylesheet' }],
    ['with a title', {}, TEXT, (link) => (link.title = 'dark')],
    ['disabled', { disabled: '' }],
    ['disabled by its sheet', {}, TEXT, (link) => (link.sheet.disabled = true)],
    ['with a checksum', { integrity: 'sha256-x' }],
    ['in the body', {}, TEXT, (link) => (link.parentNode = {})],
    ['with a font', {}, 'a{x:1}\n@font-face{x:1}'],
    ['with an import in a layer', {}, '@layer a{@import "b.css"}'],
    ['with too many rules', {}, 'a{x:1}\n'.repeat(5_001).trim()],
    ['without a rule', {}, ''],
    ['that has the URL already', { href: '/a.css?__hot=v2' }],
    ['behind a service worker', {}, TEXT, (_, state) => (state.isAllowed = false)],
    ['that has changed again', {}, TEXT, (_, state) => (state.isCurrent = false)],
  ]) {
    const { link, links, restore, state } = setUp(attributes, text);
    change?.(link, state);
    await restore();
    assert.deepEqual(links(), [link], case_);
  }
});

test('a link that a script changes while it is reloaded is the script’s', async () => {
  const { document, link, links, restore } = setUp();
  const done = restore();
  await settle();
  links()[1].end('load', TEXT);
  await settle();
  link.setAttribute('href', '/other.css');
  document.record({ type: 'attributes', target: link });
  await done;
  assert.deepEqual(links(), [link]);
  link.end('load', 'o{x:1}');
  assert.deepEqual(link.heard, ['load']);
});

test('a copy stays in place of a link that can’t load its URL', async () => {
  const { link, links, restore } = setUp();
  const done = restore();
  await settle();
  const [, copy] = links();
  copy.end('load', TEXT);
  await settle();
  link.sheet = null;
  link.end('error');
  await done;
  assert.deepEqual(links(), [link, copy]);
});

test('links wait for each other, and at most 16 do', async () => {
  const { links, restore } = setUp();
  const rounds = Array.from({ length: 20 }, (_, index) => restore(`v${index}`));
  for (let round = 0; round < 16; round += 1) {
    await settle();
    const [link, copy] = links();
    assert.equal(links().length, 2);
    assert.equal(copy.getAttribute('href'), `/a.css?__hot=v${round}`);
    copy.end('load', TEXT);
    await settle();
    link.end('load', TEXT);
  }
  await Promise.all(rounds);
  assert.equal(links().length, 1);
});
