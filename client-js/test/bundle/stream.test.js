import assert from 'node:assert/strict';
import test from 'node:test';
import { listen } from '../../bundle/stream.js';
import { FakeClock, fakeLog, spy } from '../fakes.js';

class FakeEventSource {
  static all = [];
  readyState = 0;
  constructor(url) {
    this.url = url;
    FakeEventSource.all.push(this);
  }
  close() {
    this.closed = true;
  }
}

function setUp() {
  FakeEventSource.all = [];
  const window = Object.assign(new EventTarget(), {
    EventSource: FakeEventSource,
    fetch: () => assert.fail('nothing is refused here'),
    location: new URL('http://localhost:3000/'),
    document: Object.assign(new EventTarget(), { visibilityState: 'visible' }),
  });
  const parts = { window, clock: new FakeClock(), log: fakeLog() };
  const sources = () => FakeEventSource.all;
  const say = (data, lastEventId = '') => sources().at(-1).onmessage({ data, lastEventId });
  return { ...parts, parts, say, sources };
}

/** A listener that only keeps messages. */
const receiving = (onMessage = spy()) => ({ onMessage, onLost: spy() });

test('clients of one path share one stream under the original’s name', () => {
  const { parts, say, sources, window } = setUp();
  const [one, two, stock] = [spy(), spy(), spy()];
  listen(parts, '/hmr', 20_000, receiving(one));
  listen(parts, '/hmr', 20_000, receiving(two));
  window.__whmEventSourceWrapper['/hmr'].addMessageListener(stock);
  say('{"a":1}');
  assert.equal(sources().length, 1);
  for (const received of [one, two, stock]) assert.deepEqual(received.calls, [[{ data: '{"a":1}' }]]);
  listen(parts, '/other', 20_000, receiving(one));
  assert.equal(sources().length, 2);
});

test('a stream that another client opened is joined', () => {
  const { parts, sources, window } = setUp();
  const add = spy();
  window.__whmEventSourceWrapper = { '/hmr': { addMessageListener: add } };
  const received = spy();
  const leave = listen(parts, '/hmr', 20_000, receiving(received));
  const [[tell]] = add.calls;
  tell({ data: '{}' });
  leave();
  tell({ data: '{}' });
  assert.deepEqual(received.calls, [[{ data: '{}' }]]);
  assert.equal(sources().length, 0);
});

test('the stream closes after the last listener, and can be opened again', () => {
  const { parts, sources } = setUp();
  const leave = [listen(parts, '/hmr', 20_000, receiving()), listen(parts, '/hmr', 20_000, receiving())];
  leave[0]();
  assert.equal(sources()[0].closed, undefined);
  leave[1]();
  assert.equal(sources()[0].closed, true);
  listen(parts, '/hmr', 20_000, receiving());
  assert.equal(sources().length, 2);
});

test('silence for longer than the timeout option is a loss, every time', () => {
  const { clock, parts, say, sources } = setUp();
  const listener = receiving();
  listen(parts, '/hmr', 3_000, listener);
  for (let round = 1; round <= 3; round += 1) {
    sources().at(-1).onopen();
    say('\u{1f493}');
    clock.advance(2_999);
    assert.equal(sources().length, round);
    clock.advance(1);
    clock.advance(0);
    assert.equal(sources().length, round + 1);
    assert.equal(listener.onLost.calls.length, round);
  }
});

test('a lost stream continues after the last event', () => {
  const { clock, parts, say, sources } = setUp();
  listen(parts, '/hmr?x=1', 20_000, receiving());
  say('{}', 'boot-7');
  sources()[0].onerror();
  clock.advance(250);
  assert.deepEqual(
    sources().map(({ url }) => url),
    ['/hmr?x=1&ids', '/hmr?x=1&ids&lastEventId=boot-7'],
  );
});

test('an error in one client does not affect the others', () => {
  const { log, parts, say } = setUp();
  const received = spy();
  const fail = () => {
    throw new Error('mine');
  };
  listen(parts, '/hmr', 20_000, receiving(fail));
  listen(parts, '/hmr', 20_000, receiving(received));
  say('{}');
  assert.equal(received.calls.length, 1);
  assert.match(log.lines[0], /^error A client in this page failed Error: mine/);
});
