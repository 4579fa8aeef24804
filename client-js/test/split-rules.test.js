import assert from 'node:assert/strict';
import test from 'node:test';
import { diffRules, splitRules } from '../update/split-rules.js';

/** Names, texts and their statements; none where a text can't be cut. */
const TEXTS = [
  ['nothing', '', []],
  ['space and comments alone', ' /* a{} */\n', []],
  ['rules', 'a{x:1}\n\nb { y: 2 }\n', ['a{x:1}', '\n\nb { y: 2 }']],
  ['a comment goes with the rule after it', 'a{}/* } */b{}', ['a{}', '/* } */b{}']],
  ['nested blocks', '@media x{a{&:hover{}}}b{}', ['@media x{a{&:hover{}}}', 'b{}']],
  ['statements without a block', '@layer a, b;c{}', ['@layer a, b;', 'c{}']],
  ['a comment before such a statement', '/* ; */ @layer a;', ['/* ; */ @layer a;']],
  ['brackets in strings', 'a::before{content:"}\\"{"}b{x:\'}\'}', ['a::before{content:"}\\"{"}', "b{x:'}'}"]],
  ['brackets in a bare URL', 'a{b:url(x{y\'.png)}c{}', ["a{b:url(x{y'.png)}", 'c{}']],
  ['a quoted URL', 'a{b:url( "x)}" )}c{}', ['a{b:url( "x)}" )}', 'c{}']],
  ['a data URL', 'a{b:url(data:image/png;base64,AA==)}c{}', ['a{b:url(data:image/png;base64,AA==)}', 'c{}']],
  ['escaped brackets', '.a\\{b{}c{}', ['.a\\{b{}', 'c{}']],
  ['semicolons in brackets', 'a[b=";"]{x:1;y:(;)}', ['a[b=";"]{x:1;y:(;)}']],
  ['a block that is not closed', 'a{x:1', undefined],
  ['a bracket too many', 'a{}}b{}', undefined],
  ['brackets that cross', 'a{x:(}) }', undefined],
  ['a comment that is not closed', 'a{} /* b{}', undefined],
  ['a string that ends with its line', 'a{x:"\n}', undefined],
  ['a semicolon after a selector', 'a;b{}', undefined],
  ['a statement that is not ended', 'a{}b', undefined],
];

test('a text is split into its statements', () => {
  for (const [name, css, statements] of TEXTS) {
    const pieces = splitRules(css);
    assert.deepEqual(pieces?.statements, statements, name);
    if (pieces) assert.equal(pieces.statements.join('') + pieces.rest, css, name);
  }
});

/** Names, two texts, and which statements of the first give way to which. */
const STEPS = [
  ['nothing', 'a{}b{}', 'a{}b{}', [2, 0, []]],
  ['a value', 'a{x:1}b{x:1}c{x:1}', 'a{x:1}b{x:2}c{x:1}', [1, 1, ['b{x:2}']]],
  ['a new rule between equal ones', 'a{}a{}', 'a{}a{}a{}', [2, 0, ['a{}']]],
  ['a rule less between equal ones', 'a{}a{}a{}', 'a{}a{}', [2, 1, []]],
  ['a rule at the start', 'b{}', 'a{}b{}', [0, 0, ['a{}']]],
  ['a rule at the end', 'a{}\n', 'a{}\nb{}\n', [1, 0, ['\nb{}']]],
  ['all rules', 'a{}b{}', '', [0, 2, []]],
  ['the first rules', '', 'a{}b{}', [0, 0, ['a{}', 'b{}']]],
  ['a comment at the end', 'a{}\n', 'a{} /* b */', [1, 0, []]],
  ['a comment before a rule', 'a{}b{}', 'a{}/* */b{}', [1, 0, []]],
  ['a rule that is commented out', 'a{}b{}c{}', 'a{}/*b{}*/c{}', [1, 1, []]],
  ['two rules made one', 'a{}b{}c{}', 'a{}b{c{}}', [1, 2, ['b{c{}}']]],
];

test('the difference of two texts is one run of statements', () => {
  for (const [name, before, after, [start, deleted, inserted]] of STEPS) {
    const old = splitRules(before);
    const change = diffRules(old, after);
    assert.deepEqual([change?.start, change?.deleted, change?.inserted], [start, deleted, inserted], name);
    assert.equal(change.next.statements.join('') + change.next.rest, after, name);
  }
});

test('a text that is not well-formed where it differs has no difference', () => {
  const old = splitRules('a{}b{}c{}');
  for (const css of ['a{}b{c{}', 'a{}/*b{}c{}', 'a{}}b{}c{}', 'a{}b{x:"}c{}']) assert.equal(diffRules(old, css), undefined, css);
});
