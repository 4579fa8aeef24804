import assert from 'node:assert/strict';
import test from 'node:test';
import { limitedFetch, TimeLimitError, withinLimit } from '../stream/time-limit.js';
import { FakeClock, settle } from './fakes.js';

test('a step has its outcome within the limit, and an error that names it after that', async () => {
  const clock = new FakeClock();
  assert.equal(await withinLimit(clock, 'a step', Promise.resolve(1)), 1);
  await assert.rejects(withinLimit(clock, 'a step', Promise.reject(new Error('no'))), /^Error: no$/);
  await settle();
  assert.equal(clock.pending, 0, 'no timer is left');
  const late = withinLimit(clock, 'a step', new Promise(() => {}));
  clock.advance(10_000);
  await assert.rejects(late, (error) => error instanceof TimeLimitError && /^a step took longer than 10 s$/.test(error.message));
});

test('a request is aborted at the limit, with its body, and by its own signal', async () => {
  const clock = new FakeClock();
  const signals = [];
  const fetch = limitedFetch((_, { signal }) => {
    signals.push(signal);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  }, clock);
  const late = fetch('/a.css', {});
  clock.advance(10_000);
  await assert.rejects(late, /^TimeLimitError: \/a\.css took longer than 10 s$/);
  const own = new AbortController();
  const aborted = fetch('/b.css', { signal: own.signal });
  own.abort();
  await assert.rejects(aborted);
  assert.ok(signals.every(({ aborted }) => aborted));
});
