import assert from 'node:assert/strict';
import test from 'node:test';
import { Reloader } from '../update/reload.js';
import { fakeLog, spy } from './fakes.js';

class FakeStorage {
  #items = new Map();
  getItem = (key) => this.#items.get(key) ?? null;
  setItem = (key, value) => void this.#items.set(key, value);
  removeItem = (key) => void this.#items.delete(key);
  get size() {
    return this.#items.size;
  }
}

/** A page load in one tab. */
function load(storage, href = 'http://app.test/page#top') {
  const log = fakeLog();
  const location = { href, reload: spy() };
  return { log, reloads: location.reload.calls, reloader: new Reloader(location, () => storage, log) };
}

test('a page that comes back without the change is not loaded for it again', () => {
  const storage = new FakeStorage();
  const first = load(storage);
  first.reloader.reloadFor('/a.html changed', 'h2');
  assert.equal(first.reloads.length, 1);
  assert.deepEqual(first.log.lines, ['info Reloading page (/a.html changed)']);

  const second = load(storage);
  second.reloader.reloadFor('/a.html changed', 'h2');
  assert.equal(second.reloads.length, 0);
  assert.match(second.log.lines[0], /^warn Not reloading page \(\/a\.html changed\)/);
  second.reloader.reloadFor('more changed', 'h3');
  assert.equal(second.reloads.length, 1, 'another target is another matter');
});

test('two targets that are never reached do not take turns', () => {
  const storage = new FakeStorage();
  let reloads = 0;
  for (let round = 0; round < 6; round += 1) {
    const page = load(storage);
    page.reloader.reloadFor('one', 'one h');
    if (!page.reloads.length) page.reloader.reloadFor('two', 'two h');
    reloads += page.reloads.length;
  }
  assert.equal(reloads, 2);
});

test('a target that was reached may be a target again', () => {
  const storage = new FakeStorage();
  load(storage).reloader.reloadFor('x', 'h2');
  const second = load(storage);
  second.reloader.reached('h2');
  assert.equal(storage.size, 0);
  second.reloader.reloadFor('x', 'h2');
  assert.equal(second.reloads.length, 1);
});

test('of several targets one that is new is enough', () => {
  const storage = new FakeStorage();
  load(storage).reloader.reloadFor('x', 'one h', 'two h');
  const second = load(storage);
  second.reloader.reloadFor('x', 'one h', 'two h');
  assert.equal(second.reloads.length, 0);
  second.reloader.reloadFor('x', 'one h', 'two i');
  assert.equal(second.reloads.length, 1);
});

test('other pages, other fragments', () => {
  const storage = new FakeStorage();
  load(storage).reloader.reloadFor('x', 'h2');
  const other = load(storage, 'http://app.test/other');
  other.reloader.reloadFor('x', 'h2');
  assert.equal(other.reloads.length, 1);
  const same = load(storage, 'http://app.test/page#bottom');
  same.reloader.reloadFor('x', 'h2');
  assert.equal(same.reloads.length, 0);
});

test('a reload that is asked for is never refused', () => {
  const storage = new FakeStorage();
  for (let round = 0; round < 3; round += 1) {
    const page = load(storage);
    page.reloader.now('the server asks for it');
    assert.equal(page.reloads.length, 1);
  }
});

test('storage that throws or holds something else is no hindrance', () => {
  const log = fakeLog();
  const location = { href: 'http://app.test/', reload: spy() };
  const reloader = new Reloader(location, () => assert.fail('SecurityError'), log);
  reloader.reached('h1');
  reloader.reloadFor('x', 'h2');
  assert.equal(location.reload.calls.length, 1);

  for (const stored of ['{', '{}', 'null']) {
    const page = load({ getItem: () => stored, setItem() {}, removeItem() {} });
    page.reloader.reloadFor('x', 'h2');
    assert.equal(page.reloads.length, 1, stored);
  }
});
