/** webpack-hot-middleware and this server, compared byte by byte with the same builds. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { Server, Site, Stream, within } from './harness.js';
import { Bundler } from './harness/bundler.js';
import { Cleanup } from './harness/cleanup.js';
import { FakeCompiler, Original } from './harness/original.js';
import { DIFFERENT, SAME } from './harness/stats.js';

const PATH = '/__webpack_hmr';
const END = { action: 'end' };

const cleanup = new Cleanup();
const { later } = cleanup;
after(() => cleanup.clear());

/**
 * Starts both servers, each with one client.
 *
 * @param {any} compiler
 * @param {{ heartbeat?: number, statsOptions?: object }} [options] options of webpack-hot-middleware
 */
async function both(compiler, { heartbeat = 60_000, statsOptions = {} } = {}) {
  const site = await Site.make({});
  later(() => site.destroy());
  const original = await Original.start(compiler, { heartbeat, statsOptions, path: PATH });
  later(() => original.stop());
  const server = await Server.start({ root: site.folder, watch: false, inject: false, heartbeat });
  later(() => server.stop());
  return { original, server, streams: await Promise.all([original, server].map(({ url }) => Stream.open(url + PATH))) };
}

/** Ends both streams with the same event, and returns everything that each has sent. */
async function bodies({ original, server, streams }) {
  original.middleware.publish(END);
  await server.send({ publish: END });
  const read = await Promise.all(streams.map((stream) => stream.upTo(`data: ${JSON.stringify(END)}\n\n`)));
  for (const stream of streams) stream.close();
  return { theirs: read[0], ours: read[1] };
}

test('the head', async () => {
  const { streams } = await both(new FakeCompiler());
  const [theirs, ours] = streams.map(({ status, headers }) => ({ status, ...headers }));
  for (const stream of streams) stream.close();
  const { 'access-control-allow-origin': grant, 'x-powered-by': express, date: theirDate, ...expected } = theirs;
  const { 'cross-origin-resource-policy': policy, 'x-content-type-options': sniffing, date: ourDate, ...found } = ours;
  assert.deepEqual(found, expected);
  assert.ok(express && theirDate && ourDate);
  assert.equal(grant, '*', 'the original lets every origin read the stream');
  assert.deepEqual([policy, sniffing], ['same-origin', 'nosniff'], 'this server lets none');
});

test('heartbeats', async () => {
  const { streams } = await both(new FakeCompiler(), { heartbeat: 100 });
  const beats = '\ndata: \u{1f493}\n\ndata: \u{1f493}\n\ndata: \u{1f493}\n\n';
  for (const stream of streams) {
    assert.equal(await stream.upTo(beats), beats);
    stream.close();
  }
});

test('builds by a real webpack that watches', async () => {
  const site = await Site.make({
    'src/index.js': "import { text } from './text.js'; console.log(text);",
  });
  later(() => site.destroy());
  const bundler = new Bundler({
    context: site.folder,
    entry: './src/index.js',
    output: { path: join(site.folder, 'dist') },
  });
  later(() => bundler.stop());
  const pair = await both(bundler.compiler, { statsOptions: { ids: true } });
  bundler.relay(pair.server);
  const versions = {
    "export const text = 'one';": 0,
    "export const text = 'two';": 0,
    'export const text = ;': 1,
    "export const text = 'three'; export * from './gone.js';": 1,
    "export { missing as text } from 'node:fs';": 1,
    "export const text = 'four';": 0,
  };
  for (const [version, errors] of Object.entries(versions)) {
    await site.save('src/text.js', version);
    const stats = await bundler.build();
    assert.equal(stats.compilation.errors.length, errors, version);
  }

  const late = await Promise.all([pair.original, pair.server].map(({ url }) => Stream.open(url + PATH)));
  const [theirSync, ourSync] = await Promise.all(late.map((stream) => stream.upTo('}\n\n')));
  for (const stream of late) stream.close();
  assert.equal(ourSync, theirSync, 'the sync of a new client');
  assert.match(
    ourSync,
    /^\ndata: \{"name":"","action":"sync","time":\d+,"hash":"[0-9a-f]+","warnings":\[\],"errors":\[\],"modules":\{/,
  );

  const { theirs, ours } = await bodies(pair);
  // The original sends a new client's `sync` to all clients.
  assert.equal(ours, theirs.replace(theirSync.slice(1), ''));
  assert.equal(ours.match(/"action":"built"/g).length, 6);
  assert.equal(ours.match(/"action":"building"/g).length, 5);
});

/** Returns the messages of both servers for the stats of one build. */
async function messagesFor(stats) {
  const compiler = new FakeCompiler();
  const pair = await both(compiler);
  compiler.build(stats);
  await pair.server.send({ built: stats });
  return bodies(pair);
}

for (const [name, stats] of Object.entries(SAME)) {
  test(`the same: ${name}`, async () => {
    const { theirs, ours } = await messagesFor(stats);
    assert.equal(ours, theirs);
    assert.match(ours, /^\ndata: \{"name":".*"action":"built"/s);
  });
}

for (const [name, { stats, theirs, ours }] of Object.entries(DIFFERENT)) {
  test(`different: ${name}`, async () => {
    const found = await messagesFor(stats);
    assert.ok(found.theirs.includes(theirs), found.theirs);
    assert.equal(
      found.ours,
      found.theirs.replace(theirs, () => ours),
    );
  });
}

test('events that the app publishes', async () => {
  const pair = await both(new FakeCompiler());
  const values = [
    'text',
    0,
    -0.5,
    1e21,
    true,
    null,
    [],
    {},
    [1, [2, { a: null }]],
    { action: 'custom', text: 'ü\u2029\u{1f493}"\\/' },
  ];
  for (const value of values) {
    pair.original.middleware.publish(value);
    await pair.server.send({ publish: value });
  }
  const { theirs, ours } = await bodies(pair);
  assert.equal(ours, theirs);
});

test('different: stats without modules crash the original, and are a build here', async () => {
  const compiler = new FakeCompiler();
  const pair = await both(compiler);
  assert.throws(() => compiler.build({ hash: 'a' }), TypeError);
  await pair.server.send({ built: { hash: 'a' } });
  const { theirs, ours } = await bodies(pair);
  const built = 'data: {"name":"","action":"built","hash":"a","warnings":[],"errors":[],"modules":{}}\n\n';
  assert.equal(ours, theirs.replace('\n', `\n${built}`));
});

test('different: a build that leaves the hash unchanged is a sync', async () => {
  const stats = { hash: 'a', modules: [] };
  const compiler = new FakeCompiler();
  const pair = await both(compiler);
  for (const _ of [1, 2]) {
    compiler.build(stats);
    await pair.server.send({ built: stats });
  }
  const { theirs, ours } = await bodies(pair);
  const [first, second, end] = theirs.split('\n\n');
  assert.equal(ours, [first, second.replace('"built"', '"sync"'), end, ''].join('\n\n'));
});

test('different: of several bundles, only those that changed are published as built', async () => {
  const compiler = new FakeCompiler();
  const pair = await both(compiler);
  const bundle = (name, hash) => ({ name, hash, modules: [] });
  for (const hash of ['a', 'b']) {
    const stats = [bundle('one', hash), bundle('two', 'same')];
    compiler.buildAll(stats);
    await pair.server.send({ built: { stats } });
  }
  const { theirs, ours } = await bodies(pair);
  const events = theirs.split('\n\n');
  events[3] = events[3].replace('"built"', '"sync"');
  assert.equal(ours, events.join('\n\n'));
});

test('different: a client that connects during a build receives `building`', async () => {
  const build = (hash) => ({ hash, modules: [] });
  for (const [name, before] of [['the first build', []], ['a build after another', [build('a')]]]) {
    const compiler = new FakeCompiler();
    const pair = await both(compiler);
    for (const stats of before) {
      compiler.build(stats);
      await pair.server.send({ built: stats });
    }
    compiler.invalidate();
    await pair.server.send({ building: null });
    const [original, server] = await Promise.all([pair.original, pair.server].map(({ url }) => Stream.open(url + PATH)));
    compiler.build(build('b'));
    await pair.server.send({ built: build('b') });
    const { theirs, ours } = await bodies(pair);
    assert.equal(ours, theirs, `${name}: those who were there are messagesFor the same`);
    const end = `data: ${JSON.stringify(END)}\n\n`;
    const [theirNewcomer, ourNewcomer] = await Promise.all([original, server].map((stream) => stream.upTo(end)));
    assert.match(theirNewcomer, /^\ndata: \{"name":"","action":"built","hash":"b"/, `${name}: no sync`);
    assert.equal(ourNewcomer, `\ndata: {"action":"building"}\n${theirNewcomer}`, name);
    for (const stream of [original, server]) stream.close();
  }
});

test('a lone surrogate in a problem', async () => {
  const compiler = new FakeCompiler();
  const site = await Site.make({});
  later(() => site.destroy());
  const token = '0123456789abcdef';
  const original = await Original.start(compiler, { heartbeat: 60_000, path: PATH });
  later(() => original.stop());
  const options = { root: site.folder, watch: false, inject: false, heartbeat: 60_000, build_token: token };
  const server = await Server.start(options);
  later(() => server.stop());
  const streams = await Promise.all([original, server].map(({ url }) => Stream.open(url + PATH)));
  const stats = { hash: 'h', modules: [], errors: ['cut \ud83d'], warnings: [{ moduleName: '\udc93', message: '\u{1f493}' }] };
  compiler.build(stats);
  const { status } = await fetch(server.url + PATH, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ action: 'built', ...stats }),
  });
  assert.equal(status, 204);
  const [theirs, ours] = await Promise.all(streams.map((stream) => stream.upTo('}\n\n')));
  for (const stream of streams) stream.close();
  assert.match(theirs, /"errors":\["cut \\ud83d"\]/, 'the original passes the escape on');
  const read = (text) => JSON.parse(text.trim().replace('data: ', ''));
  // A page shows both the same.
  const shown = JSON.parse(JSON.stringify(read(theirs)).replace(/\\ud[89a-f]../g, '\ufffd'));
  assert.deepEqual(read(ours), shown);
});

test('different: methods other than GET', async () => {
  const { original, server, streams } = await both(new FakeCompiler());
  const ask = (url, method) => Stream.open(url + PATH, { method });
  streams.push(await ask(original.url, 'POST'), await ask(server.url, 'POST'), await ask(server.url, 'HEAD'));
  // The original sends the head only when it is closed.
  const late = ask(original.url, 'HEAD');
  original.middleware.close();
  streams.push(await late);
  assert.deepEqual(
    streams.slice(2).map(({ status }) => status),
    [200, 405, 200, 404],
  );
  for (const stream of streams) stream.close();
});

test('after close, requests go on to the app', async () => {
  const pair = await both(new FakeCompiler());
  pair.original.middleware.close();
  await pair.server.send('close');
  await within(Promise.all(pair.streams.map(({ ended }) => ended)), 'both streams to end');
  for (const { url } of [pair.original, pair.server]) assert.equal((await fetch(url + PATH)).status, 404);
});
