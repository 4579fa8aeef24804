/** The client of webpack-hot-middleware, bundled by a real webpack, on this server. */

import assert from 'node:assert/strict';
import { join } from 'node:path';

import webpack from 'webpack';

import { html, scenario } from './harness.js';
import { Bundler } from './harness/bundler.js';

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

/**
 * @param {string} name
 * @param {{ inject: boolean, clients: number }} how
 */
function follows(name, { inject, clients }) {
  const files = { 'index.html': html('', '<p></p><script src="bundle.js"></script>'), ...SOURCES };
  scenario(name, { files, server: { watch: false, inject } }, async ({ later, open, server, site }) => {
    const modules = join(import.meta.dirname, 'node_modules');
    const bundler = new Bundler({
      context: site.folder,
      entry: [join(modules, 'webpack-hot-middleware/client.js'), './src/index.js'],
      resolve: { modules: [modules] },
      output: { path: site.folder, filename: 'bundle.js', publicPath: '/' },
      plugins: [new webpack.HotModuleReplacementPlugin()],
    });
    later(() => bundler.stop());
    bundler.relay(server);
    await bundler.build();

    const tab = await open();
    await server.untilClients(clients);
    await tab.until(() => document.querySelector('p').textContent === 'one');
    for (const text of ['two', 'three']) {
      const from = tab.console.length;
      await site.save('src/text.js', `export const text = '${text}';`);
      await bundler.build();
      await tab.until((text) => document.querySelector('p').textContent === text, text);
      await tab.says('[HMR] bundle rebuilding', from);
      await tab.says('[HMR]  - ./src/text.js', from);
      await tab.says('[HMR] App is up to date.', from);
    }
    await tab.isKept();
    assert.equal(await tab.page.evaluate(() => globalThis.loaded), 1);
    assert.equal(tab.lines().filter((line) => line === '[HMR] connected').length, clients);
  });
}

follows('it connects and applies updates without a reload', { inject: false, clients: 1 });
follows('in one page with this client, which leaves the bundle to it', { inject: true, clients: 2 });
