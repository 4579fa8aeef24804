import assert from 'node:assert/strict';
import test from 'node:test';
import { isBundled } from '../page.js';

test('a page with a webpack or Rspack runtime is recognised by its globals', () => {
  for (const [names, bundled] of [
    [['__whmEventSourceWrapper'], true],
    [['__wdmEventSourceWrapper'], true],
    [['webpackHotUpdate'], true],
    [['webpackHotUpdatemy_app'], true],
    [['webpackChunkmy_app', '__hot_middleware__'], false],
  ]) {
    assert.equal(isBundled(Object.fromEntries(names.map((name) => [name, {}]))), bundled, names.join());
  }
});

test('without a page the client loads and does nothing', async () => {
  const { connect, disconnect, hot, on, send, subscribe, subscribeAll } = await import('../client.js');
  assert.equal(globalThis.__hot_middleware__.hot, hot);
  connect();
  subscribe(() => assert.fail('no message comes'))();
  subscribeAll(() => assert.fail('no message comes'))();
  on('event', () => assert.fail('no message comes'))();
  await send('event');
  const own = hot(import.meta.url);
  own.accept(() => assert.fail('nothing changes'));
  own.dispose(() => assert.fail('nothing changes'));
  own.decline();
  own.invalidate();
  assert.deepEqual(own.data, {});
  disconnect();
});
