/** Independent parsers of event streams read this server's stream alike. */

import assert from 'node:assert/strict';

import { EventSource } from 'eventsource';

import { html, Proxy, scenario, within } from './harness.js';

const END = JSON.stringify({ action: 'end' });
const HEARTBEAT = '\u{1f493}';

/** Collects messages up to `end` and counts heartbeats. It runs in Node.js and in the page. */
function collect(EventSource, url, end, heartbeat) {
  const events = [];
  const source = new EventSource(url);
  let beats = 0;
  let beat;
  const beaten = new Promise((resolve) => (beat = resolve));
  const done = new Promise((resolve, reject) => {
    source.onmessage = ({ type, data, lastEventId }) => {
      if (data === heartbeat) {
        beats += 1;
        if (beats === 2) beat();
        return;
      }
      events.push({ type, data, lastEventId });
      if (data !== end) return;
      source.close();
      resolve(events);
    };
    source.onerror = () => reject(new Error(`the stream broke after ${JSON.stringify(events)}`));
  });
  const open = new Promise((resolve) => (source.onopen = () => resolve(undefined)));
  return { open, beaten, done };
}

/** A build with every special case: line ends, quotes, every plane of Unicode, ids that sort. */
const BUILD = {
  name: 'main',
  time: 12.5,
  hash: 'c0ffee',
  warnings: ['one\r\ntwo\rthree\n\n: four\ndata: five'],
  errors: ['"quoted" \\ \u0000 \u001f \u2028 \ufeff ü 💓'],
  modules: [
    { id: './b.js', name: 'b' },
    { id: 10, name: 'ten' },
    { id: 9, name: 'nine' },
  ],
};

const QUERIES = { 'the stock clients’ stream': '', 'our client’s stream': '?ids&changes&since=0' };

for (const [what, query] of Object.entries(QUERIES)) {
  scenario(
    `npm's and the browser's: ${what}`,
    { files: { 'index.html': html('') }, server: { watch: false, heartbeat: 100, inject: false } },
    async ({ server, tab: empty }) => {
      const tab = await empty();
      await tab.goto(`${server.url}/`);
      await server.send({ built: BUILD });
      await server.send({ building: './b.js' });
      const url = `${server.url}/__webpack_hmr${query}`;

      const ours = collect(EventSource, url, END, HEARTBEAT);
      await within(ours.open, "npm's parser to connect");
      await tab.page.evaluate(
        ([code, ...rest]) => {
          const collect = new Function(`return ${code}`)();
          globalThis.theirs = collect(EventSource, ...rest);
          return globalThis.theirs.open;
        },
        [String(collect), url, END, HEARTBEAT],
      );

      await server.send({ built: { ...BUILD, hash: 'decaf', errors: [] } });
      await server.send({ built: { ...BUILD, hash: 'decaf', errors: [] } });
      await server.send({ publish: { action: 'custom', text: '\r\n💓 \u2029' } });
      await server.send({ publish: 'x'.repeat(200_000) });
      await server.send({ reload: './page.html' });
      await within(ours.beaten, "two heartbeats by npm's parser");
      await within(
        tab.page.evaluate(() => globalThis.theirs.beaten),
        "two heartbeats by the browser's",
      );
      await server.send({ publish: { action: 'end' } });

      const left = await within(ours.done, "npm's parser to come to the end");
      const right = await within(
        tab.page.evaluate(() => globalThis.theirs.done),
        "the browser's to come to the end",
      );
      assert.deepEqual(left, right);
      const messages = left.map(({ data }) => JSON.parse(data));
      assert.deepEqual(
        messages.map((message) => message?.action ?? typeof message),
        [...(query ? ['connected'] : []), 'sync', 'building', 'built', 'sync', 'custom', 'string', 'reload', 'end'],
      );
      const { warnings, errors, modules } = messages.find(({ action }) => action === 'sync');
      assert.deepEqual({ warnings, errors }, { warnings: BUILD.warnings, errors: BUILD.errors });
      assert.deepEqual(Object.keys(modules), ['9', '10', './b.js']);
      assert.ok(left.every(({ type }) => type === 'message'));
      const ids = left.map(({ lastEventId }) => lastEventId);
      if (query)
        assert.ok(
          ids.every((id) => /^[0-9a-f]+-\d+$/.test(id)),
          ids.join(' '),
        );
      else
        assert.ok(
          ids.every((id) => id === ''),
          ids.join(' '),
        );
    },
  );
}

scenario(
  "npm's parser resumes after a lost connection, with its last event id",
  { files: {}, server: { watch: false } },
  async (stage) => {
    const { server, later } = stage;
    const proxy = await Proxy.start(() => server.port);
    later(() => proxy.stop());
    const events = [];
    const waiting = [];
    const source = new EventSource(`${proxy.url}/__webpack_hmr?ids`);
    later(() => source.close());
    source.onmessage = ({ data }) => {
      events.push(JSON.parse(data));
      waiting.filter(({ count }) => events.length >= count).forEach(({ resolve }) => resolve());
    };
    const upTo = (count) =>
      within(
        new Promise((resolve) => (events.length >= count ? resolve() : waiting.push({ count, resolve }))),
        `event ${count}`,
      );
    await server.untilClients(1);
    await server.send({ publish: 1 });
    await upTo(1);
    proxy.down();
    await server.untilClients(0);
    for (const number of [2, 3, 4]) await server.send({ publish: number });
    proxy.up();
    await upTo(4);
    await server.send({ publish: 5 });
    await upTo(5);
    assert.deepEqual(events, [1, 2, 3, 4, 5]);
  },
);
