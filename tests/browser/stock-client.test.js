/** The original's own browser client, bundled by a real webpack, on this server. */

import assert from 'node:assert/strict';
import { join } from 'node:path';

import webpack from 'webpack';

import { html, scenario, within } from './harness.js';
import { STATS_OPTIONS } from './harness/original.js';

const SOURCES = {
  'src/index.js': `
    import { text } from './text.js';
    globalThis.loaded = (globalThis.loaded ?? 0) + 1;
    const show = () => (document.querySelector('p').textContent = text);
    module.hot.accept('./text.js', show);
    show();
  `,
  'src/text.js': "export const text = 'one';",
};

/** A compiler of the site's sources into the folder that is served. */
function compiler(site) {
  return webpack({
    mode: 'development',
    devtool: false,
    context: site.folder,
    entry: [join(import.meta.dirname, 'node_modules/webpack-hot-middleware/client.js'), './src/index.js'],
    resolve: { modules: [join(import.meta.dirname, 'node_modules')] },
    output: { path: site.folder, filename: 'bundle.js', publicPath: '/' },
    plugins: [new webpack.HotModuleReplacementPlugin()],
    infrastructureLogging: { level: 'none' },
  });
}

/**
 * @param {string} name
 * @param {{ inject: boolean, clients: number }} how
 */
function follows(name, { inject, clients }) {
  const files = { 'index.html': html('', '<p></p><script src="bundle.js"></script>'), ...SOURCES };
  scenario(name, { files, server: { watch: false, inject } }, async ({ later, open, server, site }) => {
    let built;
    const next = () => within(new Promise((resolve) => (built = resolve)), 'a build of webpack');
    const first = next();
    const watching = compiler(site).watch({ aggregateTimeout: 5 }, (error, stats) => built(error ?? stats));
    later(() => new Promise((resolve) => watching.close(resolve)));
    const publish = async (stats) => {
      assert.ok(!stats.hasErrors?.(), String(stats));
      await server.send({ built: stats.toJson({ ...STATS_OPTIONS, ids: true }) });
    };
    await publish(await first);

    const tab = await open();
    await server.untilClients(clients);
    await tab.until(() => document.querySelector('p').textContent === 'one');
    for (const text of ['two', 'three']) {
      const done = next();
      const from = tab.console.length;
      await site.save('src/text.js', `export const text = '${text}';`);
      const stats = await done;
      await server.send({ building: null });
      await publish(stats);
      await tab.until((text) => document.querySelector('p').textContent === text, text);
      await tab.says('[HMR] App is up to date.', from);
      await tab.says('[HMR] bundle rebuilding', from);
      await tab.says('[HMR]  - ./src/text.js', from);
    }
    await tab.isKept();
    assert.equal(await tab.page.evaluate(() => globalThis.loaded), 1);
    assert.equal(tab.lines().filter((line) => line === '[HMR] connected').length, clients);
  });
}

follows('it connects, and takes updates without a reload', { inject: false, clients: 1 });
follows('beside this client in one page, which leaves the bundle to it', { inject: true, clients: 2 });
