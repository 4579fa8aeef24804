import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeCss, isSameInUtf8 } from '../update/charset.js';

const latin = (text) => Uint8Array.from(Buffer.from(text, 'latin1'));
const utf8 = (text) => Uint8Array.from(Buffer.from(text));
const utf16 = (text) => Uint8Array.from(Buffer.from(`\ufeff${text}`, 'utf16le'));

test('a stylesheet is decoded by mark, header, rule and environment, in this order', () => {
  for (const [name, bytes, type, environment, expected] of [
    ['nothing said', utf8('é'), 'text/css', 'UTF-8', 'é'],
    ['the page', latin('é'), 'text/css', 'windows-1252', 'é'],
    ['the page, where the file is UTF-8', utf8('é'), 'text/css', 'windows-1252', 'Ã©'],
    ['the header', latin('é'), 'text/css;charset=iso-8859-1', 'UTF-8', 'é'],
    ['the header in quotes', latin('é'), 'text/css; Charset="latin1"; x=y', 'UTF-8', 'é'],
    ['the header before the page', utf8('é'), 'text/css;charset=utf-8', 'windows-1252', 'é'],
    ['the header before the rule', utf8('@charset "latin1";é'), 'text/css;charset=utf-8', 'UTF-8', '@charset "latin1";é'],
    ['a header that names no encoding', latin('é'), 'text/css;charset=none', 'windows-1252', 'é'],
    ['the rule', latin('@charset "iso-8859-1";é'), 'text/css', 'UTF-8', '@charset "iso-8859-1";é'],
    ['the rule before the page', utf8('@charset "utf-8";é'), 'text/css', 'windows-1252', '@charset "utf-8";é'],
    ['a rule of UTF-16', utf8('@charset "utf-16";é'), 'text/css', 'windows-1252', '@charset "utf-16";é'],
    ['a rule in other quotes', utf8("@charset 'latin1';é"), 'text/css', 'UTF-8', "@charset 'latin1';é"],
    ['a rule too far off', utf8(`@charset "${' '.repeat(1_024)}latin1";é`), 'text/css', 'UTF-8', /é$/],
    ['a mark before the header', utf8('\ufeffé'), 'text/css;charset=latin1', 'windows-1252', 'é'],
    ['UTF-16 by its mark', utf16('é'), 'text/css', 'UTF-8', 'é'],
    ['an environment that is unknown', utf8('é'), 'text/css', '', 'é'],
    ['nothing', utf8(''), '', 'UTF-8', ''],
  ]) {
    const text = decodeCss(bytes, type, environment);
    if (typeof expected === 'string') assert.equal(text, expected, name);
    else assert.match(text, expected, name);
  }
});

test('a text of the event is used where the page reads it as UTF-8 too', () => {
  for (const [text, environment, expected] of [
    ['é', 'UTF-8', true],
    ['é', 'windows-1252', false],
    ['plain', 'windows-1252', true],
    ['', 'Shift_JIS', true],
  ]) {
    assert.equal(isSameInUtf8(text, environment), expected, `${text} in ${environment}`);
  }
});
