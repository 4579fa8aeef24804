import assert from 'node:assert/strict';
import test from 'node:test';
import { describe, watchRuntimeErrors } from '../overlay/runtime-errors.js';
import { spy } from './fakes.js';

function setUp() {
  const window = new EventTarget();
  const hear = spy();
  const forget = watchRuntimeErrors(window, hear);
  const fail = (type, properties) => window.dispatchEvent(Object.assign(new Event(type), properties));
  return { hear, fail, forget, last: () => hear.calls.at(-1)?.[0] };
}

test('errors and rejections are reported once, with their place', () => {
  const { fail, hear, last } = setUp();
  const error = Object.assign(new Error('broken'), { stack: 'Error: broken\n  at draw' });
  const event = { error, filename: 'http://app.test/src/a.js?__hot=1', lineno: 3, colno: 7 };
  fail('error', event);
  fail('error', event);
  fail('unhandledrejection', { reason: 'no luck' });
  assert.deepEqual(last(), ['/src/a.js 3:7\nError: broken\n  at draw', 'no luck']);
  assert.equal(hear.calls.length, 3);
});

test('errors that browsers withhold are not reported', () => {
  const { fail, hear } = setUp();
  fail('error', { error: null, message: 'Script error.' });
  assert.equal(hear.calls.length, 0);
});

test('ten errors of a page are reported at most', () => {
  const { fail, hear, last } = setUp();
  for (let n = 0; n < 50; n += 1) fail('unhandledrejection', { reason: n });
  assert.equal(last().length, 10);
  assert.equal(hear.calls.length, 10);
});

test('a forgotten error is reported again', () => {
  const { fail, forget, last } = setUp();
  fail('unhandledrejection', { reason: 'one' });
  forget();
  assert.deepEqual(last(), []);
  fail('unhandledrejection', { reason: 'two' });
  assert.deepEqual(last(), ['two']);
});

test('any thrown value is described', () => {
  assert.equal(describe(undefined), 'undefined');
  assert.equal(describe('text'), 'text');
  const other = Object.assign(new TypeError('no'), { stack: 'draw@a.js:1:1' });
  assert.equal(describe(other), 'TypeError: no\ndraw@a.js:1:1', 'as Firefox has it');
});
