import assert from 'node:assert/strict';
import test from 'node:test';
import { framesOf } from '../overlay/stack.js';

const brief = (stack) => framesOf(stack).map(({ url, line, column, at }) => `${at} ${url} ${line} ${column}`);

test('frames of every engine are read', () => {
  const url = 'http://localhost:3000/js/a.js?x=1';
  for (const [engine, stack, expected] of [
    ['Chromium', `TypeError: no (a:1:2)\n    at f (${url}:3:7)\n    at async ${url}:4:1\n    at new A.b [as c] (${url}:5:9)`, ['1 3 7', '2 4 1', '3 5 9']],
    ['Firefox', `f@${url}:3:7\nasync*g/<@${url}:4:1\n@${url}:5:9\n`, ['0 3 7', '1 4 1', '2 5 9']],
    ['WebKit', `f@${url}:3:7\nmodule code@${url}:4:1\n${url}:5:9`, ['0 3 7', '1 4 1', '2 5 9']],
  ]) {
    assert.deepEqual(brief(stack), expected.map((frame) => frame.replace(' ', ` ${url} `)), engine);
  }
});

test('a URL may have parentheses and at signs', () => {
  for (const url of ['http://a.test/@vite/client', 'http://a.test/(group)/p.js', 'http://a.test:8080/n@1/i.js']) {
    assert.deepEqual(brief(`    at f (${url}:1:2)`), [`0 ${url} 1 2`]);
    assert.deepEqual(brief(`f@${url}:1:2`), [`0 ${url} 1 2`]);
    assert.deepEqual(brief(`${url}:1:2`), [`0 ${url} 1 2`]);
  }
});

test('lines that are no frames are left out', () => {
  for (const line of [
    '', 'Error: x', 'Error: at f (a.js:1:2)', '    at <anonymous>', '    at Array.map (<anonymous>)', '[native code]', 'map@[native code]',
    '    at eval (eval at f (http://a.test/a.js:1:2), <anonymous>:1:1)', '@http://a.test/a.js line 3 > eval:1:1', 'http://a.test/a.js',
    `    at f (http://a.test/${'a'.repeat(5_000)}:1:2)`, ':1:2', '@:1:2', '    at (:1:2)',
  ]) {
    assert.deepEqual(brief(line), [], line.slice(0, 60));
  }
  assert.equal(framesOf('f@http://a.test/a.js:1:2\n'.repeat(1_000)).length, 100);
});

test('a frame has its place as it was written', () => {
  assert.equal(framesOf('f@http://a.test/a.js:10:20')[0].place, 'http://a.test/a.js:10:20');
});
