import assert from 'node:assert/strict';
import test from 'node:test';
import { Connection, followPage } from '../stream/connection.js';
import { FakeClock, fakeLog, spy } from './fakes.js';

const HEARTBEAT = '\u{1f493}';

class FakeSource {
  readyState = 0;
  constructor(url) {
    this.url = url;
  }
  close() {
    this.closed = true;
  }
  open() {
    this.onopen();
  }
  say(data, lastEventId = '') {
    this.onmessage({ data, lastEventId });
  }
  fail(readyState = 0) {
    this.readyState = readyState;
    this.onerror();
  }
}

function setUp() {
  const clock = new FakeClock();
  const log = fakeLog();
  const sources = [];
  const received = spy();
  const refused = spy();
  const lost = spy();
  const connection = new Connection({
    open: (url) => {
      sources.push(new FakeSource(url));
      return sources.at(-1);
    },
    url: (replay) => (replay ? '/s?replay' : '/s'),
    onMessage: received,
    onRefused: refused,
    onLost: lost,
    clock,
    log,
  });
  return { clock, log, sources, received, lost, refused, connection, last: () => sources.at(-1) };
}

test('data arrives with its id, heartbeats do not', () => {
  const { connection, received, last, log } = setUp();
  connection.connect();
  connection.connect();
  last().open();
  last().say('{}', 'b-1');
  last().say(HEARTBEAT);
  assert.deepEqual(received.calls, [['{}', 'b-1']]);
  assert.deepEqual(log.lines, ['info connected']);
});

test('after a loss, the first retry is immediate, and later ones are further and further apart, without an end', () => {
  const { clock, connection, last, log, sources } = setUp();
  connection.connect();
  last().open();
  const waits = [];
  for (let loss = 0; loss < 8; loss += 1) {
    const before = sources.length;
    last().fail();
    const lost = clock.time;
    while (sources.length === before) clock.advance(1);
    waits.push(clock.time - lost);
  }
  assert.deepEqual(waits.map((wait) => wait - (wait <= 1 ? wait : 0)), [0, 250, 500, 1000, 2000, 4000, 5000, 5000]);
  assert.deepEqual(log.lines, ['info connected', 'info disconnected, reconnecting']);
  last().open();
  assert.equal(log.lines.at(-1), 'info reconnected');
});

test('the loss of an open stream is reported once', () => {
  const { clock, connection, last, lost } = setUp();
  connection.connect();
  last().fail();
  clock.advance(0);
  assert.equal(lost.calls.length, 0);
  for (let time = 1; time <= 2; time += 1) {
    last().open();
    last().fail();
    clock.advance(5_000);
    last().fail();
    clock.advance(5_000);
    assert.equal(lost.calls.length, time);
  }
});

test('retries have jitter and are at least 250 ms apart', () => {
  const { clock, connection, last, sources } = setUp();
  clock.chance = 0.999;
  connection.connect();
  for (let loss = 0; loss < 6; loss += 1) {
    last().fail();
    clock.advance(loss === 0 ? 0 : loss === 1 ? 250 : 5000);
  }
  last().fail();
  const before = sources.length;
  clock.advance(2501);
  assert.equal(sources.length, before, 'half of 5 s is the least');
  clock.advance(5);
  assert.equal(sources.length, before + 1);
});

test('only a stream that had an event makes the next retry immediate', () => {
  const { clock, connection, last, sources } = setUp();
  connection.connect();
  last().fail();
  clock.advance(0);
  last().open();
  clock.advance(5_000);
  last().fail();
  clock.advance(249);
  assert.equal(sources.length, 2);
  clock.advance(1);
  last().open();
  last().say('{}');
  clock.advance(5_000);
  last().fail();
  clock.advance(0);
  assert.equal(sources.length, 4);
});

test('a server that closes every stream at once is called with pauses', () => {
  const { clock, connection, last, sources } = setUp();
  connection.connect();
  for (let call = 0; call < 20; call += 1) {
    last().open();
    last().say('{}');
    last().fail();
    clock.advance(100);
  }
  assert.ok(sources.length < 6, `${sources.length} calls in two seconds`);
});

test('silence for two heartbeats is a loss, after every reconnect', () => {
  const { clock, connection, last, sources } = setUp();
  connection.connect();
  connection.setHeartbeat(1_000);
  for (let round = 1; round <= 3; round += 1) {
    last().open();
    last().say(HEARTBEAT);
    clock.advance(1_999);
    assert.equal(sources.length, round);
    last().say(HEARTBEAT);
    clock.advance(1_999);
    assert.equal(sources.length, round, 'a heartbeat starts the wait again');
    clock.advance(1);
    assert.equal(sources.length, round + 1);
    assert.ok(sources[round - 1].closed);
  }
});

test('a stream that never opens is given up after 20 s', () => {
  const { clock, connection, sources } = setUp();
  connection.connect();
  clock.advance(19_999);
  assert.equal(sources.length, 1);
  clock.advance(1);
  assert.equal(sources.length, 2);
});

test('events of a closed source are ignored', () => {
  const { clock, connection, received, last, log, sources } = setUp();
  connection.connect();
  const first = last();
  first.fail();
  clock.advance(0);
  first.open();
  first.say('{}');
  first.fail();
  clock.advance(0);
  assert.deepEqual(received.calls, []);
  assert.deepEqual(log.lines, []);
  assert.equal(sources.length, 2);
});

test('disconnect leaves no timer, and connect starts over', () => {
  const { clock, connection, last, sources } = setUp();
  connection.connect();
  last().fail();
  assert.equal(connection.disconnect(), true);
  assert.equal(connection.disconnect(), false);
  assert.equal(clock.pending, 0);
  connection.ask();
  connection.wake();
  assert.equal(sources.length, 1);
  connection.connect();
  assert.equal(sources.length, 2);
});

test('ask opens a stream without a replay', () => {
  const { connection, last, sources } = setUp();
  connection.connect();
  assert.equal(last().url, '/s?replay');
  connection.ask();
  assert.ok(sources[0].closed);
  assert.equal(last().url, '/s');
});

test('a refusal is reported once until the stream opens', () => {
  const { clock, connection, last, refused } = setUp();
  connection.connect();
  last().fail(0);
  clock.advance(5_000);
  assert.equal(refused.calls.length, 0, 'a missing server is not a refusal');
  for (let time = 0; time < 3; time += 1) {
    last().fail(2);
    clock.advance(5_000);
  }
  assert.equal(refused.calls.length, 1);
  last().open();
  last().fail(2);
  assert.equal(refused.calls.length, 2);
});

test('the last attempt tells whether the server refuses', () => {
  const { clock, connection, last } = setUp();
  connection.connect();
  for (const [end, isRefused] of [
    [() => last().fail(0), false],
    [() => last().fail(2), true],
    [() => last().fail(0), false],
    [() => last().fail(2), true],
    [() => last().open(), false],
  ]) {
    end();
    assert.equal(connection.isRefused(), isRefused);
    clock.advance(5_000);
  }
});

test('wake ends a pause and replaces a silent stream, and nothing else', () => {
  const { clock, connection, last, sources } = setUp();
  connection.connect();
  last().open();
  clock.advance(12_000);
  connection.wake();
  assert.equal(sources.length, 1);
  clock.advance(1);
  connection.wake();
  assert.equal(sources.length, 2);
  last().fail();
  last().fail();
  clock.advance(0);
  last().fail();
  connection.wake();
  assert.equal(sources.length, 4, 'without waiting for the 250 ms');
  clock.advance(1_000);
  assert.equal(sources.length, 4, 'and the retry that was planned does not come on top');
});

test('a page in the back/forward cache has no stream until it is shown again', () => {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const { connection, sources } = setUp();
  followPage(connection, window, document);
  connection.connect();
  window.dispatchEvent(new Event('pagehide'));
  assert.ok(sources[0].closed);
  window.dispatchEvent(new Event('online'));
  assert.equal(sources.length, 1);
  window.dispatchEvent(new Event('pageshow'));
  assert.equal(sources.length, 2);

  connection.disconnect();
  window.dispatchEvent(new Event('pagehide'));
  window.dispatchEvent(new Event('pageshow'));
  assert.equal(sources.length, 2, 'a disconnected page stays disconnected');
});

test('a page that disconnects while it is asleep stays disconnected when it is shown', () => {
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const { clock, connection, sources } = setUp();
  followPage(connection, new EventTarget(), document, { clock, yields: () => true });
  connection.connect();
  const show = (visibilityState) => {
    document.visibilityState = visibilityState;
    document.dispatchEvent(new Event('visibilitychange'));
  };
  show('hidden');
  clock.advance(10_000);
  assert.ok(sources[0].closed);
  connection.disconnect();
  show('visible');
  assert.equal(sources.length, 1);
  connection.connect();
  assert.equal(sources.length, 2);
});

test('a page that is opened in the background gives its own stream up as well', () => {
  for (const [visibilityState, yields, isClosed] of [['hidden', true, true], ['hidden', false, false], ['visible', true, false]]) {
    const document = Object.assign(new EventTarget(), { visibilityState });
    const { clock, connection, last } = setUp();
    followPage(connection, new EventTarget(), document, { clock, yields: () => yields });
    connection.connect();
    last().open();
    clock.advance(10_000);
    assert.equal(last().closed ?? false, isClosed, `${visibilityState} ${yields}`);
  }
});

test('each event of a page that wakes checks the connection', () => {
  for (const [target, type] of [['window', 'online'], ['document', 'resume'], ['document', 'visibilitychange']]) {
    const targets = {
      window: new EventTarget(),
      document: Object.assign(new EventTarget(), { visibilityState: 'visible' }),
    };
    const { clock, connection, last, sources } = setUp();
    followPage(connection, targets.window, targets.document);
    connection.connect();
    last().fail();
    clock.advance(0);
    last().fail();
    targets[target].dispatchEvent(new Event(type));
    assert.equal(sources.length, 3, type);
  }
});

test('an outage is a server that did not answer, or a stream that was closed, since the page was loaded', () => {
  for (const [name, isOutage, act] of [
    ['a connection', false, ({ last }) => last().open()],
    ['a loss and a connection at once', false, ({ clock, last }) => {
      last().open();
      last().fail();
      clock.advance(0);
      last().open();
    }],
    ['a failed attempt', true, ({ clock, last }) => {
      last().fail();
      clock.advance(0);
      last().open();
    }],
    ['an attempt that took long', true, ({ clock, last }) => {
      clock.advance(1_500);
      last().open();
    }],
    ['a page that was away', true, ({ connection, last }) => {
      last().open();
      connection.disconnect();
      connection.connect();
      last().open();
    }],
  ]) {
    const page = setUp();
    page.connection.connect();
    act(page);
    assert.equal(page.connection.hadOutage(), isOutage, name);
  }
});
