/**
 * Builds the client of Topcoat's development server from its crates, which have it as TypeScript. Cargo downloads them; nothing is
 * compiled with Rust.
 */

import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { build } from 'esbuild';

export const TOPCOAT = '0.11.0';

const SOURCES = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'registry/src');

/** Downloads a crate, and returns the folder with its files. @param {string} name */
async function crate(name) {
  await promisify(execFile)('cargo', ['info', '--quiet', `${name}@${TOPCOAT}`], { cwd: import.meta.dirname });
  for (const registry of await readdir(SOURCES)) {
    const folder = join(SOURCES, registry, `${name}-${TOPCOAT}`);
    if ((await readdir(folder).catch(() => [])).length) return folder;
  }
  throw new Error(`cargo has downloaded ${name} ${TOPCOAT}, but it is not in ${SOURCES}`);
}

/** Writes `topcoat.js`, a module with `canMorph` and `morphDocument`, into a folder. @param {string} folder */
export async function buildTopcoat(folder) {
  const [cli, core] = await Promise.all([crate('topcoat-cli'), crate('topcoat-core')]);
  // In their repository, the crates are next to each other.
  const neighbours = {
    name: 'neighbours',
    setup: ({ onResolve }) =>
      onResolve({ filter: /topcoat-core\/browser\/morph$/ }, () => ({ path: join(core, 'browser/morph.ts') })),
  };
  await build({
    entryPoints: [join(cli, 'browser/src/document.ts')],
    outfile: join(folder, 'topcoat.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    plugins: [neighbours],
  });
}
