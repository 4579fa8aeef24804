/** The API that the client in a bundle has for the app's own code. */

import assert from 'node:assert/strict';

import { html } from './harness.js';
import { BUNDLERS, CLIENTS, SERVERS } from './harness/front-end.js';
import { frontEndScenario } from './harness/front-end-stage.js';

const [client] = Object.keys(CLIENTS);
const [server] = Object.keys(SERVERS);

const FILES = {
  'index.html': html('', '<script src="assets/main.js"></script>'),
  'src/index.js': `
    import { setOptionsAndConnect, subscribe, subscribeAll, useCustomOverlay } from
      '${client}?autoConnect=false&dynamicPublicPath=true';
    import './text.js';
    globalThis.some = [];
    globalThis.all = [];
    subscribe(() => some.push('the next one replaces it'));
    subscribe(({ action }) => some.push(action));
    subscribeAll(({ action }) => all.push(action));
    useCustomOverlay({
      showProblems: (type, lines) => (globalThis.problems = [type, ...lines]),
      clear: () => (globalThis.problems = 'clear'),
    });
    for (const timeout of ['5000', 5000]) setOptionsAndConnect({ path: '/__webpack_hmr', timeout });
  `,
  'src/text.js': "export const text = 'one';",
};

for (const bundler of Object.keys(BUNDLERS).slice(0, 2)) {
  /** Puts the bundle and the stream under a public path. */
  const configure = async (front) => {
    const { output, ...configuration } = await front.configuration({ entry: { main: './src/index.js' } });
    return { ...configuration, output: { ...output, path: `${front.site.folder}/assets`, publicPath: '/assets/' } };
  };

  frontEndScenario(
    `messages, a custom overlay, and one connection under the public path (${bundler})`,
    { cell: { client, server, bundler }, files: FILES, server: { path: '/assets/__webpack_hmr' }, configure },
    async ({ front, open }) => {
      const tab = await open('index.html');
      assert.equal(await front.server.clients(), 1);
      await front.server.send({ publish: { action: 'mine' } });
      await tab.until(() => globalThis.some.join() === 'mine');

      await front.save('src/text.js', 'export const text = ;');
      await tab.until(() => globalThis.problems?.[0] === 'errors');
      const problems = await tab.page.evaluate(() => globalThis.problems);
      assert.equal(problems.length, 2);
      assert.match(problems[1], /^\.\/src\/text\.js .*\n[\s\S]*export const text = ;/);
      assert.equal(await tab.page.locator('hot-middleware-overlay').count(), 0);

      await front.save('src/text.js', "export const text = 'two';");
      await tab.until(() => globalThis.problems === 'clear');
      const all = await tab.page.evaluate(() => globalThis.all);
      assert.deepEqual(all, ['sync', 'mine', 'building', 'built', 'building', 'built']);
    },
  );
}
