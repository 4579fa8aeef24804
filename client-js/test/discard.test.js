/** Responses that nothing reads: each is ended, as it would take one of the browser's six connections. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { askForPage } from '../update/page-answer.js';
import { Resources } from '../update/resources.js';
import { ClientMessages } from '../stream/client-messages.js';
import { textOf } from '../stream/network.js';
import { Receipts } from '../stream/receipts.js';
import { settle } from './fakes.js';

const URL = 'http://localhost/a';

/** A response whose body goes on for ever, and whether it was ended. */
function endless(status, type) {
  const state = { isEnded: false };
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(8)),
    cancel: () => void (state.isEnded = true),
  });
  return { state, fetch: async () => new Response(body, { status, headers: { 'Content-Type': type } }) };
}

const CASES = {
  'a file of another type': [200, 'text/html', (fetch) => textOf(fetch, URL, /css/)],
  'a file that is gone': [404, 'text/plain', (fetch) => textOf(fetch, URL)],
  'a page that answers': [200, 'text/html', (fetch) => askForPage(fetch, URL)],
  'another answer than a page': [200, 'application/json', (fetch) => askForPage(fetch, URL)],
  'a resource that is gone': [404, 'text/css', (fetch) => resources(fetch).note()],
};

const resources = (fetch) => new Resources({ fetch, urls: () => [URL], isWatched: () => () => false });

for (const [name, [status, type, request]] of Object.entries(CASES)) {
  test(`${name} is not left open`, async () => {
    const { fetch, state } = endless(status, type);
    await request(fetch);
    await settle();
    assert.equal(state.isEnded, true);
  });
}

function receipts(fetch) {
  const receipts = new Receipts({ fetch, url: URL, name: '7f', page: () => '/', now: () => 0, painted: async () => undefined });
  receipts.greet('b-0', undefined, 'K');
  return receipts;
}

for (const [name, send] of [
  ['receipts', (fetch) => receipts(fetch).handOver({ '/a.js': 1 })],
  ['a message', (fetch) => new ClientMessages({ fetch, url: URL, token: 'T', name: '7f' }).send('a')],
]) {
  test(`the server’s answer to ${name} is read`, async () => {
    const answer = new Response('', { status: 200 });
    await send(async () => answer);
    assert.equal(answer.bodyUsed, true);
  });
}
