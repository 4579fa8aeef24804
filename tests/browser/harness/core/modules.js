/** ES modules in every engine. */

import assert from 'node:assert/strict';

import { page } from '../engines/page.js';

/** A counter that shows `label` and passes its count to its next version. */
const counter = (label, rest = '') => `
  import { hot } from '/__webpack_hmr/client.js';
  const own = hot(import.meta.url);
  let count = own.data.count ?? 0;
  const button = document.querySelector('button');
  const show = () => (button.textContent = '${label} ' + count);
  const click = () => { count += 1; show(); };
  button.addEventListener('click', click);
  own.dispose((data) => {
    data.count = count;
    button.removeEventListener('click', click);
  });
  own.accept();
  show();
  ${rest}
`;

/** A module that imports another by its name in the page's import map, and uses the hot API when it runs. */
const mapped = (label) => `
  import { text } from 'text';
  document.querySelector('output').textContent = text + ' ${label}';
  globalThis.__hot_middleware__?.hot(import.meta.url).accept();
`;

/** A module that uses every part of the client's API. */
const EARLY = `
  const client = globalThis.__hot_middleware__;
  globalThis.isEarly = 'become' in client;
  globalThis.echoes = [];
  globalThis.all = [];
  client.on('echo', (data) => echoes.push(data));
  client.on('echo', () => echoes.push('ended'))();
  client.subscribe(() => all.push('any'))();
  client.subscribeAll((message) => all.push(message));
  client.disconnect();
  client.connect();
  globalThis.sent = client.send('echo', 'early').then(() => 'sent');
`;

/** A module that accepts its own updates and those of a dependency. */
const early = (label) => `
  import { text } from './dependency.js';
  const client = globalThis.__hot_middleware__;
  const own = client.hot(import.meta.url);
  globalThis.handedOver = '${label} after ' + own.data.label;
  own.accept('./dependency.js', ({ text }) => (globalThis.taken = text));
  own.accept();
  own.dispose((data) => (data.label = '${label}'));
`;

/** Pages with an import map after the client's tag. */
const IMPORT_MAPS = {
  'a page with an import map runs': {},
  'a page with an import map runs under a nonce and Trusted Types': {
    server: {
      csp:
        "default-src 'none'; img-src data:; connect-src 'self'; script-src 'nonce-cmFuZG9t'; " +
        "require-trusted-types-for 'script'; trusted-types 'none'",
    },
    attributes: 'nonce="cmFuZG9t"',
  },
  'a page with an import map runs under a nonce and strict-dynamic': {
    server: {
      csp:
        "default-src 'none'; img-src data:; connect-src 'self'; script-src 'nonce-cmFuZG9t' 'strict-dynamic'; " +
        "require-trusted-types-for 'script'; trusted-types 'none'",
    },
    attributes: 'nonce="cmFuZG9t"',
  },
};

/** @type {import('../engines/scenario.js').Scenario[]} */
export const modules = [
  [
    'a module that accepts itself keeps its state, also after a syntax error',
    {
      files: {
        'index.html': page('<script type="module" src="app.js"></script>', '<button></button>'),
        'app.js': counter('one'),
      },
      errors: [/SyntaxError/],
    },
    async ({ site, open }) => {
      const page = await open();
      await page.click('button');
      await page.untilText('button', 'one 1');
      await site.save('app.js', counter('two'));
      await page.untilText('button', 'two 1');
      await page.click('button');
      await page.untilText('button', 'two 2');
      await site.save('app.js', counter('three', 'const = ;'));
      await page.until(() => globalThis.collected.lines.some((line) => line.includes('Could not update /app.js')));
      await site.replace('app.js', counter('four'));
      await page.untilText('button', 'four 2');
      await page.isKept();
    },
  ],
  [
    'a module that accepts a dependency receives the new one, and one that accepts nothing reloads the page',
    {
      files: {
        'index.html': page('<script type="module" src="app.js"></script>', '<output></output>'),
        'app.js': `
          import { text } from './text.js';
          const output = document.querySelector('output');
          output.textContent = text;
          globalThis.__hot_middleware__.hot(import.meta.url)
            .accept('./text.js', (module) => (output.textContent = module.text));
        `,
        'text.js': "export const text = 'one';",
      },
    },
    async ({ site, open }) => {
      const page = await open();
      await page.untilText('output', 'one');
      for (const text of ['two', 'three']) {
        await site.save('text.js', `export const text = '${text}';`);
        await page.untilText('output', text);
      }
      await page.isKept();
      await site.save('app.js', "document.querySelector('output').textContent = 'new';");
      await page.isReloaded();
      await page.untilText('output', 'new');
    },
  ],
  ...Object.entries(IMPORT_MAPS).map(([name, { server = {}, attributes = '' }]) => [
    name,
    {
      files: {
        'index.html': page(
          '<script type="importmap">{"imports":{"text":"/text.js"}}</script>' +
            `<script type="module">import { text } from 'text'; globalThis.inline = text;</script>` +
            '<script type="module" src="app.js"></script>',
          '<output></output>',
        ).replaceAll('<script ', `<script ${attributes} `),
        'app.js': mapped('one'),
        'text.js': "export const text = 'mapped';",
      },
      server,
    },
    async ({ site, open }) => {
      const page = await open();
      await page.untilText('output', 'mapped one');
      assert.equal(await page.evaluate(() => globalThis.inline), 'mapped');
      await site.save('app.js', mapped('two'));
      await page.untilText('output', 'mapped two');
      await page.isKept();
    },
  ]),
  [
    'a module that runs before the client has the whole API',
    {
      files: {
        'index.html': page('<script type="module">' + EARLY + '</script><script type="module" src="app.js"></script>'),
        'app.js': early('one'),
        'dependency.js': "export const text = 'first';",
      },
      server: { echo: true },
    },
    async ({ site, open }) => {
      const page = await open();
      assert.equal(await page.evaluate(() => globalThis.isEarly), true);
      assert.equal(await page.evaluate(() => globalThis.sent), 'sent');
      // An event from before the stream was open may have been missed.
      await page.evaluate(() => globalThis.__hot_middleware__.send('echo', 'late').then(() => true));
      await page.until(() => globalThis.echoes.includes('late'));
      const { echoes, all } = await page.evaluate(() => ({ echoes: globalThis.echoes, all: globalThis.all }));
      assert.ok(!echoes.includes('ended'), echoes.join());
      assert.ok(all.length > 0 && !all.includes('any'), JSON.stringify(all));
      await site.save('app.js', early('two'));
      await page.until(() => globalThis.handedOver === 'two after one');
      await site.save('dependency.js', "export const text = 'second';");
      await page.until(() => globalThis.taken === 'second');
      await page.isKept();
      await site.save('app.js', "globalThis.__hot_middleware__.hot(import.meta.url).decline(); globalThis.last = 1;");
      await page.until(() => globalThis.last === 1);
      await page.isKept();
      await site.save('app.js', 'globalThis.last = 2;');
      await page.isReloaded();
    },
  ],
];
