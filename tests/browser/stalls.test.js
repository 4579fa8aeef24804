/** Requests during an update that the server accepts and never answers. */

import assert from 'node:assert/strict';

import { html, scenario, square, StallingServer } from './harness.js';

const module = (name, text) => `
  globalThis.__hot_middleware__?.hot(import.meta.url).accept();
  document.querySelector('#${name}').textContent = '${text}';
`;

const style = (shade) => `p { color: rgb(${shade}, 0, 0); }`;
const imported = (shade) => `@import 'other.css'; ${style(shade)}`;

const FILES = {
  'index.html': html(
    '<link rel="stylesheet" href="style.css"><link rel="stylesheet" href="import.css">' +
      '<script type="module" src="app.js"></script><script type="module" src="other.js"></script>',
    '<p id="app"></p><p id="other"></p><img src="a.png">',
  ),
  'style.css': 'p { margin: 1px; }',
  'import.css': imported(1),
  'other.css': '',
  'app.js': module('app', 'one'),
  'other.js': module('other', 'one'),
  'a.png': square(20, [255, 0, 0]),
};

const LIMIT = /took (?:longer than 10 s|too long)/;

const untilText = (tab, id, text) =>
  tab.until(([id, text]) => document.querySelector(`#${id}`)?.textContent === text, [id, text]);

/** Opens a page behind a proxy that can leave requests unanswered. */
async function stalling({ later, open, server }) {
  const front = await StallingServer.start(() => server.port);
  later(() => front.stop());
  const tab = await open('/', front.url);
  await untilText(tab, 'app', 'one');
  return { front, tab };
}

scenario(
  'a module without a response delays no swap, error, progress or reload',
  { files: FILES, errors: [/broken/, /net::ERR_/], server: { console_debug: true } },
  async (stage) => {
    const { server, site } = stage;
    const { front, tab } = await stalling(stage);
    front.stall((url) => url.startsWith('/app.js?__hot='));
    await site.save('app.js', module('app', 'two'));
    await tab.says(/^\[HMR\] the build rebuilt/);
    await site.save('style.css', 'p { margin: 2px; }');
    await tab.untilStyle('p', 'margin-top', '2px');
    await site.save('other.js', module('other', 'two'));
    await untilText(tab, 'other', 'two');
    await server.send({ publish: { action: 'progress', name: 'app', percent: 40 } });
    await tab.page.locator('hot-middleware-indicator').getByText('Rebuilding app 40 %').waitFor();
    await server.send({ publish: { action: 'built', name: 'app', hash: 'a1', errors: ['broken'] } });
    await tab.page.locator('hot-middleware-overlay').getByText('broken').waitFor();
    await server.send({ reload: null });
    await tab.says('[HMR] Unchanged: the page (the server asks for it) changes nothing in this page');
    front.stall(() => false);
    assert.deepEqual(tab.lines().filter((line) => LIMIT.test(line)), [], 'nothing took longer than the time limit');
  },
);

scenario(
  'each step of an update without a response ends at its time limit, and the next change is applied',
  { files: FILES, errors: [/took longer than 10 s/, /net::ERR_/] },
  async (stage) => {
    const { site } = stage;
    const { front, tab } = await stalling(stage);
    front.stall((url) => url.includes('?__hot=') || url === '/import.css');
    await site.save('app.js', module('app', 'two'));
    await site.save('import.css', imported(2));
    await site.save('a.png', square(20, [0, 255, 0]));
    await tab.says(/^\[HMR\] Could not update \/app\.js; the next change of it is tried again/);
    await tab.until(() => document.querySelector('img').src.includes('?__hot='));
    front.stall(() => false);
    await site.save('app.js', module('app', 'three'));
    await untilText(tab, 'app', 'three');
    await site.save('import.css', imported(3));
    await tab.untilStyle('p', 'color', 'rgb(3, 0, 0)');
    await site.save('a.png', square(20, [0, 0, 255]));
    await tab.untilPixel('img', 'rgb(0, 0, 255)');
    await tab.isKept();
  },
);
