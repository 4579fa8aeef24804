import assert from 'node:assert/strict';
import test from 'node:test';
import { Images, renameInCss, renameInSrcset } from '../update/images.js';
import { keyOfApp } from '../stream/url.js';
import { FakeElement, FakeRoot, FakeSheet, importRule, settle } from './fakes.js';

const KEY = 'http://app.test/a.png';
const upper = (url) => (url.startsWith('a') ? url.toUpperCase() : undefined);

test('URLs in CSS, however they are quoted and escaped', () => {
  for (const [css, renamed] of [
    ['background: url("a.png")', 'background: url("A.PNG")'],
    ["url('a.png')", 'url("A.PNG")'],
    ['URL(  a.png )', 'url("A.PNG")'],
    ['url(a\\ b.png)', 'url("A B.PNG")'],
    ['url("a\\"b")', 'url("A\\"B")'],
    ['url(\\61 .png)', 'url("A.PNG")'],
    ['image-set(url("a.png") 1x, url("b.png") 2x)', 'image-set(url("A.PNG") 1x, url("b.png") 2x)'],
    ['url("b.png"), url("a")', 'url("b.png"), url("A")'],
    ['url("data:image/svg+xml,<a href=\'a\'>")', 'url("data:image/svg+xml,<a href=\'a\'>")'],
    ['curl: var(--a)', 'curl: var(--a)'],
  ]) {
    assert.equal(renameInCss(css, '', upper), renamed, css);
  }
});

test('URLs in srcset, with and without descriptors', () => {
  for (const [srcset, renamed] of [
    ['a', 'A'],
    ['a, b', 'A, b'],
    ['a 1x, b 2x', 'A 1x, b 2x'],
    ['  b 100w ,\n a 200w', '  b 100w ,\n A 200w'],
    ['a,b 1x, a 2x', 'A,B 1x, A 2x'],
    ['data:image/png;base64,aa= 1x,a 2x', 'data:image/png;base64,aa= 1x,A 2x'],
    ['a 1x,a 2x', 'A 1x,A 2x'],
    ['a,', 'A,'],
  ]) {
    assert.equal(renameInSrcset(srcset, '', upper), renamed, srcset);
  }
});

function style(cssText) {
  return { style: { cssText } };
}

function setUp(elements, sheets = []) {
  const preloads = [];
  const document = new FakeRoot([...elements, ...sheets.map((sheet) => Object.assign(new FakeElement('style'), { sheet }))]);
  const images = new Images(document, (url) => new Promise((resolve) => preloads.push({ url, resolve })));
  const swap = (key, version) => images.swap(key, version, images.find(new Set([key])).get(key) ?? []);
  return { images, preloads, document, swap };
}

test('every element that shows the image shows the new one, and others stay', async () => {
  const shown = [
    ['img', { src: '/a.png?x=1#f' }, 'src', '/a.png?x=1&__hot=v2#f'],
    ['img', { srcset: 'a.png 1x, b.png 2x' }, 'srcset', 'a.png?__hot=v2 1x, b.png 2x'],
    ['source', { srcset: 'a.png?__hot=v1' }, 'srcset', 'a.png?__hot=v2'],
    ['input', { type: 'image', src: 'a.png' }, 'src', 'a.png?__hot=v2'],
    ['video', { poster: 'a.png' }, 'poster', 'a.png?__hot=v2'],
    ['image', { 'xlink:href': 'a.png' }, 'xlink:href', 'a.png?__hot=v2'],
    ['use', { href: 'a.png#icon' }, 'href', 'a.png?__hot=v2#icon'],
    ['link', { rel: 'shortcut icon', href: 'a.png' }, 'href', 'a.png?__hot=v2'],
    ['object', { data: 'a.png' }, 'data', 'a.png?__hot=v2'],
    ['embed', { src: 'a.png' }, 'src', 'a.png?__hot=v2'],
    ['img', { src: '/b.png' }, 'src', '/b.png'],
    ['a', { href: '/a.png' }, 'href', '/a.png'],
  ].map(([tag, attributes, name, expected]) => ({ element: new FakeElement(tag, attributes), name, expected }));
  const { images, preloads } = setUp(shown.map(({ element }) => element));
  const found = images.find(new Set([KEY, 'http://app.test/c.png']));
  assert.deepEqual([...found.keys()], [KEY]);

  const swapped = images.swap(KEY, 'v2', found.get(KEY));
  assert.deepEqual(preloads.map(({ url }) => url), ['http://app.test/a.png?x=1&__hot=v2#f']);
  assert.equal(shown[0].element.getAttribute('src'), '/a.png?x=1#f', 'not before it is loaded');
  preloads[0].resolve();
  await swapped;
  for (const { element, name, expected } of shown) assert.equal(element.getAttribute(name), expected, element.tag);
});

test('rules of every depth, imported ones against their own sheet, and shadow trees', async () => {
  const imported = new FakeSheet({ href: 'http://app.test/css/in.css' });
  imported.rules.push(style('background: url(../a.png)'));
  const sheet = new FakeSheet({ href: 'http://app.test/css/x.css' });
  sheet.rules.push(
    importRule('in.css', sheet, imported),
    { cssRules: [{ ...style('--u: url("/a.png")'), cssRules: [style('cursor: url("/b.png")')] }] },
    style('background: url("a.png")'),
  );
  const constructed = new FakeSheet();
  constructed.rules.push(style('mask: url(a.png)'));
  const inline = Object.assign(new FakeElement('b', { style: 'background: url(a.png)' }), style('background: url(a.png)'));
  const host = new FakeElement('div');
  host.shadowRoot = new FakeRoot([inline]);
  const foreign = new FakeSheet({ foreign: true });
  const { preloads, document, swap } = setUp([host], [foreign, sheet]);
  document.adoptedStyleSheets.push(constructed);

  const swapped = swap(KEY, 'v');
  preloads[0].resolve();
  await swapped;
  assert.equal(imported.rules[0].style.cssText, 'background: url("../a.png?__hot=v")');
  assert.equal(sheet.rules[1].cssRules[0].style.cssText, '--u: url("/a.png?__hot=v")');
  assert.equal(sheet.rules[1].cssRules[0].cssRules[0].style.cssText, 'cursor: url("/b.png")');
  assert.equal(sheet.rules[2].style.cssText, 'background: url("a.png")', 'css/a.png is another image');
  assert.equal(constructed.rules[0].style.cssText, 'mask: url("a.png?__hot=v")');
  assert.equal(inline.style.cssText, 'background: url("a.png?__hot=v")');
});

test('the newer of two versions in quick succession is shown', async () => {
  const element = new FakeElement('img', { src: 'a.png' });
  const { preloads, swap } = setUp([element]);
  const both = [swap(KEY, 'v1'), swap(KEY, 'v2')];
  preloads[1].resolve();
  preloads[0].resolve();
  await Promise.all(both);
  assert.equal(element.getAttribute('src'), 'a.png?__hot=v2');
});

test('an image that cannot be decoded is shown as it is', async () => {
  const element = new FakeElement('img', { src: 'a.png' });
  const images = new Images(new FakeRoot([element]), () => Promise.reject(new Error('EncodingError')));
  await images.swap(KEY, 'v', images.find(new Set([KEY])).get(KEY));
  assert.equal(element.getAttribute('src'), 'a.png?__hot=v');
});

test('stylesheets that are loaded later show the swapped image too', async () => {
  const { images, preloads, swap } = setUp([new FakeElement('img', { src: 'a.png' })]);
  assert.equal(images.freshen('url(a.png)', 'http://app.test/'), 'url(a.png)');
  const swapped = swap(KEY, 'v');
  preloads[0].resolve();
  await swapped;
  assert.equal(images.freshen('url(a.png), url(b.png)', 'http://app.test/'), 'url("a.png?__hot=v"), url(b.png)');
  const sheet = new FakeSheet({ href: 'http://app.test/x.css' });
  sheet.rules.push(style('background: url(a.png)'));
  images.freshenSheet(sheet);
  assert.equal(sheet.rules[0].style.cssText, 'background: url("a.png?__hot=v")');
});

test('100 images are found in one pass over the rules, and each is renamed where it was found', async () => {
  const names = Array.from({ length: 100 }, (_, n) => `${n}.png`);
  const sheet = new FakeSheet({ href: 'http://app.test/x.css' });
  let reads = 0;
  const counted = (cssText) => ({
    style: {
      get cssText() {
        reads += 1;
        return cssText;
      },
      set cssText(text) {
        cssText = text;
      },
    },
  });
  sheet.rules.push(...names.map((name) => counted(`background: url(${name})`)));
  sheet.rules.push(...Array.from({ length: 5_000 }, () => counted('color: red')));
  const { images, preloads } = setUp([], [sheet]);
  const keys = names.map((name) => `http://app.test/${name}`);
  const found = images.find(new Set(keys));
  const swaps = keys.map((key) => images.swap(key, 'v', found.get(key)));
  for (const { resolve } of preloads) resolve();
  await Promise.all(swaps);
  for (const [n, name] of names.entries()) assert.equal(sheet.rules[n].style.cssText, `background: url("${name}?__hot=v")`);
  assert.ok(reads < 5_500, `${reads} styles were read`);
});

test('what the page adds while an image is loading is renamed too, and an image is set once', async () => {
  const sets = [];
  class CountedElement extends FakeElement {
    setAttribute(name, value) {
      sets.push(value);
      super.setAttribute(name, value);
    }
  }
  const { preloads, document, swap } = setUp([new CountedElement('img', { src: 'a.png' })], [new FakeSheet({ href: 'http://app.test/x.css' })]);
  const swapped = swap(KEY, 'v');
  const added = new CountedElement('img', { src: 'a.png?x' });
  document.elements.push(added);
  document.styleSheets[0].rules.push(style('background: url(a.png)'));
  preloads[0].resolve();
  await swapped;
  assert.equal(added.getAttribute('src'), 'a.png?x&__hot=v');
  assert.equal(document.styleSheets[0].rules[0].style.cssText, 'background: url("a.png?__hot=v")');
  assert.deepEqual(sets, ['a.png?__hot=v', 'a.png?x&__hot=v']);
});

test('an image waits for the pause after another one, and those that wait are swapped together', async () => {
  const elements = ['a', 'b', 'c'].map((name) => new FakeElement('img', { src: `${name}.png` }));
  const pauses = [];
  const images = new Images(new FakeRoot(elements), async () => undefined, {
    pause: () => new Promise((resolve) => pauses.push(resolve)),
  });
  const found = images.find(new Set(elements.map(({ attributes }) => `http://app.test/${attributes.get('src')}`)));
  const sources = () => elements.map((element) => element.getAttribute('src').includes('__hot='));
  const [first, ...others] = found;
  const swaps = [images.swap(first[0], 'v', first[1])];
  await settle();
  swaps.push(...others.map(([key, places]) => images.swap(key, 'v', places)));
  await settle();
  assert.deepEqual(sources(), [true, false, false]);
  pauses.shift()();
  await Promise.all(swaps);
  assert.deepEqual(sources(), [true, true, true]);
});

test('an image by another name of the app is found', () => {
  const elements = [new FakeElement('img', { src: 'http://127.0.0.1:3000/a.png' }, 'http://localhost:3000/')];
  const images = new Images(new FakeRoot(elements), async () => undefined, { keyOf: keyOfApp('http://localhost:3000', []) });
  const [[key, [place]]] = images.find(new Set(['http://localhost:3000/a.png']));
  assert.deepEqual([key, place.url], ['http://localhost:3000/a.png', 'http://127.0.0.1:3000/a.png']);
});

test('a rule that is replaced while an image is loading is renamed, in an imported sheet too', async () => {
  const imported = new FakeSheet({ href: 'http://app.test/css/in.css' });
  const sheet = new FakeSheet({ href: 'http://app.test/x.css' });
  imported.rules.push(style('background: url(../a.png)'), style('color: red'));
  sheet.rules.push(importRule('css/in.css', sheet, imported), style('background: url(a.png)'), style('color: red'));
  const { preloads, swap } = setUp([], [sheet]);
  const swapped = swap(KEY, 'v');
  imported.rules[0] = style('background: url(../a.png)');
  sheet.rules[1] = style('background: url(a.png)');
  preloads[0].resolve();
  await swapped;
  assert.equal(imported.rules[0].style.cssText, 'background: url("../a.png?__hot=v")');
  assert.equal(sheet.rules[1].style.cssText, 'background: url("a.png?__hot=v")');
});
