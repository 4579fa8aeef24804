/**
 * The way of Spark and FrankenPHP: a watcher that notifies, and a page that fetches itself and morphs its body with Idiomorph:
 * `node morphing.mjs FOLDER`.
 */

import { readFileSync, watch } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const IDIOMORPH = fileURLToPath(new URL('./node_modules/idiomorph/dist/idiomorph.esm.js', import.meta.url));
const TYPES = { '.html': 'text/html', '.js': 'text/javascript' };

const CLIENT = `<script type="module">
import { Idiomorph } from '/idiomorph.js';
new EventSource('/events').onmessage = async () => {
  const text = await (await fetch(location.href)).text();
  Idiomorph.morph(document.body, new DOMParser().parseFromString(text, 'text/html').body);
  document.dispatchEvent(new Event('replaced'));
};
</script>`;

const root = process.argv[2];
/** @type {Set<import('node:http').ServerResponse>} */
const pages = new Set();
const page = () => readFileSync(join(root, 'index.html'), 'utf8');

let last = page();
watch(root, (_, name) => {
  if (name !== 'index.html') return;
  const text = page();
  // `fs.watch` reports the truncation too, and some writes twice.
  if (!text.endsWith('</html>\n') || text === last) return;
  last = text;
  for (const page of pages) page.write('data: changed\n\n');
});

const server = createServer(({ url = '/' }, response) => {
  if (url === '/events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }).flushHeaders();
    pages.add(response);
    response.on('close', () => pages.delete(response));
    return;
  }
  const { pathname } = new URL(url, 'http://morphing');
  const file = pathname === '/' ? 'index.html' : pathname.slice(1);
  try {
    const text = readFileSync(file === 'idiomorph.js' ? IDIOMORPH : join(root, file), 'utf8');
    response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'text/plain', 'Cache-Control': 'no-cache' });
    response.end(file === 'index.html' ? text.replace('</head>', `${CLIENT}</head>`) : text);
  } catch {
    response.writeHead(404).end();
  }
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
