import assert from 'node:assert/strict';
import test from 'node:test';
import { explainRefusal, refresh, textOf } from '../stream/network.js';
import { FakeClock, fakeLog, settle, spy } from './fakes.js';

const answer = (body, status, type) => spy(async () => new Response(body, { status, headers: type ? { 'content-type': type } : {} }));

test('the HTTP cache is refreshed, even if some requests fail', async () => {
  const clock = new FakeClock();
  const fetch = spy(async (url) => (url === '/bad' ? Promise.reject(new TypeError('offline')) : new Response('x')));
  await refresh(fetch, clock, ['/a', '/bad']);
  assert.deepEqual(fetch.calls, [['/a', { cache: 'reload' }], ['/bad', { cache: 'reload' }]]);
  assert.equal(clock.pending, 0);
});

test('a refresh waits two seconds at most', async () => {
  const clock = new FakeClock();
  let done = false;
  void refresh(() => new Promise(() => {}), clock, ['/slow']).then(() => {
    done = true;
  });
  clock.advance(1_999);
  await settle();
  assert.equal(done, false);
  clock.advance(1);
  await settle();
  assert.equal(done, true);
});

test('only a successful response of the right type has a text', async () => {
  assert.equal(await textOf(answer('a{}', 200, 'text/css'), '/x', /^text\/css/), 'a{}');
  assert.equal(await textOf(answer('x', 200), '/x'), 'x');
  assert.equal(await textOf(answer('<p>', 200, 'text/html'), '/x', /^text\/css/), undefined);
  assert.equal(await textOf(answer('a{}', 500, 'text/css'), '/x'), undefined);
  assert.equal(await textOf(() => Promise.reject(new TypeError('offline')), '/x'), undefined);
});

test('a refusal is logged with the server’s text', async () => {
  for (const [fetch, line] of [
    [answer('Host evil.test is not allowed\n', 403, 'text/plain'), 'warn /s answers 403 Host evil.test is not allowed. Trying again until it does not.'],
    [answer('<p>', 200, 'text/html'), 'warn /s answers with text/html instead of an event stream. Trying again until it does not.'],
    [answer('', 404), 'warn /s answers 404. Trying again until it does not.'],
  ]) {
    const log = fakeLog();
    await explainRefusal(fetch, '/s', log);
    assert.deepEqual(log.lines, [line]);
    assert.equal(fetch.calls[0][1].signal.aborted, true);
  }
});

test('a server that is back, or gone, is not logged', async () => {
  const log = fakeLog();
  await explainRefusal(answer('\n', 200, 'text/event-stream;charset=utf-8'), '/s', log);
  await explainRefusal(() => Promise.reject(new TypeError('offline')), '/s', log);
  assert.deepEqual(log.lines, []);
});
