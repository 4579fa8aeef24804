import assert from 'node:assert/strict';
import test from 'node:test';
import { Receipts } from '../stream/receipts.js';
import { settle, spy } from './fakes.js';

function setUp({ greeting = ['b-0', 'K'], fetch = async () => new Response(null, { status: 204 }), painted = async () => undefined, idle = async () => undefined } = {}) {
  const clock = { now: 0 };
  const sent = spy(fetch);
  const receipts = new Receipts({ fetch: sent, url: '/hmr', name: '7f', page: () => '/p', now: () => clock.now, painted: () => painted(), idle: () => idle() });
  if (greeting) receipts.greet(...greeting);
  const bodies = () => sent.calls.map(([, { body }]) => JSON.parse(body).receipts);
  /** Begins and answers an event. */
  const answer = (event, outcome, text) => {
    receipts.begin(event);
    receipts.answer(receipts.take(), outcome, text);
  };
  return { answer, bodies, calls: sent.calls, clock, receipts };
}

test('receipts are sent with the key of the greeting', async () => {
  const { calls, receipts } = setUp();
  receipts.begin('b-1');
  receipts.begin('b-2');
  receipts.answer(receipts.take(), 'unused', '/static/a.css');
  await settle();
  const headers = { 'Content-Type': 'application/json', 'Hot-Middleware-Client': '7f', 'Hot-Middleware-Receipts': 'K' };
  const body =
    '{"type":"receipt","page":"/p","receipts":[{"event":"b-1","outcome":"unused","text":"/static/a.css"},{"event":"b-2","outcome":"unused","text":"/static/a.css"}]}';
  assert.deepEqual(calls, [['/hmr?receipts', { method: 'POST', headers, body, keepalive: true }]]);
});

test('one request is made at a time, and the next has all that came meanwhile', async () => {
  let arrive;
  const { answer, bodies } = setUp({ fetch: () => new Promise((resolve) => (arrive = resolve)) });
  answer('b-1', 'updated');
  await settle();
  answer('b-2', 'updated');
  answer('b-3', 'updated');
  await settle();
  assert.equal(bodies().length, 1);
  arrive(new Response());
  await settle();
  assert.deepEqual(bodies()[1].map(({ event }) => event), ['b-2', 'b-3']);
});

test('a reload sends its receipts at once, and whatever else is answered then', () => {
  const { answer, bodies, receipts } = setUp();
  receipts.begin('b-1');
  receipts.leave(receipts.take());
  assert.deepEqual(bodies(), []);
  receipts.left();
  assert.deepEqual(bodies(), [[{ event: 'b-1', outcome: 'reloaded' }]]);
  answer('b-2', 'failed');
  assert.deepEqual(bodies()[1], [{ event: 'b-2', outcome: 'reloaded' }]);
});

test('a reload that does not come is a failure', async () => {
  const { bodies, receipts } = setUp();
  receipts.begin('b-1');
  receipts.leave(receipts.take());
  receipts.stayed(`GET / answers 500\n\nin line\t7 ${'x'.repeat(1_000)}`);
  await settle();
  const [[{ outcome, text }]] = bodies();
  assert.equal(outcome, 'failed');
  assert.match(text, /^GET \/ answers 500 in line 7 xxx/, 'the terminal has one line');
  assert.ok(text.length < 250, text);
});

test('what is still loading when the page is left was not updated', () => {
  const { bodies, receipts } = setUp();
  receipts.begin('b-1');
  const loading = receipts.take();
  receipts.left();
  receipts.answer(loading, 'updated');
  receipts.begin('b-2');
  receipts.leave(receipts.take());
  assert.deepEqual(bodies(), [[{ event: 'b-1', outcome: 'reloaded' }], [{ event: 'b-2', outcome: 'reloaded' }]]);
});

test('another process has another key, and no receipts of events of the one before', async () => {
  let arrive;
  const { answer, bodies, calls, receipts } = setUp({ fetch: () => new Promise((resolve) => (arrive = resolve)) });
  answer('b-1', 'updated');
  await settle();
  answer('b-2', 'updated');
  receipts.begin('b-3');
  const loading = receipts.take();
  receipts.greet('c-0', 'L');
  receipts.answer(loading, 'updated');
  answer('b-4', 'updated');
  answer('c-1', 'updated');
  arrive(new Response());
  await settle();
  assert.deepEqual(bodies().slice(1), [[{ event: 'c-1', outcome: 'updated', ms: 0 }]]);
  assert.equal(calls[1][1].headers['Hot-Middleware-Receipts'], 'L');
});

test('what is answered while the stream is lost waits for the next greeting', async () => {
  for (const [greeting, sent] of [
    [['b-7', 'K'], [[{ event: 'b-1', outcome: 'updated', ms: 0 }]]],
    [['c-0', 'L'], []],
  ]) {
    const { answer, bodies, receipts } = setUp();
    receipts.lost();
    answer('b-1', 'updated');
    receipts.gone();
    await settle();
    assert.deepEqual(bodies(), []);
    receipts.greet(...greeting);
    await settle();
    assert.deepEqual(bodies(), sent);
  }
});

test('a stream that is lost before the next frame is waited for', async () => {
  let paint;
  const { answer, bodies, receipts } = setUp({ painted: () => new Promise((resolve) => (paint = resolve)) });
  answer('b-1', 'updated');
  receipts.lost();
  paint();
  await settle();
  assert.deepEqual(bodies(), []);
  receipts.greet('b-7', 'K');
  paint();
  await settle();
  assert.deepEqual(bodies(), [[{ event: 'b-1', outcome: 'updated', ms: 0 }]]);
});

test('a reconnect to the same process keeps what is unanswered', async () => {
  const { bodies, receipts } = setUp();
  receipts.begin('b-1');
  const loading = receipts.take();
  receipts.greet('b-7', 'K');
  receipts.answer(loading, 'updated');
  await settle();
  assert.deepEqual(bodies(), [[{ event: 'b-1', outcome: 'updated', ms: 0 }]]);
});

for (const [name, greeting, event] of [
  ['a server that wants none', ['b-0', undefined], 'b-1'],
  ['a server that has not greeted', undefined, 'b-1'],
  ['a greeting without an id', ['', 'K'], 'b-1'],
  ['an event of another process', ['b-0', 'K'], 'c-1'],
  ['an event without an id', ['b-0', 'K'], ''],
]) {
  test(`${name} gets no receipt`, () => {
    const { answer, calls } = setUp({ greeting: greeting ?? null });
    answer(event, 'updated');
    assert.deepEqual(calls, []);
  });
}

test('what waits is bounded, and a server that is gone is no error', async () => {
  const { bodies, receipts } = setUp({ fetch: async () => Promise.reject(new TypeError('offline')) });
  for (let event = 1; event <= 1_000; event += 1) receipts.begin(`b-${event}`);
  receipts.answer(receipts.take(), 'updated');
  await settle();
  assert.equal(bodies()[0].length, 64);
  assert.equal(bodies()[0].at(-1).event, 'b-1000');
});

test('a page that is up to date without a reload says how, and a swapped file beside it is an update', async () => {
  const { bodies, receipts } = setUp();
  for (const [event, isSwapped] of [['b-1', false], ['b-2', true], ['b-3', false]]) {
    receipts.begin(event);
    receipts.leave(receipts.take(), isSwapped);
  }
  receipts.current('same');
  receipts.current('updated');
  await settle();
  const sent = bodies().flat().map(({ event, outcome }) => `${event} ${outcome}`);
  assert.deepEqual(sent.sort(), ['b-1 same', 'b-2 updated', 'b-3 same']);
});

test('the receipt of a reload has the reason why the page could not be updated', () => {
  const { bodies, receipts } = setUp();
  receipts.begin('b-1');
  receipts.leave(receipts.take());
  receipts.left('an inline script changed');
  assert.deepEqual(bodies(), [[{ event: 'b-1', outcome: 'reloaded', text: 'an inline script changed' }]]);
});

test('the reason of a reload may be in the files', () => {
  const { bodies, receipts } = setUp();
  receipts.begin('b-1');
  receipts.leave(receipts.take(), false, 'nothing accepts it');
  receipts.begin('b-2');
  receipts.leave(receipts.take());
  receipts.left();
  assert.deepEqual(bodies(), [
    [{ event: 'b-1', outcome: 'reloaded', text: 'nothing accepts it' }],
    [{ event: 'b-2', outcome: 'reloaded' }],
  ]);
});

test('a server that serves modules is told which instances the page has', async () => {
  let status = 409;
  const { calls, receipts } = setUp({ fetch: async () => new Response(null, { status }) });
  assert.equal(await receipts.handOver({ '/a.js': 1 }), false, 'it serves none');
  receipts.greet('b-0', undefined, 'M');
  assert.equal(await receipts.handOver({ '/a.js': 1 }), false, 'another page has other ones');
  status = 204;
  assert.equal(await receipts.handOver({ '/a.js': 1 }), true);
  const [[url, { body, headers }]] = calls;
  assert.deepEqual([url, JSON.parse(body)], ['/hmr?receipts', { type: 'instances', modules: { '/a.js': 1 } }]);
  assert.equal(headers['Hot-Middleware-Receipts'], 'M');
});

test('an update has the time until it is painted, and is sent then', async () => {
  let paint;
  const { answer, bodies, clock, receipts } = setUp({ painted: () => new Promise((resolve) => (paint = resolve)) });
  clock.now = 100;
  receipts.begin('b-1');
  clock.now = 104;
  receipts.answer(receipts.take(), 'updated');
  answer('b-2', 'unused');
  await settle();
  assert.deepEqual(bodies(), []);
  clock.now = 112.345;
  paint();
  await settle();
  assert.deepEqual(bodies(), [
    [
      { event: 'b-1', outcome: 'updated', ms: 12.3 },
      { event: 'b-2', outcome: 'unused' },
    ],
  ]);
});

test('a painted update has its time, and is sent once the page is idle or left', async () => {
  let rest;
  const set = () => setUp({ idle: () => new Promise((resolve) => (rest = resolve)) });
  const { answer, bodies, clock } = set();
  answer('b-1', 'updated');
  await settle();
  clock.now = 50;
  assert.deepEqual(bodies(), []);
  answer('b-2', 'updated');
  rest();
  await settle();
  assert.deepEqual(bodies(), [[{ event: 'b-1', outcome: 'updated', ms: 0 }]], 'the second is not painted yet');
  rest();
  await settle();
  assert.equal(bodies().length, 2);
  const left = set();
  left.answer('b-1', 'updated');
  await settle();
  left.receipts.left();
  assert.deepEqual(left.bodies(), [[{ event: 'b-1', outcome: 'updated', ms: 0 }]]);
});

test('a page that leaves says so, with what was not painted yet', async () => {
  const { answer, calls, receipts } = setUp({ painted: () => new Promise(() => undefined) });
  answer('b-1', 'updated');
  receipts.gone();
  const body = JSON.parse(calls[0][1].body);
  const sent = [{ event: 'b-1', outcome: 'updated', ms: 0 }];
  assert.deepEqual(body, { type: 'receipt', page: '/p', receipts: sent, left: true });
  const quiet = setUp({ greeting: null });
  quiet.receipts.gone();
  assert.deepEqual(quiet.calls, [], 'the server wants no receipts');
});
