/** The server for tools, called by the protocol's own client library. */

import assert from 'node:assert/strict';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { html, scenario } from './harness.js';

const TOKEN = '0123456789abcdef-of-the-tools';
const FILES = {
  'index.html': html('<link rel="stylesheet" href="/style.css">', '<p>one</p>'),
  'style.css': 'p { color: rgb(1, 0, 0); }',
};

async function connect(url, token) {
  const headers = { Authorization: `Bearer ${token}` };
  const transport = new StreamableHTTPClientTransport(new URL(`${url}/__webpack_hmr/mcp`), { requestInit: { headers } });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  return client;
}

scenario(
  'an agent sees pages and errors, and waits for a save',
  { files: FILES, server: { build_token: TOKEN, terminal: true }, errors: [/no such module/] },
  async ({ open, server, site }) => {
    const tab = await open();
    await assert.rejects(connect(server.url, 'not-the-token-of-the-tools'), /403|token/);
    const client = await connect(server.url, TOKEN);
    try {
      assert.equal(client.getServerVersion().name, 'tower-hot-middleware');
      const { tools } = await client.listTools();
      const names = tools.map(({ name }) => name);
      assert.deepEqual(names, ['status', 'last_errors', 'console', 'pages', 'wait_for_update']);
      const call = async (name, input = {}) => (await client.callTool({ name, arguments: input })).structuredContent;
      const { pages } = await call('pages');
      assert.deepEqual(pages.map(({ path }) => path), ['/']);
      assert.match(pages[0].agent, /^Chromium \d+$/);

      let result;
      const waiting = call('wait_for_update', { file: '/style.css' }).then((answer) => (result = answer));
      // Nothing shows when the wait has begun.
      for (let red = 2; red < 250 && !result; red += 1) {
        await site.save('style.css', `p { color: rgb(${red}, 0, 0); }`);
        await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 300))]);
      }
      assert.equal(result?.updated, 1);
      const { saves } = await call('status');
      assert.match(saves.at(-1).label, /style\.css$/);

      await server.send({ built: { name: 'app', hash: 'h', errors: ['./a.js\nno such module'] } });
      const { bundles } = await call('last_errors');
      assert.deepEqual(bundles, [{ name: 'app', error_count: 1, errors: ['./a.js\nno such module'] }]);
      await assert.rejects(client.callTool({ name: 'open_file', arguments: {} }), /no tool "open_file"/);
    } finally {
      await client.close();
    }
    await tab.isKept();
  },
);
