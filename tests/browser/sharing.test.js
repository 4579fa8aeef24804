/** Pages that share a stream, when one of them sleeps, crashes or is closed, and a hidden page that has its own. */

import assert from 'node:assert/strict';

import { launch } from 'puppeteer-core';

import { html, scenario, Server, Site, within } from './harness.js';
import { executable } from './harness/browser.js';
import { page } from './harness/engines/page.js';
import { runIn } from './harness/engines/scenario.js';

const LINKS = '<link rel="stylesheet" href="style.css"><link rel="stylesheet" href="other.css">';
const PAGE = html(LINKS, '<p>one</p>');
const style = (shade) => `p { color: rgb(${shade}, 0, 0); }`;
const FILES = { 'index.html': PAGE, 'style.css': style(0), 'other.css': 'p { margin-left: 0px; }' };

const untilPainted = (tab, shade) => tab.untilStyle('p', 'color', `rgb(${shade}, 0, 0)`);

/** The browser's own commands for a tab. */
const devTools = (tab) => tab.page.context().newCDPSession(tab.page);

/** Pages of Chromium, in the order in which they were opened. @type {import('puppeteer-core').Page[]} */
const opened = [];

/** Chromium without Playwright, which keeps every tab visible: a visible one is never frozen. */
const chromium = {
  name: 'Chromium',
  executables: [executable],
  async start() {
    const browser = await launch({ executablePath: executable, args: ['--no-sandbox', '--disable-gpu'] });
    return {
      open: async () => {
        const page = await browser.newPage();
        opened.push(page);
        return {
          goto: (url) => page.goto(url),
          evaluate: (predicate, argument) => page.evaluate(predicate, argument),
        };
      },
      close: () => browser.close(),
    };
  },
};

runIn(chromium, [
  [
    'the page that has opened the stream is frozen: the others go on, and it catches up when it wakes',
    { files: { ...FILES, 'index.html': page(LINKS, '<p>one</p>') } },
    async ({ open, server, site }) => {
      const [first, ...others] = [await open(), await open(), await open()];
      await first.evaluate(() => {
        globalThis.slept = [];
        for (const type of ['freeze', 'resume']) document.addEventListener(type, () => globalThis.slept.push(type));
      });
      const session = await opened[0].createCDPSession();
      await session.send('Page.setWebLifecycleState', { state: 'frozen' });
      for (const shade of [1, 2]) {
        await site.save('style.css', style(shade));
        for (const tab of others) await untilPainted(tab, shade);
      }
      await site.save('other.css', 'p { margin-left: 7px; }');
      for (const tab of others) await tab.untilStyle('p', 'margin-left', '7px');
      await session.send('Page.setWebLifecycleState', { state: 'active' });
      await untilPainted(first, 2);
      await first.untilStyle('p', 'margin-left', '7px');
      assert.deepEqual(await first.evaluate(() => globalThis.slept), ['freeze', 'resume']);
      // The console has its lines after the page is painted.
      for (const file of ['style', 'other']) await first.says(`[HMR] Updated: /${file}.css`);
      const updated = (await first.lines()).filter((line) => line.startsWith('[HMR] Updated'));
      assert.deepEqual(updated.sort(), ['[HMR] Updated: /other.css', '[HMR] Updated: /style.css'], 'each once');
      await site.save('style.css', style(3));
      for (const tab of [first, ...others]) {
        await untilPainted(tab, 3);
        await tab.isKept();
      }
      assert.equal(await server.clients(), 1);
    },
  ],
]);

scenario(
  'the page that has opened the stream crashes: the others go on',
  { files: FILES },
  async ({ open, server, site, tabs }) => {
    const first = await open();
    const others = [await open(), await open()];
    const crashed = new Promise((resolve) => first.page.once('crash', resolve));
    const session = await devTools(first);
    // It is never answered.
    session.send('Page.crash').catch(() => undefined);
    await within(crashed, 'the crash');
    tabs.splice(tabs.indexOf(first), 1);
    for (const shade of [1, 2]) {
      await site.save('style.css', style(shade));
      for (const tab of others) await untilPainted(tab, shade);
    }
    for (const tab of others) await tab.isKept();
    await server.untilClients(1);
  },
);

scenario('two apps on two ports of a host have a stream each', { files: FILES }, async (stage) => {
  const { later, open, server, site } = stage;
  const otherSite = await Site.make(FILES);
  later(() => otherSite.destroy());
  const otherServer = await Server.start({ root: otherSite.folder });
  later(() => otherServer.stop());
  const tabs = [await open(), await open()];
  const others = [await open('/', otherServer.url), await open('/', otherServer.url)];
  assert.deepEqual([await server.clients(), await otherServer.clients()], [1, 1]);
  await otherSite.save('style.css', style(2));
  for (const tab of others) await untilPainted(tab, 2);
  await site.save('style.css', style(1));
  for (const tab of tabs) await untilPainted(tab, 1);
  for (const tab of others) assert.equal(await tab.style('p', 'color'), 'rgb(2, 0, 0)');
  for (const tab of [...tabs, ...others]) {
    await tab.says('[HMR] Updated: /style.css');
    assert.equal(tab.lines().filter((line) => line.startsWith('[HMR] Updated')).length, 1);
    await tab.isKept();
  }
});

scenario(
  'a hidden page with a stream of its own gives it up, and catches up with exactly what it has missed',
  { files: { ...FILES, 'watching.html': PAGE }, server: { console_debug: true } },
  async ({ context, open, server, site }) => {
    // Playwright keeps every tab visible.
    await context.addInitScript(() => {
      if (location.pathname !== '/') return;
      delete globalThis.SharedWorker;
      let state = 'visible';
      Object.defineProperty(document, 'visibilityState', { get: () => state });
      const own = globalThis.setTimeout;
      globalThis.show = (to) => {
        state = to;
        // The ten seconds that begin with this event, and no other timer.
        globalThis.setTimeout = (task, delay, ...rest) => own(task, delay === 10_000 ? 50 : delay, ...rest);
        document.dispatchEvent(new Event('visibilitychange'));
        globalThis.setTimeout = own;
      };
    });
    const watching = await open('/watching.html');
    const tab = await open();
    await server.untilClients(2);
    await tab.page.evaluate(() => globalThis.show('hidden'));
    await server.untilClients(1);
    const missed = [['style.css', style(1)], ['style.css', style(2)], ['index.html', PAGE.replace('one', 'two')], ['index.html', PAGE]];
    for (const [file, text] of missed) {
      const from = watching.console.length;
      await site.save(file, text);
      await watching.says(/rebuilt/, from);
    }
    assert.equal(await tab.style('p', 'color'), 'rgb(0, 0, 0)');
    const from = tab.console.length;
    await tab.page.evaluate(() => globalThis.show('visible'));
    await untilPainted(tab, 2);
    await tab.says('[HMR] up to date', from);
    const updated = tab.lines(from).filter((line) => /Updated|Reload/.test(line));
    assert.deepEqual(updated, ['[HMR] Updated: /style.css']);
    await site.save('style.css', style(3));
    await untilPainted(tab, 3);
    await tab.isKept();
    // It reopens its stream to catch up, which the server may not have noticed yet.
    await server.untilClients(2);
  },
);
