/** Pages with a Content-Security-Policy in every engine. */

import assert from 'node:assert/strict';

import { page } from '../engines/page.js';
import { square } from '../png.js';

const NONCE = 'cmFuZG9t';
const REST = "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'";
const TRUSTED = "require-trusted-types-for 'script'; trusted-types 'none'";

const POLICIES = {
  'a policy of the page’s own origin alone': { csp: `${REST}; script-src 'self'` },
  'a nonce, strict-dynamic and Trusted Types': {
    csp: `${REST}; script-src 'nonce-${NONCE}' 'strict-dynamic'; ${TRUSTED}`,
    attributes: `nonce="${NONCE}"`,
  },
  'a nonce alone, and Trusted Types': {
    // A nonce does not cover what the stylesheet imports.
    csp: `${REST.replace("style-src 'self'", `style-src 'nonce-${NONCE}' 127.0.0.1:*/more.css`)}; script-src 'nonce-${NONCE}'; ${TRUSTED}`,
    attributes: `nonce="${NONCE}"`,
  },
};

const HEAD = '<link rel="stylesheet" href="style.css"><script type="module" src="app.js"></script>';

/**
 * @param {string} head
 * @param {string} attributes of its scripts and stylesheets
 * @param {string} [text]
 */
const strict = (head, attributes, text = 'text') =>
  page(head, `<input><p>${text}</p><img width="40" height="40" src="image.png">`)
    .replace('"data:,"', '"image.png"')
    .replaceAll(/<(script(?= )|link(?= rel="stylesheet"))/g, `<$1 ${attributes}`);

/** @type {import('../engines/scenario.js').Scenario[]} */
export const policies = Object.entries(POLICIES).map(([name, { csp, attributes = '' }]) => [
  `every update under ${name}`,
  {
    files: {
      'index.html': strict(HEAD, attributes),
      'style.css': 'p { color: rgb(1, 0, 0); }',
      'more.css': 'p { margin-left: 1px; }',
      'image.png': square(10, [200, 0, 0]),
      'app.js': "import { hot } from '/__webpack_hmr/client.js'; hot(import.meta.url).accept(); document.title = 'one';",
    },
    server: { csp },
  },
  async ({ site, open }) => {
    const page = await open();
    await page.until(() => document.title === 'one');
    await site.save('style.css', 'p { color: rgb(2, 0, 0); }');
    await page.untilStyle('p', 'color', 'rgb(2, 0, 0)');
    await site.save('style.css', '@import "more.css"; p { color: rgb(3, 0, 0); }');
    await page.untilStyle('p', 'color', 'rgb(3, 0, 0)');
    await site.save('image.png', square(10, [0, 200, 0]));
    await page.untilPixel('img', 'rgb(0, 200, 0)');
    await site.save('app.js', "document.title = 'two';");
    await page.until(() => document.title === 'two');
    await page.type('input', 'typed');
    await site.save('index.html', strict(HEAD, attributes, 'another text'));
    await page.untilText('p', 'another text');
    assert.equal(await page.evaluate(() => document.querySelector('input').value), 'typed');
    await page.isKept();
    await page.hasNoErrors([]);
    await site.save('index.html', strict('', attributes));
    await page.isReloaded();
  },
]);
