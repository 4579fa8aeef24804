import assert from 'node:assert/strict';
import test from 'node:test';
import { errorText, textOfLine } from '../overlay/console-text.js';

test('values are written on one line as a console shows them', () => {
  class Cart {
    items = [1, 'two'];
  }
  for (const [values, text] of [
    [['a', 1, true, null, undefined, 2n, Symbol('s')], 'a 1 true null undefined 2n Symbol(s)'],
    [[{ a: 'x', b: { c: { d: 1 } } }], '{ a: "x", b: { c: {…} } }'],
    [[[1, [2, [3]]]], '[1, [2, Array(1)]]'],
    [[{}, []], '{} []'],
    [[new Cart()], '{ items: [1, "two"] }'],
    [[new Map([[1, 2]]), new Set()], 'Map(1) Set(0)'],
    [[new TypeError('no')], 'TypeError: no'],
    [[function draw() {}], '[function draw]'],
    [[/x/g, new Date(0)], `/x/g ${String(new Date(0))}`],
    [[], ''],
  ]) {
    assert.equal(textOfLine(values), text);
  }
});

test('format specifiers take their values', () => {
  for (const [values, text] of [
    [['%s has %d%%', 'a', 5, 'more'], 'a has 5% more'],
    [['%c[x]%c y', 'color: red', ''], '[x] y'],
    [['%o %O', { a: 1 }, [2]], '{ a: 1 } [2]'],
    [['%s', { a: 1 }], '{ a: 1 }'],
    [['100%', 1], '100% 1'],
    [['%s %s', 1], '1 %s'],
  ]) {
    assert.equal(textOfLine(values), text);
  }
});

test('hostile values neither run nor throw nor grow', () => {
  let called = 0;
  const hostile = {
    get secret() {
      called += 1;
      return 1;
    },
    toString() {
      called += 1;
      throw new Error('x');
    },
  };
  const thrower = new Proxy({}, { ownKeys: () => { throw new Error('x'); } });
  const circular = { name: 'a' };
  circular.self = circular;
  assert.equal(textOfLine([hostile]), '{ secret: [getter], toString: [function toString] }');
  assert.equal(textOfLine(['%s', Object.create(null)]), '{}');
  assert.equal(textOfLine([thrower]), '[unreadable]');
  assert.equal(called, 0);
  assert.ok(textOfLine([circular]).length < 200);
  const large = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, 'x'.repeat(5_000)]));
  assert.ok(textOfLine(Array(500).fill(large)).length < 2_100);
  assert.ok(textOfLine(['%s'.repeat(5_000), ...Array(500).fill('y'.repeat(5_000))]).length < 2_100);
});

test('an error has its cause', () => {
  assert.equal(errorText(new Error('a', { cause: new TypeError('b') })), 'Error: a (cause: TypeError: b)');
  assert.equal(errorText({ name: '', message: '' }), 'Error');
});
