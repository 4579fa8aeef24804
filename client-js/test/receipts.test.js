import assert from 'node:assert/strict';
import test from 'node:test';
import { Receipts } from '../stream/receipts.js';
import { settle, spy } from './fakes.js';

function setUp({ boot = 'b', isKnown = true, fetch = async () => new Response(null, { status: 204 }) } = {}) {
  const sent = spy(fetch);
  const receipts = new Receipts({ boot, fetch: sent, url: '/hmr', token: isKnown ? 'T' : undefined, name: '7f' });
  const bodies = () => sent.calls.map(([, { body }]) => JSON.parse(body).receipts);
  /** Begins and answers an event. */
  const answer = (event, outcome, text) => {
    receipts.begin(event);
    receipts.answer(receipts.take(), outcome, text);
  };
  return { answer, bodies, calls: sent.calls, receipts };
}

test('receipts are sent with the page’s token', async () => {
  const { calls, receipts } = setUp();
  receipts.begin('b-1');
  receipts.begin('b-2');
  receipts.answer(receipts.take(), 'unused', '/static/a.css');
  await settle();
  const headers = { 'Content-Type': 'application/json', 'Hot-Middleware-Client': '7f', 'Hot-Middleware-Token': 'T' };
  const body =
    '{"type":"receipt","receipts":[{"event":"b-1","outcome":"unused","text":"/static/a.css"},{"event":"b-2","outcome":"unused","text":"/static/a.css"}]}';
  assert.deepEqual(calls, [['/hmr', { method: 'POST', headers, body, keepalive: true }]]);
});

test('one request is made at a time, and the next has all that came meanwhile', async () => {
  let arrive;
  const { answer, bodies } = setUp({ fetch: () => new Promise((resolve) => (arrive = resolve)) });
  answer('b-1', 'updated');
  answer('b-2', 'updated');
  answer('b-3', 'updated');
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
  receipts.stayed('x'.repeat(1_000));
  await settle();
  const [[{ outcome, text }]] = bodies();
  assert.equal(outcome, 'failed');
  assert.ok(text.length < 250, text);
});

for (const [name, parts, event] of [
  ['a server that wants none', { boot: '' }, 'b-1'],
  ['a page without a token', { isKnown: false }, 'b-1'],
  ['an event of another process', {}, 'c-1'],
  ['an event without an id', {}, ''],
]) {
  test(`${name} gets no receipt`, () => {
    const { answer, calls } = setUp(parts);
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
