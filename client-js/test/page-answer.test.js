import assert from 'node:assert/strict';
import test from 'node:test';
import { askForPage } from '../update/page-answer.js';
import { Reloader } from '../update/reload.js';
import { FakeClock, fakeLog, settle, spy } from './fakes.js';

const HREF = 'http://app.test/a?b#c';
const PAGE = { isPage: true, isAnswer: true, problem: '' };

/** @param {ResponseInit & { body?: BodyInit, type?: string }} answer */
function answer({ body = '', type, ...init }) {
  return new Response(body, { ...init, headers: type ? { 'content-type': type } : {} });
}

test('the page is requested as by a navigation, without its fragment and without caches', async () => {
  const fetch = spy(async () => answer({ type: 'text/html' }));
  await askForPage(fetch, HREF);
  const [[url, init]] = fetch.calls;
  assert.equal(url, 'http://app.test/a?b');
  assert.equal(init.cache, 'no-store');
  assert.match(init.headers.Accept, /^text\/html,/);
  assert.equal(init.headers['Hot-Middleware-Navigation'], '1');
});

for (const [name, response, expected] of [
  ['a page', { type: 'text/html; charset=utf-8' }, PAGE],
  ['XHTML', { type: 'application/xhtml+xml' }, PAGE],
  [
    'an error in text',
    { status: 500, statusText: 'Internal Server Error', type: 'text/plain', body: 'bad <template>\n' },
    { isPage: false, isAnswer: true, problem: 'GET http://app.test/a?b answers 500 Internal Server Error\n\nbad <template>' },
  ],
  [
    'an error page',
    {
      status: 500,
      type: 'text/html',
      body: '<!doctype html><head><title>t</title></head><body><script>1 < 2</script><pre>a &lt;b&gt; &amp;amp;\n  c</pre>',
    },
    { isPage: false, isAnswer: true, problem: 'GET http://app.test/a?b answers 500\n\na <b> &amp;\n  c' },
  ],
  ['an error without text', { status: 404 }, { isPage: false, isAnswer: true, problem: 'GET http://app.test/a?b answers 404' }],
  [
    'JSON',
    { type: 'application/json', body: '{}' },
    { isPage: false, isAnswer: true, problem: 'GET http://app.test/a?b answers 200 with application/json instead of HTML' },
  ],
]) {
  test(`an answer: ${name}`, async () => {
    assert.deepEqual(await askForPage(async () => answer(response), HREF), expected);
  });
}

test('a document without a server is not requested', async () => {
  assert.deepEqual(await askForPage(() => assert.fail('asked'), 'about:srcdoc'), PAGE);
});

for (const [name, end, expected] of [
  ['a page', () => answer({ type: 'text/html' }), { isPage: true }],
  ['another origin, whose answer is not readable', () => ({ type: 'opaque' }), { isPage: true }],
  [
    'an error',
    () => redirected(answer({ status: 404, body: 'nothing' }), 'http://app.test/login'),
    { isPage: false, problem: /answers 404 after a redirect to http:\/\/app\.test\/login\n\nnothing$/ },
  ],
  [
    'itself',
    () => Promise.reject(new TypeError('Failed to fetch')),
    { isPage: false, problem: /gets no answer: Error: its redirects lead to no answer, or run in a circle \(TypeError: Failed to fetch\)$/ },
  ],
]) {
  test(`a redirect to ${name}`, async () => {
    const fetch = spy(async (_, { redirect }) => (redirect === 'manual' ? { type: 'opaqueredirect' } : end()));
    const { isPage, problem } = await askForPage(fetch, HREF);
    assert.equal(isPage, expected.isPage);
    assert.match(problem, expected.problem ?? /^$/);
    const [, [url, init]] = fetch.calls;
    assert.deepEqual([url, init.mode], ['http://app.test/a?b', 'no-cors']);
  });
}

/**
 * @param {Response} response
 * @param {string} url
 */
function redirected(response, url) {
  return Object.defineProperties(response, { redirected: { value: true }, url: { value: url } });
}

test('an error is read in its own encoding', async () => {
  const body = Uint8Array.of(0x83, 0x47, 0x83, 0x89, 0x81, 0x5b);
  const { problem } = await askForPage(async () => answer({ status: 500, type: 'text/plain; charset=Shift_JIS', body }), HREF);
  assert.match(problem, /\n\nエラー$/);
});

test('a missing answer is distinct, and a long text is cut', async () => {
  const none = await askForPage(() => Promise.reject(new TypeError('Failed to fetch')), HREF);
  assert.deepEqual([none.isPage, none.isAnswer], [false, false]);
  assert.match(none.problem, /gets no answer: TypeError: Failed to fetch$/);
  const { problem } = await askForPage(async () => answer({ status: 500, body: 'x'.repeat(1 << 20) }), HREF);
  assert.ok(problem.length < 21_000, `${problem.length}`);
});

/** A page, and the answers that it gets one after the other. */
function load(answers, { isError = false, isResubmitted = false } = {}) {
  const log = fakeLog();
  const location = { href: HREF, reload: spy() };
  const items = new Map();
  const storage = {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
  };
  const page = {
    ask: spy(async () => answers.shift()),
    show: spy(),
    notice: spy(),
    isError,
    isResubmitted: () => isResubmitted,
  };
  const clock = new FakeClock();
  const reloader = new Reloader(location, () => storage, log, clock, page);
  return { clock, items, log, page, reloader, reloads: location.reload.calls };
}

const BROKEN = { isPage: false, isAnswer: true, problem: 'GET / answers 500' };
const AWAY = { isPage: false, isAnswer: false, problem: 'GET / gets no answer' };

test('a page that the app does not answer with stays, and is reloaded as soon as it does', async () => {
  const { items, log, page, reloader, reloads } = load([BROKEN, BROKEN, AWAY, PAGE]);
  reloader.reloadFor('./a.html changed', 'h2');
  await settle();
  assert.deepEqual(page.show.calls, [[['GET / answers 500']]]);
  assert.match(log.lines[0], /^warn Not reloading page \(\.\/a\.html changed\).*GET \/ answers 500$/);
  assert.equal(items.size, 0, 'no reload is recorded');
  reloader.retry();
  await settle();
  assert.equal(page.show.calls.length, 1, 'logged once');
  reloader.retry();
  await settle();
  assert.deepEqual(page.show.calls[1], [['GET / gets no answer']]);
  assert.equal(reloads.length, 0);
  reloader.retry();
  await settle();
  assert.equal(reloads.length, 1);
  assert.match(items.get('tower-hot-middleware:reloads:http://app.test/a?b'), /h2/);
});

test('a change during an ask is asked about too, and several reload once', async () => {
  const { page, reloader, reloads } = load([BROKEN, PAGE]);
  reloader.now('./a.html changed');
  reloader.now('./a.html changed');
  await settle();
  assert.equal(page.ask.calls.length, 2);
  assert.equal(page.show.calls.length, 0);
  assert.equal(reloads.length, 1);
});

test('a script reloads at once, but not while the app does not answer with a page', async () => {
  const { page, reloader, reloads } = load([BROKEN, BROKEN]);
  reloader.reloadAtOnce('/app.js changed', 'h2');
  assert.equal(reloads.length, 1);
  assert.equal(page.ask.calls.length, 0);
  reloader.now('./a.html changed');
  await settle();
  reloader.reloadAtOnce('/app.js changed', 'h3');
  await settle();
  assert.equal(reloads.length, 1);
  assert.equal(page.ask.calls.length, 2);
});

test('a page that nothing blocks is not requested', () => {
  const { page, reloader } = load([]);
  reloader.retry();
  assert.equal(page.ask.calls.length, 0);
});

for (const [name, answers, act, expected] of [
  ['recovers by itself', [BROKEN, PAGE], ['retry', 'retry'], 1],
  ['shows the next error for a change', [BROKEN], ['now'], 1],
  ['waits for an answer', [AWAY, PAGE], ['now', 'retry'], 1],
  ['does not loop', [BROKEN, BROKEN, BROKEN], ['retry', 'retry', 'retry'], 0],
]) {
  test(`a page that is an error: ${name}`, async () => {
    const { reloader, reloads } = load(answers, { isError: true });
    for (const method of act) {
      reloader[method]('x changed');
      await settle();
    }
    assert.equal(reloads.length, expected);
  });
}

test('the answer to a form is not reloaded, and says so', async () => {
  const { log, page, reloader, reloads } = load([], { isResubmitted: true });
  reloader.reloadFor('./a.html changed', 'h2');
  reloader.reloadAtOnce('/app.js changed', 'h2');
  reloader.retry();
  await settle();
  assert.equal(reloads.length, 0);
  assert.match(log.lines[0], /^warn Not reloading page \(\.\/a\.html changed\): it is the answer to a form/);
  assert.deepEqual(page.notice.calls, [['Reload by hand: ./a.html changed'], ['Reload by hand: /app.js changed']]);
});

test('a page that writes a watched file on each request is requested less and less often', async () => {
  const answers = Array.from({ length: 1_000 }, () => BROKEN);
  const { clock, page, reloader } = load(answers);
  for (let tick = 0; tick < 600; tick += 1) {
    reloader.now('./access.log changed');
    await settle();
    clock.advance(100);
    await settle();
  }
  assert.ok(page.ask.calls.length <= 20, `${page.ask.calls.length} asks in a minute`);
});
