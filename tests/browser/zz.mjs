import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, utimesSync, writeFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
const folder = mkdtempSync('/tmp/rs-'); const root = mkdtempSync('/tmp/rr-');
writeFileSync(root + '/index.html', '<!doctype html><html><head><link rel=icon href="data:,"><title>a</title></head><body><p>a</p><script>globalThis.shownAt = Date.now()</script></body></html>');
let n = 0;
async function start(port) {
  n += 1; const path = `${folder}/app-${n}`;
  copyFileSync('../../target/debug/examples/browser-test-server', path);
  utimesSync(path, new Date(), new Date(Date.now() + n * 1000));
  const child = spawn(path, [JSON.stringify({ root, port })], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const listening = Date.now();
  return { child, listening, url: JSON.parse(line).url, stop: async () => { const e = once(child, 'close'); child.kill('SIGKILL'); await e; rmSync(path); } };
}
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
let server = await start(0); const port = Number(new URL(server.url).port);
const page = await (await browser.newContext()).newPage();
const reqs = []; page.on('request', (r) => reqs.push([Date.now(), r.method(), new URL(r.url()).pathname + (r.url().includes('catchup') ? '?catchup' : ''), r.isNavigationRequest() ? 'NAV' : '']));
await page.goto(server.url); await sleep(2000);
const all = []; const rounds = Number(process.argv[2] ?? 10);
for (let i = 0; i < rounds; i += 1) {
  await server.stop(); await sleep(Number(process.argv[3] ?? 2000) + Math.random() * 1000);
  const before = await page.evaluate(() => globalThis.shownAt);
  reqs.length = 0;
  server = await start(port);
  const shown = await (await page.waitForFunction((b) => globalThis.shownAt !== b && globalThis.shownAt, before, { timeout: 30000, polling: 20 })).jsonValue();
  all.push(shown - server.listening);
  console.log(shown - server.listening, reqs.map(([t, m, p, k]) => `${t - server.listening}:${p}${k}`).slice(0, 5).join('  '));
  await sleep(1500);
}
all.sort((a, b) => a - b); console.log('median', all[Math.floor(all.length / 2)], 'p90', all[Math.floor(all.length * 0.9)], 'max', all.at(-1));
await server.stop(); await browser.close(); process.exit();
