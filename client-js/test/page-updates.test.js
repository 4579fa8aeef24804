import assert from 'node:assert/strict';
import test from 'node:test';
import { PageUpdates } from '../update/page-updates.js';
import { Reloader } from '../update/reload.js';
import { TimeLimitError } from '../stream/time-limit.js';
import { FakeClock, fakeLog, settle, spy } from './fakes.js';

const HREF = 'http://app.test/a?b#c';
const URL = 'http://app.test/a?b';
const BASE = 'http://app.test/hot/pages/x1';

/** A document that is equal to those with the same text. */
class FakeDocument {
  constructor(text) {
    this.text = text;
  }
  isEqualNode(other) {
    return other.text === this.text;
  }
  normalize() {}
  querySelectorAll() {
    return [];
  }
  getElementsByTagName() {
    return this.text.split(' ');
  }
}

/** The app's answer. */
const html = (text, more = {}) => ({ status: 200, url: URL, type: 'text/html', policy: '', keptPolicy: '', document: new FakeDocument(text), ...more });

/** A page whose app gives these answers, one after the other; a function is called for its answer. */
function setUp({ answers, base = html('one'), id = BASE, update = () => ({ kind: 'updated', changes: 1, added: [], changed: [], rewired: [] }) }) {
  const log = fakeLog();
  const location = { href: HREF };
  const request = spy(async (url) => {
    const answer = url === BASE ? base : answers.shift();
    const given = typeof answer === 'function' ? await answer() : answer;
    if (given instanceof Error) throw given;
    return given;
  });
  const applied = spy(update);
  const renewed = [];
  const pauses = [];
  const events = { before: spy(() => true), after: spy() };
  let options;
  const updates = new PageUpdates({
    document: { contentType: 'text/html' },
    location,
    base: id ?? undefined,
    request,
    treeOf: ({ text }, _live, given) => {
      options = given;
      let shown = text;
      return {
        shows: (next) => !next.hasHidden && next.text === shown,
        update: (next, second) => {
          const result = applied(next.text, second?.text);
          if (result.kind === 'same' || result.kind === 'updated') shown = next.text;
          // Its nodes are in the page's base now.
          if (result.kind === 'updated') next.text = '';
          return result;
        },
      };
    },
    idle: async () => undefined,
    pause: async (milliseconds) => void pauses.push(milliseconds),
    renewalBy: ({ text }) => () => void renewed.push(text),
    events,
    log,
  });
  const asked = () => request.calls.filter(([url]) => url !== BASE);
  return { applied: applied.calls, asked, events, location, log, options: () => options, pauses, renewed, request, updates };
}

test('the base is requested once, and the page with the headers that the layer wants', async () => {
  const { asked, request, updates } = setUp({ answers: [html('one')] });
  await updates.start();
  await updates.ask('a.html changed');
  assert.equal(request.calls.filter(([url]) => url === BASE).length, 1);
  const [[url, headers]] = asked();
  assert.equal(url, URL);
  assert.equal(headers['Hot-Middleware-Navigation'], 'document');
  assert.match(headers.Accept, /^text\/html,/);
});

test('an equal answer changes nothing, with one request and one line', async () => {
  const { applied, asked, events, log, renewed, updates } = setUp({ answers: [html('one')] });
  assert.equal((await updates.ask('a.html changed')).outcome, 'same');
  assert.deepEqual([applied.length, asked().length, events.after.calls.length], [0, 1, 0]);
  assert.deepEqual(log.lines, ['info Unchanged: a.html changes nothing in this page']);
  assert.deepEqual(renewed, ['one']);
});

test('a different answer is compared with a second one and applied, and is the base from then on', async () => {
  const added = [{}];
  const { applied, events, log, renewed, updates } = setUp({
    answers: [html('two'), html('two'), html('two')],
    update: () => ({ kind: 'updated', changes: 3, added, changed: [], rewired: added }),
  });
  assert.equal((await updates.ask('a.html changed')).outcome, 'updated');
  assert.deepEqual(applied, [['two', 'two']]);
  assert.deepEqual(log.lines, ['info Updated: a.html']);
  assert.deepEqual(events.after.calls, [[{ reason: 'a.html changed', changes: 3, added, changed: [] }, added]]);
  assert.equal((await updates.ask('a.html changed')).outcome, 'same');
  assert.deepEqual(renewed, ['two', 'two']);
});

test('an answer that differs only where isEqualNode does not look is applied', async () => {
  const edited = () => html('one', { document: Object.assign(new FakeDocument('one'), { hasHidden: true }) });
  const { applied, updates } = setUp({ answers: [edited(), edited()] });
  assert.equal((await updates.ask('a.html changed')).outcome, 'updated');
  assert.equal(applied.length, 1);
});

test('an edit that is undone is applied, also if the update has taken the nodes of its answer', async () => {
  const { applied, updates } = setUp({ base: html(''), answers: ['one', 'one', '', ''].map((text) => html(text)) });
  for (let n = 0; n < 2; n += 1) assert.equal((await updates.ask('a.html changed')).outcome, 'updated');
  assert.deepEqual(applied.map(([text]) => text), ['one', '']);
});

test('values that differ at each request are no change, and both answers are requested at once from then on', async () => {
  let count = 0;
  const token = () => html(`token ${(count += 1)}`);
  const { applied, asked, log, updates } = setUp({ answers: Array(4).fill(token), update: () => ({ kind: 'same' }) });
  assert.equal((await updates.ask('a.html changed')).outcome, 'same');
  const second = updates.ask('the server was rebuilt');
  await null;
  await null;
  assert.equal(asked().length, 4, 'the two are under way together');
  assert.equal((await second).outcome, 'same');
  assert.deepEqual(applied.map((texts) => new Set(texts).size), [2, 2]);
  assert.match(log.lines.at(-1), /^info Unchanged: the page \(the server was rebuilt\)/);
});

test('a page that cancels an update keeps its base', async () => {
  const { events, log, options, renewed, updates } = setUp({
    answers: Array(4).fill(html('two')),
    update: () => (options().beforeUpdate() ? { kind: 'updated', changes: 1, added: [], changed: [] } : { kind: 'canceled' }),
  });
  events.before = spy(() => false);
  assert.equal((await updates.ask('a.html changed')).outcome, 'canceled');
  assert.deepEqual(events.before.calls, [[{ reason: 'a.html changed' }]]);
  assert.deepEqual([renewed, events.after.calls], [[], []]);
  assert.match(log.lines[0], /^info Not updated: a\.html/);
  events.before = spy(() => true);
  assert.equal((await updates.ask('a.html changed')).outcome, 'updated');
});

for (const [name, answers, cause] of [
  ['a redirect', [html('two', { url: 'http://app.test/login' })], 'the app redirects to http://app.test/login'],
  ['another policy', [html('two', { policy: "script-src 'none'" })], 'the Content-Security-Policy changed'],
  ['the core’s reason', [html('two'), html('two')], 'an inline script changed'],
]) {
  test(`a reload with its reason: ${name}`, async () => {
    const { updates } = setUp({ answers, update: () => ({ kind: 'reload', reason: 'an inline script changed', isFinal: true }) });
    assert.deepEqual(await updates.ask('a.html changed'), { isPage: true, isAnswer: true, problem: '', cause });
  });
}

test('a page that may be half of one is asked for again after a pause, once', async () => {
  const lost = { kind: 'reload', reason: 'a typed text would be lost', isFinal: false };
  const updated = { kind: 'updated', changes: 1, added: [], changed: [], rewired: [] };
  for (const [texts, expected, outcome] of [
    [['', '', 'two b', 'two b'], ['', 'two b'], 'updated'],
    [['two b', '', 'two b', 'two b'], ['two b'], 'updated'],
    [['', 'two b', 'two b', 'two b'], ['two b'], 'updated'],
    [['', '', '', ''], ['', ''], undefined],
    [['two b', 'three', 'two c', 'three d e'], ['two c'], 'updated'],
  ]) {
    const { applied, asked, pauses, updates } = setUp({ answers: texts.map((text) => html(text)), update: (text) => (text ? updated : lost) });
    const answer = await updates.ask('a.html changed');
    assert.deepEqual([answer.outcome, answer.cause], [outcome, outcome ? undefined : lost.reason]);
    assert.deepEqual([applied.map(([text]) => text), asked().length, pauses], [expected, 4, [50]]);
  }
});

test('another nonce is no other policy', async () => {
  const { updates } = setUp({
    base: html('one', { keptPolicy: "script-src 'nonce-abc'" }),
    answers: [html('one', { policy: "script-src 'nonce-xyz'" })],
  });
  assert.equal((await updates.ask('x')).outcome, 'same');
});

for (const [name, given] of [
  ['the server keeps no HTML of it', { id: null }],
  ['the server has dropped its HTML', { base: html('', { status: 204, document: null }) }],
  ['its server is gone', { base: new Error('no answer') }],
  ['the app answers with an error', { answers: [html('', { status: 500 })] }],
  ['the app answers with JSON', { answers: [html('', { type: 'application/json', document: null })] }],
  ['the app does not answer', { answers: [new Error('no answer')] }],
  ['the second answer is an error', { answers: [html('two'), html('', { status: 500 })] }],
]) {
  test(`a page is asked for in the usual way: ${name}`, async () => {
    const { applied, updates } = setUp({ answers: [html('two'), html('two')], ...given });
    assert.equal(await updates.ask('a.html changed'), undefined);
    assert.equal(applied.length, 0);
  });
}

test('after history.pushState, also during the request, nothing is applied', async () => {
  const page = setUp({ answers: [html('two'), html('two')] });
  page.location.href = 'http://app.test/other';
  assert.equal(await page.updates.ask('x'), undefined);
  assert.equal(page.asked().length, 0);
  page.location.href = HREF;
  const asked = page.updates.ask('x');
  page.location.href = 'http://app.test/other';
  assert.equal(await asked, undefined);
  assert.equal(page.applied.length, 0);
});

test('an app that does not answer in time is not asked again', async () => {
  const { updates } = setUp({ answers: [new TimeLimitError(URL)] });
  const { isAnswer, isPage, problem } = await updates.ask('x');
  assert.deepEqual([isAnswer, isPage], [false, false]);
  assert.match(problem, /took longer than 10 s/);
});

test('an update that throws is logged, and reloads', async () => {
  const { log, updates } = setUp({ answers: [html('two'), html('two')], update: () => assert.fail('a bug') });
  assert.equal((await updates.ask('x')).cause, 'the update failed');
  assert.match(log.lines[0], /^error Could not update the page in place/);
});

test('a page that the server has not sent in full is requested again', async () => {
  let requests = 0;
  const { updates } = setUp({
    base: () => ((requests += 1) < 3 ? html('', { status: 204, document: null }) : html('one')),
    answers: [html('one')],
  });
  await updates.start();
  assert.equal(requests, 3);
  assert.equal((await updates.ask('x')).outcome, 'same');
});

/** A page of which the app's answers are compared. */
function load(outcomes) {
  const log = fakeLog();
  const clock = new FakeClock();
  const items = new Map();
  const storage = { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value), removeItem: (key) => items.delete(key) };
  const location = { href: HREF, reload: spy() };
  const page = {
    ask: spy(async () => ({ isPage: true, isAnswer: true, problem: '', ...outcomes.shift() })),
    show: spy(),
    notice: spy(),
    isError: false,
    isResubmitted: () => false,
    leave: spy(),
    stay: spy(),
    current: spy(),
  };
  return { clock, items, log, page, reloader: new Reloader(location, () => storage, log, clock, page), reloads: location.reload.calls };
}

for (const outcome of ['same', 'updated']) {
  test(`a page that is ${outcome} is not reloaded, and an error on it is cleared`, async () => {
    const { items, page, reloader, reloads } = load([{ isPage: false, problem: '500' }, { outcome }]);
    reloader.updateFor('a.html changed', 'h2');
    await settle();
    assert.deepEqual(page.show.calls, [[['500']]]);
    reloader.retry();
    await settle();
    assert.deepEqual(page.ask.calls[1], [{ reason: 'a.html changed', isInPage: true, isApp: false }]);
    assert.deepEqual(page.show.calls[1], [[]]);
    assert.deepEqual(page.current.calls, [[outcome]]);
    assert.deepEqual([reloads.length, page.leave.calls.length], [0, 0]);
    assert.deepEqual(JSON.parse(items.get('tower-hot-middleware:visited')), ['h2'], 'as if it had been loaded');
    reloader.retry();
    await settle();
    assert.equal(page.ask.calls.length, 2, 'nothing is left to ask for');
  });
}

test('a reload has the reason why the page could not be updated', async () => {
  const { log, page, reloader, reloads } = load([{ cause: 'an inline script changed' }]);
  reloader.now('a.html changed');
  await settle();
  assert.equal(reloads.length, 1);
  assert.deepEqual(log.lines, ['info Reloading page (a.html changed: an inline script changed)']);
  assert.deepEqual(page.leave.calls, [['an inline script changed']]);
});

test('a canceled update is a failed one, and the page stays', async () => {
  const { page, reloader, reloads } = load([{ outcome: 'canceled' }]);
  reloader.now('a.html changed');
  await settle();
  assert.deepEqual([reloads.length, page.current.calls.length], [0, 0]);
  assert.deepEqual(page.stay.calls, [['the page canceled the update']]);
});

test('a script that changes as well reloads the page', async () => {
  for (const isFirst of [true, false]) {
    const { page, reloader, reloads } = load([{ outcome: 'updated' }, { outcome: 'same' }]);
    if (isFirst) reloader.reloadFor('app.js changed', 'h2');
    reloader.updateFor('a.html changed', 'h2');
    if (!isFirst) reloader.reloadAtOnce('app.js changed', 'h3');
    await settle();
    assert.equal(reloads.length, 1, `${isFirst}`);
    assert.equal(page.ask.calls.at(-1)[0].isInPage, false);
  }
});

test('a change during an ask is compared too, and the page was updated if either did', async () => {
  const { page, reloader, reloads } = load([{ outcome: 'updated' }, { outcome: 'same' }]);
  reloader.now('a.html changed');
  reloader.now('b.html changed');
  await settle();
  assert.deepEqual(page.current.calls, [['updated']]);
  assert.equal(reloads.length, 0);
});

test('a page that writes a watched file when it is asked for is compared less and less often', async () => {
  for (const [name, during] of [
    ['after the answer', false],
    ['before the answer', true],
  ]) {
    const outcomes = Array.from({ length: 10_000 }, () => ({ outcome: 'same' }));
    const { clock, log, page, reloader } = load(outcomes);
    const { ask } = page;
    page.ask = (change) => {
      if (during) reloader.now('./access.log changed');
      return ask(change);
    };
    reloader.now('./access.log changed');
    for (let tick = 0; tick < 600; tick += 1) {
      await settle();
      clock.advance(100);
      await settle();
      if (!during && page.current.calls.length > (page.seen ?? 0)) {
        page.seen = page.current.calls.length;
        reloader.now('./access.log changed');
      }
    }
    assert.ok(page.ask.calls === undefined && ask.calls.length <= 20, `${name}: ${ask.calls.length} asks in a minute`);
    if (!during) assert.ok(log.lines.some((line) => /access\.log.*Watch::ignore/.test(line)), name);
  }
});

test('saves of a template in quick succession are all shown at once', async () => {
  const { clock, page, reloader } = load(Array.from({ length: 100 }, () => ({ outcome: 'updated' })));
  for (let save = 1; save <= 60; save += 1) {
    clock.advance(100);
    reloader.now('a.html changed');
    await settle();
    assert.equal(page.current.calls.length, save);
  }
});
