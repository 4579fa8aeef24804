import assert from 'node:assert/strict';
import test from 'node:test';
import { Rewriter } from '../update/rewrite.js';
import { FakeRoot, FakeSheet, spy } from './fakes.js';

const OLD = 'a{x:1}\nb{x:1}\nc{x:1}\n';

function setUp(text = OLD) {
  /** Texts that were parsed in constructed sheets. */
  const parsed = [];
  class ParsedSheet extends FakeSheet {
    replaceSync(css) {
      parsed.push(css);
      super.replaceSync(css);
    }
  }
  const freshen = spy((rule) => rule);
  const rewriter = new Rewriter({ document: new FakeRoot([]), CSSStyleSheet: ParsedSheet, images: { freshen } });
  const sheet = new FakeSheet({ href: '/a.css', text });
  return { rewriter, sheet, parsed, freshen };
}

/** A sheet that is known to be what `OLD` says. */
function confirmed() {
  const parts = setUp();
  assert.equal(parts.rewriter.confirm(parts.sheet, OLD), true);
  parts.parsed.length = 0;
  return parts;
}

test('the first time, the whole text is parsed and the rules that differ are replaced', () => {
  const { rewriter, sheet, parsed } = setUp();
  const text = 'a{x:1}\nb{x:2}\nc{x:1}\n';
  assert.equal(rewriter.rewrite(sheet, text), true);
  assert.deepEqual(parsed, [text]);
  assert.deepEqual(sheet.edits, ['-1', '+1 b{x:2}']);
});

test('only the statements that differ are parsed once a sheet is known', () => {
  const { rewriter, sheet, parsed } = confirmed();
  for (const text of ['a{x:1}\nb{x:2}\nc{x:1}\n', 'a{x:1}\nb{x:2}\nd{x:1}\nc{x:1}\n', 'c{x:1}\n', OLD]) {
    assert.equal(rewriter.rewrite(sheet, text), true);
    assert.equal(`${sheet.text}\n`, text);
  }
  assert.deepEqual(parsed, ['\nb{x:2}', '\nd{x:1}', 'c{x:1}', 'a{x:1}\nb{x:1}']);
});

test('a sheet that a script has changed is compared rule by rule', () => {
  const { rewriter, sheet, parsed } = confirmed();
  sheet.deleteRule(2);
  sheet.insertRule('script{x:1}', 0);
  assert.equal(rewriter.rewrite(sheet, OLD), true);
  assert.deepEqual(parsed, [OLD]);
  assert.equal(`${sheet.text}\n`, OLD);
});

test('confirm corrects errors of the fast algorithm', () => {
  const { rewriter, sheet } = confirmed();
  const text = 'a{x:1}\nb{x:2}\nc{x:1}\n';
  rewriter.rewrite(sheet, text);
  sheet.cssRules[1].cssText = 'b{wrong:1}';
  assert.equal(rewriter.confirm(sheet, text), true);
  assert.equal(`${sheet.text}\n`, text);
});

test('texts that a constructed sheet can’t represent are refused', () => {
  const { rewriter, sheet } = setUp();
  for (const text of ['@import "b.css";', '@charset "latin1";', 'uninsertable{x:1}']) {
    assert.equal(rewriter.rewrite(sheet, text), false, text);
  }
  assert.equal(`${sheet.text}\n`, OLD);
});
