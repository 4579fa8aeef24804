/** Sockets of independent WebSocket libraries: `ws` from npm and `websockets` from PyPI. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';

import WebSocket from 'ws';

import { html, Server, Site, within } from './harness.js';

/** Starts a server, and reads its pages' token from Vite's client. */
async function serve(body) {
  const site = await Site.make({ 'index.html': html('') });
  const vite_client = join(import.meta.dirname, 'node_modules');
  const server = await Server.start({ root: site.folder, echo: true, vite_client });
  try {
    const client = await (await fetch(`${server.url}/@vite/client`)).text();
    const [, token] = /const wsToken = "(\w+)"/.exec(client);
    await body({ server, token });
  } finally {
    await server.stop();
    await site.destroy();
  }
}

/** A socket that keeps the messages that it receives. */
class Peer {
  received = [];
  #look = () => undefined;

  constructor({ server, token }, protocol = 'vite-hmr') {
    this.socket = new WebSocket(`${server.url.replace('http', 'ws')}/?token=${token}`, protocol, { origin: server.url });
    this.closed = once(this.socket, 'close').then(([code]) => code);
    this.socket.on('message', (data, isBinary) => {
      assert.equal(isBinary, false);
      this.received.push(JSON.parse(String(data)));
      this.#look();
    });
  }

  /** Waits for the message at this index. */
  async message(at) {
    const there = new Promise((resolve) => {
      this.#look = () => this.received.length > at && resolve(undefined);
      this.#look();
    });
    await within(there, `message ${at} on a socket`);
    return this.received[at];
  }

  code() {
    return within(this.closed, 'a socket to be closed');
  }
}

const echo = (data) => JSON.stringify({ type: 'custom', event: 'echo', data });

test('ws: whole and fragmented messages reach every client', { timeout: 60_000 }, () =>
  serve(async (at) => {
    const [one, other] = [new Peer(at), new Peer(at)];
    for (const peer of [one, other]) assert.deepEqual(await peer.message(0), { type: 'connected' });
    assert.equal(one.socket.protocol, 'vite-hmr');
    assert.equal(one.socket.extensions, '', 'ws offers compression, and none is taken');
    one.socket.send(echo('whole'));
    const bytes = Buffer.from(echo('Grüße \u{1f493}'));
    for (let index = 0; index < bytes.length; index += 1) {
      one.socket.send(bytes.subarray(index, index + 1), { binary: false, fin: index === bytes.length - 1 });
    }
    for (const peer of [one, other]) {
      assert.deepEqual(await peer.message(1), { type: 'custom', event: 'echo', data: 'whole' });
      assert.deepEqual(await peer.message(2), { type: 'custom', event: 'echo', data: 'Grüße \u{1f493}' });
    }
    const ponged = once(one.socket, 'pong');
    one.socket.ping('are you there');
    assert.equal(String((await within(ponged, 'a pong'))[0]), 'are you there');
    other.socket.close(4000, 'enough');
    assert.equal(await other.code(), 4000);
    await at.server.untilClients(1);
    one.socket.terminate();
    await at.server.untilClients(0);
  }));

test('ws: a forbidden frame closes the socket with its code', { timeout: 60_000 }, () =>
  serve(async (at) => {
    const cases = [
      [1003, (socket) => socket.send(Buffer.from('{}'))],
      [1007, (socket) => socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false })],
      [1009, (socket) => socket.send('x'.repeat(65_537))],
      [1002, (socket) => socket._socket.write(Buffer.from([0xc1, 0x80, 0, 0, 0, 0]))],
      [1000, (socket) => socket.close(1000)],
      [1005, (socket) => socket.close()],
    ];
    for (const [code, act] of cases) {
      const peer = new Peer(at);
      await peer.message(0);
      act(peer.socket);
      assert.equal(await peer.code(), code);
    }
    assert.equal(await new Peer(at, 'vite-ping').code(), 1000);
    await at.server.untilClients(0);
  }));

test('ws: the app closes its sockets when it ends', { timeout: 60_000 }, () =>
  serve(async (at) => {
    const peer = new Peer(at);
    await peer.message(0);
    await at.server.send('close');
    assert.equal(await peer.code(), 1001);
  }));

test('websockets of PyPI', { timeout: 60_000 }, () =>
  serve(async ({ server, token }) => {
    const python = process.env.WEBSOCKETS_PYTHON ?? join(import.meta.dirname, '../websocket/venv/bin/python');
    const child = spawn(python, [join(import.meta.dirname, '../websocket/peer.py'), server.url, token]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
    const [code] = await within(once(child, 'close'), 'the Python peer to end');
    assert.equal(code, 0, output);
    assert.match(output, /^11 cases passed$/m);
  }));
