/** Pages whose every load gives a reason to reload them. */

import assert from 'node:assert/strict';

import { html, scenario, Server, Site, StallingServer } from './harness.js';

/** A tag with an outdated hash, as in a page from a cache. */
const OUTDATED = `<script type="module" src="/__webpack_hmr/client.js" data-hot-middleware='{"hashes":{"":"old"}}'></script>`;

scenario(
  'a page that is always outdated and changes its own URL is reloaded less and less often',
  {
    files: { 'index.html': html(`${OUTDATED}<script>history.replaceState(null, '', '?' + Math.random())</script>`) },
    server: { watch: false, inject: false },
  },
  async ({ server, tab: empty }) => {
    await server.send({ built: { hash: 'new' } });
    const tab = await empty();
    await tab.goto(`${server.url}/`);
    await tab.says(/^\[HMR\] Reloading page in 1 s \(bundle changed\)/);
    await tab.says(/^\[HMR\] Reloading page in 2 s \(bundle changed\)/);
    assert.ok(tab.navigations <= 9, `${tab.navigations} navigations`);
  },
);

scenario(
  'a request log in a folder of templates has the page compared less and less often, and is named',
  { files: { 'index.html': html('', '<p>one</p>') }, templates: { 'page.html': html('', 'one'), 'access.log': '' } },
  async ({ server, tab: empty, templates }) => {
    const tab = await empty();
    let requests = '';
    // One save after another, as an app writes its log: the last of two at once could be the older text.
    let saved = Promise.resolve();
    let asked = 0;
    tab.page.on('response', (response) => {
      if (response.url() !== `${server.url}/`) return;
      asked += 1;
      const text = (requests += 'GET /\n');
      saved = saved.then(() => templates.save('access.log', text));
    });
    await tab.goto(`${server.url}/`);
    await tab.says(/^\[HMR\] Reloading page in 1 s \(.*access\.log changed\): there were 6 reloads or comparisons in a row/);
    await tab.says(/^\[HMR\] Reloading page in 2 s \(.*access\.log changed\).*Watch::ignore/);
    assert.equal(tab.navigations, 1);
    assert.ok(asked <= 12, `${asked} requests`);
  },
);

scenario(
  'saves in quick succession are shown each time',
  { files: {}, templates: { 'page.html': html('', '<p>0</p>') } },
  async ({ open, templates }) => {
    const tab = await open('/t/page.html');
    for (let save = 1; save <= 6; save += 1) {
      await templates.save('page.html', html('', `<p>${save}</p>`));
      await tab.until((save) => document.querySelector('p')?.textContent === String(save), save);
    }
    assert.deepEqual(tab.lines().filter((line) => line.includes('Reloading page in')), []);
  },
);

/** Gives the page a stream of its own: a shared one takes two requests, which two servers might answer. */
const ALONE = '<script>delete globalThis.SharedWorker</script>';

/**
 * Names, and the servers that answer the requests for each page and each stream. The last one answers all later requests.
 * A page is fetched before it is reloaded.
 */
const BALANCERS = [
  ['a page of one and a stream of the other, in turn', ['A', 'B', 'B', 'A'], ['B', 'A', 'B'], /^\[HMR\] Not reloading page/],
  ['a page of one, and all streams of the other', ['A'], ['B'], /^\[HMR\] Not reloading page .*several servers/],
];

for (const [name, pages, streams, line] of BALANCERS) {
  scenario(
    `several servers with different files at one address reload a page at most once: ${name}`,
    // The comparisons of an update would take some of the turns.
    { files: { 'index.html': html(ALONE, '<p>A</p>') }, server: { update_pages: false } },
    async ({ later, server, tab: empty }) => {
      const site = await Site.make({ 'index.html': html(ALONE, '<p>B</p>') });
      later(() => site.destroy());
      const other = await Server.start({ root: site.folder, update_pages: false });
      later(() => other.stop());
      const next = (names) => (names.length > 1 ? names.shift() : names[0]);
      const [pageNames, streamNames] = [[...pages], [...streams]];
      const front = await StallingServer.start((url) => {
        const names = url === '/' ? pageNames : url.startsWith('/__webpack_hmr?ids&changes') ? streamNames : ['A'];
        return next(names) === 'A' ? server.port : other.port;
      });
      later(() => front.stop());
      const tab = await empty();
      await tab.goto(`${front.url}/`);
      await tab.says(line);
      assert.equal(tab.navigations, 2, tab.lines().join('\n'));
      assert.ok(tab.lines().some((text) => /several servers/i.test(text)), tab.lines().join('\n'));
    },
  );
}
