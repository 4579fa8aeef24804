/** A foreign site that forges reports of a page's console, or asks for the developer's editor, in a real browser. */

import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ForeignSite, html, scenario } from './harness.js';
import { SENDING, sendBy } from './harness/probes.js';

const FILES = { 'index.html': html('<script type="module" src="/app.js"></script>'), 'app.js': "globalThis.fail = () => { throw new Error('own'); };" };
const FORGED = JSON.stringify({
  type: 'console',
  entries: [{ page: '/', kind: 'error', level: 'error', text: 'forged' }],
});
const OPEN = JSON.stringify({ type: 'open', file: '/app.js', line: 1, column: 1 });

/** Chromium's console lines for refused requests, and the page's own error. */
const errors = [/CORS policy/, /net::ERR_/, /status of 4\d\d/, /own/];

scenario('no site writes lines of the console or opens the editor', { files: FILES, server: { terminal: true }, errors }, async (stage) => {
  const { later, open, restart, tab } = stage;
  const folder = await mkdtemp(join(tmpdir(), 'editor-'));
  later(() => rm(folder, { recursive: true, force: true }));
  const editor = join(folder, 'code');
  await writeFile(editor, `#!/bin/sh\n: > '${join(folder, 'opened')}'\n`);
  await chmod(editor, 0o755);
  stage.server.setup.editor = editor;
  await restart();
  const { server } = stage;
  const own = await open();
  const evil = await ForeignSite.start();
  later(() => evil.stop());
  const foreign = await tab();
  await foreign.goto(evil.origin());
  const stream = `${server.url}/__webpack_hmr`;
  for (const text of [FORGED, OPEN]) {
    for (const url of [stream, `${stream}?receipts`]) {
      for (const way of Object.keys(SENDING)) await sendBy(foreign.page, way, url, text);
      // A script of the page without the secrets.
      for (const way of ['fetch with JSON', 'a form of text']) await sendBy(own.page, way, url, text);
    }
  }
  // What the page itself reports arrives.
  await own.goto(`${server.url}/`);
  await own.page.evaluate(() => void setTimeout(() => globalThis.fail(), 0));
  await server.prints(/^\/: Error: own/);
  const lines = server.printed();
  assert.ok(!lines.some((line) => line.includes('forged')), lines.join('\n'));
  assert.deepEqual(await readdir(folder), ['code']);
  // With its token, a page of the app opens the file.
  const status = await own.page.evaluate(
    async ([url, body]) => {
      const { token } = JSON.parse(document.querySelector('script[data-hot-middleware]').dataset.hotMiddleware);
      const headers = { 'Content-Type': 'application/json', 'Hot-Middleware-Token': token };
      return (await fetch(url, { method: 'POST', headers, body })).status;
    },
    [stream, OPEN],
  );
  assert.equal(status, 204);
});
