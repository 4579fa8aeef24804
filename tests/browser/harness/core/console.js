/** Problems of pages in the terminal and on the overlay, by their sources, in every engine. */

import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { page } from '../engines/page.js';
import { PATIENCE } from '../patience.js';

const SCRIPT = `globalThis.fail = (text = 'broken') => {
  throw new Error(text);
};
//# sourceMappingURL=main.js.map
`;

const SOURCE = Array.from({ length: 14 }, (_, at) => (at === 11 ? "\tthrow new Error('broken' as string);" : `// line ${at + 1}`)).join('\n');

/** Maps line 2 of the script to line 12 of the source, column 2. */
const map = (source = '../src/cart.ts') =>
  JSON.stringify({ version: 3, sources: [source], sourcesContent: [SOURCE], mappings: 'AAUA;AACC;AACA' });

const FILES = {
  'index.html': page('<script type="module" src="/js/main.js"></script>', '<p>one</p><iframe></iframe>'),
  'js/main.js': SCRIPT,
  'js/main.js.map': map(),
};

/** Throws in the page, outside of the driver's call. */
const fail = (tab, text) => tab.evaluate((text) => void setTimeout(() => globalThis.fail(text), 0), text);

const overlay = () => document.querySelector('hot-middleware-overlay')?.shadowRoot?.querySelector('dialog')?.textContent ?? '';

/** @type {import('../engines/scenario.js').Scenario[]} */
export const consoleReports = [
  [
    'the terminal has the problems of a page, by their sources, and none of its console',
    { files: FILES, server: { terminal: true }, errors: [/./] },
    async (stage) => {
      const { open, restart } = stage;
      const tab = await open();
      await fail(tab);
      await stage.server.prints('/: Error: broken (src/cart.ts:12:2)');
      await tab.evaluate(() => void Promise.reject(new TypeError('late')));
      await stage.server.prints(/^\/: unhandled rejection: TypeError: late/);
      await tab.evaluate(() => {
        const image = new Image();
        image.src = '/none.png?x=1';
        document.body.append(image);
        console.error('not wanted');
      });
      await stage.server.prints('/: could not load <img> /none.png?x=1');
      await tab.evaluate(() => {
        for (let n = 0; n < 5; n += 1) setTimeout(() => { throw new Error('again'); }, 0);
      });
      await stage.server.prints(/^\/: Error: again.* ×5$/);
      // What a frame without a client of its own has counts as the page's.
      await tab.evaluate(() => {
        const frame = document.querySelector('iframe');
        frame.srcdoc = '<script>setTimeout(function again() { if (!window.stop_) { window.stop_ = 1; setTimeout(again, 500); } else throw new Error("framed") }, 0)</script>';
      });
      // WebKit hides the error of such a script.
      await stage.server.prints(/^\/: (?:Error: framed.*\)|Script error\.)$/);
      // This page has the token of the process before.
      await restart();
      await tab.says('[HMR] reconnected');
      await fail(tab, 'after the restart');
      await stage.server.prints('/: Error: after the restart (src/cart.ts:12:2)');
      const lines = stage.server.printed();
      assert.ok(!lines.some((line) => /not wanted|HMR/.test(line)), lines.join('\n'));
    },
  ],
  [
    'a violation of a policy is in the terminal',
    {
      files: { 'index.html': page('', '<p>one</p>') },
      server: { terminal: true, csp: "default-src 'self'; style-src 'self'; img-src 'self' data:" },
      errors: [/style-src/],
    },
    async ({ open, server }) => {
      const tab = await open();
      await tab.untilUpdatable();
      // Later than the answers that the client parses at the start.
      await tab.evaluate(() => void setTimeout(() => document.querySelector('p').setAttribute('style', 'color: red'), 400));
      await server.prints(/^\/: blocked by the policy: style-src\S* inline/);
    },
  ],
  [
    'an update of a page whose styles have nonces adds no violation',
    {
      templates: { 'a.html': page('<style nonce="cmFuZG9t">p { color: rgb(1, 0, 0); }</style><script type="module" src="/js/main.js"></script>', '<p>one</p>') },
      files: FILES,
      server: { terminal: true, csp: "default-src 'self'; style-src 'self' 'nonce-cmFuZG9t'; img-src 'self' data:" },
      errors: [/./],
    },
    async ({ open, server, templates }) => {
      const tab = await open('/t/a.html');
      await tab.untilUpdatable();
      for (const text of ['two', 'three']) {
        await templates.save('a.html', page(`<style nonce="${text}">p { color: rgb(1, 0, 0); }</style><script type="module" src="/js/main.js"></script>`, `<p>${text}</p>`));
        await tab.untilText('p', text);
      }
      await tab.isKept();
      await fail(tab, 'the end');
      await server.prints(/the end/);
      const lines = server.printed();
      assert.ok(!lines.some((line) => line.includes('blocked')), lines.join('\n'));
    },
  ],
  [
    'lines of the console are in the terminal where the app asks for them, also those from before the client was there',
    {
      files: {
        'index.html': page('<script type="module" src="/js/main.js"></script>'),
        'js/main.js': "console.log('hello %s', 'world', { a: [1] });\nconsole.info('silent');\n",
      },
      server: { terminal: true, console: ['log', 'warn'] },
    },
    async ({ open, server }) => {
      const tab = await open();
      await server.prints(/^\/: console\.log: hello world \{ a: \[1\] \} \(\/js\/main\.js:1:\d+\)$/);
      await tab.evaluate(() => console.warn('\u001b[2J<b>markup</b>\nnext'));
      await server.prints(/^\/: console\.warn: \\u\{1b\}\[2J<b>markup<\/b> next/);
      const lines = server.printed();
      assert.ok(!lines.some((line) => /silent|connected/.test(line)), lines.join('\n'));
    },
  ],
  [
    'the overlay has an uncaught error by its source, with the lines around it, as text alone',
    {
      files: { ...FILES, 'js/main.js.map': map('../src/<img src=x onerror=alert(1)>.ts') },
      server: { overlay_runtime_errors: true },
      errors: [/./],
    },
    async ({ open }) => {
      const tab = await open();
      await fail(tab, '<img src=x onerror=alert(1)>');
      await tab.until(() => document.querySelector('hot-middleware-overlay')?.shadowRoot?.textContent.includes('.ts 12:2'));
      const text = await tab.evaluate(overlay);
      assert.ok(text.includes('src/<img src=x onerror=alert(1)>.ts 12:2'), text);
      assert.match(text, /Error: <img src=x onerror=alert\(1\)>\n/);
      assert.match(text, /> 12 \| \tthrow new Error\('broken' as string\);\n +\| \t\^\n/);
      assert.equal(await tab.evaluate(() => document.querySelector('hot-middleware-overlay').shadowRoot.querySelectorAll('img').length), 0);
    },
  ],
  [
    'a place on the overlay opens the editor',
    { files: { ...FILES, 'src/cart.ts': SOURCE }, server: { overlay_runtime_errors: true }, errors: [/./] },
    async (stage) => {
      const folder = await mkdtemp(join(tmpdir(), 'editor-'));
      stage.later(() => rm(folder, { recursive: true, force: true }));
      const [editor, opened] = [join(folder, 'code'), join(folder, 'opened')];
      await writeFile(editor, `#!/bin/sh\nprintf '%s\\n' "$@" > '${opened}.part' && mv '${opened}.part' '${opened}'\n`);
      await chmod(editor, 0o755);
      stage.server.setup.editor = editor;
      await stage.restart();
      const tab = await stage.open();
      await fail(tab);
      await tab.until(() => document.querySelector('hot-middleware-overlay')?.shadowRoot?.querySelector('h2 .open')?.textContent === 'src/cart.ts 12:2');
      await tab.evaluate(() => document.querySelector('hot-middleware-overlay').shadowRoot.querySelector('h2 .open').click());
      const deadline = Date.now() + PATIENCE;
      for (let text = ''; ; text = await readFile(opened, 'utf8').catch(() => '')) {
        if (text) {
          assert.equal(text, `-g\n${join(stage.site.folder, 'src/cart.ts')}:12:2\n`);
          break;
        }
        assert.ok(Date.now() < deadline, await tab.evaluate(overlay));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await tab.until(() => document.querySelector('hot-middleware-overlay').shadowRoot.querySelector('footer').textContent === 'Opened src/cart.ts:12');
    },
  ],
];
