import assert from 'node:assert/strict';
import test from 'node:test';
import { Documents } from '../update/documents.js';
import { FakeElement, FakeRoot, spy } from './fakes.js';

const PAGE = 'http://app.test/page';

/** A document with frames, each of which is a document or, for another origin, null. */
function documentOf(url, { frames = [], client = false, tag = false } = {}) {
  const document = new FakeRoot(
    frames.map((inner) => Object.assign(new FakeElement('iframe'), { contentDocument: inner })),
  );
  if (tag) document.elements.push(new FakeElement('script', { 'data-hot-middleware': '{}' }));
  return Object.assign(document, { URL: url, defaultView: client ? { __hot_middleware__: {} } : {} });
}

/** The parts of a document that has loaded one file, named as its URL. */
function partsOf(document) {
  return {
    usage: { used: (keys) => new Set([...keys].filter((key) => key === document.URL)), urlsOf: (key) => (key === document.URL ? [key] : []), sameNameOf: () => undefined, isGuess: () => false },
    stylesheets: { having: (keys) => new Set([...keys].filter((key) => key === document.URL)), update: spy(async () => []) },
    images: { find: (keys) => new Map([...keys].filter((key) => key === document.URL).map((key) => [key, [{ url: key, renaming() {} }]])), swap: spy(async () => {}) },
  };
}

/** The URLs of the documents that a page with these frames owns. */
function setUp(frames, popups = []) {
  const document = documentOf(PAGE, { frames });
  const window = Object.assign(new EventTarget(), { document, open: spy((popup) => popup) });
  const made = spy(partsOf);
  const documents = new Documents(window, partsOf(document), made);
  documents.watchPopups();
  for (const popup of popups) window.open(popup);
  return { documents, made, window };
}

test('frames that the page fills belong to it, however deep, and those of the server do not', () => {
  const deep = documentOf('blob:http://app.test/1');
  const { documents } = setUp([
    documentOf('about:srcdoc', { frames: [deep] }),
    documentOf('about:blank'),
    documentOf(`${PAGE}#written`),
    documentOf('http://app.test/other', { frames: [documentOf('about:inside')] }),
    documentOf('about:client', { client: true }),
    documentOf('about:tag', { tag: true }),
    null,
  ]);
  for (const [url, isOwn] of [
    [PAGE, true],
    ['about:srcdoc', true],
    ['about:blank', true],
    ['blob:http://app.test/1', true],
    [`${PAGE}#written`, true],
    ['http://app.test/other', false],
    ['about:inside', false],
    ['about:client', false],
    ['about:tag', false],
  ]) {
    assert.equal(documents.usage.used([url]).has(url), isOwn, url);
    assert.equal(documents.stylesheets.having(new Set([url])).has(url), isOwn, url);
    assert.equal(documents.images.find(new Set([url])).has(url), isOwn, url);
    assert.equal(documents.isShared(url), isOwn && url !== PAGE, url);
  }
});

test('a document keeps its parts, and only those that use a file are updated', async () => {
  const { documents, made } = setUp([documentOf('about:srcdoc'), documentOf('about:blank')]);
  for (const version of ['v1', 'v2']) {
    documents.stylesheets.update(new Map([['about:srcdoc', { id: '/a.css', version }]]));
    await undefined;
  }
  assert.equal(made.calls.length, 2);
  const [first, second] = made.calls.map(([document]) => document);
  assert.deepEqual([first.URL, second.URL].sort(), ['about:blank', 'about:srcdoc']);
});

test('an image is swapped by the document that shows it', async () => {
  const swaps = new Map();
  const frames = [documentOf('about:srcdoc'), documentOf('about:blank')];
  const page = documentOf(PAGE, { frames });
  const documents = new Documents({ document: page }, partsOf(page), (document) => {
    const parts = partsOf(document);
    swaps.set(document.URL, parts.images.swap);
    return parts;
  });
  const [places] = documents.images.find(new Set(['about:srcdoc'])).values();
  await documents.images.swap('about:srcdoc', 'v1', places);
  assert.deepEqual(swaps.get('about:srcdoc').calls, [['about:srcdoc', 'v1', places]]);
  assert.deepEqual(swaps.get('about:blank').calls, []);
});

test('popups belong to the page until they are closed', async () => {
  const popup = { closed: false, document: documentOf('about:blank') };
  const foreign = {
    closed: false,
    get document() {
      throw new Error('another origin');
    },
  };
  const { documents, window } = setUp([], [popup, foreign, null]);
  assert.equal(documents.usage.used(['about:blank']).size, 1);
  await undefined;
  popup.closed = true;
  assert.equal(documents.usage.used(['about:blank']).size, 0);
  assert.equal(window.open('the answer'), 'the answer');
});

test('at most a hundred documents are updated', () => {
  const { documents, made } = setUp(Array.from({ length: 300 }, () => documentOf('about:blank')));
  documents.usage.used(['about:blank']);
  assert.equal(made.calls.length, 100);
});

test('a frame that hides its document’s properties costs no other document its update', () => {
  const fails = () => {
    throw new TypeError('not a function');
  };
  for (const property of ['URL', 'defaultView', 'querySelectorAll', 'contentDocument', 'frames', 'parts']) {
    const hostile = documentOf('about:hostile');
    const frame = Object.assign(new FakeElement('iframe'), { contentDocument: hostile });
    if (property === 'contentDocument') Object.defineProperty(frame, property, { get: fails });
    else if (property === 'frames') hostile.querySelectorAll = (selector) => (selector.startsWith('script') ? [] : fails());
    else if (property !== 'parts') Object.defineProperty(hostile, property, { get: fails });
    const document = Object.assign(new FakeRoot([frame, Object.assign(new FakeElement('iframe'), { contentDocument: documentOf('about:good') })]), {
      URL: PAGE,
      defaultView: {},
    });
    const made = (document) => {
      if (document !== hostile || property !== 'parts') return partsOf(document);
      return { ...partsOf(document), usage: { used: fails, isGuess: fails, urlsOf: fails }, stylesheets: { having: fails, update: fails }, images: { find: fails } };
    };
    const documents = new Documents(Object.assign(new EventTarget(), { document }), made(document), made);
    for (const url of [PAGE, 'about:good']) {
      assert.ok(documents.usage.used([url]).has(url), property);
      assert.ok(documents.stylesheets.having(new Set([url])).has(url), property);
      assert.ok(documents.images.find(new Set([url])).has(url), property);
      assert.deepEqual(documents.usage.urlsOf(url), [url], property);
      assert.equal(documents.usage.isGuess(url), false, property);
      documents.stylesheets.update(new Map([[url, {}]]));
    }
  }
});

test('a popup that announces itself belongs to the page, and anything else that is announced does not', () => {
  const { documents, window } = setUp([]);
  const popup = { closed: false, document: documentOf('about:blank') };
  popup.window = popup;
  const foreign = Object.defineProperty({}, 'window', {
    get() {
      throw new Error('SecurityError');
    },
  });
  for (const value of [undefined, null, 1, {}, foreign, { closed: false, document: documentOf('about:blank') }]) {
    window.__hot_middleware_popup__ = value;
  }
  assert.equal(documents.isShared('about:blank'), false);
});

test('a popup announces itself by its own functions when the page is left', async () => {
  const { window: old } = setUp([]);
  const opener = {};
  const timers = [];
  const popup = {
    closed: false,
    document: documentOf('about:blank'),
    Function,
    Reflect,
    opener,
  };
  const animate = (_, delay) => ({ finished: new Promise((resolve) => timers.push({ delay, resolve })) });
  popup.document.documentElement = { animate };
  popup.window = popup;
  old.open(popup);
  old.open({ closed: false, get Reflect() { throw new Error('SecurityError'); } });
  old.open({ ...popup, __hot_middleware__: {} });
  old.dispatchEvent(new Event('pagehide'));
  assert.deepEqual(timers.map(({ delay }) => delay), [100, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000]);
  timers[0].resolve();
  await undefined;
  await undefined;
  assert.equal(opener.__hot_middleware_popup__, popup);
  popup.opener = null;

  const { documents, window } = setUp([]);
  window.__hot_middleware_popup__ = popup;
  assert.equal(documents.isShared('about:blank'), true);
  assert.equal(documents.usage.used(['about:blank']).has('about:blank'), true);
});
