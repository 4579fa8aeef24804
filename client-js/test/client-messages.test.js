import assert from 'node:assert/strict';
import test from 'node:test';
import { ClientMessages } from '../stream/client-messages.js';
import { settle, spy } from './fakes.js';

const uplink = (fetch, token = 'T') => new ClientMessages({ fetch, url: '/hmr', token, name: '7f' });

test('an event is posted with the token of the page', async () => {
  const fetch = spy(async () => new Response(null, { status: 204 }));
  await uplink(fetch).send('chat', { text: 'hi' });
  await uplink(fetch).send('ping');
  const headers = { 'Content-Type': 'application/json', 'Hot-Middleware-Client': '7f', 'Hot-Middleware-Token': 'T' };
  assert.deepEqual(fetch.calls, [
    ['/hmr', { method: 'POST', headers, body: '{"type":"custom","event":"chat","data":{"text":"hi"}}' }],
    ['/hmr', { method: 'POST', headers, body: '{"type":"custom","event":"ping"}' }],
  ]);
});

test('events arrive in the order in which they are sent, past one that fails', async () => {
  const waiting = [];
  const fetch = spy(() => new Promise((resolve, reject) => waiting.push({ resolve, reject })));
  const own = uplink(fetch);
  const first = own.send('a');
  const second = own.send('b');
  await settle();
  assert.equal(fetch.calls.length, 1);
  waiting[0].reject(new TypeError('offline'));
  await assert.rejects(first, /offline/);
  await settle();
  assert.equal(fetch.calls.length, 2);
  waiting[1].resolve(new Response(null, { status: 204 }));
  await second;
});

test('the server’s error for an event reaches the sender', async () => {
  const fetch = async () => new Response('Nobody listens for "chat". Register a listener\n', { status: 404 });
  await assert.rejects(uplink(fetch).send('chat'), {
    message: '[HMR] chat was refused: 404 Nobody listens for "chat". Register a listener',
  });
});

test('data that JSON can’t hold rejects, and later events are sent', async () => {
  const fetch = spy(async () => new Response(null, { status: 204 }));
  const own = uplink(fetch);
  const sent = own.send('chat', 10n);
  await assert.rejects(sent, TypeError);
  await own.send('chat', 10);
  assert.equal(fetch.calls.length, 1);
});

test('a page without a token rejects without a request', async () => {
  const fetch = spy();
  const without = new ClientMessages({ fetch, url: '/hmr', token: undefined });
  await assert.rejects(without.send('chat'), /no token/);
  assert.deepEqual(fetch.calls, []);
});

test('after an update of the page, events have the token of the server that answers now', async () => {
  const fetch = spy(async () => new Response(null, { status: 204 }));
  const own = uplink(fetch);
  own.renew('U');
  await own.send('chat');
  assert.equal(fetch.calls[0][1].headers['Hot-Middleware-Token'], 'U');
});
