/** Pages with a Content-Security-Policy, up to the strictest that a page with scripts and styles can have. */

import assert from 'node:assert/strict';

import { html, scenario, square } from './harness.js';

const BODY = '<p>text</p><img width="40" height="40" src="image.png">';
const GREEN = [0, 200, 0];

/** A page without the `data:` icon, which such policies forbid. */
const page = (head, body) => html(head, body).replace('"data:,"', '"image.png"');

const files = (head) => ({
  'index.html': page(`<link rel="stylesheet" href="style.css">${head}`, BODY),
  'style.css': 'p { color: rgb(1, 0, 0); }',
  'image.png': square(10, [200, 0, 0]),
  'app.js': "import { hot } from '/__webpack_hmr/client.js'; hot(import.meta.url).accept(); document.title = 'one';",
});

/** Makes every kind of update that the client applies. */
async function everyUpdate({ site, open }) {
  const tab = await open();
  await tab.until(() => document.title === 'one');
  await site.save('style.css', 'p { color: rgb(2, 0, 0); }');
  await tab.untilStyle('p', 'color', 'rgb(2, 0, 0)');
  await site.save('style.css', '@import "more.css"; p { color: rgb(3, 0, 0); }');
  await tab.untilStyle('p', 'color', 'rgb(3, 0, 0)');
  await site.save('image.png', square(10, GREEN));
  await tab.untilPixel('img', `rgb(${GREEN.join(', ')})`);
  await site.save('app.js', "document.title = 'two';");
  await tab.until(() => document.title === 'two');
  await tab.isKept();
  await site.save('index.html', page('', '<p>another</p>'));
  await tab.isReloaded();
}

const SELF = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'";

scenario(
  'a policy of the page’s own origin alone',
  {
    files: { ...files('<script type="module" src="app.js"></script>'), 'more.css': 'p { margin-left: 1px; }' },
    server: { csp: `${SELF}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'` },
  },
  everyUpdate,
);

scenario(
  'a nonce with strict-dynamic, and Trusted Types',
  {
    files: {
      ...files('<script nonce="cmFuZG9t" type="module" src="app.js"></script>'),
      'more.css': 'p { margin-left: 1px; }',
    },
    server: {
      csp:
        "default-src 'none'; script-src 'nonce-cmFuZG9t' 'strict-dynamic'; style-src 'self'; img-src 'self'; " +
        "connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'",
    },
  },
  async (stage) => {
    await everyUpdate(stage);
    const [tab] = stage.tabs;
    assert.equal(await tab.page.$eval('script[data-hot-middleware]', (script) => script.nonce), 'cmFuZG9t');
  },
);

scenario(
  'the client respects a policy that forbids it, and the browser reports that',
  {
    files: files(''),
    server: { csp: "default-src 'self'; script-src 'none'" },
    errors: [/script-src 'none'/],
  },
  async ({ server, tab: empty }) => {
    const tab = await empty();
    await tab.goto(`${server.url}/`);
    await tab.says(/load\.js.*script-src 'none'/s);
    assert.equal(await tab.style('p', 'color'), 'rgb(1, 0, 0)', 'the page is none the worse');
  },
);
