import assert from 'node:assert/strict';
import test from 'node:test';
import { describe, watchRuntimeErrors } from '../overlay/runtime-errors.js';
import { mapped } from '../overlay/mapped-errors.js';
import { settle, spy } from './fakes.js';

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

test('an error is shown at once, and again by its source', async () => {
  const window = new EventTarget();
  const shown = spy();
  const explain = spy(async (described, place) => (described === 'one' ? `by ${place?.line ?? 'its source'}` : undefined));
  const forget = watchRuntimeErrors(window, shown, [], undefined, explain);
  const reject = (reason) => window.dispatchEvent(Object.assign(new Event('unhandledrejection'), { reason }));
  reject('one');
  reject('two');
  assert.deepEqual(shown.calls.at(-1)[0], ['one', 'two']);
  await settle();
  assert.deepEqual(shown.calls.at(-1)[0], ['by its source', 'two']);
  reject('one');
  assert.deepEqual([shown.calls.at(-1)[0], explain.calls.length], [['by its source', 'two'], 2]);
  forget();
  reject('one');
  forget();
  await settle();
  assert.deepEqual(shown.calls.at(-1)[0], []);
});

test('a source that can’t be explained leaves the stack', async () => {
  const window = new EventTarget();
  const shown = spy();
  watchRuntimeErrors(window, shown, [], undefined, () => Promise.reject(new Error('x')));
  window.dispatchEvent(Object.assign(new Event('error'), { error: 'thrown', filename: 'http://a.test/a.js', lineno: 1, colno: 2 }));
  await settle();
  assert.deepEqual(shown.calls.map(([texts]) => texts), [['/a.js 1:2\nthrown']]);
});

test('an error by its sources has the place, the message, the lines around it, and its calls', async () => {
  const originals = { 1: { file: 'src/a.ts', line: 2, column: 3, text: 'one\n  two()\nthree' }, 9: { file: 'src/b.ts', line: 5, column: 1 } };
  const maps = { placeOf: async ({ line }) => originals[line] };
  const url = 'http://a.test/a.js';
  const stack = `TypeError: no\nreally\n    at f (${url}:1:7)\n    at g (${url}:9:1)\n    at <anonymous>\n    at ${url}:4:4`;
  assert.equal(
    await mapped(maps, stack, undefined),
    'src/a.ts 2:3\nTypeError: no\nreally\n\n  1 | one\n> 2 |   two()\n    |   ^\n  3 | three\n\n' +
      `    at f (src/a.ts:2:3)\n    at g (src/b.ts:5:1)\n    at <anonymous>\n    at ${url}:4:4`,
  );
  assert.equal(await mapped(maps, 'thrown', { url, line: 9, column: 1 }), 'src/b.ts 5:1\nthrown');
  assert.equal(await mapped(maps, 'thrown', undefined), undefined);
  assert.equal(await mapped(maps, `x\n    at ${url}:4:4`, undefined), undefined);
});
