/**
 * The limit that the contestants are compared with: a watcher that only notifies, and a page that only shows:
 * `node bare.mjs FOLDER`.
 *
 * It checks no origin, remembers nothing, keeps no order, and shows a stylesheet without its position or its URL.
 */

import { readFileSync, watch } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

import { MODULE, STYLESHEET } from './site.mjs';

const TYPES = { '.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript' };

const CLIENT = `<script type="module">
const style = document.head.appendChild(document.createElement('style'));
new EventSource('/events').onmessage = ({ data }) => {
  const { text, url } = JSON.parse(data);
  if (text === undefined) import(url);
  else style.textContent = text;
};
</script>`;

const root = process.argv[2];
/** @type {Set<import('node:http').ServerResponse>} */
const pages = new Set();
const texts = new Map([STYLESHEET.file, MODULE.file].map((file) => [file, readFileSync(join(root, file), 'utf8')]));

watch(root, (_, name) => {
  const before = texts.get(name ?? '');
  if (!name || before === undefined) return;
  const text = readFileSync(join(root, name), 'utf8');
  // `fs.watch` reports the truncation too, and some writes twice.
  if (!text || text === before) return;
  texts.set(name, text);
  const event = name === STYLESHEET.file ? { text } : { url: `/${name}?t=${performance.now()}` };
  for (const page of pages) page.write(`data: ${JSON.stringify(event)}\n\n`);
});

const server = createServer(({ url = '/' }, response) => {
  if (url === '/events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }).flushHeaders();
    pages.add(response);
    response.on('close', () => pages.delete(response));
    return;
  }
  const { pathname } = new URL(url, 'http://bare');
  const file = pathname === '/' ? 'index.html' : pathname.slice(1);
  try {
    const text = readFileSync(join(root, file), 'utf8');
    response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'text/plain', 'Cache-Control': 'no-cache' });
    response.end(file === 'index.html' ? text.replace('</head>', `${CLIENT}</head>`) : text);
  } catch {
    response.writeHead(404).end();
  }
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
