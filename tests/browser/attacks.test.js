/**
 * The attacks on other development servers that were published, replayed by a foreign site in the developer's own
 * browser. Each test is named after its advisory, and shows beside the attack that the same probe does work where it
 * may: in a page of the app, or on a server that lets everybody in.
 */

import assert from 'node:assert/strict';

import { ForeignSite, html, OTHER_MACHINE, Proxy, scenario, Server, STRANGER, Stream } from './harness.js';
import { FakeCompiler, Original } from './harness/original.js';
import { include, leaks, READING, SENDING, sendBy, socket, visit } from './harness/probes.js';

const PATH = '/__webpack_hmr';
const SECRET = './src/secret.js';
const BUILD = { hash: 'a', time: 1, warnings: [], errors: [], modules: [{ id: SECRET, name: SECRET }] };

/** What comes of a module that is run as a plain script: a sign that it was run. */
const MODULE = /SyntaxError/;

/** What browsers write to the console of a page whose requests are refused. */
const errors = [/CORS policy/, /net::ERR_/, /status of 4\d\d/, /WebSocket connection to/, /MIME type/, MODULE];

const EVERY_WAY = Object.keys(READING);

/** Those that read a whole file. */
const FOR_FILES = EVERY_WAY.filter((way) => !way.startsWith('EventSource'));

/**
 * A scenario in which the developer has a page of the app open, and one of a foreign site.
 *
 * @param {string} name
 * @param {(stage: any) => Promise<void>} body
 */
function advisory(name, body) {
  const setup = { files: { 'index.html': html('') }, server: { watch: false }, errors };
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

/** The stream of webpack-hot-middleware itself, which is open to every origin and under every name. */
async function originalStream(later) {
  const compiler = new FakeCompiler();
  const original = await Original.start(compiler, {});
  later(() => original.stop());
  compiler.build(BUILD);
  return original.url + PATH;
}

/** Another server of the same app. */
async function another({ later, server }, setup) {
  const other = await Server.start({ ...server.setup, ...setup });
  later(() => other.stop());
  await other.send({ built: BUILD });
  return other;
}

/** The text of each file of the client by its URL, found by following imports from its entry. */
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

/** What the developer's other pages hear while something is tried: the actions after the first `sync`. */
async function overheard({ later, server, stream }, attempt) {
  const listening = await Stream.open(stream);
  later(() => listening.close());
  await listening.upTo('"sync"');
  await attempt();
  await server.send({ publish: { action: 'the end' } });
  const text = await listening.upTo('"the end"}');
  const [, ...events] = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json).action);
  return events;
}

advisory('Vite CVE-2025-24010: any site reads what is served, and listens', async (stage) => {
  const { evil, foreign, own, server, stream } = stage;
  assert.deepEqual(await leaks(foreign.page, stream, SECRET), []);
  assert.deepEqual(await socket(foreign.page, stream, ''), []);
  assert.equal(await server.clients(), 1, 'nobody but the page of the app was let in');

  assert.deepEqual(await leaks(own.page, stream, SECRET), EVERY_WAY);
  assert.deepEqual(await socket(foreign.page, evil.origin(), ''), ['open']);
});

advisory('Vite CVE-2025-24010: a name is made to lead to this machine once its page is there', async (stage) => {
  const { evil, later, tab } = stage;
  const strict = stage.server;
  const open = await another(stage, { allowed_hosts: ['evil.test'] });
  const original = await originalStream(later);
  let { port } = evil;
  // Who is behind the name changes; to the browser it stays one origin.
  const name = await Proxy.start(() => port);
  later(() => name.stop());
  const origin = `http://evil.test:${new URL(name.url).port}`;
  const { page } = await tab();
  await page.goto(origin);

  const readsFrom = async (target, wanted, path) => {
    port = target;
    name.cut();
    return leaks(page, origin + path, wanted);
  };
  assert.deepEqual(await readsFrom(strict.port, SECRET, PATH), []);
  assert.equal(await strict.clients(), 1);
  // That the page does get through to the app shows in what the app serves itself.
  assert.ok((await readsFrom(strict.port, 'test', '/')).includes('fetch'));
  assert.deepEqual(await readsFrom(open.port, SECRET, PATH), EVERY_WAY);
  assert.ok((await readsFrom(Number(new URL(original).port), SECRET, PATH)).includes('EventSource'));
});

advisory('webpack-dev-server CVE-2018-14732: any origin listens to what is built', async (stage) => {
  const { foreign, later, own, server, stream } = stage;
  const ways = ['EventSource', 'EventSource with cookies'];
  assert.deepEqual(await leaks(foreign.page, stream, SECRET, ways), []);
  assert.deepEqual(await socket(foreign.page, stream, ''), []);
  assert.equal(await server.clients(), 1);

  assert.deepEqual(await leaks(own.page, stream, SECRET, ways), ways);
  assert.deepEqual(await leaks(foreign.page, await originalStream(later), SECRET, ways), ['EventSource']);
});

advisory('webpack-dev-server CVE-2025-30359: another site includes scripts and looks into them', async (stage) => {
  const { foreign, own, server, stream } = stage;
  for (const url of [...(await clientFiles(server)).keys(), stream]) {
    for (const type of ['text/javascript', 'module']) {
      assert.deepEqual(await include(foreign.page, url, type), { event: 'error', left: [] }, `${type} ${url}`);
      if (url !== stream) assert.equal((await include(own.page, url, type)).event, 'load', `${type} ${url}`);
    }
  }
});

advisory('webpack-dev-server CVE-2025-30360: a site under an IP address is let in', async (stage) => {
  const { evil, foreign, later, server, stream } = stage;
  const original = await originalStream(later);
  // The latter two are this machine, and at this port still another app.
  for (const address of [STRANGER, '127.0.0.1', 'localhost']) {
    await foreign.goto(evil.origin(address));
    assert.deepEqual(await leaks(foreign.page, stream, SECRET), [], address);
    assert.deepEqual(await socket(foreign.page, stream, ''), [], address);
    assert.ok((await leaks(foreign.page, original, SECRET, ['EventSource'])).length, address);
  }
  assert.equal(await server.clients(), 1);
});

advisory('webpack-dev-server CVE-2026-6402: scripts are included where nothing tells the site', async (stage) => {
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

advisory('webpack-dev-server CVE-2026-14620: another site has routes do something', async (stage) => {
  const { foreign, own, server, stream } = stage;
  const heard = await overheard(stage, async () => {
    assert.equal(await visit(foreign.page, stream), 403);
    for (const route of ['open-editor?fileName=/etc/passwd', 'invalidate']) {
      for (const prefix of [stream, `${server.url}/webpack-dev-server`]) {
        assert.equal(
          await visit(foreign.page, `${prefix}/${route}`),
          404,
          'the app has no such page, nor has the layer',
        );
      }
    }
  });
  assert.deepEqual(heard, ['the end']);
  assert.equal(await visit(own.page, stream), 200);
});

advisory('webpack-dev-server CVE-2026-14620: another site sends what the stream would be told', async (stage) => {
  const { foreign, own, stream } = stage;
  const texts = [
    '{"action":"reload","file":"="}',
    '{"action":"built","hash":"=","errors":[],"warnings":[],"modules":[]}',
    '{"type":"custom","event":"save","data":"="}',
  ];
  const requests = [];
  foreign.page.on('request', (request) => requests.push(request));
  const statuses = new Set();
  foreign.page.on('response', (response) => statuses.add(response.status()));
  const heard = await overheard(stage, async () => {
    for (const text of texts) {
      for (const way of Object.keys(SENDING)) await sendBy(foreign.page, way, stream, text);
    }
    // A page of the app can ask, and still has to show the token that is its client's.
    for (const text of texts) {
      for (const type of ['text/plain', 'application/json']) {
        const status = await own.page.evaluate(
          async ([url, body, type]) =>
            (await fetch(url, { method: 'POST', headers: { 'Content-Type': type }, body })).status,
          [stream, text, type],
        );
        assert.ok(status >= 400 && status < 500, `${status}`);
      }
    }
  });
  assert.deepEqual(heard, ['the end']);
  assert.deepEqual([...statuses], [403]);
  const sent = requests.filter((request) => request.method() === 'POST').map((request) => request.postData());
  for (const text of texts) assert.ok(sent.filter((body) => body?.trim() === text).length >= 3, `${text} was sent`);
});

advisory('esbuild GHSA-67mh-4wv8-2f99: every origin is granted leave to read', async (stage) => {
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

advisory('Next.js CVE-2025-48068: another site runs the client and hears its events', async (stage) => {
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

advisory('Next.js CVE-2026-27977: a sandboxed frame is let in, whose origin is null', async (stage) => {
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

advisory('Vite CVE-2026-39363: a message on the socket reads any file', async (stage) => {
  const { evil, foreign, own, server, stream } = stage;
  const call = { name: 'fetchModule', id: 'send', data: ['file:///etc/passwd?raw'] };
  const message = JSON.stringify({ type: 'custom', event: 'vite:invoke', data: call });
  const heard = await overheard(stage, async () => {
    for (const { page } of [foreign, own]) {
      for (const url of [stream, `${stream}/ws`, server.url])
        assert.deepEqual(await socket(page, url, message), [], url);
      assert.deepEqual(await socket(page, evil.origin(), message), ['open']);
    }
    const answer = await own.page.evaluate(
      async ([url, body]) => (await fetch(url, { method: 'POST', body })).text(),
      [stream, message],
    );
    assert.doesNotMatch(answer, /root:/);
  });
  assert.deepEqual(heard, ['the end']);
});

advisory('Storybook CVE-2026-27148: another site opens the socket and has files written', async (stage) => {
  const { evil, foreign, stream } = stage;
  const story = { componentFilePath: "./a.js'};alert(1)//=", componentExportName: 'A' };
  const message = JSON.stringify({ type: 'saveNewStoryRequest', args: [{ id: '1', payload: story }] });
  const heard = await overheard(stage, async () => {
    assert.deepEqual(await socket(foreign.page, stream, message), []);
    for (const way of Object.keys(SENDING)) await sendBy(foreign.page, way, stream, message);
  });
  assert.deepEqual(heard, ['the end']);
  assert.deepEqual(await socket(foreign.page, evil.origin(), message), ['open']);
});

advisory('launch-editor CVE-2026-53632: another site has a path on its own share opened', async (stage) => {
  const { evil, foreign, own, server, stream } = stage;
  const shares = ['\\\\evil.test\\share\\a.js', '//evil.test/share/a.js', `${evil.origin()}/share/a.js`];
  const heard = await overheard(stage, async () => {
    for (const share of shares) {
      const query = `?file=${encodeURIComponent(share)}`;
      for (const route of ['/__open-in-editor', `${PATH}/open-editor`, `${PATH}/open-in-editor`]) {
        assert.equal(await visit(foreign.page, server.url + route + query), 404);
      }
      assert.equal(await visit(foreign.page, stream + query), 403);
      assert.equal(await visit(own.page, stream + query), 200, 'a query that the stream does not know is left alone');
    }
  });
  assert.deepEqual(heard, ['the end']);
});
