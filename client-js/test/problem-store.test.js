import assert from 'node:assert/strict';
import test from 'node:test';
import { ProblemStore } from '../overlay/problem-store.js';

test('problems are stored by bundle and kind, the most severe first', () => {
  const slots = new ProblemStore();
  slots.set('warnings', 'a', ['w']);
  slots.set('runtime', '', ['r']);
  slots.set('errors', 'a', ['e']);
  slots.set('update', 'a', ['u']);
  slots.set('errors', 'b', ['f']);
  assert.deepEqual(
    slots.all().map(({ kind, name, texts }) => [kind, name, ...texts]),
    [
      ['errors', 'a', 'e'],
      ['errors', 'b', 'f'],
      ['update', 'a', 'u'],
      ['runtime', '', 'r'],
      ['warnings', 'a', 'w'],
    ],
  );
  slots.set('errors', 'a', []);
  slots.drop('warnings');
  assert.deepEqual(
    slots.all().map(({ kind, name }) => [kind, name]),
    [
      ['errors', 'b'],
      ['update', 'a'],
      ['runtime', ''],
    ],
  );
});

test('setting the same problems again is no change', () => {
  const slots = new ProblemStore();
  assert.equal(slots.set('errors', 'a', []), false);
  assert.equal(slots.set('errors', 'a', ['x', 'y']), true);
  assert.equal(slots.set('errors', 'a', ['x', 'y']), false);
  assert.equal(slots.set('errors', 'a', ['x']), true);
  assert.equal(slots.set('errors', 'a', ['z']), true);
  assert.equal(slots.set('errors', 'a', []), true);
});
