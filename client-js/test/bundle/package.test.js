import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { promisify } from 'node:util';

const CLIENT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

const folder = await mkdtemp(join(tmpdir(), 'hot-package-'));
after(() => rm(folder, { recursive: true, force: true }));

const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: CLIENT });
const [{ filename, files }] = JSON.parse(stdout);
await writeFile(join(folder, 'package.json'), '{"private":true,"type":"module"}');
await run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, filename)], { cwd: folder });

test('the package contains the clients and no development files', () => {
  const names = files.map(({ path }) => path);
  for (const name of [
    'package.json',
    'client.js',
    'client.d.ts',
    'bundle/client.js',
    'bundle/client.d.ts',
    'README.md',
  ]) {
    assert.ok(names.includes(name), name);
  }
  assert.deepEqual(
    names.filter((name) => /test|tsconfig|lock/.test(name)),
    [],
  );
});

test('without a page both entries load and do nothing', async () => {
  await writeFile(
    join(folder, 'use.js'),
    `globalThis.__resourceQuery = '?path=/hmr';
    globalThis.__webpack_require__ = {};
    const client = await import('tower-hot-middleware/client');
    const { hot } = await import('tower-hot-middleware');
    client.default.subscribe(() => {});
    client.setOptionsAndConnect({ path: '/x' });
    hot(import.meta.url).accept();
    console.log(Object.keys(client).sort().join());`,
  );
  const { stdout, stderr } = await run(process.execPath, ['use.js'], { cwd: folder });
  assert.equal(stdout.trim(), 'default,setOptionsAndConnect,subscribe,subscribeAll,useCustomOverlay');
  assert.equal(stderr, '');
});

test('the types are found with and without a query, and are exact', async () => {
  const source = (options) => `
    import client, { subscribe } from 'tower-hot-middleware/client?path=/hmr&reload=true';
    import { setOptionsAndConnect } from 'tower-hot-middleware/client';
    import { hot } from 'tower-hot-middleware';
    subscribe(({ action }) => void action?.toUpperCase());
    client.useCustomOverlay({ showProblems: (type: 'errors' | 'warnings', lines: string[]) => {}, clear() {} });
    hot('x').accept();
    setOptionsAndConnect(${options});
  `;
  const check = async (options) => {
    await writeFile(join(folder, 'use.ts'), source(options));
    const flags = [
      '--noEmit',
      '--strict',
      '--module',
      'esnext',
      '--moduleResolution',
      'bundler',
      '--types',
      '',
      'use.ts',
    ];
    const tsc = join(CLIENT, 'node_modules/typescript/bin/tsc');
    return run(process.execPath, [tsc, '--ignoreConfig', ...flags], { cwd: folder }).then(
      () => '',
      ({ stdout }) => stdout,
    );
  };
  assert.equal(await check("{ timeout: 5, reload: 'true', overlayStyles: { zIndex: 3 } }"), '');
  assert.match(await check('{ timeout: true }'), /use\.ts\(8,\d+\): error TS2322/);
  assert.match(await check('{ relaod: true }'), /relaod/);
});
