/** The pace of retries: steady and quick where the user waits and attempts are cheap. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { Connection, followPage, isEager, isLocal } from '../stream/connection.js';
import { OverlayController } from '../overlay/controller.js';
import { FakeClock, fakeLog, settle, spy } from './fakes.js';

const MINUTE = 60_000;

function setUp({ visibilityState = 'visible', answered = false, url = 'http://localhost:3000/hmr' } = {}) {
  const clock = new FakeClock();
  const document = Object.assign(new EventTarget(), { visibilityState });
  const sources = [];
  const opened = spy();
  const connection = new Connection({
    open: () => {
      const source = { readyState: 0, close() {} };
      sources.push(source);
      return source;
    },
    url: () => url,
    onMessage: () => {},
    onRefused: () => {},
    onLost: () => {},
    onOpen: opened,
    isEager: () => isEager(url, document),
    clock,
    log: fakeLog(),
  });
  const fail = () => {
    sources.at(-1).readyState = answered ? 2 : 0;
    sources.at(-1).onerror();
  };
  /** Fails every attempt for this time, and returns the longest wait between two. */
  const absence = (milliseconds) => {
    const end = clock.time + milliseconds;
    let [longest, count] = [0, 0];
    while (clock.time < end) {
      fail();
      const [lost, before] = [clock.time, sources.length];
      while (sources.length === before) clock.advance(10);
      longest = Math.max(longest, clock.time - lost);
      count += 1;
    }
    return { longest, count };
  };
  connection.connect();
  return { absence, clock, connection, document, fail, opened, sources };
}

test('a visible page on this machine retries every 50 ms, and later every 100 ms for more than ten minutes', () => {
  const { absence, clock, sources } = setUp();
  sources.at(-1).onopen();
  sources.at(-1).onmessage({ data: '{}', lastEventId: '' });
  clock.advance(5_000);
  assert.equal(absence(MINUTE).longest, 50);
  assert.equal(absence(10 * MINUTE).longest, 100);
  assert.equal(absence(3 * MINUTE).longest, 100);
  absence(2 * MINUTE);
  assert.ok(absence(MINUTE).longest > 2_000, 'in the end it backs off');
});

test('the time without a server starts with each loss', () => {
  const { absence, clock, sources } = setUp();
  absence(16 * MINUTE);
  sources.at(-1).onopen();
  sources.at(-1).onmessage({ data: '{}', lastEventId: '' });
  clock.advance(2_000);
  assert.equal(absence(MINUTE).longest, 50);
});

test('other pages back off', () => {
  for (const [name, setup, most] of [
    ['a hidden page', { visibilityState: 'hidden' }, 5_000],
    ['a public address', { url: 'https://example.com/hmr' }, 5_000],
    ['a proxy that answers for the server', { answered: true }, 1_000],
  ]) {
    const { absence } = setUp(setup);
    absence(MINUTE);
    const { longest, count } = absence(MINUTE);
    assert.ok(longest > most / 2 && longest <= most, `${name}: ${longest}`);
    assert.ok(count <= MINUTE / (most / 2), `${name}: ${count}`);
  }
});

test('a server that accepts and closes is not called eagerly', () => {
  const { clock, sources } = setUp();
  const end = clock.time + 10_000;
  while (clock.time < end) {
    sources.at(-1).onopen();
    sources.at(-1).onerror();
    clock.advance(100);
  }
  assert.ok(sources.length < 10, `${sources.length} calls in ten seconds`);
});

test('a page that is shown, focused or online again retries at once', () => {
  for (const type of ['visibilitychange', 'focus', 'online', 'resume']) {
    const { absence, connection, document, fail, sources } = setUp({ visibilityState: 'hidden' });
    const window = new EventTarget();
    followPage(connection, window, document);
    absence(MINUTE);
    fail();
    const before = sources.length;
    document.visibilityState = 'visible';
    (/visibility|resume/.test(type) ? document : window).dispatchEvent(new Event(type));
    assert.equal(sources.length, before + 1, type);
  }
});

test('loopback, private and reserved names are local', () => {
  for (const [expected, hosts] of [
    [true, ['localhost', 'app.localhost', '127.0.0.1', '127.9.9.9', '10.1.2.3', '172.16.0.1', '172.31.255.1', '192.168.1.7', '169.254.1.1']],
    [true, ['[::1]', '[fd00::1]', '[fe80::1]', 'laptop', 'laptop.local', 'app.test', 'app.internal', 'nas.home.arpa']],
    [false, ['example.com', '8.8.8.8', '172.15.0.1', '172.32.0.1', '192.169.0.1', '11.0.0.1', '[2001:db8::1]', '[::ffff:808:808]']],
    [false, ['localhost.example.com', 'notlocalhost.com', 'mytest.com', '10.example.com', 'xlocal.dev']],
  ]) {
    for (const host of hosts) assert.equal(isLocal(new URL(`http://${host}/`).hostname), expected, host);
  }
});

function indicator({ isOn = true } = {}) {
  const clock = new FakeClock();
  const host = { problems: spy(), indicate: spy() };
  const make = spy(() => host);
  const overlayController = new OverlayController({ host: make, isShown: () => isOn, clock, log: fakeLog() });
  return { clock, host, make, overlayController, shown: () => host.indicate.calls.map(([text]) => text) };
}

test('an absence of more than a second is shown until it ends', async () => {
  const { clock, overlayController, shown } = indicator();
  overlayController.away();
  clock.advance(999);
  overlayController.back();
  clock.advance(5_000);
  await settle();
  assert.deepEqual(shown(), []);
  overlayController.building('app');
  overlayController.away();
  clock.advance(999);
  await settle();
  assert.deepEqual(shown(), []);
  clock.advance(1);
  await settle();
  assert.deepEqual(shown(), ['Server not reachable, reconnecting']);
  overlayController.back();
  await settle();
  assert.deepEqual(shown(), ['Server not reachable, reconnecting', '']);
});

test('a page without the indicator shows no absence', () => {
  const { clock, make, overlayController } = indicator({ isOn: false });
  overlayController.away();
  assert.deepEqual([make.calls.length, clock.pending], [0, 0]);
});
