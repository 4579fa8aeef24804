import assert from 'node:assert/strict';
import test from 'node:test';
import { start } from '../../bundle/start.js';
import { spy } from '../fakes.js';

function setUp({ query = '', hot = { status: () => 'idle' }, EventSource = spySource() } = {}) {
  const console = Object.fromEntries(['log', 'warn', 'error', 'group', 'groupEnd'].map((name) => [name, spy()]));
  const window = Object.assign(new EventTarget(), {
    console,
    EventSource,
    fetch: () => assert.fail('nothing is refused here'),
    location: { href: 'http://app.test/', reload: spy() },
    document: Object.assign(new EventTarget(), { visibilityState: 'visible' }),
    setTimeout: () => 0,
    clearTimeout: () => undefined,
  });
  const runtime = {};
  const client = start({ window, query, hot, hash: () => 'h1', publicPath: () => '/assets/', runtime });
  const say = (message) => EventSource.sources.at(-1).onmessage({ data: JSON.stringify(message), lastEventId: '' });
  return { client, console, say, urls: () => EventSource.sources.map(({ url }) => url), window };
}

function spySource() {
  return class {
    static sources = [];
    constructor(url) {
      this.url = url;
      this.constructor.sources.push(this);
    }
    close() {}
  };
}

test('a bundle connects to the path in its query', () => {
  assert.deepEqual(setUp().urls(), ['/__webpack_hmr?ids']);
  assert.deepEqual(setUp({ query: '?path=/hmr&dynamicPublicPath=true' }).urls(), ['/assets/hmr?ids']);
  assert.deepEqual(setUp({ query: '?autoConnect=false' }).urls(), []);
});

test('a bundle connects once, and to one path', () => {
  const { client, urls, window } = setUp({ query: '?autoConnect=false' });
  client.setOptionsAndConnect({ path: '/a', reload: true });
  client.setOptionsAndConnect({ path: '/a', reload: false });
  assert.deepEqual(urls(), ['/a?ids']);
  client.setOptionsAndConnect({ path: '/b' });
  assert.deepEqual(urls(), ['/a?ids', '/b?ids']);
  assert.deepEqual(Object.keys(window.__whmEventSourceWrapper), ['/b']);
});

test('without hot module replacement or EventSource the console says what is missing', () => {
  const { console } = setUp({ hot: null });
  assert.match(console.error.calls[0][0], /^\[HMR\] Hot Module Replacement is disabled\. .*HotModuleReplacementPlugin/);
  const old = setUp({ EventSource: null });
  old.client.setOptionsAndConnect({ path: '/x' });
  assert.deepEqual(
    old.console.warn.calls.map(([line]) => /EventSource/.test(line)),
    [true, true],
  );
});

test('without a page nothing happens', () => {
  const client = start({ window: undefined, query: '?path=/x', hot: undefined, hash: () => '', publicPath: () => '' });
  client.subscribe(() => assert.fail('nothing is received'));
  client.subscribeAll(() => assert.fail('nothing is received'));
  client.useCustomOverlay({ showProblems: () => assert.fail('nothing is wrong') });
  assert.equal(client.setOptionsAndConnect({ path: '/x' }), undefined);
});

test('noInfo and quiet reduce the console lines, and can be changed', () => {
  for (const [query, lines, warnings] of [
    ['', 1, 1],
    ['?noInfo=true', 0, 1],
    ['?quiet=true', 0, 0],
  ]) {
    const { client, console, say } = setUp({ query });
    const counts = () => [console.log.calls.length, console.warn.calls.length];
    const speak = () => {
      say({ action: 'building' });
      say({ action: 'lagged', missed: 1 });
    };
    speak();
    assert.deepEqual(counts(), [lines, warnings], query);
    client.setOptionsAndConnect({ noInfo: false, quiet: false });
    speak();
    assert.deepEqual(counts(), [lines + 1, warnings + 1], query);
  }
});
