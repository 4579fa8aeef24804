import assert from 'node:assert/strict';
import test from 'node:test';
import { readConfig } from '../stream/config.js';
import { spy } from './fakes.js';

const CLIENT = 'http://app.test/hot/client.js';

/** Overlay options of a page with a tag without any. */
const USUAL = {
  hosts: [],
  isError: false,
  isPost: false,
  overlay: true,
  indicator: true,
  worker: true,
  update: true,
  keep: true,
  overlayWarnings: false,
  overlayRuntimeErrors: false,
  editor: false,
  overlayStyles: {},
  ansiColors: {},
};

function read(...tags) {
  const console = { warn: spy() };
  const document = {
    querySelectorAll: () => tags.map(([src, text]) => ({ src, dataset: { hotMiddleware: text } })),
  };
  return { config: readConfig(document, CLIENT, console), warnings: console.warn.calls };
}

test('the configuration is that of the tag that loaded the client', () => {
  const { config } = read(
    ['http://app.test/other/client.js', '{"path":"/other"}'],
    [CLIENT, '{"path":"/hot","hashes":{"":"h","app":"i"},"server":"S","log":"warn","token":"T","hosts":["app.test",7]}'],
  );
  const expected = { path: '/hot', hashes: { '': 'h', app: 'i' }, server: 'S', log: 'warn', token: 'T', ...USUAL, hosts: ['app.test'] };
  assert.deepEqual(config, expected);
});

test('a tag without a configuration has the defaults', () => {
  const nothing = { hashes: {}, log: undefined, ...USUAL };
  assert.deepEqual(read().config, nothing);
  for (const text of ['', '{}', 'null', '[]', '{"path":1,"hashes":7,"server":{},"token":7,"hosts":"app.test"}', '{"hashes":{"":1}}']) {
    assert.deepEqual(read([CLIENT, text]).config, nothing, text);
  }
});

test('a configuration that is not JSON is logged and ignored', () => {
  const { config, warnings } = read([CLIENT, '{path}']);
  assert.deepEqual(config, { hashes: {}, log: undefined, ...USUAL });
  assert.match(warnings[0][0], /not JSON: \{path\}/);
});

test('the tag’s overlay options', () => {
  const own = {
    overlay: false,
    indicator: false,
    overlayWarnings: true,
    overlayRuntimeErrors: true,
    overlayStyles: { color: 'red' },
    ansiColors: { red: 'f00' },
  };
  assert.deepEqual(read([CLIENT, JSON.stringify(own)]).config, { ...USUAL, hashes: {}, log: undefined, ...own });
});

test('the id of the page’s HTML, and the options of its updates', () => {
  for (const [text, expected] of [
    ['{"page":"x1","update":false,"keep":false}', { page: 'x1', update: false, keep: false }],
    ['{"page":"","update":0,"keep":null}', { update: true, keep: true }],
    ['{"page":7}', { update: true, keep: true }],
  ]) {
    assert.deepEqual(read([CLIENT, text]).config, { ...USUAL, hashes: {}, log: undefined, ...expected }, text);
  }
});

test('the tag says what the page is the answer to', () => {
  for (const [text, isError, isPost] of [
    ['{"status":404}', true, false],
    ['{"status":422,"method":"POST"}', true, true],
    ['{"status":201,"method":"POST"}', false, true],
    ['{"status":"no","method":"GET"}', false, false],
  ]) {
    const { config } = read([CLIENT, text]);
    assert.deepEqual([config.isError, config.isPost], [isError, isPost], text);
  }
});
