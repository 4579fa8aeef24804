import assert from 'node:assert/strict';
import test from 'node:test';
import { explainRefusal, readingFrom, refresh, textOf } from '../stream/network.js';
import { FakeClock, fakeLog, settle, spy } from './fakes.js';

const answer = (body, status, type) => spy(async () => new Response(body, { status, headers: type ? { 'content-type': type } : {} }));

test('the HTTP cache is refreshed, even if some requests fail', async () => {
  const clock = new FakeClock();
  const fetch = spy(async (url) => (url === '/bad' ? Promise.reject(new TypeError('offline')) : new Response('x')));
  await refresh(fetch, clock, ['/a', '/bad'], 1_000);
  assert.deepEqual(fetch.calls.map(([url, { cache }]) => [url, cache]), [['/a', 'reload'], ['/bad', 'reload']]);
  assert.equal(clock.pending, 0);
});

test('a refresh that takes too long ends, and its requests with it', async () => {
  const clock = new FakeClock();
  let done = false;
  const signals = [];
  const fetch = (_, { signal }) => {
    signals.push(signal);
    return new Promise((_, reject) => signal.addEventListener('abort', reject));
  };
  void refresh(fetch, clock, ['/slow', '/slow?2'], 1_000).then(() => {
    done = true;
  });
  clock.advance(999);
  await settle();
  assert.equal(done, false);
  clock.advance(1);
  await settle();
  assert.equal(done, true);
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, true]);
});

test('a refresh tells an app that may be down from a slow one, and from a file that is gone', async () => {
  const slow = (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject));
  for (const [name, expected, fetch] of [
    ['an answer', true, answer('x', 200)],
    ['a file that is gone', true, answer('', 404)],
    ['a slow answer', true, slow],
    ['a refused request', false, () => Promise.reject(new TypeError('offline'))],
    ['the answer of a proxy', false, answer('', 502)],
  ]) {
    const clock = new FakeClock();
    const isUp = refresh(fetch, clock, ['/a'], 1_000);
    await settle();
    clock.advance(1_000);
    assert.equal(await isUp, expected, name);
  }
});

test('a refresh makes a few requests at once, and a bounded number in all', async () => {
  let [open, most, count] = [0, 0, 0];
  const fetch = async () => {
    [open, count] = [open + 1, count + 1];
    most = Math.max(most, open);
    await null;
    open -= 1;
    return new Response('x');
  };
  await refresh(fetch, new FakeClock(), Array.from({ length: 1_000 }, (_, n) => `/${n}`), 1_000);
  assert.deepEqual([most, count], [4, 256]);
});

test('other origins are fetched without CORS', async () => {
  const fetch = spy(async () => new Response());
  const read = readingFrom(fetch, ['http://app.test']);
  for (const url of ['http://app.test/a', 'http://other.test/a']) await read(url, { cache: 'reload' });
  assert.deepEqual(fetch.calls.map(([, init]) => init), [{ cache: 'reload' }, { cache: 'reload', mode: 'no-cors' }]);
});

test('only a successful response of the right type has a text', async () => {
  assert.equal(await textOf(answer('a{}', 200, 'text/css'), '/x', /^text\/css/), 'a{}');
  assert.equal(await textOf(answer('x', 200), '/x'), 'x');
  assert.equal(await textOf(answer('<p>', 200, 'text/html'), '/x', /^text\/css/), undefined);
  assert.equal(await textOf(answer('a{}', 500, 'text/css'), '/x'), undefined);
  assert.equal(await textOf(() => Promise.reject(new TypeError('offline')), '/x'), undefined);
});

const persists = async () => true;

test('a layer that stays closed is logged', async () => {
  const log = fakeLog();
  const closed = spy(async () => new Response(null, { status: 204 }));
  await explainRefusal(closed, '/s?for=a%20b', log, persists);
  assert.deepEqual(closed.calls.map(([url]) => url), ['/s?for=a%20b&ids']);
  assert.deepEqual(log.lines, ['info /s?for=a%20b was closed by the app. Trying again until it is open.']);
});

test('a refusal is logged with the server’s text', async () => {
  for (const [fetch, line] of [
    [answer('Host evil.test is not allowed\n', 403, 'text/plain'), 'warn /s answers 403 Host evil.test is not allowed. Trying again until it does not.'],
    [answer('<p>', 200, 'text/html'), 'warn /s answers with text/html instead of an event stream. Trying again until it does not.'],
    [answer('', 404), 'warn /s answers 404. Trying again until it does not.'],
  ]) {
    const log = fakeLog();
    await explainRefusal(fetch, '/s', log, persists);
    assert.deepEqual(log.lines, [line]);
    assert.equal(fetch.calls[0][0], '/s?ids');
    assert.equal(fetch.calls[0][1].signal.aborted, true);
  }
});

test('a server that is back, closing or gone is not logged', async () => {
  const log = fakeLog();
  const closing = async () => new Response(null, { status: 204 });
  await explainRefusal(closing, '/s', log, async () => false);
  await explainRefusal(answer('\n', 200, 'text/event-stream;charset=utf-8'), '/s', log, persists);
  await explainRefusal(() => Promise.reject(new TypeError('offline')), '/s', log, persists);
  assert.deepEqual(log.lines, []);
});
