/**
 * Published attacks on other development servers, replayed by a foreign site in the developer's browser. Each test is
 * named after its advisory. It also shows that the same probe succeeds where it is allowed: in a page of the app, or on
 * a server without access control.
 */

import assert from 'node:assert/strict';

import { ForeignSite, html, OTHER_MACHINE, Proxy, scenario, Server, STRANGER, Stream } from './harness.js';
import { FakeCompiler, Original } from './harness/original.js';
import { connect, include, leaks, READING, SENDING, sendBy, socket, tagInPopUp, visit } from './harness/probes.js';

const PATH = '/__webpack_hmr';
const SECRET = './src/secret.js';
const BUILD = { hash: 'a', time: 1, warnings: [], errors: [], modules: [{ id: SECRET, name: SECRET }] };

/** The error of a module that runs as a classic script, which shows that it ran. */
const MODULE = /SyntaxError/;

/** Chromium's console lines for refused requests. */
const errors = [/CORS policy/, /net::ERR_/, /status of 4\d\d/, /WebSocket connection to/, /MIME type/, MODULE, /^Framing .*frame-ancestors/];

const EVERY_WAY = Object.keys(READING);

/** The ways that read a whole file. */
const FOR_FILES = EVERY_WAY.filter((way) => !way.startsWith('EventSource'));

/**
 * Defines a scenario with two open pages: one of the app, and one of a foreign site.
 *
 * @param {string} name
 * @param {(stage: any) => Promise<void>} body
 */
function advisory(name, body) {
  const setup = { files: { 'index.html': html('') }, server: { watch: false, echo: true }, errors };
  scenario(name, setup, async ({ context, later, open, server, tab }) => {
    await server.send({ built: BUILD });
    const own = await open();
    const evil = await ForeignSite.start();
    later(() => evil.stop());
    const foreign = await tab();
    await foreign.goto(evil.origin());
    await body({ context, evil, foreign, later, own, server, stream: server.url + PATH, tab });
  });
}

/** The stream of webpack-hot-middleware itself, which accepts every origin and host. */
async function originalStream(later) {
  const compiler = new FakeCompiler();
  const original = await Original.start(compiler, {});
  later(() => original.stop());
  compiler.build(BUILD);
  return original.url + PATH;
}

/** Starts another server of the same app. */
async function another({ later, server }, setup) {
  const other = await Server.start({ ...server.setup, ...setup });
  later(() => other.stop());
  await other.send({ built: BUILD });
  return other;
}

/** Returns the text of each file of the client by its URL, found by following imports from its entry. */
async function clientFiles(server) {
  const texts = new Map([[`${server.url}${PATH}/client.js`, '']]);
  for (const url of texts.keys()) {
    const text = await (await fetch(url)).text();
    texts.set(url, text);
    for (const [, name] of text.matchAll(/from\s*['"](\.\/[^'"]+)['"]/g)) {
      const imported = new URL(name, url).href;
      if (!texts.has(imported)) texts.set(imported, '');
    }
  }
  return texts;
}

/** Returns the names of the events that the developer's other pages receive during an attempt, after the first `sync`. */
async function eventsDuring({ later, server, stream }, attempt) {
  const listening = await Stream.open(stream);
  later(() => listening.close());
  await listening.upTo('"sync"');
  await attempt();
  await server.send({ publish: { action: 'the end' } });
  const text = await listening.upTo('"the end"}');
  const [, ...events] = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json));
  return events.map(({ action, event }) => action ?? event);
}

/** Opens a page under a host that `leadTo` rebinds to another port; to the browser, it stays the same origin. */
async function openRebound({ evil, later, tab }) {
  let { port } = evil;
  const name = await Proxy.start(() => port);
  later(() => name.stop());
  const origin = `http://evil.test:${new URL(name.url).port}`;
  const { page } = await tab();
  await page.goto(origin);
  const leadTo = (target) => {
    port = target;
    name.cut();
  };
  return { leadTo, origin, page };
}

/** Sends an event to the app as its client does, and returns the response. Without a token, none is sent. */
function echo(page, url, token) {
  const headers = { 'Content-Type': 'application/json', ...(token && { 'Hot-Middleware-Token': token }) };
  const init = { method: 'POST', headers, body: '{"type":"custom","event":"echo","data":"x"}' };
  return page.evaluate(
    async ([url, init]) => {
      const response = await fetch(url, init);
      return `${response.status} ${await response.text()}`;
    },
    [url, init],
  );
}

/** Returns the token of a page, which a script reads from a frame. */
function tokenIn(page, url) {
  return page.evaluate(async (url) => {
    const frame = document.createElement('iframe');
    frame.src = url;
    await new Promise((resolve) => {
      frame.onload = resolve;
      document.body.append(frame);
    });
    const tag = frame.contentDocument.querySelector('script[data-hot-middleware]');
    frame.remove();
    return JSON.parse(tag.dataset.hotMiddleware).token;
  }, url);
}

advisory('Vite CVE-2025-24010: any site reads the files and the stream', async (stage) => {
  const { evil, foreign, own, server, stream } = stage;
  assert.deepEqual(await leaks(foreign.page, stream, SECRET), []);
  assert.deepEqual(await socket(foreign.page, stream, ''), []);
  assert.equal(await server.clients(), 1, 'only the page of the app is connected');

  assert.deepEqual(await leaks(own.page, stream, SECRET), EVERY_WAY);
  assert.deepEqual(await socket(foreign.page, evil.origin(), ''), ['open']);
});

advisory('Vite CVE-2025-24010: a site rebinds its name to this machine', async (stage) => {
  const strict = stage.server;
  const open = await another(stage, { allowed_hosts: ['evil.test'] });
  const original = await originalStream(stage.later);
  const { leadTo, origin, page } = await openRebound(stage);

  leadTo(strict.port);
  assert.deepEqual(await leaks(page, origin + PATH, SECRET), []);
  // The app's own pages are readable, but have no token; and the token of a real page is refused under this host.
  assert.equal(await tokenIn(page, `${origin}/`), undefined);
  const token = await tokenIn(stage.own.page, `${strict.url}/`);
  assert.match(await echo(page, origin + PATH, token), /^403 The host evil\.test is not/);
  assert.equal(await strict.clients(), 1);

  leadTo(open.port);
  // Without fetch metadata, a frame is taken for the address bar, and gets the inspector, which no page may frame.
  const ways = EVERY_WAY.filter((way) => way !== 'a frame');
  assert.deepEqual(await leaks(page, origin + PATH, SECRET), ways);
  assert.equal(await echo(page, origin + PATH, await tokenIn(page, `${origin}/`)), '204 ');
  leadTo(Number(new URL(original).port));
  assert.deepEqual(await leaks(page, origin + PATH, SECRET, ['fetch', 'EventSource']), ['fetch', 'EventSource']);
});

advisory('the inspector: another site reads its state, or shows it in a frame', async ({ foreign, own, server, stream }) => {
  await server.send({ publish: { secret: SECRET } });
  const state = `${stream}/state`;
  assert.deepEqual(await leaks(foreign.page, state, SECRET, FOR_FILES), []);
  assert.deepEqual(await leaks(foreign.page, stream, 'Hot middleware', FOR_FILES), []);
  assert.deepEqual(await leaks(own.page, state, SECRET, ['fetch', 'XMLHttpRequest']), ['fetch', 'XMLHttpRequest']);
});

advisory('webpack-dev-server CVE-2018-14732: any origin receives the builds', async (stage) => {
  const { foreign, later, own, server, stream } = stage;
  const ways = ['EventSource', 'EventSource with cookies'];
  assert.deepEqual(await leaks(foreign.page, stream, SECRET, ways), []);
  assert.deepEqual(await socket(foreign.page, stream, ''), []);
  assert.equal(await server.clients(), 1);

  assert.deepEqual(await leaks(own.page, stream, SECRET, ways), ways);
  assert.deepEqual(await leaks(foreign.page, await originalStream(later), SECRET, ways), ['EventSource']);
});

advisory('webpack-dev-server CVE-2025-30359: another site includes scripts and inspects them', async (stage) => {
  const { foreign, own, server, stream } = stage;
  for (const url of [...(await clientFiles(server)).keys(), stream]) {
    for (const type of ['text/javascript', 'module']) {
      assert.deepEqual(await include(foreign.page, url, type), { event: 'error', left: [] }, `${type} ${url}`);
      if (url !== stream) assert.equal((await include(own.page, url, type)).event, 'load', `${type} ${url}`);
    }
  }
});

advisory('webpack-dev-server CVE-2025-30360: a site with an IP address is allowed', async (stage) => {
  const { evil, foreign, later, server, stream } = stage;
  const original = await originalStream(later);
  // The last two are this machine; with this port, they are still another app.
  for (const address of [STRANGER, '127.0.0.1', 'localhost']) {
    await foreign.goto(evil.origin(address));
    assert.deepEqual(await leaks(foreign.page, stream, SECRET), [], address);
    assert.deepEqual(await socket(foreign.page, stream, ''), [], address);
    assert.ok((await leaks(foreign.page, original, SECRET, ['EventSource'])).length, address);
  }
  assert.equal(await server.clients(), 1);
});

advisory('webpack-dev-server CVE-2026-6402: scripts are included without fetch metadata', async (stage) => {
  const { foreign, server, tab } = stage;
  const requests = [];
  foreign.page.on('requestfailed', (request) => requests.push(request));
  const own = await tab();
  await own.goto(`http://${OTHER_MACHINE}:${server.port}`);
  for (const url of (await clientFiles(server)).keys()) {
    const there = url.replace('127.0.0.1', OTHER_MACHINE);
    assert.deepEqual(await include(foreign.page, there, 'text/javascript'), { event: 'error', left: [] }, there);
    assert.equal((await include(own.page, there, 'text/javascript')).event, 'load', there);
  }
  for (const request of requests) {
    assert.equal((await request.allHeaders())['sec-fetch-site'], undefined, 'the server could not know');
    assert.equal(request.failure().errorText, 'net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin');
  }
  assert.ok(requests.length > 0);
});

advisory('webpack-dev-server CVE-2026-14620: another site calls routes with side effects', async (stage) => {
  const { foreign, own, server, stream } = stage;
  const received = await eventsDuring(stage, async () => {
    assert.equal(await visit(foreign.page, stream), 403);
    for (const route of ['open-editor?fileName=/etc/passwd', 'invalidate']) {
      for (const prefix of [stream, `${server.url}/webpack-dev-server`]) {
        assert.equal(await visit(foreign.page, `${prefix}/${route}`), 404, 'neither the layer nor the app has it');
      }
    }
  });
  assert.deepEqual(received, ['the end']);
  assert.equal(await visit(own.page, stream), 200);
});

advisory('webpack-dev-server CVE-2026-14620: another site sends events to the app', async (stage) => {
  const { foreign, own, server, stream } = stage;
  const token = await tokenIn(own.page, `${server.url}/`);
  assert.match(token, /^[\w-]{22,}$/);
  assert.deepEqual(await leaks(foreign.page, `${server.url}/`, token, FOR_FILES), []);
  assert.deepEqual(await leaks(own.page, `${server.url}/`, token, FOR_FILES), ['a frame']);

  const texts = [
    '{"type":"custom","event":"echo","data":"="}',
    '{"action":"reload","file":"="}',
    '{"action":"built","hash":"=","errors":[],"warnings":[],"modules":[]}',
  ];
  const sent = [];
  foreign.page.on('request', (request) => request.method() === 'POST' && sent.push(request.postData()?.trim()));
  const statuses = new Set();
  foreign.page.on('response', (response) => statuses.add(response.status()));
  const received = await eventsDuring(stage, async () => {
    for (const text of texts) {
      for (const way of Object.keys(SENDING)) await sendBy(foreign.page, way, stream, text);
      // A request from the app's own page needs the token too.
      for (const way of ['fetch with JSON', 'a form of text']) await sendBy(own.page, way, stream, text);
    }
    assert.match(await echo(own.page, stream), /^403 .*token/);
    assert.match(await echo(own.page, stream, 'x'.repeat(token.length)), /^403 .*token/);
  });
  assert.deepEqual(received, ['the end']);
  assert.deepEqual([...statuses], [403]);
  for (const text of texts) assert.ok(sent.filter((body) => body === text).length >= 3, `${text} was sent`);
  assert.deepEqual(await eventsDuring(stage, () => echo(own.page, stream, token)), ['echo', 'the end']);
});

advisory('esbuild GHSA-67mh-4wv8-2f99: every origin may read', async (stage) => {
  const { evil, foreign, later, server, stream } = stage;
  assert.deepEqual(await leaks(foreign.page, stream, SECRET), []);
  for (const [url, text] of await clientFiles(server)) {
    assert.deepEqual(await leaks(foreign.page, url, text, FOR_FILES), [], url);
  }

  const granting = await another(stage, { allowed_origins: [evil.origin()] });
  const granted = ['fetch', 'XMLHttpRequest', 'EventSource'];
  assert.deepEqual(await leaks(foreign.page, granting.url + PATH, SECRET), granted, 'and never with cookies');
  await foreign.goto(evil.origin('also-evil.test'));
  assert.deepEqual(await leaks(foreign.page, granting.url + PATH, SECRET), []);
  assert.deepEqual(await leaks(foreign.page, await originalStream(later), SECRET, EVERY_WAY.slice(0, -1)), granted);
});

advisory('Parcel CVE-2025-56648: another site reads files by script', async ({ foreign, own, server }) => {
  for (const [url, text] of await clientFiles(server)) {
    assert.deepEqual(await leaks(foreign.page, url, text, FOR_FILES), [], url);
    assert.deepEqual(await leaks(own.page, url, text, FOR_FILES), FOR_FILES, url);
  }
});

advisory('Next.js CVE-2025-48068: another site runs the client and receives its events', async (stage) => {
  const { evil, foreign, own, server } = stage;
  const client = `${server.url}${PATH}/client.js`;
  const imports = (page, url) => page.evaluate((url) => import(url).then(Object.keys, () => 'refused'), url);
  assert.equal(await imports(foreign.page, client), 'refused');
  assert.deepEqual(await include(foreign.page, client, 'module'), { event: 'error', left: [] });
  assert.equal(await server.clients(), 1);

  assert.ok((await imports(own.page, client)).includes('hot'));
  const granting = await another(stage, { allowed_origins: [evil.origin()] });
  assert.ok((await imports(foreign.page, `${granting.url}${PATH}/client.js`)).includes('hot'));
});

advisory('Next.js CVE-2026-27977: a sandboxed frame, whose origin is null, is allowed', async (stage) => {
  const { foreign, later, own, server, stream } = stage;
  const original = await originalStream(later);
  for (const { page } of [foreign, own]) {
    await page.evaluate(() => {
      const frame = document.createElement('iframe');
      Object.assign(frame, { sandbox: 'allow-scripts', srcdoc: '<p>sandboxed</p>' });
      document.body.append(frame);
    });
    const sandboxed = await (await page.waitForSelector('iframe[sandbox]')).contentFrame();
    await sandboxed.waitForSelector('p');
    assert.equal(await sandboxed.evaluate(() => globalThis.origin), 'null');
    assert.deepEqual(await leaks(sandboxed, stream, SECRET), []);
    assert.deepEqual(await socket(sandboxed, stream, ''), []);
    assert.deepEqual(await leaks(sandboxed, original, SECRET, ['fetch', 'EventSource']), ['fetch', 'EventSource']);
  }
  assert.equal(await server.clients(), 1);
});

advisory('a rebound page reads the token in a pop-up and uses it on the port of the sockets', async (stage) => {
  const { own } = stage;
  const strict = await another(stage, { sockets: true });
  const open = await another(stage, { sockets: true, allowed_hosts: ['evil.test'] });
  const { leadTo, origin, page } = await openRebound(stage);
  const sockets = ({ sockets }, token, host = '127.0.0.1') => `ws://${host}:${sockets}/?token=${token}`;

  leadTo(strict.port);
  assert.deepEqual(await tagInPopUp(page, `${origin}/`), { path: PATH, hashes: {} }, 'no secret is in the tag');
  // The port has its own check, which holds even if the page knows the token.
  await own.goto(`${strict.url}/`);
  const token = await tokenIn(own.page, `${strict.url}/`);
  for (const protocol of ['vite-hmr', 'vite-ping']) {
    for (const host of ['127.0.0.1', 'localhost', 'evil.test']) {
      assert.equal(await connect(page, sockets(strict, token, host), protocol), 'refused', `${protocol} ${host}`);
    }
  }
  assert.equal(await connect(own.page, sockets(strict, token)), '{"type":"connected"}');
  assert.equal(await connect(own.page, sockets(strict, 'x'.repeat(token.length))), 'refused');
  assert.equal(await connect(own.page, sockets(strict, ''), 'vite-ping'), 'open');

  leadTo(open.port);
  const tag = await tagInPopUp(page, `${origin}/`);
  assert.ok(tag.token && tag.server && tag.hashes[''], 'an allowed host gets the secrets');
  assert.equal(await connect(page, sockets(open, tag.token, 'evil.test')), '{"type":"connected"}');
  assert.equal(await connect(page, sockets(open, tag.token)), 'refused', 'the host and the origin must agree');
});

advisory('any site reads the pages of an app with open CORS, and the token in them', async (stage) => {
  const { foreign, tab } = stage;
  const cors = await another(stage, { bind: '0.0.0.0', cors: true, sockets: true });
  const own = await tab();
  for (const host of [OTHER_MACHINE, 'desk.test']) {
    const url = `http://${host}:${cors.port}/`;
    const read = (page, init) => page.evaluate(async ([url, init]) => (await fetch(url, init)).text(), [url, init]);
    for (const init of [{}, { headers: { Accept: 'text/html' } }]) {
      const text = await read(foreign.page, init);
      assert.ok(text.includes('<') && !text.includes('data-hot-middleware'), `${host}: no navigation, so no tag: ${text}`);
      for (const secret of ['"token"', '"server"', '"a"']) assert.ok(!text.includes(secret), `${host}: ${text}`);
    }
    await own.goto(url);
    const text = await read(own.page, { headers: { 'Hot-Middleware-Navigation': '1' } });
    assert.ok(text.includes('data-hot-middleware'));
    assert.equal(text.includes('"token"'), host === OTHER_MACHINE, 'its own page may read it, under an allowed host');
    const token = text.match(/"token":"(\w+)"/)?.[1] ?? 'none';
    const socket = `ws://${host}:${cors.sockets}/?token=${token}`;
    assert.equal(await connect(foreign.page, socket), 'refused');
    assert.equal((await connect(own.page, socket)) === 'refused', host !== OTHER_MACHINE);
  }
});

advisory('Vite CVE-2026-39363: a message on the socket reads any file', async (stage) => {
  const { evil, foreign, own, server, stream } = stage;
  const call = { name: 'fetchModule', id: 'send', data: ['file:///etc/passwd?raw'] };
  const message = JSON.stringify({ type: 'custom', event: 'vite:invoke', data: call });
  const received = await eventsDuring(stage, async () => {
    for (const { page } of [foreign, own]) {
      for (const url of [stream, `${stream}/ws`, server.url]) {
        assert.deepEqual(await socket(page, url, message), [], url);
      }
      assert.deepEqual(await socket(page, evil.origin(), message), ['open']);
    }
    const answer = await own.page.evaluate(
      async ([url, body]) => (await fetch(url, { method: 'POST', body })).text(),
      [stream, message],
    );
    assert.doesNotMatch(answer, /root:/);
  });
  assert.deepEqual(received, ['the end']);
});

advisory('Storybook CVE-2026-27148: another site opens the socket and makes the server write files', async (stage) => {
  const { evil, foreign, stream } = stage;
  const story = { componentFilePath: "./a.js'};alert(1)//=", componentExportName: 'A' };
  const message = JSON.stringify({ type: 'custom', event: 'echo', data: story });
  const received = await eventsDuring(stage, async () => {
    assert.deepEqual(await socket(foreign.page, stream, message), []);
    for (const way of Object.keys(SENDING)) await sendBy(foreign.page, way, stream, message);
  });
  assert.deepEqual(received, ['the end']);
  assert.deepEqual(await socket(foreign.page, evil.origin(), message), ['open']);
});

advisory('launch-editor CVE-2026-53632: another site makes the server open a path on its share', async (stage) => {
  const { evil, foreign, own, server, stream } = stage;
  const shares = ['\\\\evil.test\\share\\a.js', '//evil.test/share/a.js', `${evil.origin()}/share/a.js`];
  const received = await eventsDuring(stage, async () => {
    for (const share of shares) {
      const query = `?file=${encodeURIComponent(share)}`;
      for (const route of ['/__open-in-editor', `${PATH}/open-editor`, `${PATH}/open-in-editor`]) {
        assert.equal(await visit(foreign.page, server.url + route + query), 404);
      }
      assert.equal(await visit(foreign.page, stream + query), 403);
      assert.equal(await visit(own.page, stream + query), 200, 'the stream ignores an unknown query');
    }
  });
  assert.deepEqual(received, ['the end']);
});
