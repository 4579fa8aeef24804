import assert from 'node:assert/strict';
import test from 'node:test';
import { codeFrame } from '../overlay/code-frame.js';
import { SourceMap } from '../overlay/source-map.js';
import { fileOf, mappingUrl, SourceMaps } from '../overlay/source-maps.js';
import { FakeClock } from './fakes.js';

/** Column 0 of line 1 is a.ts 3:5, column 4 is without a source; line 3 is b.ts 4:5. */
const MAP = { version: 3, sources: ['../src/a.ts', 'b.ts'], sourcesContent: ['one\ntwo\nthree'], mappings: 'AAEI,I;;ACCA' };

const places = (map, ...positions) =>
  positions.map(([line, column]) => {
    const found = new SourceMap(map).originalOf(line, column);
    return found && `${found.source} ${found.line}:${found.column}`;
  });

test('a place is that of the last segment before it', () => {
  assert.deepEqual(
    places(MAP, [1, 1], [1, 4], [1, 5], [1, 9], [2, 1], [3, 1], [3, 99], [4, 1], [0, 0]),
    ['../src/a.ts 3:5', '../src/a.ts 3:5', undefined, undefined, undefined, 'b.ts 4:5', 'b.ts 4:5', undefined, undefined],
  );
  assert.equal(new SourceMap(MAP).originalOf(1, 1).text, 'one\ntwo\nthree');
  assert.equal(new SourceMap(MAP).originalOf(3, 1).text, undefined);
  assert.deepEqual(places({ ...MAP, sourceRoot: 'root/' }, [3, 1]), ['root/b.ts 4:5']);
});

test('a map may have sections', () => {
  const sections = [
    { offset: { line: 0, column: 0 }, map: { ...MAP, mappings: 'AAAA' } },
    { offset: { line: 0, column: 10 }, map: { ...MAP, mappings: 'IACA;ACAA' } },
    { offset: { line: 5, column: 0 }, map: { ...MAP, mappings: 'AAAA' } },
  ];
  // The second section begins at column 11 of line 1, and its first segment is four columns after that.
  assert.deepEqual(
    places({ version: 3, sections }, [1, 5], [1, 12], [1, 15], [2, 1], [5, 1], [6, 3]),
    ['../src/a.ts 1:1', '../src/a.ts 1:1', '../src/a.ts 2:1', 'b.ts 2:1', undefined, '../src/a.ts 1:1'],
  );
});

test('an invalid map throws, and never loops', () => {
  for (const map of [
    null, 7, 'x', [], {}, { mappings: 'AAAA' }, { mappings: 7, sources: [] }, { ...MAP, mappings: 'A!AA' }, { ...MAP, mappings: 'g' },
    { ...MAP, mappings: 'ggggggggggA' }, { ...MAP, mappings: 'AA' }, { ...MAP, mappings: 'AAAAAA' }, { ...MAP, mappings: 'é' }, { sections: [7] },
    { sections: [{ offset: {}, map: MAP }] },
  ]) {
    assert.throws(() => new SourceMap(map).originalOf(1, 1), JSON.stringify(map));
  }
  for (const map of [{ sections: [] }, { ...MAP, mappings: '' }, { ...MAP, sources: [null, 7] }, { ...MAP, mappings: 'AAAZ' }]) {
    assert.doesNotThrow(() => new SourceMap(map).originalOf(1, 1));
  }
});

test('the comment is the last one of a script', () => {
  for (const [script, url] of [
    ['a();\n//# sourceMappingURL=a.js.map', 'a.js.map'],
    ['a();\n//@ sourceMappingURL=a.js.map\n\n', 'a.js.map'],
    ['a();\r\n//# sourceMappingURL=a.js.map\r\n// end\r\n//# sourceURL=x.js', 'a.js.map'],
    ['/*# sourceMappingURL=a.css.map */', 'a.css.map'],
    ['//# sourceMappingURL=one.map\n//# sourceMappingURL=two.map', 'two.map'],
    ['//# sourceMappingURL=a.js.map\nb();', undefined],
    ['x = "//# sourceMappingURL=a.js.map";', undefined],
    ['x = "sourceMappingURL=a.js.map"', undefined],
    ['//# sourceMappingURL=', undefined],
    ['a();', undefined],
  ]) {
    assert.equal(mappingUrl(script), url, script);
  }
});

test('a source has the name of its file', () => {
  for (const [source, name] of [
    ['../../src/a.ts', 'src/a.ts'], ['./a.ts', 'a.ts'], ['/src/a.ts', 'src/a.ts'], ['webpack://app/./src/a.ts?1f0c', 'src/a.ts'],
    ['webpack:///./a.ts', 'a.ts'], ['webpack://@scope%2fx/src/a.ts', 'src/a.ts'], ['file:///home/me/a.ts', '/home/me/a.ts'], ['a b.ts', 'a b.ts'],
    ['', ''], ['..', '..'],
  ]) {
    assert.equal(fileOf(source), name, source);
  }
});

/** Source maps over a site. */
function setUp(files, { headers = {}, answers } = {}) {
  const requested = [];
  const clock = new FakeClock();
  const fetch = async (url, init) => {
    requested.push(url);
    if (answers) return answers(url, init);
    const text = files[new URL(url).pathname];
    return new Response(text ?? 'no', { status: text === undefined ? 404 : 200, headers });
  };
  return { clock, maps: new SourceMaps({ fetch, origin: 'http://a.test', clock }), requested };
}

const at = (url, line = 1, column = 1) => ({ url, line, column });

test('a map is found by the comment, the header and a data URL, and requested once', async () => {
  const json = JSON.stringify(MAP);
  const data = (text) => ({ '/js/a.js': `a()\n//# sourceMappingURL=data:application/json${text}` });
  for (const [files, headers, requests] of [
    [{ '/js/a.js': 'a()\n//# sourceMappingURL=maps/a.map', '/js/maps/a.map': json }, {}, 2],
    [{ '/js/a.js': 'a()', '/a.map': `)]}'\n${json}` }, { SourceMap: '/a.map' }, 2],
    [data(`;charset=utf-8;base64,${Buffer.from(json).toString('base64')}`), {}, 1],
    [data(`,${encodeURIComponent(json)}`), {}, 1],
  ]) {
    const { maps, requested } = setUp(files, { headers });
    const [first, second] = await Promise.all([maps.originalOf(at('http://a.test/js/a.js')), maps.originalOf(at('http://a.test/js/a.js', 3))]);
    assert.deepEqual([first.file, first.line, first.column, second.file], ['src/a.ts', 3, 5, 'b.ts']);
    assert.equal(requested.length, requests);
  }
});

test('nothing of another origin is requested', async () => {
  const { maps, requested } = setUp({ '/a.js': '//# sourceMappingURL=http://b.test/a.map' });
  for (const url of ['http://b.test/a.js', 'https://a.test/a.js', 'blob:http://a.test/1', 'webpack-internal:///a.js', 'not a URL']) {
    assert.equal(await maps.originalOf(at(url)), undefined, url);
  }
  assert.deepEqual(requested, []);
  assert.equal(await maps.originalOf(at('http://a.test/a.js')), undefined);
  assert.deepEqual(requested, ['http://a.test/a.js']);
});

test('what is missing, broken, too large or never arrives has no original', async () => {
  const comment = '//# sourceMappingURL=a.map';
  for (const files of [{}, { '/a.js': comment }, { '/a.js': comment, '/a.map': '{' }, { '/a.js': comment, '/a.map': '{"mappings":"!"}' }, { '/a.js': '//# sourceMappingURL=data:,' }]) {
    const { maps } = setUp(files);
    assert.equal(await maps.originalOf(at('http://a.test/a.js')), undefined, JSON.stringify(files));
  }
  let sent = 0;
  const endless = new ReadableStream({ pull: (controller) => void controller.enqueue(new Uint8Array((sent += 1) && 1 << 20)) });
  const large = setUp({}, { answers: () => new Response(endless) });
  assert.equal(await large.maps.originalOf(at('http://a.test/a.js')), undefined);
  assert.ok(sent < 32, `${sent} MiB`);
  const aborted = ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
  const silent = setUp({}, { answers: (_, init) => aborted(init) });
  const asked = silent.maps.originalOf(at('http://a.test/a.js'));
  silent.clock.advance(5_000);
  assert.equal(await asked, undefined);
});

test('the oldest of many maps is forgotten', async () => {
  const { maps, requested } = setUp({});
  for (let n = 0; n < 40; n += 1) await maps.originalOf(at(`http://a.test/${n}.js`));
  await maps.originalOf(at('http://a.test/39.js'));
  assert.equal(requested.length, 40);
  await maps.originalOf(at('http://a.test/0.js'));
  assert.equal(requested.length, 41);
});

test('a frame shows the lines around a place', () => {
  const text = 'one\ntwo\n\tthree()\nfour\nfive\nsix';
  assert.equal(codeFrame(text, 3, 2), '  1 | one\n  2 | two\n> 3 | \tthree()\n    | \t^\n  4 | four\n  5 | five');
  assert.equal(codeFrame('only', 1, 3), '> 1 | only\n    |   ^');
  assert.deepEqual([codeFrame('only', 2, 1), codeFrame('', 1, 1)], ['', '> 1 |\n    | ^']);
  const long = codeFrame(`${'x'.repeat(5_000)}HERE${'y'.repeat(5_000)}`, 1, 5_001).split('\n');
  assert.equal(long[0][long[1].indexOf('^')], 'H');
  assert.ok(long[0].length < 200);
});
