/** Pages of one browser share an event stream, in every engine. */

import assert from 'node:assert/strict';

import { page } from '../engines/page.js';

const LINK = '<link rel="stylesheet" href="/style.css">';
const style = (shade) => `p { color: rgb(${shade}, 0, 0); }`;
const FRAMES = 12;
const TABS = 20;
const FILES = {
  'index.html': page(LINK, '<p>one</p>'),
  'frames.html': page(LINK, `<p>one</p>${'<iframe src="/" width="40" height="40"></iframe>'.repeat(FRAMES)}`),
  'bare.html': page(`<script>delete globalThis.SharedWorker</script>${LINK}`, '<p>one</p>'),
  'meta.html': page(`<meta http-equiv="Content-Security-Policy" content="worker-src 'none'">${LINK}`, '<p>one</p>'),
  'style.css': style(1),
};
const painted = (shade) => ['p', 'color', `rgb(${shade}, 0, 0)`];

/** Records in the storage how the page is shown, because Firefox's driver can't see a restored page. */
const NOTED = `<script>
  addEventListener('pageshow', ({ persisted }) => {
    localStorage.shown = (localStorage.shown ?? '') + persisted + ' ';
    setInterval(() => (localStorage.color = getComputedStyle(document.querySelector('p')).color), 50);
  });
</script>`;

/** @type {import('../engines/scenario.js').Scenario[]} */
export const sharing = [
  [
    `${TABS} tabs and a page with ${FRAMES} frames are updated over one stream, and the app’s requests do not wait`,
    // It opens 33 pages, one after another.
    { files: FILES, timeout: 120_000 },
    async ({ open, server, site }) => {
      const pages = [await open('/frames.html')];
      while (pages.length <= TABS) pages.push(await open());
      const framed = pages[0];
      await framed.until(
        (count) => Array.from(window).filter(({ collected }) => collected?.lines.includes('[HMR] connected')).length === count,
        FRAMES,
      );
      assert.equal(await server.clients(), 1);
      for (const tab of [framed, pages.at(-1)]) {
        const took = await tab.evaluate(async () => {
          const start = performance.now();
          await Promise.all(Array.from({ length: 6 }, (_, index) => fetch(`/?${index}`, { cache: 'no-store' })));
          globalThis.took = performance.now() - start;
          return true;
        });
        assert.ok(took);
        await tab.until(() => globalThis.took < 5_000);
      }
      await site.save('style.css', style(2));
      for (const tab of pages) await tab.untilStyle(...painted(2));
      await framed.until(
        (count) =>
          Array.from(window).filter(({ document }) => getComputedStyle(document.querySelector('p')).color === 'rgb(2, 0, 0)')
            .length === count,
        FRAMES,
      );
      for (const tab of pages) await tab.isKept();
      assert.equal(await server.clients(), 1);
    },
  ],
  [
    'pages that share a stream continue when the first is closed, and when the app restarts',
    { files: FILES },
    async (stage) => {
      const first = await stage.open();
      const others = [await stage.open(), await stage.open()];
      await first.close();
      stage.pages.splice(stage.pages.indexOf(first), 1);
      await stage.site.save('style.css', style(2));
      for (const tab of others) await tab.untilStyle(...painted(2));
      await stage.restart({ meanwhile: () => stage.site.save('style.css', style(3)) });
      for (const tab of others) await tab.untilStyle(...painted(3));
      await stage.site.save('style.css', style(4));
      for (const tab of others) {
        await tab.untilStyle(...painted(4));
        await tab.isKept();
      }
      assert.equal(await stage.server.clients(), 1);
    },
  ],
  [
    'a page that shares a stream is kept in the back/forward cache, and catches up',
    { isFull: true, files: { ...FILES, 'kept.html': page(LINK + NOTED, '<p>one</p>') } },
    async (stage) => {
      const { open, server, site } = stage;
      const tab = await open('/kept.html');
      await tab.goto(`${server.url}/`);
      await tab.says('[HMR] connected');
      await site.save('style.css', style(2));
      await tab.untilStyle(...painted(2));
      await tab.back();
      const other = await open();
      await other.until(() => localStorage.shown === 'false true ' && localStorage.color === 'rgb(2, 0, 0)');
      await site.save('style.css', style(3));
      await other.until(() => localStorage.color === 'rgb(3, 0, 0)');
      // The errors of a restored page can't be read.
      stage.pages.splice(stage.pages.indexOf(tab), 1);
    },
  ],
  [
    'a page that may not start a worker has a stream of its own',
    { files: FILES, errors: [/worker-src/, /Content Security Policy|SecurityError|CSP/i] },
    async ({ open, server, site }) => {
      const pages = [await open('/bare.html'), await open('/meta.html')];
      assert.equal(await server.clients(), 2);
      await site.save('style.css', style(2));
      for (const tab of pages) {
        await tab.untilStyle(...painted(2));
        await tab.isKept();
      }
    },
  ],
  [
    'a policy in the header that forbids workers is not violated',
    { files: FILES, server: { csp: "default-src 'self'; img-src * data:; worker-src 'none'" } },
    async ({ open, server, site }) => {
      const tab = await open();
      await open();
      assert.equal(await server.clients(), 2);
      await site.save('style.css', style(2));
      await tab.untilStyle(...painted(2));
    },
  ],
  [
    'only the page that sent an event receives the answer, and it misses nothing',
    { files: FILES, server: { echo: true } },
    async ({ open, site }) => {
      const pages = [await open(), await open()];
      for (const tab of pages) {
        await tab.evaluate(() => {
          globalThis.received = [];
          const client = globalThis.__hot_middleware__;
          for (const name of ['answer', 'echo']) client.on(name, (data) => globalThis.received.push(`${name} ${data}`));
        });
      }
      for (const [index, tab] of pages.entries()) {
        await tab.evaluate((index) => globalThis.__hot_middleware__.send('ask', index).then(() => true), index);
        await tab.until((index) => globalThis.received.join() === `answer ${index}`, index);
      }
      await pages[0].evaluate(() => globalThis.__hot_middleware__.send('echo', 7).then(() => true));
      for (const [index, tab] of pages.entries()) {
        await tab.until((index) => globalThis.received.join() === `answer ${index},echo 7`, index);
      }
      await site.save('style.css', style(2));
      for (const tab of pages) await tab.untilStyle(...painted(2));
    },
  ],
];
