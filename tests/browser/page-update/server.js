/** A server for the rows, the client's modules and the libraries. */

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';

import { build } from 'vite';

import { documents } from './rows/index.js';

const TESTS = join(import.meta.dirname, '..');
const FOLDERS = {
  '/client/': join(TESTS, '../../client-js'),
  '/page-update/': import.meta.dirname,
  '/node_modules/': join(TESTS, 'node_modules'),
};

const LIBRARIES = {
  '/lib/htmx.js': 'htmx.org/dist/htmx.js',
  '/lib/alpine.js': 'alpinejs/dist/cdn.js',
  '/lib/stimulus.js': '@hotwired/stimulus/dist/stimulus.umd.js',
};

const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript', json: 'application/json' };

/** Files that rows request. */
const MEDIA = {
  '/media/tone.wav': ['audio/wav', tone()],
  '/media/frame.html': [TYPES.html, '<!doctype html><title>frame</title><body>frame'],
  '/media/fragment': [TYPES.html, '<li>swapped</li>'],
  '/media/picture.svg': ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
  '/media/red.css': ['text/css', 'p { color: red }'],
  '/media/script.js': [TYPES.js, 'window.loaded = (window.loaded ?? 0) + 1;'],
};

const IMPORTS = {
  'fast-check': '/node_modules/fast-check/lib/fast-check.js',
  'pure-rand/': '/node_modules/pure-rand/lib/esm/',
};

/** The page that runs the rows, in frames. */
const RUNNER = `<!doctype html><meta charset="utf-8"><title>Rows</title><link rel="icon" href="data:,">
<style>iframe { width: 800px; height: 600px }</style>
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>`;

/**
 * Starts the server. It answers `/rows/ADDRESS?version=N` with a row's document. As the layer does for parsers without scripting,
 * it renames `<noscript>` to `<noframes>` in what is no page load.
 *
 * @param {Record<string, string>} [folders] further folders of files, by the start of their path
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export async function serve(folders = {}) {
  const rows = documents();
  const boot = await bundle(join(import.meta.dirname, 'boot.js'));
  const roots = Object.entries({ ...FOLDERS, ...folders });

  /** @param {URL} url @param {import('node:http').IncomingHttpHeaders} headers */
  async function answer({ pathname, searchParams }, headers) {
    if (pathname === '/') return [TYPES.html, RUNNER];
    if (pathname in MEDIA) return MEDIA[pathname];
    if (pathname === '/page-update/boot.js') return [TYPES.js, boot];
    if (pathname in LIBRARIES) return [TYPES.js, await readFile(join(TESTS, 'node_modules', LIBRARIES[pathname]))];
    if (pathname.startsWith('/rows/')) {
      // Turbo asks for the address of the page.
      const version = headers['x-turbo-request-id'] ? 1 : Number(searchParams.get('version') ?? 0);
      const text = rows[pathname.slice('/rows/'.length)][version];
      return [TYPES.html, searchParams.has('parsed') ? text.replace(/<(\/?)noscript/g, '<$1noframes') : text];
    }
    const [start, folder] = roots.find(([start]) => pathname.startsWith(start)) ?? [];
    if (!folder || normalize(pathname) !== pathname) return undefined;
    const name = decodeURIComponent(pathname.slice(start.length));
    // Some packages import their own files without an extension.
    const path = join(folder, /\.\w+$/.test(name) ? name : `${name}.js`);
    return [TYPES[path.split('.').at(-1)] ?? 'text/plain', await readFile(path)];
  }

  const server = createServer(async ({ url = '/', headers }, response) => {
    try {
      const { pathname } = new URL(url, 'http://rows');
      const [type, body] = (await answer(new URL(url, 'http://rows'), headers)) ?? [];
      if (!type) return void response.writeHead(404).end();
      const bytes = Buffer.from(body);
      // Media can be sought only where the server answers with ranges.
      const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
      const part = bytes.subarray(Number(start ?? 0), end ? Number(end) + 1 : bytes.length);
      const range = start && { 'Content-Range': `bytes ${start}-${Number(start) + part.length - 1}/${bytes.length}` };
      const isConstant = /^\/(?:client|lib)\/|^\/page-update\/boot\.js$/.test(pathname);
      const caching = isConstant ? 'max-age=3600' : 'no-cache';
      const always = { 'Content-Type': type, 'Content-Length': part.length, 'Cache-Control': caching, 'Accept-Ranges': 'bytes' };
      response.writeHead(range ? 206 : 200, { ...always, ...range });
      response.end(part);
    } catch (error) {
      response.writeHead(404).end(String(error));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}

/**
 * Returns a module with all that it imports. Each of a thousand frames loads it: two dozen files each would take Firefox minutes.
 *
 * @param {string} entry
 */
async function bundle(entry) {
  const options = { lib: { entry, formats: /** @type {['es']} */ (['es']) }, minify: false, write: false };
  const [{ output }] = await build({ configFile: false, logLevel: 'silent', build: options });
  return output[0].code;
}

/** Returns a sound of four seconds: 8,000 samples a second, of a byte each. */
function tone() {
  const samples = 4 * 8_000;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  // PCM, one channel.
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8_000, 24);
  head.writeUInt32LE(8_000, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples, 40);
  return Buffer.concat([head, Buffer.alloc(samples, 128)]);
}
