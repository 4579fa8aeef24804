import assert from 'node:assert/strict';
import test from 'node:test';
import { createLog } from '../overlay/log.js';
import { ProblemStore } from '../overlay/problem-store.js';
import { describe, watchRuntimeErrors } from '../overlay/runtime-errors.js';
import { encode, firstOf, shorten, startOf, textsFrom } from '../stream/text.js';
import { spy } from './fakes.js';

test('a long text is cut between characters, and the note counts the rest', () => {
  assert.equal(shorten('short', 5), 'short');
  assert.equal(shorten('shorter', 5), 'short… (2 more characters)');
  assert.deepEqual(startOf('ab\u{1f493}c', 3), { start: 'ab', omitted: 3 }, 'not inside a surrogate pair');
  assert.deepEqual(startOf('ab\u{1f493}c', 4), { start: 'ab\u{1f493}', omitted: 1 });
  assert.equal(startOf('\ud83d\ud83d', 1).start, '', 'a lone surrogate is at no edge either');
});

test('of a long list the first texts are left, at least one, and the others are counted', () => {
  const most = { texts: 3, characters: 4, total: 8 };
  assert.deepEqual(firstOf(['a', 'b'], most), { texts: ['a', 'b'], omitted: 0 });
  assert.deepEqual(firstOf(['a', 'b', 'c', 'd', 'e'], most), { texts: ['a', 'b', 'c'], omitted: 2 });
  assert.equal(firstOf(['a'.repeat(99), 'b'], most).texts.length, 1);
});

test('a list from outside is read as texts, whatever it is', () => {
  const hostile = { toString: () => assert.fail('not called by the page') };
  for (const [list, texts] of [
    [undefined, []],
    ['text', []],
    [5, []],
    [{ length: 3 }, []],
    [['a', 5, null], ['a', '5', 'null']],
    [[Object.create(null), hostile], ['[object Object]', '[object Object]']],
  ]) {
    assert.deepEqual(textsFrom(list), texts);
  }
});

test('lone surrogates go into a URL as replacement characters', () => {
  assert.equal(encode('a\ud83db\udc93'), 'a%EF%BF%BDb%EF%BF%BD');
  assert.equal(encode('\u{1f493}'), '%F0%9F%92%93');
});

/** A console that keeps the number of characters that were written. */
function countingConsole() {
  const counts = { characters: 0, last: '' };
  const write = (text) => {
    counts.characters += text.length;
    counts.last = text;
  };
  return { counts, log: write, warn: write, error: write, group: spy(), groupEnd: spy() };
}

test('the console is given a bounded part of a build’s problems, and their number', () => {
  for (const [name, errors, more] of [
    ['thousands', Array(5_000).fill('no'), 'and 4900 more'],
    ['long ones', Array(20).fill('n'.repeat(1_000_000)), 'and 11 more'],
    ['one that is huge', ['n'.repeat(10_000_000)], '(9980000 more characters)'],
    ['lone surrogates', ['\ud83d'.repeat(1_000_000)], '(980001 more characters)'],
  ]) {
    const console = countingConsole();
    createLog(console, () => 'info').problems('errors', '', errors);
    assert.ok(console.counts.characters < 210_000, `${name}: ${console.counts.characters} characters`);
    assert.ok(console.counts.last.endsWith(more), `${name}: ${console.counts.last.slice(-60)}`);
    assert.match(console.group.calls[0][0], new RegExp(`bundle has ${errors.length} error`));
  }
});

test('a line of the console is bounded, and so is the name of a bundle', () => {
  const console = countingConsole();
  const log = createLog(console, () => 'info');
  for (const write of [log.info, log.warn, log.error]) {
    console.counts.characters = 0;
    write('x'.repeat(1_000_000));
    assert.ok(console.counts.characters < 10_100, `${console.counts.characters} characters`);
  }
  log.problems('errors', 'n'.repeat(1_000_000), ['no']);
  assert.ok(console.group.calls[0][0].length < 200);
});

test('an error of the page is bounded, and anything may be thrown', () => {
  const window = new EventTarget();
  const hear = spy();
  watchRuntimeErrors(window, hear);
  const thrown = [
    'x'.repeat(1_000_000),
    Object.create(null),
    { toString: () => assert.fail('not called by the page') },
    Symbol('s'),
    Object.assign(new Error('m'), { stack: 5, name: Object.create(null) }),
  ];
  for (const reason of thrown) window.dispatchEvent(Object.assign(new Event('unhandledrejection'), { reason }));
  const texts = hear.calls.at(-1)[0];
  assert.equal(texts.length, thrown.length - 1, 'two of them read the same');
  assert.ok(texts.every((text) => text.length < 20_100));
  assert.equal(describe(Symbol('s')), 'Symbol(s)');
});

test('the problem store compares thousands of problems in no time', () => {
  const store = new ProblemStore();
  const texts = Array.from({ length: 100_000 }, (_, n) => `problem ${n}`);
  assert.equal(store.set('errors', '', texts), true);
  assert.equal(store.set('errors', '', [...texts]), false);
});
