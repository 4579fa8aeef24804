/** The client's npm package, packed and installed from the tarball. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { promisify } from 'node:util';

const CLIENT = join(import.meta.dirname, '../../../client-js');

const run = promisify(execFile);

/** @type {Promise<string> | undefined} */
let installed;

/**
 * Installs the package, once for all tests of a file.
 *
 * @returns {Promise<string>} the `node_modules` folder that it is in
 */
export function installPackage() {
  installed ??= install();
  return installed;
}

after(async () => {
  if (installed) await rm(dirname(await installed), { recursive: true, force: true });
});

async function install() {
  const folder = await mkdtemp(join(tmpdir(), 'hot-package-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: CLIENT });
  const [{ filename }] = JSON.parse(stdout);
  // The package has no dependencies, so no registry is needed.
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--prefix', folder, join(folder, filename)]);
  return join(folder, 'node_modules');
}
