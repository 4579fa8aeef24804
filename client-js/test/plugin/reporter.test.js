import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import test from 'node:test';
import { Reporter } from '../../plugin/reporter.cjs';
import { fakeLog } from '../fakes.js';

/** A server that accepts reports and has an event stream. */
class Hub {
  /** The bodies of the reports. */
  reports = [];
  /** The response to a report. */
  answer = [204, ''];
  #server = createServer((request, response) => void this.#take(request, response));
  #waiting = [];

  static async start(port = 0) {
    const hub = new Hub();
    hub.#server.listen(port, '127.0.0.1');
    await once(hub.#server, 'listening');
    hub.port = hub.#server.address().port;
    hub.url = `http://127.0.0.1:${hub.port}/hmr`;
    return hub;
  }

  async #take(request, response) {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('\n');
      return;
    }
    this.headers = request.headers;
    let body = '';
    for await (const piece of request) body += piece;
    const [status, text] = this.answer;
    response.writeHead(status).end(text);
    this.reports.push(JSON.parse(body));
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** Waits for this many reports, and returns them. */
  async untilReports(count) {
    while (this.reports.length < count) await new Promise((resolve) => this.#waiting.push(resolve));
    return this.reports;
  }

  async stop() {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

/** Runs a test with a reporter and its own server. */
function reported(name, body) {
  test(name, { timeout: 20_000 }, async () => {
    const hub = await Hub.start();
    const log = fakeLog();
    const reporter = new Reporter({ url: hub.url, token: 'T', log });
    const stage = { hub, log, reporter };
    try {
      await body(stage);
    } finally {
      await reporter.close();
      await stage.hub.stop();
    }
  });
}

reported('reports go out in order, with the token', async ({ hub, log, reporter }) => {
  void reporter.building('main', './a.js');
  void reporter.building('');
  void reporter.progress('main', 40, 'sealing');
  await reporter.built('main', { hash: 'h1', modules: [] });
  assert.deepEqual(hub.reports, [
    { action: 'building', name: 'main', file: './a.js' },
    { action: 'building', name: '' },
    { action: 'progress', name: 'main', percent: 40, message: 'sealing' },
    { action: 'built', name: 'main', hash: 'h1', modules: [] },
  ]);
  assert.equal(hub.headers.authorization, 'Bearer T');
  assert.equal(hub.headers['content-type'], 'application/json');
  assert.deepEqual(log.lines, []);
});

reported('only one word at a time is said of how far a build is', async ({ hub, reporter }) => {
  for (let percent = 0; percent < 100; percent += 1) void reporter.progress('', percent, 'building');
  await reporter.built('', { hash: 'h1' });
  await reporter.progress('', 7, 'building again');
  assert.deepEqual(hub.reports.map(({ percent }) => percent), [0, undefined, 7]);
});

reported('a restarted server receives the last builds, and those under way', async (stage) => {
  const { hub, reporter } = stage;
  await reporter.built('main', { hash: 'h1' });
  await reporter.built('main', { hash: 'h2' });
  await reporter.built('admin', { hash: 'a1' });
  await reporter.building('admin', './b.js');
  reporter.follow();
  // The server that is followed may have been started just now.
  const known = [
    { action: 'sync', name: 'main', hash: 'h2' },
    { action: 'sync', name: 'admin', hash: 'a1' },
    { action: 'building', name: 'admin', file: './b.js' },
  ];
  assert.deepEqual((await hub.untilReports(7)).slice(4), known);
  await hub.stop();
  // No server is running.
  await reporter.built('main', { hash: 'h3' });
  stage.hub = await Hub.start(hub.port);
  assert.deepEqual(await stage.hub.untilReports(3), [{ ...known[0], hash: 'h3' }, known[1], known[2]]);
});

reported('what a server does not take is said once', async ({ hub, log, reporter }) => {
  hub.answer = [403, 'The token in `Authorization: Bearer` is not the one\n'];
  await reporter.building('');
  await reporter.built('', { hash: 'h1' });
  assert.deepEqual(log.lines, [`warn ${hub.url} answers 403 The token in \`Authorization: Bearer\` is not the one`]);
  hub.answer = [204, ''];
  await reporter.built('', { hash: 'h2' });
  hub.answer = [429, 'Send this one later\n'];
  await reporter.built('', { hash: 'h3' });
  assert.equal(log.lines.length, 2);
});

test('without a server there is no line and no wait', async () => {
  const hub = await Hub.start();
  await hub.stop();
  const log = fakeLog();
  const reporter = new Reporter({ url: hub.url, token: 'T', log });
  reporter.follow();
  await reporter.built('', { hash: 'h1' });
  await reporter.close();
  assert.deepEqual(log.lines, []);
});
