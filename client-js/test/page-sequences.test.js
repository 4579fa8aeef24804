import assert from 'node:assert/strict';
import test from 'node:test';

import { isOnlyNoise } from '../update/page/noise.js';
import { commonPairs, increasing } from '../update/page/sequences.js';
import { withoutVersions } from '../update/page/styles.js';

/** The length of a longest common subsequence, by the textbook's table. */
function longest(a, b) {
  const table = Array.from({ length: a.length + 1 }, () => new Array(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  return table[0][0];
}

/** Numbers that are the same at each run. */
function* numbers(seed) {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state >> 8;
  }
}

test('the common pairs of short sequences are a longest common subsequence', () => {
  const random = numbers(1);
  const take = (most) => random.next().value % most;
  for (let round = 0; round < 2_000; round += 1) {
    const letters = 2 + take(6);
    const [a, b] = [0, 0].map(() => Array.from({ length: take(12) }, () => take(letters)));
    const pairs = commonPairs(a, b);
    assert.equal(pairs.length, longest(a, b), `${a} and ${b}`);
    pairs.forEach(([i, j], index) => {
      assert.equal(a[i], b[j]);
      const [before, other] = pairs[index - 1] ?? [-1, -1];
      assert.ok(before < i && other < j);
    });
  }
});

test('long sequences with far edits have all other elements in common', () => {
  const a = Array.from({ length: 10_000 }, (_, index) => index);
  const b = a.filter((value) => value !== 20 && value !== 9_000).toSpliced(5_000, 0, -1, -2);
  assert.equal(commonPairs(a, b).length, 9_998);
  const repeated = a.map((value) => value % 7);
  assert.ok(commonPairs(repeated, repeated.toSpliced(3, 1).toSpliced(8_000, 0, 8)).length >= 9_999);
});

test('sequences without anything in common end soon', () => {
  const a = Array.from({ length: 10_000 }, (_, index) => index % 5);
  assert.deepEqual(commonPairs(a, a.map((value) => value + 5)), []);
});

test('the kept elements of a sequence increase and have the greatest weight', () => {
  assert.deepEqual(increasing([2, 0, 1]), [false, true, true]);
  assert.deepEqual(increasing([2, 0, 1], (index) => (index === 0 ? 10 : 1)), [true, false, false]);
  assert.deepEqual(increasing([]), []);
  assert.equal(increasing([3, 1, 4, 0, 5, 9, 2, 6]).filter(Boolean).length, 4);
});

for (const [name, base, next, second, expected] of [
  ['a token', 'a token1 b', 'a token2 b', 'a token3 b', true],
  ['a change elsewhere', 'a token1 b', 'a token2 c', 'a token3 c', false],
  ['a change beside noise', '/items/x1/edit', '/items/x2/view', '/items/x3/view', false],
  ['encoded values', 'v="aB+c/d=="', 'v="xY/z12=="', 'v="q+w/e3=="', true],
  ['nothing that differs', 'a 1', 'a 2', 'a 2', false],
  ['equal texts', 'a', 'a', 'b', true],
  ['two tokens', 'x=1;y=2;z', 'x=3;y=4;z', 'x=5;y=6;z', true],
  ['code between two tokens', 'x=1;f();y=2', 'x=3;g();y=4', 'x=5;g();y=6', false],
]) {
  test(`noise: ${name}`, () => assert.equal(isOnlyNoise(base, next, second), expected));
}

for (const [text, expected] of [
  ['/a.png?__hot=1', '/a.png'],
  ['/a.png?b&__hot=1#c', '/a.png?b#c'],
  ['/a.png?__hot=1&b', '/a.png?b'],
  ['/a.png?__hot=1 1x, /b.png?__hot=2 2x', '/a.png 1x, /b.png 2x'],
  ['color: red; background: url("/a.png?__hot=1")', 'color: red; background: url("/a.png")'],
  ['/a.png?hot=1', '/a.png?hot=1'],
]) {
  test(`without this client's versions: ${text}`, () => assert.equal(withoutVersions(text), expected));
}
