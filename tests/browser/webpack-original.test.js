/** The client in a bundle compared with the original's: their console lines, and one page with both. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BUNDLERS, CLIENTS, FILES, SERVERS } from './harness/front-end.js';
import { html } from './harness.js';
import { FrontEndStage, frontEndScenario } from './harness/front-end-stage.js';

const [OWN, ORIGINAL] = Object.keys(CLIENTS);
const [server] = Object.keys(SERVERS);
const [bundler] = Object.keys(BUNDLERS);

/** @param {string} text */
const textModule = (text) => `export const text = '${text}';`;

/** Returns a client's console lines for builds that it accepts, rejects, and that fail, without what differs by run. */
async function linesOf(client) {
  const stage = await FrontEndStage.set({ cell: { client, server, bundler }, files: FILES });
  try {
    const { front, open } = stage;
    const tab = await open('kept.html');
    await front.save('src/text.js', textModule('two'));
    await tab.says('[HMR] App is up to date.');
    await front.save('src/fixed.js', "export const fixed = 'two';");
    await tab.says('[HMR]  - ./src/fixed.js');
    await front.save('src/text.js', 'export const text = ;');
    await tab.says(/^%c\.\/src\/text\.js 1:20/);
    return tab
      .lines()
      .map((line) => line.replace(/^\[HMR\] /, '').replace(/\d+ms/, 'N ms'))
      .filter((line) => !line.startsWith('css reload'));
  } finally {
    await stage.clear();
  }
}

test('the console reads the same', { timeout: 60_000 }, async () => {
  const lines = await linesOf(OWN);
  assert.deepEqual(lines, await linesOf(ORIGINAL));
  assert.ok(lines.includes('%c[HMR] bundle has 1 errors color: #ff0000;'), lines.join('\n'));
});

/** Two bundles in one page, one with each client. */
const TWO = {
  'index.html': html('', '<p></p><i></i><script src="a.js"></script><script src="b.js"></script>'),
  'a.css': '',
  ...Object.fromEntries(
    Object.entries({ a: 'p', b: 'i' }).flatMap(([name, element]) => [
      [
        `src/${name}.js`,
        `import { text } from './${name}-text.js';
        const show = () => (document.querySelector('${element}').textContent = text);
        module.hot.accept('./${name}-text.js', show);
        show();`,
      ],
      [`src/${name}-text.js`, textModule('one')],
    ]),
  ),
};

for (const [first, second] of [
  [OWN, ORIGINAL],
  [ORIGINAL, OWN],
]) {
  const configure = (front) =>
    Promise.all(
      Object.entries({ a: first, b: second }).map(async ([name, client]) => {
        const entry = { [name]: [CLIENTS[client]({ name, reload: false }), `./src/${name}.js`] };
        const { output, ...configuration } = await front.configuration({ name, entry });
        return { ...configuration, output: { ...output, uniqueName: name } };
      }),
    );
  frontEndScenario(
    `both in one page share a connection and a reporter: ${first} first`,
    { cell: { client: first, server, bundler }, files: TWO, configure },
    async ({ front, open }) => {
      const tab = await open('index.html');
      assert.equal(await front.server.clients(), 1);
      for (const [name, element] of [
        ['a', 'p'],
        ['b', 'i'],
      ]) {
        await front.save(`src/${name}-text.js`, 'export const text = ;');
        const shown = first === OWN ? 'hot-middleware-overlay' : '#webpack-hot-middleware-clientOverlay';
        const overlay = tab.page.locator(shown);
        await overlay.getByText(`./src/${name}-text.js`).first().waitFor();
        await front.save(`src/${name}-text.js`, textModule('two'));
        await tab.until((element) => document.querySelector(element).textContent === 'two', element);
        await overlay.waitFor({ state: 'detached' });
      }
      await tab.isKept();
    },
  );
}
