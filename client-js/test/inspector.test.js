import assert from 'node:assert/strict';
import test from 'node:test';
import { clockTime, count, curl, lasting, line, size, visible } from '../inspector/format.js';
import { Model, outcomeOf } from '../inspector/model.js';
import { Poller } from '../inspector/poller.js';
import { FakeClock, settle, spy } from './fakes.js';

const SAVE = {
  event: 1, at: 1, label: 'a.css', own: 1, others: 0, updated: 0, unchanged: 0, reloaded: 0, unused: 0, failed: 0,
  failure: null, reason: null, loaded: null, paint: null, errors: 0, error: null,
};

test('invisible characters are written as escapes', () => {
  assert.equal(visible('a\u202eb\u0000\u001b[31m\n\tc\u2028'), 'a\\u{202e}b\\u{0}\\u{1b}[31m\n\tc\\u{2028}');
  assert.equal(visible('Grüße עברית 日本'), 'Grüße עברית 日本');
  assert.equal(line(`a\n${'x'.repeat(10_000)}`).length, 302);
});

test('numbers, sizes and times are short', () => {
  assert.deepEqual([count(1, 'page'), count(2, 'page')], ['1 page', '2 pages']);
  assert.deepEqual([size(9), size(2_048), size(16 << 20)], ['9 B', '2.0 KiB', '16 MiB']);
  assert.deepEqual([lasting(-5), lasting(59_000), lasting(61_000), lasting(3_661_000)], ['0 s', '59 s', '1 min', '1 h 1 min']);
  assert.match(clockTime(Date.UTC(2026, 0, 1, 0, 0, 5, 7)), /^\d\d:\d\d:05\.007$/);
});

test('a URL is one word of the shell', () => {
  assert.equal(curl("http://h/it's;rm"), "curl -N 'http://h/it'\\''s;rm'");
});

test('an outcome says what became of a save', () => {
  for (const [save, expected] of [
    [{ own: 0 }, 'no page is open'],
    [{}, 'sent to 1 client'],
    [{ updated: 2, paint: [4.25, 12.6] }, 'updated in 2 pages, 4.3 to 13 ms'],
    [{ updated: 1, paint: [9, 9], others: 1 }, 'updated in 1 page, 9.0 ms; sent to 1 other client'],
    [{ reloaded: 1, reason: 'an inline\nscript changed' }, 'reload of 1 page (an inline script changed)'],
    [{ unchanged: 1, failed: 1, failure: 'threw' }, 'unchanged in 1 page; failed in 1 page: threw'],
    [{ unused: 1, loaded: '/static/a.css' }, 'not used by 1 page, which has loaded /static/a.css'],
    [{ errors: 2, error: 'no such module' }, '2 errors, pages stay as they are'],
  ]) {
    assert.equal(outcomeOf({ ...SAVE, ...save }), expected);
  }
});

const event = (number, text) => ({ number, event: number, at: number, bytes: 1, text });

test('rows are the saves, and the events that are none, the latest first', () => {
  const model = new Model();
  const saves = [{ ...SAVE, at: 3 }, { ...SAVE, event: 0, at: 2, label: 'main', errors: 1, error: 'bad \u202e' }];
  const events = [event(1, '{"action":"built"}'), event(4, '{"action":"news"}'), event(5, '{"type":"custom","event":"chat"}'), event(6, '7')];
  assert.equal(model.receive({ boot: 'b', saves, events }), true);
  assert.equal(model.last, 6);
  const titles = (...filter) => model.rows(...filter).map(({ title }) => title);
  assert.deepEqual(titles(), ['event', 'chat', 'news', 'a.css', 'main']);
  assert.deepEqual(titles('CSS'), ['a.css']);
  assert.deepEqual([titles('', 'failure'), titles('', 'save'), titles('', 'event')], [['main'], ['a.css'], ['event', 'chat', 'news']]);
  assert.equal(model.rows('main')[0].text, 'bad \\u{202e}');
  model.receive({ boot: 'b', saves, events: [event(6, '7'), event(7, '8')] });
  assert.equal(titles('', 'event').length, 4, 'each once');
});

test('another process begins anew, and memory is bounded', () => {
  const model = new Model();
  model.receive({ boot: 'b', saves: [], events: [event(900, '1')] });
  assert.equal(model.receive({ boot: 'c', saves: [], events: [] }), false);
  assert.equal(model.last, 0);
  for (let number = 1; number <= 2_000; number += 1) model.receive({ boot: 'c', saves: [], events: [event(number, '1')] });
  assert.equal(model.rows().length, 200);
  assert.equal(model.last, 2_000);
});

function setUp(answers) {
  const clock = new FakeClock();
  const fetch = spy(() => Promise.resolve(answers.shift()?.()).then((answer) => answer ?? Promise.reject(new Error('gone'))));
  const [onState, onLost] = [spy(({ boot }) => boot !== 'new'), spy()];
  const poller = new Poller({ fetch, url: '/s', last: () => 7, onState, onLost, clock });
  return { clock, fetch, onLost, onState, poller, urls: () => fetch.calls.map(([url]) => url) };
}
const state = (boot) => () => Response.json({ boot });

test('the state is asked for once a second, from the last event on', async () => {
  const { clock, poller, urls } = setUp([state('b'), state('b'), state('new'), state('b')]);
  poller.start();
  poller.start();
  await settle();
  assert.deepEqual(urls(), ['/s?after=0']);
  clock.advance(999);
  assert.equal(urls().length, 1);
  clock.advance(1);
  await settle();
  clock.advance(1_000);
  await settle();
  clock.advance(0);
  await settle();
  assert.deepEqual(urls(), ['/s?after=0', '/s?after=7', '/s?after=7', '/s?after=0'], 'of a new process, all');
  poller.stop();
  assert.equal(clock.pending, 0);
});

test('a server that is away or refuses is asked again', async () => {
  const { clock, onLost, onState, poller } = setUp([() => new Response('Not allowed', { status: 403 }), () => undefined, state('b')]);
  poller.start();
  await settle();
  clock.advance(2_000);
  await settle();
  assert.deepEqual(onLost.calls, [['403 Not allowed'], ['the server does not answer']]);
  clock.advance(2_000);
  await settle();
  assert.equal(onState.calls.length, 1);
});
