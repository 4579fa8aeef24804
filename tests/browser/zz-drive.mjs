import { writeFile } from 'node:fs/promises';
import { launch } from './harness/browser.js';
const browser = await launch();
const context = await browser.newContext();
const pages = [await context.newPage(), await context.newPage()];
for (const page of pages) { await page.goto('http://127.0.0.1:3077/'); await page.waitForFunction(() => globalThis.__hot_middleware__); }
await pages[0].waitForTimeout(1500);
await writeFile('/tmp/qs/static/style.css', 'h1 { color: red }\n');
await pages[0].waitForTimeout(1500);
await writeFile('/tmp/qs/templates/index.html', '<!doctype html><html><head><title>qs</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/static/style.css"></head><body><h1>two</h1></body></html>');
await pages[0].waitForTimeout(2500);
await writeFile('/tmp/qs/static/notes.txt', 'x\n');
await pages[0].waitForTimeout(1500);
await browser.close();
await new Promise((resolve) => setTimeout(resolve, 500));
await writeFile('/tmp/qs/static/style.css', 'h1 { color: blue }\n');
await new Promise((resolve) => setTimeout(resolve, 500));
process.exit(0);
