import assert from 'node:assert/strict';
import test from 'node:test';
import { Reports } from '../overlay/reports.js';
import { FakeClock, settle } from './fakes.js';

const OWN = 'http://a.test/__webpack_hmr/client-1/';
const location = { origin: 'http://a.test', pathname: '/cart' };

function setUp({ answer = new Response(null, { status: 204 }), originals = {}, key = 'k', isParsing = false } = {}) {
  const clock = new FakeClock();
  const requests = [];
  const fetch = async (url, init) => {
    requests.push({ url, ...init, body: JSON.parse(init.body) });
    return answer;
  };
  const maps = { originalOf: async ({ url, line }) => originals[`${url}:${line}`] };
  const requested = { urls: new Set(), isParsing: () => isParsing };
  const reports = new Reports({ fetch, url: '/hmr', own: OWN, location, clock, maps, requested });
  if (key) reports.greet(key);
  const run = async (milliseconds = 10_000) => {
    for (let passed = 0; passed < milliseconds; passed += 50) {
      clock.advance(50);
      await settle();
    }
  };
  const entries = () => requests.flatMap(({ body }) => body.entries);
  return { clock, entries, reports, requests, run };
}

const event = (type, properties) => ({ event: Object.defineProperties(new Event(type, { cancelable: true }), Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, { value }]))) });
const failure = (message, stack = '') => {
  const error = Object.assign(new Error(message), { stack });
  return event('error', { error, message: `Uncaught Error: ${message}`, filename: 'http://a.test/a.js', lineno: 3, colno: 7 });
};
const line = (...values) => ({ level: 'warn', values, stack: 'Error\n    at Object.apply (http://a.test/load.js:1:1)\n    at f (http://a.test/a.js:3:7)' });

test('each kind of problem is one entry', async () => {
  const { entries, reports, requests, run } = setUp({ originals: { 'http://a.test/b.js:5': { file: 'src/b.ts', line: 12, column: 7 } } });
  reports.take(failure('one'));
  reports.take(failure('two', 'Error: two\n    at f (http://a.test/b.js:5:1)'));
  reports.take(event('error', { error: null, message: 'Script error.', filename: '', lineno: 0, colno: 0 }));
  reports.take(event('unhandledrejection', { reason: 'no luck' }));
  reports.take(event('error', { target: { localName: 'img', src: 'http://a.test/a.png?x=1&__hot=2&hot=3' } }));
  reports.take(event('error', { target: { localName: 'script', src: 'http://b.test/a.js' } }));
  const violation = { blockedURI: 'inline', effectiveDirective: 'style-src', sourceFile: 'http://a.test/cart', lineNumber: 9, columnNumber: 2 };
  reports.take(event('securitypolicyviolation', { ...violation, disposition: 'enforce' }));
  reports.take(line('a', { b: 1 }));
  await run();
  assert.deepEqual(
    entries().map(({ count, kind, level, page, place, text }) => [page, kind, level, text, place, count].join(' | ')).sort(),
    [
      '/cart | console | warn | a { b: 1 } | /a.js:3:7 | 1',
      '/cart | error | error | Error: one | /a.js:3:7 | 1',
      '/cart | error | error | Error: two | src/b.ts:12:7 | 1',
      '/cart | error | error | Script error. |  | 1',
      '/cart | policy | error | style-src inline | /cart:9:2 | 1',
      '/cart | rejection | error | no luck |  | 1',
      '/cart | resource | error | <img> /a.png?x=1&hot=3 |  | 1',
      '/cart | resource | error | <script> http://b.test/a.js |  | 1',
    ],
  );
  const [{ headers, url }] = requests;
  assert.deepEqual([url, headers['Hot-Middleware-Receipts']], ['/hmr?receipts', 'k']);
});

test('a style in an answer that the client has parsed is no violation of the page', async () => {
  const { entries, reports, run } = setUp({ isParsing: true });
  for (const [effectiveDirective, blockedURI] of [['style-src-elem', 'inline'], ['style-src-elem', 'http://b.test/'], ['script-src-elem', 'inline']]) {
    reports.take(event('securitypolicyviolation', { blockedURI, effectiveDirective, disposition: 'report', sourceFile: '', lineNumber: 0, columnNumber: 0 }));
  }
  await run();
  assert.deepEqual(entries().map(({ level, text }) => `${level} ${text}`), [
    'warn style-src-elem http://b.test/ (report only)',
    'warn script-src-elem inline (report only)',
  ]);
});

test('repetitions are one entry with their number, and requests follow each other with a pause', async () => {
  const { entries, reports, requests, run } = setUp();
  for (let n = 0; n < 5; n += 1) reports.take(failure('one'));
  await run(100);
  reports.take(failure('one'));
  reports.take(failure('one'));
  await run(300);
  assert.equal(requests.length, 1);
  await run();
  assert.deepEqual(entries().map(({ count }) => count), [5, 2]);
});

test('lines of this client and of tools, its own errors and prevented ones are left out', async () => {
  const { reports, requests, run } = setUp();
  for (const text of ['[HMR] connected', '%c[HMR] bundle has 1 error', '[vite] connected.', '[rsbuild] x', 'Download the React DevTools for a better']) {
    reports.take(line(text));
  }
  reports.take(line());
  reports.take(failure('own', `Error: own\n    at f (${OWN}page.js:1:2)`));
  const prevented = failure('x');
  reports.take(prevented);
  prevented.event.preventDefault();
  await run();
  assert.deepEqual(requests, []);
});

test('a loop is cut and what is left out is counted', async () => {
  const { entries, reports, requests, run } = setUp();
  for (let n = 0; n < 10_000; n += 1) reports.take(line(`line ${n} ${'x'.repeat(5_000)}`));
  await run();
  const sent = entries();
  assert.equal(sent.length, 64);
  assert.equal(requests.reduce((sum, { body }) => sum + body.omitted, 0), 10_000 - 64);
  assert.ok(requests.every(({ body }) => JSON.stringify(body).length < 30_000));
  assert.ok(sent.every(({ text }) => text.length < 2_100));
});

test('a value that logs or throws while it is read reports nothing more', async () => {
  const { entries, reports, run } = setUp();
  const value = new Proxy({}, {
    ownKeys() {
      reports.take(line('inner'));
      throw new Error('x');
    },
  });
  reports.take(line(value));
  reports.take(event('error', { get target() { return undefined; } }));
  reports.take({ event: new Proxy(new Event('error'), { get: () => { throw new Error('x'); } }) });
  await run();
  assert.deepEqual(entries().map(({ text }) => text), ['[unreadable]']);
});

test('nothing is sent before there is a key, and what is refused goes to the next process', async () => {
  const { entries, reports, requests, run } = setUp({ key: '', answer: new Response(null, { status: 403 }) });
  reports.take(failure('one'));
  await run();
  assert.equal(requests.length, 0);
  reports.greet('first');
  await run();
  reports.take(failure('two'));
  await run();
  assert.deepEqual(entries().map(({ text }) => text), ['Error: one']);
  reports.greet('second');
  await run();
  assert.deepEqual(entries().map(({ text }) => text), ['Error: one', 'Error: one', 'Error: two']);
});

test('what is reported while the stream is lost waits for the next greeting', async () => {
  let found;
  const originals = {
    get 'http://a.test/a.js:3'() {
      found?.();
      return undefined;
    },
  };
  const { entries, reports, requests, run } = setUp({ originals });
  reports.take(failure('planned'));
  reports.lost();
  await run();
  assert.equal(requests.length, 0);
  reports.greet('second');
  await run();
  found = () => reports.lost();
  reports.take(failure('its source maps were being loaded'));
  reports.take(failure('its source maps were being loaded'));
  await run();
  assert.deepEqual(entries().map(({ text }) => text), ['Error: planned']);
  found = undefined;
  reports.greet('third');
  await run();
  assert.deepEqual(entries().map(({ count, text }) => [count, text]), [
    [1, 'Error: planned'],
    [2, 'Error: its source maps were being loaded'],
  ]);
  assert.equal(requests.at(-1).headers['Hot-Middleware-Receipts'], 'third');
});

test('a page that is left sends what it has', async () => {
  const { entries, reports, requests } = setUp({ originals: { 'http://a.test/a.js:3': { file: 'a.ts', line: 1, column: 1 } } });
  reports.take(failure('one'));
  reports.leave();
  await settle();
  assert.deepEqual(entries().map(({ place }) => place), ['/a.js:3:7']);
  assert.equal(requests[0].keepalive, true);
});
