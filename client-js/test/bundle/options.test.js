import assert from 'node:assert/strict';
import test from 'node:test';
import { DEFAULTS, fromQuery, streamPath, withOptions } from '../../bundle/options.js';
import { spy } from '../fakes.js';

function read(given, options = DEFAULTS) {
  const console = { warn: spy() };
  return { options: withOptions(options, given, console), warnings: console.warn.calls.flat() };
}

test('no query changes nothing', () => {
  assert.deepEqual(read(fromQuery('')).options, DEFAULTS);
  assert.deepEqual(read(fromQuery('?path=&timeout=&reload=')).options, DEFAULTS, 'nor do empty values');
});

test('each option is read from a query as the original reads it', () => {
  for (const [query, expected] of [
    ['?path=/hmr', { path: '/hmr' }],
    ['?path=/a&path=/b', { path: '/b' }],
    ['?name=app', { name: 'app' }],
    ['?timeout=5000', { timeout: 5000 }],
    ['?overlay=false', { overlay: false }],
    ['?overlay=0', { overlay: true }],
    ['?reload=true', { reload: true }],
    ['?reload=yes', { reload: true }],
    ['?noInfo=true', { noInfo: true }],
    ['?noInfo=false', { noInfo: false }],
    ['?quiet=1', { quiet: true }],
    ['?dynamicPublicPath=true', { dynamicPublicPath: true }],
    ['?dynamicPublicPath=false', { dynamicPublicPath: false }],
    ['?autoConnect=true', { autoConnect: true }],
    ['?autoConnect=yes', { autoConnect: false }],
    ['?overlayWarnings=true', { overlayWarnings: true }],
    ['?overlayWarnings=1', { overlayWarnings: false }],
    ['?ansiColors={"red":"f00"}', { ansiColors: { red: 'f00' } }],
    [`?overlayStyles=${encodeURIComponent('{"color":"red"}')}`, { overlayStyles: { color: 'red' } }],
    ['?overlayRuntimeErrors=true', { overlayRuntimeErrors: true }],
    ['?indicator=false', { indicator: false }],
  ]) {
    const { options, warnings } = read(fromQuery(query));
    assert.deepEqual(options, { ...DEFAULTS, ...expected }, query);
    assert.deepEqual(warnings, [], query);
  }
});

test('typed values are used as they are', () => {
  const given = {
    timeout: 100,
    overlay: false,
    overlayWarnings: true,
    overlayRuntimeErrors: true,
    overlayStyles: { zIndex: 3 },
    ansiColors: { red: 'f00' },
    indicator: false,
    reload: true,
    noInfo: true,
    quiet: true,
    dynamicPublicPath: true,
    autoConnect: false,
    path: '/p',
    name: 'n',
  };
  assert.deepEqual(read(given).options, given);
  assert.deepEqual(
    read({ reload: false, noInfo: false }, { ...DEFAULTS, reload: true, noInfo: true }).options,
    DEFAULTS,
  );
});

test('an invalid value is logged and ignored', () => {
  const given = {
    timeout: 'soon',
    overlayStyles: '{',
    ansiColors: '[1]',
    path: 7,
    name: {},
  };
  const { options, warnings } = read(given);
  assert.deepEqual(options, DEFAULTS);
  assert.deepEqual(warnings, [
    "[HMR] The client's option path can't be 7",
    "[HMR] The client's option name can't be [object Object]",
    "[HMR] The client's option timeout can't be soon",
    "[HMR] The client's option overlayStyles can't be {",
    "[HMR] The client's option ansiColors can't be [1]",
  ]);
  for (const timeout of ['-1', '0', 'Infinity', 'NaN'])
    assert.equal(read({ timeout }).options.timeout, 20_000, timeout);
});

test('unknown options, and options of other clients, change nothing', () => {
  assert.deepEqual(read(JSON.parse('{"__proto__":{"reload":true},"other":1,"reload":null}')).options, DEFAULTS);
});

test('the public path and the path meet at one slash', () => {
  for (const [publicPath, path, expected] of [
    ['/', '/__webpack_hmr', '/__webpack_hmr'],
    ['/', '__webpack_hmr', '/__webpack_hmr'],
    ['/assets/', '/hmr', '/assets/hmr'],
    ['/assets', 'hmr', '/assets/hmr'],
    ['http://cdn.test/a/', '/hmr', 'http://cdn.test/a/hmr'],
    ['', '/hmr', '/hmr'],
    ['', 'hmr', 'hmr'],
  ]) {
    const options = { ...DEFAULTS, path, dynamicPublicPath: true };
    assert.equal(streamPath(options, publicPath), expected, `${publicPath} ${path}`);
    assert.equal(streamPath({ ...options, dynamicPublicPath: false }, publicPath), path);
  }
});
