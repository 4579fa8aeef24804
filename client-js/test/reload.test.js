import assert from 'node:assert/strict';
import test from 'node:test';
import { Reloader } from '../update/reload.js';
import { FakeClock, fakeLog, settle, spy } from './fakes.js';

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
function load(storage, href = 'http://app.test/page#top', clock = new FakeClock()) {
  const log = fakeLog();
  const location = { href, reload: spy() };
  return { clock, log, reloads: location.reload.calls, reloader: new Reloader(location, () => storage, log, clock) };
}

test('a page that comes back without the change is not reloaded for it again', () => {
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

test('two targets that are never reached do not alternate', () => {
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
  assert.equal(storage.getItem('tower-hot-middleware:reloads:http://app.test/page'), null);
  second.reloader.reloadFor('x', 'h2');
  assert.equal(second.reloads.length, 1);
});

test('one new target among several reloads', () => {
  const storage = new FakeStorage();
  load(storage).reloader.reloadFor('x', 'one h', 'two h');
  const second = load(storage);
  second.reloader.reloadFor('x', 'one h', 'two h');
  assert.equal(second.reloads.length, 0);
  second.reloader.reloadFor('x', 'one h', 'two i');
  assert.equal(second.reloads.length, 1);
});

test('targets are kept by page, without the fragment', () => {
  const storage = new FakeStorage();
  load(storage).reloader.reloadFor('x', 'h2');
  const other = load(storage, 'http://app.test/other');
  other.reloader.reloadFor('x', 'h2');
  assert.equal(other.reloads.length, 1);
  const same = load(storage, 'http://app.test/page#bottom');
  same.reloader.reloadFor('x', 'h2');
  assert.equal(same.reloads.length, 0);
});

test('an explicit reload is never refused', () => {
  const storage = new FakeStorage();
  for (let round = 0; round < 3; round += 1) {
    const page = load(storage);
    page.reloader.now('the server asks for it');
    assert.equal(page.reloads.length, 1);
  }
});

test('storage that throws or has invalid content is ignored', () => {
  const log = fakeLog();
  const location = { href: 'http://app.test/', reload: spy() };
  const reloader = new Reloader(location, () => assert.fail('SecurityError'), log, new FakeClock());
  reloader.reached('h1');
  reloader.reloadFor('x', 'h2');
  assert.equal(location.reload.calls.length, 1);

  for (const stored of ['{', '{}', 'null']) {
    const page = load({ getItem: () => stored, setItem() {}, removeItem() {} });
    page.reloader.reloadFor('x', 'h2');
    assert.equal(page.reloads.length, 1, stored);
  }
});

/** Pages of one tab, each loaded by the reload of the one before; `visit` is what happens to each, for a time. */
function loop(milliseconds, visit, { hrefs = () => 'http://app.test/page' } = {}) {
  const storage = new FakeStorage();
  const clock = new FakeClock();
  const lines = [];
  let reloads = 0;
  let page = load(storage, hrefs(0), clock);
  const isReloaded = () => page.reloads.length > 0;
  while (clock.time < milliseconds) {
    visit(page, clock, isReloaded);
    if (!isReloaded()) clock.advance(50);
    if (!isReloaded()) continue;
    lines.push(...page.log.lines);
    reloads += 1;
    // A page takes a moment to load.
    clock.advance(200);
    page = load(storage, hrefs(reloads), clock);
  }
  return { lines, reloads };
}

test('a page that changes a file when it is loaded is delayed more and more, and the line names the file', () => {
  for (const [name, after] of [
    ['at once', 50],
    ['a second later', 900],
  ]) {
    const pages = new Set();
    const changeOnce = (page, clock) => {
      if (pages.has(page)) return;
      pages.add(page);
      clock.advance(after);
      page.reloader.now('./logs/access.log changed');
    };
    const { lines, reloads } = loop(60_000, changeOnce);
    assert.ok(reloads <= 12, `${name}: ${reloads} reloads in a minute`);
    assert.ok(lines.some((line) => /^warn Reloading page in 1 s \(\.\/logs\/access\.log changed\).*Watch::ignore/.test(line)));
  }
});

test('a page that is always old and changes its own URL is delayed too', () => {
  const pages = new Set();
  const isOld = (page) => {
    if (pages.has(page)) return;
    pages.add(page);
    page.reloader.reloadFor('bundle changed', 'hash  h2');
  };
  const { reloads } = loop(8_000, isOld, { hrefs: (count) => `http://app.test/page?${count}` });
  assert.ok(reloads <= 10, `${reloads} reloads in 8 s`);
});

/** Saves files in turn at an interval, and returns how long each save took to be shown. */
function saveEach(interval, milliseconds, names) {
  let saves = 0;
  let shown = 0;
  let latest = 0;
  const delays = [];
  const { lines, reloads } = loop(milliseconds, (page, clock, isReloaded) => {
    if (clock.time >= (saves + 1) * interval) {
      latest = clock.time;
      page.reloader.now(`./${names[saves % names.length]} changed`);
      saves += 1;
    }
    if (isReloaded() && shown < saves) {
      delays.push(clock.time - latest);
      shown = saves;
    }
  });
  return { delays, lines, reloads };
}

test('six quick saves of a file are shown at once, and those after them within seconds', () => {
  const { delays, reloads } = saveEach(500, 10_000, ['x.html']);
  assert.ok(reloads >= 8, `${reloads} reloads`);
  assert.ok(Math.max(...delays.slice(0, 6)) <= 100, `${delays}`);
  assert.ok(Math.max(...delays) <= 4_100, `${delays}`);
});

test('a change of another file ends a delay', () => {
  const { delays } = saveEach(500, 10_000, ['x.html', 'y.html']);
  assert.ok(Math.max(...delays) <= 600, `${delays}`);
});

test('a log that others write to as well reloads the page less and less often', () => {
  for (const interval of [100, 300, 1_500]) {
    const { lines, reloads } = saveEach(interval, 60_000, ['access.log']);
    assert.ok(reloads <= 14, `every ${interval} ms: ${reloads} reloads in a minute`);
    assert.ok(lines.some((line) => line.includes('access.log')));
  }
});

test('a streak of reloads does not delay a page that is opened later in the tab', () => {
  for (const [pause, isDelayed] of [
    [200, true],
    [31_000, false],
  ]) {
    const storage = new FakeStorage();
    const clock = new FakeClock();
    for (let reload = 0; reload < 6; reload += 1) load(storage, undefined, clock).reloader.now('x changed');
    clock.advance(pause);
    const page = load(storage, undefined, clock);
    page.reloader.now('x changed');
    assert.equal(page.reloads.length, isDelayed ? 0 : 1);
  }
});

test('saves with pauses between them are never delayed', () => {
  let saves = 0;
  const { lines, reloads } = loop(60_000, (page, clock) => {
    if (clock.time < (saves + 1) * 2_500) return;
    saves += 1;
    page.reloader.now('./x.html changed');
  });
  assert.equal(reloads, saves);
  assert.deepEqual(lines.filter((line) => line.startsWith('warn')), []);
});

test('with two servers behind one address a page is reloaded once at most, and a line says why', () => {
  /** The servers that answer for each page and each stream, in turn. */
  for (const [name, answers] of [
    ['a page of one, a stream of the other', ['A', 'B', 'A', 'B', 'A', 'B']],
    ['changing sides', ['A', 'B', 'B', 'A', 'B', 'A']],
    ['a match after one reload', ['A', 'B', 'B', 'B']],
  ]) {
    const storage = new FakeStorage();
    const lines = [];
    let reloads = 0;
    for (let at = 0; at < answers.length; at += 2) {
      const [page, stream] = answers.slice(at);
      const { log, reloader, reloads: own } = load(storage);
      reloader.visit([`server ${page}`, `hash  ${page}`]);
      for (const target of [`server ${stream}`, `hash  ${stream}`]) {
        if (page === stream) reloader.reached(target);
        else reloader.switchTo('bundle changed', target);
      }
      lines.push(...log.lines);
      if (!own.length) break;
      reloads += 1;
    }
    assert.equal(reloads, 1, name);
    const isExplained = lines.some((line) => /^warn Not reloading .*several servers with different files/i.test(line));
    assert.equal(isExplained, !name.startsWith('a match'), `${name}: ${lines.join('\n')}`);
  }
});

test('a reload that has begun is not begun again, unless it was refused', () => {
  const { clock, reloader, reloads } = load(new FakeStorage());
  reloader.reloadAtOnce('a.js changed', 'hash  1');
  reloader.reloadAtOnce('b.js changed', 'hash  2');
  assert.equal(reloads.length, 1);
  clock.advance(1_000);
  reloader.reloadAtOnce('c.js changed', 'hash  3');
  assert.equal(reloads.length, 2);
});

test('a reload is announced right before it, and the reason is given if there is none', async () => {
  /** The events of a page with this part, after a change. */
  const events = async (part, storage = new FakeStorage()) => {
    const events = [];
    const note = (event) => (text = '') => void events.push(text ? `${event}: ${text}` : event);
    const page = {
      ask: async () => ({ isPage: true, isAnswer: true, problem: '' }),
      show: () => {},
      notice: () => {},
      isError: false,
      isResubmitted: () => false,
      leave: note('leave'),
      stay: note('stay'),
      ...part,
    };
    const location = { href: 'http://app.test/', reload: note('reload') };
    new Reloader(location, () => storage, fakeLog(), new FakeClock(), page).reloadFor('x changed', 'h2');
    await settle();
    return events;
  };
  const storage = new FakeStorage();
  assert.deepEqual(await events({}, storage), ['leave', 'reload']);
  assert.match((await events({}, storage)).join(), /^stay: it was just loaded for that/);
  const broken = { ask: async () => ({ isPage: false, isAnswer: true, problem: '500 oh no' }) };
  assert.deepEqual(await events(broken), ['stay: 500 oh no']);
  assert.match((await events({ isResubmitted: () => true })).join(), /^stay: it is the answer to a form/);
});
