import assert from 'node:assert/strict';
import test from 'node:test';
import { canonicalPath, extensionOf, keyOf, keyOfApp, locate, streamQuery, withoutVersion, withVersion } from '../stream/url.js';

test('paths that name one file have one spelling', () => {
  for (const [left, right] of [
    ["/it's.css", '/it%27s.css'],
    ['/a b', '/a%20b'],
    ['/%7euser', '/~user'],
    ['/%c3%a9', '/%C3%A9'],
    ['/100%.css', '/100%25.css'],
    ['/%ff', '/%FF'],
  ]) {
    assert.equal(canonicalPath(left), canonicalPath(right), `${left} and ${right}`);
  }
});

test('paths that name two files have two spellings', () => {
  for (const [left, right] of [
    ['/a%2Fb', '/a/b'],
    ['/a%3Fb', '/a?b'],
    ['/%2541', '/%41'],
    ['/%25FF', '/%FF'],
    ['/A', '/a'],
  ]) {
    assert.notEqual(canonicalPath(left), canonicalPath(right), `${left} and ${right}`);
  }
});

test('a key is the origin and path of an HTTP URL', () => {
  const base = 'http://app.test/dir/page';
  for (const [url, key] of [
    ['x.css?v=1&__hot=2#f', 'http://app.test/dir/x.css'],
    ['/é.css', 'http://app.test/%C3%A9.css'],
    ['//cdn.test/x', 'http://cdn.test/x'],
    ['../%FF', 'http://app.test/%FF'],
    ['data:text/css,a', undefined],
    ['blob:http://app.test/1', undefined],
    ['http://[', undefined],
  ]) {
    assert.equal(keyOf(url, base), key, url);
  }
});

test('the version is added and removed, and the rest of the URL stays as it was written', () => {
  for (const [url, versioned] of [
    ['a.png', 'a.png?__hot=v'],
    ['a.png?x=%20+&y', 'a.png?x=%20+&y&__hot=v'],
    ['#f', '?__hot=v#f'],
    ['/a.svg?x=1#f?g', '/a.svg?x=1&__hot=v#f?g'],
  ]) {
    assert.equal(withVersion(url, 'v'), versioned);
    assert.equal(withVersion(withVersion(url, 'old'), 'v'), versioned, 'the old version is replaced');
    assert.equal(withoutVersion(versioned), url);
  }
  assert.equal(withVersion('a', 'x&y'), 'a?__hot=x%26y');
  assert.equal(withoutVersion('a?hotel=1'), 'a?hotel=1');
});

test('extensions', () => {
  for (const [path, extension] of [
    ['/a.CSS', 'css'],
    ['/a.min.js?x=y.z', 'js'],
    ['/dir.d/file', ''],
    ['/a%2Ecss', 'css'],
    ['/', ''],
  ]) {
    assert.equal(extensionOf(path), extension, path);
  }
});

test('the stream is next to the client, and its prefix applies to every path', () => {
  const at = (url, path) => locate(url, path);
  assert.deepEqual(at('http://a.test:3000/__webpack_hmr/client.js?x', '/__webpack_hmr'), {
    stream: 'http://a.test:3000/__webpack_hmr',
    base: 'http://a.test:3000',
  });
  assert.equal(at('https://a.test/app/v1/hot/client.js', '/hot').base, 'https://a.test/app/v1');
  assert.equal(at('https://a.test/app/hot/client.js', undefined).base, 'https://a.test');
  assert.equal(at('https://a.test/app/hot/client.js', '/other').base, 'https://a.test');
});

test('the query has the page’s hashes', () => {
  assert.equal(streamQuery('/s', [], '', '7f'), '/s?ids&changes&client=7f');
  assert.equal(streamQuery('/s', [], '', '7f', '/a b'), '/s?ids&changes&client=7f&page=%2Fa%20b');
  assert.equal(streamQuery('/s', [], '', '7f', `/${'x'.repeat(200)}`), '/s?ids&changes&client=7f');
  assert.equal(streamQuery('/s', ['a', 'b&'], 'x-1', '7f'), '/s?ids&changes&since=a&since=b%26&client=7f&lastEventId=x-1');
});

test('the stream’s query holds at most 64 hashes of at most 128 bytes, the first ones, within 4 kB', () => {
  const since = (hashes) => new URL(streamQuery('http://app.test/hmr', hashes, '', 'c')).searchParams.getAll('since');
  const hashes = Array.from({ length: 1_000 }, (_, n) => `${n}`.padStart(20, '0'));
  assert.deepEqual(since(hashes), hashes.slice(0, 64));
  assert.deepEqual(since(['a', 'x'.repeat(129), '\u{1f493}'.repeat(33), 'x'.repeat(128)]), ['a', 'x'.repeat(128)]);
  for (const length of [64, 128]) {
    const query = streamQuery('http://app.test/hmr', hashes.map((hash) => hash.padEnd(length, '%')), 'l'.repeat(9_999), 'c');
    assert.ok(query.length < 4_200, `${query.length} characters`);
  }
  assert.deepEqual(since(['\ud83d']), ['\ufffd'], 'and no hash makes it fail');
});

test('URLs under all names of an app have its own origin', () => {
  for (const [app, hosts, url, isOwn] of [
    ['http://localhost:3000', [], 'http://localhost:3000/a', true],
    ['http://localhost:3000', [], 'http://127.0.0.1:3000/a', true],
    ['http://localhost:3000', [], 'http://127.1.2.3:3000/a', true],
    ['http://localhost:3000', [], 'http://[::1]:3000/a', true],
    ['http://localhost:3000', [], 'http://api.localhost:3000/a', true],
    ['http://127.0.0.1:3000', [], 'http://LOCALHOST:3000/a', true],
    ['http://192.168.1.5:3000', [], 'http://localhost:3000/a', true],
    ['http://localhost:3000', [], 'http://localhost:4000/a', false],
    ['http://localhost:3000', [], 'http://localhost/a', false],
    ['http://localhost:3000', [], 'http://192.168.1.5:3000/a', false],
    ['http://localhost:3000', [], 'http://notlocalhost:3000/a', false],
    ['http://localhost:3000', [], 'http://127.0.0.1.evil.test:3000/a', false],
    ['http://localhost:3000', [], 'http://app.test:3000/a', false],
    ['http://localhost:3000', ['App.test'], 'http://app.test:3000/a', true],
    ['http://localhost:3000', ['app.test'], 'https://app.test/a', true],
    ['http://localhost:3000', ['app.test'], 'http://app.test:4000/a', false],
    ['http://localhost:3000', ['app.test'], 'http://x.app.test:3000/a', false],
    ['http://localhost:3000', ['.app.test'], 'http://x.app.test:3000/a', true],
    ['http://localhost:3000', ['.app.test'], 'http://app.test:3000/a', true],
    ['http://localhost:3000', ['.app.test'], 'http://myapp.test:3000/a', false],
    ['https://app.test', ['app.test'], 'http://localhost/a', true],
  ]) {
    const origin = isOwn ? app : new URL(url).origin;
    assert.equal(keyOfApp(app, hosts)(url), `${origin}/a`, `${url} in ${app}`);
  }
  const keyOf = keyOfApp('http://localhost:3000/prefix', []);
  for (const url of ['data:,', 'blob:http://localhost:3000/1', 'http://']) assert.equal(keyOf(url), undefined);
  assert.equal(keyOf('x?y', 'http://127.0.0.1:3000/b/'), 'http://localhost:3000/b/x');
});
