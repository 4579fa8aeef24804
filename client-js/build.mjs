/**
 * Bundles the client into `dist/`, which the crate embeds: a page requests one file instead of a hundred, and one that is
 * complete needs no server when the app is down. `node build.mjs` writes the files; a test compares them with the sources.
 */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { build } from 'esbuild';

const DIST = join(import.meta.dirname, 'dist');

/** Files in `dist/` and their sources. */
const ENTRIES = [
  { out: 'page', in: 'page.js' },
  // Old browsers can't parse it.
  { out: 'import-with', in: 'update/import-with.js' },
  { out: 'stream/worker', in: 'stream/worker.js' },
  { out: 'inspector/inspector', in: 'inspector/inspector.js' },
];

const BANNER = '// Bundled from the modules in client-js/ by client-js/build.mjs.';

/** @returns {Promise<Map<string, string>>} the texts of the files, by their paths */
export async function bundled() {
  const { outputFiles } = await build({
    absWorkingDir: import.meta.dirname,
    entryPoints: ENTRIES,
    outdir: DIST,
    write: false,
    bundle: true,
    external: ['./import-with.js'],
    format: 'esm',
    // The type is the caller's.
    logOverride: { 'unsupported-dynamic-import': 'silent' },
    charset: 'utf8',
    banner: { js: BANNER },
  });
  return new Map(outputFiles.map(({ path, text }) => [path, text]));
}

if (import.meta.filename === process.argv[1]) {
  await rm(DIST, { recursive: true, force: true });
  for (const [path, text] of await bundled()) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}
