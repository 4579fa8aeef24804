/** One stream for all pages: the worker's broker, and the page's end of it. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { Broker } from '../stream/broker.js';
import { eventsIn, SharedStreams } from '../stream/shared.js';
import { FakeClock, settle, spy } from './fakes.js';

const HEARTBEAT = '\u{1f493}';

/** Two ports whose messages arrive at once. */
function channel() {
  const [a, b] = [{ closed: false }, { closed: false }];
  const wire = (from, to) => {
    from.postMessage = (data) => void (!from.closed && !to.closed && to.onmessage?.({ data }));
    from.close = () => void (from.closed = true);
  };
  wire(a, b);
  wire(b, a);
  return [a, b];
}

function setUp({ answers = {} } = {}) {
  const clock = new FakeClock();
  const sources = [];
  const open = (url) => {
    const source = { url, readyState: 0, close: () => void (source.closed = true) };
    sources.push(source);
    return source;
  };
  const broker = new Broker({ open: () => open('shared'), now: clock.now });
  /** @type {any} */
  let ports;
  const asked = [];
  const page = (startWorker) => {
    const workers = [];
    const streams = new SharedStreams({
      openOwn: open,
      startWorker: startWorker ?? (() => {
        ports = channel();
        const worker = { port: ports[0], onerror: null };
        workers.push(worker);
        // The worker is connected once its page listens.
        const [, end] = ports;
        queueMicrotask(() => broker.connect(end));
        return worker;
      }),
      fetch: async (url) => {
        asked.push(url);
        const answer = answers[url] ?? '\nid: b-1\ndata: {"action":"connected"}\n\n';
        if (answer instanceof Error) throw answer;
        return typeof answer === 'string'
          ? new Response(answer, { headers: { 'content-type': 'text/event-stream;charset=utf-8' } })
          : answer;
      },
      clock,
      silence: () => 12_000,
    });
    const join = async (url = '/hmr?ids') => {
      const source = streams.open(url);
      const received = [];
      Object.assign(source, {
        onopen: () => received.push('open'),
        onmessage: ({ data, lastEventId }) => received.push(`${lastEventId} ${data}`),
        onerror: () => received.push(source.readyState === 2 ? 'refused' : 'lost'),
      });
      await settle();
      return { received, source };
    };
    return { join, streams, workers };
  };
  const shared = () => sources.filter(({ url, closed }) => url === 'shared' && !closed);
  return { asked, broker, clock, page, ports: () => ports, shared, sources };
}

const event = (number, boot = 'b') => ({ data: `{"n":${number}}`, lastEventId: `${boot}-${number}` });

test('pages share one stream, and each requests the events that it has missed', async () => {
  const { asked, page, shared, sources } = setUp();
  const pages = [await page().join('/hmr?ids&since=1'), await page().join('/hmr?ids&since=2')];
  assert.equal(sources.length, 1);
  assert.deepEqual(asked, []);
  sources[0].onopen();
  await settle();
  pages.push(await page().join('/hmr?ids&since=3'));
  assert.deepEqual(asked, [1, 2, 3].map((since) => `/hmr?ids&since=${since}&catchup`));
  sources[0].onmessage(event(2));
  sources[0].onmessage({ data: HEARTBEAT, lastEventId: 'b-2' });
  for (const { received } of pages) {
    assert.deepEqual(received, ['open', 'b-1 {"action":"connected"}', 'b-2 {"n":2}', ` ${HEARTBEAT}`]);
  }
  pages[0].source.close();
  pages[1].source.close();
  assert.equal(shared().length, 1);
  pages[2].source.close();
  assert.equal(shared().length, 0, 'without a page there is no stream');
});

test('events during a catch-up follow it, once', async () => {
  const url = '/hmr?ids';
  const answers = { [`${url}&catchup`]: '\nid: b-4\ndata: {"action":"connected"}\n\nid: b-5\ndata: {"n":5}\n\n' };
  const { page, sources } = setUp({ answers });
  const joined = page().join(url);
  await settle();
  sources[0].onopen();
  for (const number of [4, 5, 6]) sources[0].onmessage(event(number));
  const { received } = await joined;
  await settle();
  assert.deepEqual(received, ['open', 'b-4 {"action":"connected"}', 'b-5 {"n":5}', 'b-6 {"n":6}']);
});

test('events ahead of the log that servers share are told apart', async () => {
  const url = '/hmr?ids';
  const answers = { [`${url}&catchup`]: '\nid: 9-5~0a.3\ndata: {"action":"connected"}\n\n' };
  const { page, sources } = setUp({ answers });
  const joined = page().join(url);
  await settle();
  sources[0].onopen();
  const { received } = await joined;
  await settle();
  for (const number of ['5', '5~0a.3', '5~0a.4', '5~0a.5', '6~0a.5', '9']) sources[0].onmessage(event(number, '9'));
  const ids = received.slice(2).map((text) => text.split(' ')[0]);
  assert.deepEqual(ids, ['9-5~0a.4', '9-5~0a.5', '9-6~0a.5', '9-9']);
});

test('every page is notified of a loss and rejoins by itself', async () => {
  const cases = [
    ['the stream fails', ({ sources }) => sources[0].onerror(), 'lost'],
    ['the stream is refused', ({ sources }) => Object.assign(sources[0], { readyState: 2 }).onerror(), 'refused'],
    ['the server dropped events', ({ sources }) => sources[0].onmessage({ data: '{"action":"lagged","missed":3}', lastEventId: 'b-9' }), 'lost'],
    ['the server is another one', ({ sources }) => sources[0].onmessage(event(1, 'c')), 'lost'],
    ['the worker answers no ping', ({ clock, ports }) => {
      ports()[1].postMessage = () => undefined;
      clock.advance(4_000);
    }, 'lost'],
    ['the worker was started again', ({ broker, ports }) => broker.connect(ports()[1]), 'lost'],
  ];
  for (const [name, act, outcome] of cases) {
    const parts = setUp();
    const { join } = parts.page();
    const first = await join();
    parts.sources[0].onopen();
    await settle();
    act(parts);
    assert.deepEqual(first.received, ['open', 'b-1 {"action":"connected"}', outcome], name);
    const again = await join();
    if (parts.sources.length > 1) parts.sources[1].onopen();
    await settle();
    assert.deepEqual(again.received, ['open', 'b-1 {"action":"connected"}'], name);
    assert.equal(parts.shared().length, 1, name);
    assert.equal(first.received.length, 3, `${name}: the old one is silent`);
  }
});

test('a worker that answers pings is kept', async () => {
  const { clock, page, sources } = setUp();
  const { received } = await page().join();
  sources[0].onopen();
  await settle();
  clock.advance(60_000);
  assert.deepEqual(received, ['open', 'b-1 {"action":"connected"}']);
});

test('a stream that has been silent too long is replaced for all', async () => {
  const { clock, page, shared, sources } = setUp();
  const { received } = await page().join();
  sources[0].onopen();
  await settle();
  clock.advance(12_001);
  await page().join();
  assert.equal(received.at(-1), 'lost');
  assert.deepEqual([sources.length, shared().length], [2, 1]);
});

test('a failed catch-up is a loss, and a refused one a refusal', async () => {
  for (const [answer, outcome] of [
    [new TypeError('no server'), 'lost'],
    [new Response('no', { status: 403 }), 'refused'],
    [new Response('<p>', { headers: { 'content-type': 'text/html' } }), 'refused'],
  ]) {
    const { page, sources } = setUp({ answers: { '/hmr?ids&catchup': answer } });
    const { received } = await page().join();
    sources[0].onopen();
    await settle();
    assert.deepEqual(received, [outcome]);
  }
});

test('without a worker a page has a stream of its own', async () => {
  const silent = () => {
    const [port] = channel();
    return { port, onerror: null };
  };
  for (const [name, startWorker, act] of [
    ['a worker that throws', () => { throw new Error('no URL of a worker'); }, () => {}],
    ['a worker that says nothing', silent, ({ clock }) => clock.advance(5_000)],
  ]) {
    const parts = setUp();
    const { join, streams } = parts.page(startWorker);
    const { received } = await join('/own');
    act(parts);
    assert.equal(parts.sources[0].url, '/own', name);
    parts.sources[0].onopen?.();
    assert.equal(streams.isShared, false, name);
    await join('/again');
    assert.equal(parts.sources[1].url, '/again', name);
    assert.ok(received.length <= 1, name);
  }
  const started = [];
  const parts = setUp();
  const { join } = parts.page(() => {
    started.push(silent());
    return started.at(-1);
  });
  const { received, source } = await join('/own');
  const event = { preventDefault: spy() };
  started[0].onerror(event);
  assert.equal(event.preventDefault.calls.length, 1, 'it is not reported as an error of the page');
  parts.sources[0].onopen();
  parts.sources[0].onmessage({ data: 'x', lastEventId: '' });
  parts.sources[0].onerror();
  assert.deepEqual(received, ['open', ' x', 'lost']);
  source.close();
  assert.ok(parts.sources[0].closed);
});

test('pages beyond the bound replace the oldest', async () => {
  const { page } = setUp();
  const first = await page().join();
  for (let count = 0; count < 1_000; count += 1) await page().join();
  assert.deepEqual(first.received, ['lost']);
});

test('the events of a text', () => {
  assert.deepEqual(eventsIn('\n'), []);
  assert.deepEqual(eventsIn('\nid: b-1\ndata: a\n\ndata: b\n\nid: b-2\ndata: c\ndata: d\n\ndata: cut'), [
    { data: 'a', id: 'b-1' },
    { data: 'b', id: 'b-1' },
    { data: 'c\nd', id: 'b-2' },
    { data: 'cut', id: 'b-2' },
  ]);
});
