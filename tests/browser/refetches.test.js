/** The requests that a page repeats for a change, and by which names. */

import assert from 'node:assert/strict';

import { html, scenario, square, StallingServer } from './harness.js';

const POLLS = 300;

/** Polls as pages do that keep their data fresh: each time by another URL. */
async function poll(count) {
  const urls = Array.from({ length: count }, (_, n) => `data.json?t=${n}`);
  const load = async () => {
    for (let url = urls.shift(); url; url = urls.shift()) await (await fetch(url)).text();
  };
  await Promise.all(Array.from({ length: 6 }, load));
}

scenario(
  `a file that was polled ${POLLS} times by as many URLs is refetched once, and holds up no reload`,
  { files: { 'index.html': html('', '<p>one</p>'), 'data.json': '1' }, errors: [/ERR_EMPTY_RESPONSE/] },
  async ({ later, open, server, site }) => {
    const front = await StallingServer.start(() => server.port);
    later(() => front.stop());
    const tab = await open('/', front.url);
    await tab.page.evaluate(poll, POLLS);
    const asked = [];
    // From here on, the file's requests are counted, and are not answered.
    front.stall((url) => url.startsWith('/data.json') && asked.push(url) > 0);
    const saved = Date.now();
    await Promise.all([site.save('data.json', '2'), site.save('index.html', html('', '<p>two</p>'))]);
    await tab.isReloaded();
    const took = Date.now() - saved;
    await tab.until(() => document.querySelector('p').textContent === 'two');
    assert.ok(asked.length <= 2, `${asked.length} requests: ${asked.slice(0, 20).join()}`);
    assert.ok(took < 5_000, `the reload took ${took} ms`);
  },
);

const RED = square(10, [200, 0, 0]);
const GREEN = square(10, [0, 200, 0]);
const BOX = 'style="width: 40px; height: 40px; display: block"';

scenario(
  'files by a name under localhost and by an allowed host are updated, without an error of CORS',
  { files: { 'a.png': RED, 'b.png': RED, 'style.css': 'p { color: rgb(1, 0, 0); }' }, server: { allowed_hosts: ['app.test'] } },
  async ({ open, server: { port }, site }) => {
    const [under, allowed] = [`http://assets.localhost:${port}`, `http://app.test:${port}`];
    const images = `<img id="a" src="${under}/a.png" ${BOX}><img id="b" src="${allowed}/b.png" ${BOX}>`;
    await site.save('index.html', html(`<link rel="stylesheet" href="${allowed}/style.css">`, `<p>text</p>${images}`));
    const tab = await open('/', `http://localhost:${port}`);
    for (const name of ['a', 'b']) {
      await tab.untilPixel(`#${name}`, 'rgb(200, 0, 0)');
      await site.replace(`${name}.png`, GREEN);
      await tab.untilPixel(`#${name}`, 'rgb(0, 200, 0)');
    }
    for (const shade of [2, 3]) {
      await site.save('style.css', `p { color: rgb(${shade}, 0, 0); }`);
      await tab.untilStyle('p', 'color', `rgb(${shade}, 0, 0)`);
    }
    await tab.isKept();
  },
);
