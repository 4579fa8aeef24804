/** The overlay with a build's problems, and the build indicator. */

import assert from 'node:assert/strict';
import { join } from 'node:path';

import { html, scenario } from './harness.js';

const OUT = join(import.meta.dirname, 'out');

/** Errors in the form of webpack, Rspack and rustc: with colours, a code frame, and text that looks like markup. */
const ERRORS = [
  './src/text.js 3:20\nModule parse failed: Unexpected token (3:20)\n  1 | // <b>not bold</b>\n  2 |\n> 3 | export const text = ;\n    |                     ^',
  '\x1b[1m./src/view.tsx\x1b[22m:12:7\n\x1b[0m\x1b[1m\x1b[31merror\x1b[39m: expected \x1b[32m`;`\x1b[39m, found \x1b[38;5;208m`}`\x1b[39m\x1b[22m\n  \x1b[36m-->\x1b[0m <img src=x onerror="globalThis.hacked = true">',
  "Module not found: Error: Can't resolve './gone' in '/app/src'",
];

const files = {
  'index.html': html('<style>body { font: 16px serif }</style>', '<h1>A page</h1><input value="typed">'),
};

/** A bundler's build, which has no files. */
const built = (hash, problems = {}) => ({ built: { hash, modules: [], ...problems } });

const overlay = (tab) => tab.page.locator('hot-middleware-overlay');
const indicator = (tab) => tab.page.locator('hot-middleware-indicator');

/** Opens a page that has received a build, so that the next ones may have problems. */
async function opened({ open, server }) {
  await server.send(built('h1'));
  return open();
}

/** The page's tag with options. */
const tagged = (options) => ({
  'index.html': html(
    `<script type="module" src="/__webpack_hmr/client.js" data-hot-middleware='${JSON.stringify(options)}'></script>`,
    '<h1>A page</h1>',
  ),
});

scenario(
  'errors are shown with file, position, code frame and colours, as text alone, until they are fixed',
  { files, server: { watch: false }, errors: [/./] },
  async (stage) => {
    const tab = await opened(stage);
    await tab.page.focus('input');
    await stage.server.send(built('h2', { errors: ERRORS }));
    const dialog = overlay(tab).getByRole('alertdialog', { name: '3 errors' });
    await dialog.waitFor();
    const items = dialog.getByRole('listitem');
    assert.deepEqual(await items.locator('h2').allInnerTexts(), [
      'Error ./src/text.js 3:20',
      'Error ./src/view.tsx 12:7',
      'Error',
    ]);
    assert.equal(await items.first().locator('.pointed').innerText(), '> 3 | export const text = ;');
    assert.match(await items.nth(1).locator('pre').innerText(), /^error: expected `;`, found `}`\n {2}--> <img src=x/);
    assert.equal(
      await items
        .nth(1)
        .getByText('`}`')
        .evaluate((span) => getComputedStyle(span).color),
      'rgb(255, 135, 0)',
    );
    assert.equal(await dialog.locator('img, b').count(), 0);
    assert.equal(await tab.page.evaluate(() => globalThis.hacked), undefined);

    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      await tab.page.emulateMedia({ colorScheme });
      await tab.page.screenshot({ path: join(OUT, `overlay-${colorScheme}.png`) });
    }

    await stage.server.send(built('h3', { errors: ERRORS.slice(2) }));
    await overlay(tab).getByRole('alertdialog', { name: '1 error' }).waitFor();
    await stage.server.send(built('h1'));
    await overlay(tab).waitFor({ state: 'detached' });
    assert.equal(await tab.page.evaluate(() => document.activeElement?.tagName), 'INPUT', 'the focus is where it was');
    await tab.isKept();
  },
);

scenario(
  'closed by its button or by Escape, it stays closed until a problem is new',
  { files, server: { watch: false }, errors: [/./] },
  async (stage) => {
    const tab = await opened(stage);
    const { server } = stage;
    await server.send(built('h2', { errors: ERRORS }));
    await overlay(tab).getByRole('button', { name: 'Close' }).click();
    await overlay(tab).waitFor({ state: 'detached' });

    await server.send(built('h3', { errors: ERRORS }));
    const received = await tab.receives('later');
    await server.send({ publish: { action: 'later' } });
    await received();
    assert.equal(await overlay(tab).count(), 0, 'the same problem is not new');

    await server.send(built('h4', { errors: ERRORS.slice(1) }));
    await overlay(tab).getByRole('alertdialog').waitFor();
    await tab.page.keyboard.press('Escape');
    await overlay(tab).waitFor({ state: 'detached' });
    assert.equal(await tab.page.evaluate(() => document.activeElement), await tab.page.evaluate(() => document.body));
    await tab.isKept();
  },
);

scenario(
  'it is shown under a policy without inline styles and under Trusted Types',
  {
    files: { 'index.html': html('', '<h1>A page</h1>') },
    server: {
      watch: false,
      csp:
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'none'; img-src data:; " +
        "require-trusted-types-for 'script'; trusted-types 'none'",
    },
    errors: [/\.\/src\/text\.js/],
  },
  async (stage) => {
    const tab = await opened(stage);
    await stage.server.send(built('h2', { errors: ERRORS.slice(0, 2) }));
    const dialog = overlay(tab).getByRole('alertdialog');
    await dialog.waitFor();
    assert.equal(await dialog.evaluate((dialog) => getComputedStyle(dialog).borderTopWidth), '4px', 'it is styled');
    assert.equal(await dialog.locator('[style]').count(), 0);
    const colour = await dialog.getByText('`}`').evaluate((span) => getComputedStyle(span).color);
    assert.equal(colour, 'rgb(255, 135, 0)');
  },
);

scenario(
  'the tag’s options turn warnings on and set the style',
  {
    files: tagged({
      overlayWarnings: true,
      overlayStyles: { backgroundColor: 'rgb(1, 2, 3)', maxWidth: '300px' },
      ansiColors: { red: '00ff00' },
    }),
    server: { watch: false, inject: false },
  },
  async (stage) => {
    const tab = await opened(stage);
    await stage.server.send(built('h2', { warnings: ['\x1b[31mhm\x1b[39m'] }));
    const dialog = overlay(tab).getByRole('alertdialog', { name: '1 warning' });
    await dialog.waitFor();
    const { backgroundColor, maxWidth } = await dialog.evaluate((dialog) => ({ ...getComputedStyle(dialog) }));
    assert.deepEqual([backgroundColor, maxWidth], ['rgb(1, 2, 3)', '300px']);
    assert.equal(await dialog.getByText('hm').evaluate((span) => getComputedStyle(span).color), 'rgb(0, 255, 0)');
  },
);

scenario(
  'uncaught errors are shown with their position if the tag’s option is on',
  { files: tagged({ overlayRuntimeErrors: true }), server: { watch: false, inject: false }, errors: [/broken/] },
  async (stage) => {
    const tab = await opened(stage);
    await tab.page.addScriptTag({
      content: 'setTimeout(() => { throw new Error("broken"); });\n//# sourceURL=/app.js',
    });
    const dialog = overlay(tab).getByRole('alertdialog', { name: '1 runtime error' });
    await dialog.waitFor();
    assert.match(await dialog.getByRole('listitem').innerText(), /^Runtime error\s\/app\.js 1:\d+\s+Error: broken/);
    await tab.page.evaluate(() => void Promise.reject(new Error('broken promise')));
    await overlay(tab).getByRole('alertdialog', { name: '2 runtime errors' }).waitFor();
  },
);

scenario(
  'an overlay that is off in the tag’s options is not loaded',
  { files: tagged({ overlay: false, indicator: false }), server: { watch: false, inject: false }, errors: [/./] },
  async (stage) => {
    const fetched = [];
    const tab = await opened(stage);
    tab.page.on('request', (request) => fetched.push(request.url()));
    await stage.server.send({ building: null });
    await stage.server.send(built('h2', { errors: ERRORS }));
    await tab.says(/Module parse failed/);
    const received = await tab.receives('later');
    await stage.server.send({ publish: { action: 'later' } });
    await received();
    assert.equal(await overlay(tab).count(), 0);
    assert.deepEqual(fetched, []);
  },
);

scenario(
  'a build that takes longer than 300 ms is shown with its progress',
  { files, server: { watch: false } },
  async (stage) => {
    const tab = await opened(stage);
    const { server } = stage;
    await server.send({ building: null });
    await indicator(tab).getByRole('status').getByText('Rebuilding').waitFor();
    await server.send({ publish: { action: 'progress', percent: 42, message: 'sealing' } });
    await indicator(tab).getByText('Rebuilding 42 % (sealing)').waitFor();
    const status = indicator(tab).getByRole('status');
    const motion = () => status.evaluate((status) => getComputedStyle(status, '::before').animationName);
    assert.equal(await motion(), 'turn');
    await tab.page.emulateMedia({ reducedMotion: 'reduce' });
    assert.equal(await motion(), 'none');
    await server.send(built('h1'));
    await indicator(tab).waitFor({ state: 'detached' });
  },
);

scenario(
  'the indicator is cleared when the server stops',
  // While the server stops, the app answers requests for the stream, with 404.
  { files, server: { watch: false }, errors: [/net::ERR_|status of 404/] },
  async (stage) => {
    const tab = await opened(stage);
    await stage.server.send({ building: null });
    await indicator(tab).getByRole('status').waitFor();
    await stage.restart();
    await indicator(tab).waitFor({ state: 'detached' });
  },
);
