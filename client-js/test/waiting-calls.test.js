/** Calls that are made before the client is loaded. */

import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { spy } from './fakes.js';

const ROOT = join(import.meta.dirname, '..');

/** A client that notes the calls to it, and throws where the real one may. */
function fakeClient() {
  const accepted = spy();
  const client = {
    on: (event) => event.startsWith('vite:'),
    hot: (url) => ({ accept: () => accepted(url) }),
  };
  return { accepted: accepted.calls, client };
}

/** Makes a call that throws once the client is there, and one after it. */
function call(facade) {
  facade.on(undefined, () => {});
  facade.hot('http://app.test/a.js').accept();
}

test('a call that fails is logged by the stand-in, and those after it are made', async () => {
  const error = spy();
  const page = {
    addEventListener: () => {},
    removeEventListener: () => {},
    console: { error, warn: () => {} },
    document: { addEventListener: () => {}, currentScript: null, querySelector: () => null },
    performance: { getEntriesByType: () => [] },
    setTimeout: () => {},
  };
  page.window = page;
  const { accepted, client } = fakeClient();
  runInContext(await readFile(join(ROOT, 'load.js'), 'utf8'), createContext(page));
  call(page.__hot_middleware__);
  page.__hot_middleware__.become(client);
  assert.deepEqual(accepted, [['http://app.test/a.js']]);
  assert.match(error.calls.join(), /A call that waited for the client failed.*TypeError/);
});

test('a call that fails is logged by the client, and those after it are made', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'waiting-calls-'));
  context.after(() => rm(folder, { recursive: true }));
  await copyFile(join(ROOT, 'client.js'), join(folder, 'client.mjs'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'page.js'), 'export const start = () => globalThis.started();');
  const error = context.mock.method(console, 'error', () => {});
  const { accepted, client } = fakeClient();
  const loaded = new Promise((resolve) => {
    const removeEventListener = () => setImmediate(resolve);
    Object.assign(globalThis, { window: {}, addEventListener: () => {}, removeEventListener, started: () => client });
  });
  call(await import(pathToFileURL(join(folder, 'client.mjs')).href));
  await loaded;
  assert.deepEqual(accepted, [['http://app.test/a.js']]);
  assert.match(error.mock.calls.map((call) => call.arguments).join(), /A call that waited for the client failed.*TypeError/);
});
