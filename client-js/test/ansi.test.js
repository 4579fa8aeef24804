import assert from 'node:assert/strict';
import test from 'node:test';
import { plain, runsOf } from '../overlay/ansi.js';

const ESC = '\x1b';

/** Returns the one run in `text`, without default properties. */
function look(text) {
  const runs = runsOf(text).filter((run) => run.text === 'x');
  assert.equal(runs.length, 1, text);
  const { looks, colour, background } = runs[0];
  return [...looks, colour && `on ${colour}`, background && `over ${background}`].filter(Boolean).join(' ');
}

test('text without escapes is one run', () => {
  assert.deepEqual(runsOf('a\nb'), [{ text: 'a\nb', looks: [], colour: undefined, background: undefined }]);
  assert.deepEqual(runsOf(''), []);
});

test('each parameter changes its own part of the style', () => {
  for (const [codes, expected] of [
    ['31', 'on red'],
    ['97', 'on bright-white'],
    ['42', 'over green'],
    ['100', 'over bright-black'],
    ['1;2;3;4;7;9', 'bold dim italic underline inverse strike'],
    ['1;31;44', 'bold on red over blue'],
    ['38;5;1', 'on red'],
    ['38;5;9', 'on bright-red'],
    ['38;5;16', 'on #000000'],
    ['38;5;208', 'on #ff8700'],
    ['38;5;255', 'on #eeeeee'],
    ['38;5;999', ''],
    ['48;5;21', 'over #0000ff'],
    ['38;2;255;51;72', 'on #ff3348'],
    ['38;2;999;0;0', 'on #ff0000'],
    ['38:2::255:51:72', 'on #ff3348'],
    ['38:2:255:51:72', 'on #ff3348'],
    ['38:5:208', 'on #ff8700'],
    ['38;2;1;2;3;1', 'bold on #010203'],
    ['38', ''],
    ['38;9;1', 'bold'],
    ['73', ''],
  ]) {
    assert.equal(look(`${ESC}[${codes}mx`), expected, codes);
  }
});

test('styles end one by one, or all with a reset', () => {
  const on = `${ESC}[1;2;3;4;7;9;31;42m`;
  for (const [codes, expected] of [
    ['', ''],
    ['0', ''],
    ['22', 'italic underline inverse strike on red over green'],
    ['23', 'bold dim underline inverse strike on red over green'],
    ['24', 'bold dim italic inverse strike on red over green'],
    ['27', 'bold dim italic underline strike on red over green'],
    ['29', 'bold dim italic underline inverse on red over green'],
    ['39', 'bold dim italic underline inverse strike over green'],
    ['49', 'bold dim italic underline inverse strike on red'],
  ]) {
    assert.equal(look(`${on}${ESC}[${codes}mx`), expected, codes);
  }
});

test('other escape sequences are removed, and an incomplete one stays in the text', () => {
  const link = `${ESC}]8;;https://a.test/${ESC}\\the docs${ESC}]8;;${ESC}\\`;
  const bell = `${ESC}]0;title\x07`;
  const text = `${bell}${ESC}[2K${ESC}[1;31mred${ESC}[0m [31m ${link}${ESC}`;
  assert.equal(plain(text), `red [31m the docs${ESC}`);
  assert.equal(
    runsOf(text)
      .map(({ text }) => text)
      .join(''),
    plain(text),
  );
});
