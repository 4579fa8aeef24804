/** Vite's API in modules that are served as they are, and what pages say about modules, in every engine. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { page } from '../engines/page.js';

const TAG = '<script type="module" src="main.js"></script>';
const MAIN = page(TAG, '<p></p><input>');
const mapped = (map) => page(`<script type="importmap">${JSON.stringify(map)}</script>${TAG}`, '<p></p><input>');
const text = (word) => `export const text = () => '${word}';`;
const show = (word) => `document.querySelector('p').textContent = ${word};`;
const shown = (tab, word) => tab.untilText('p', word);
const counting = (name) => `globalThis.${name} = (globalThis.${name} ?? 0) + 1;`;

/** The overlay's text, if the page shows it. */
const overlay = () =>
  document.querySelector('hot-middleware-overlay')?.shadowRoot?.querySelector('[role=alertdialog]')?.textContent ?? '';

/** @type {import('../engines/scenario.js').Scenario[]} */
export const hotApi = [
  [
    'bare specifiers and URLs in an import map name what a module imports',
    {
      files: {
        'index.html': mapped({
          imports: { text: './lib/text.js', '#lib/': './lib/', '/old.js': '/lib/new.js' },
          scopes: { '/lib/': { word: '/lib/word.js' } },
        }),
        'main.js': `
          import { text } from 'text';
          import { part } from '#lib/part.js';
          import { fresh } from './old.js';
          ${counting('mains')}
          ${show('text() + part() + fresh()')}
          import.meta.hot?.accept();
        `,
        'lib/text.js': "export { text } from 'word';",
        'lib/word.js': text('one'),
        'lib/part.js': "export const part = () => ' a';",
        'lib/new.js': "export const fresh = () => ' x';",
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one a x');
      await site.save('lib/word.js', text('two'));
      await shown(tab, 'two a x');
      await site.save('lib/part.js', "export const part = () => ' b';");
      await shown(tab, 'two b x');
      await site.save('lib/new.js', "export const fresh = () => ' y';");
      await shown(tab, 'two b y');
      await site.save('lib/word.js', text('three'));
      await shown(tab, 'three b y');
      assert.equal(await tab.evaluate(() => globalThis.mains), 5);
      await tab.isKept();
      const other = await open();
      await shown(other, 'three b y');
      assert.equal(await other.evaluate(() => globalThis.mains), 1, 'one instance');
    },
  ],
  [
    'a dependency is accepted by its bare specifier',
    {
      files: {
        'index.html': mapped({ imports: { text: './text.js' } }),
        'main.js': `
          import { text } from 'text';
          ${counting('mains')}
          ${show('text()')}
          import.meta.hot?.accept('text', (module) => { ${show('module.text()')} });
        `,
        'text.js': text('one'),
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one');
      await site.save('text.js', text('two'));
      await shown(tab, 'two');
      await site.save('text.js', text('three'));
      await shown(tab, 'three');
      assert.equal(await tab.evaluate(() => globalThis.mains), 1);
      await tab.isKept();
    },
  ],
  [
    'a specifier that depends on the page reloads the page',
    {
      files: {
        'index.html': mapped({ imports: { text: './text.js' } }),
        'other.html': mapped({ imports: { text: './other.js' } }),
        'main.js': `import { text } from 'text'; ${show('text()')} import.meta.hot?.accept();`,
        'text.js': text('one'),
        'other.js': text('other'),
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one');
      const other = await open('/other.html');
      await shown(other, 'other');
      await site.save('text.js', text('two'));
      await tab.isReloaded();
      await shown(tab, 'two');
      await other.isKept();
      assert.equal(await other.evaluate(() => document.querySelector('p').textContent), 'other');
    },
  ],
  [
    'a module whose bytes the page vouches for is left as it is',
    (() => {
      const main = `import './part.js'; ${show("'one ' + typeof import.meta.hot")} import.meta.hot?.accept();`;
      const part = 'globalThis.part = typeof import.meta.hot; import.meta.hot?.accept();';
      const digest = (text) => `sha384-${createHash('sha384').update(text).digest('base64')}`;
      const map = JSON.stringify({ imports: {}, integrity: { './part.js': digest(part) } });
      return {
        files: {
          'index.html': page(
            `<script type="importmap">${map}</script><script type="module" src="main.js" integrity="${digest(main)}"></script>`,
            '<p></p>',
          ),
          'main.js': main,
          'part.js': part,
        },
      };
    })(),
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one undefined');
      assert.equal(await tab.evaluate(() => globalThis.part), 'undefined');
      await site.save('index.html', MAIN);
      await tab.isReloaded();
      await shown(tab, 'one object');
    },
  ],
  [
    'changes of accepted exports leave the modules that take no others as they are',
    {
      files: {
        'index.html': MAIN,
        'main.js': `import { text } from './part.js'; ${counting('mains')} globalThis.text = text; globalThis.later = () => import('./other.js');`,
        'other.js': `import { rest } from './part.js'; ${counting('others')} globalThis.rest = rest; import.meta.hot?.accept();`,
        'part.js': `
          export const text = 'one';
          export const rest = 1;
          ${counting('parts')}
          import.meta.hot?.acceptExports('text', (module) => { ${show('module.text')} });
        `,
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      const part = (word, rest) => `
        export const text = '${word}';
        export const rest = ${rest};
        ${counting('parts')}
        import.meta.hot?.acceptExports(['text'], (module) => { ${show('module.text')} });
      `;
      await tab.until(() => globalThis.parts === 1);
      await site.save('part.js', part('two', 2));
      await shown(tab, 'two');
      await tab.evaluate(() => globalThis.later().then(() => undefined));
      await tab.until(() => globalThis.rest === 2);
      await site.save('part.js', part('three', 3));
      await shown(tab, 'three');
      await tab.until(() => globalThis.rest === 3);
      assert.deepEqual(await tab.evaluate(() => [globalThis.mains, globalThis.others, globalThis.parts, globalThis.text]), [1, 2, 3, 'one']);
      await tab.isKept();
    },
  ],
  [
    'an update that a module invalidates is passed on to those that import it, in all pages',
    {
      files: {
        'index.html': MAIN,
        'main.js': `import './app.js'; ${counting('mains')}`,
        'app.js': `import { text } from './text.js'; ${counting('apps')} ${show('text()')} import.meta.hot?.accept();`,
        'text.js': `${text('one')} import.meta.hot?.accept();`,
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one');
      const other = await open();
      await shown(other, 'one');
      for (const each of [tab, other]) {
        await each.evaluate(() => {
          globalThis.heard = [];
          const hot = globalThis.__hot_middleware__.hot(new URL('app.js', location).href);
          hot.on('vite:invalidate', ({ path, message }) => globalThis.heard.push(`${path} ${message}`));
        });
      }
      const invalidating = (word) => `${text(word)} globalThis.version = '${word}'; import.meta.hot?.accept((module) => import.meta.hot.invalidate('too ' + module.text()));`;
      await site.save('text.js', invalidating('two'));
      for (const each of [tab, other]) await each.until(() => globalThis.version === 'two');
      for (const [at, word] of ['three', 'four'].entries()) {
        await site.save('text.js', invalidating(word));
        await shown(tab, word);
        await shown(other, word);
        for (const each of [tab, other]) {
          assert.deepEqual(await each.evaluate(() => [globalThis.mains, globalThis.apps]), [1, at + 2]);
        }
      }
      assert.deepEqual(await tab.evaluate(() => globalThis.heard.slice(0, 1)), ['/text.js too three']);
      await tab.isKept();
      await other.isKept();
    },
  ],
  [
    'an invalidated update that nothing accepts reloads the page',
    {
      files: {
        'index.html': MAIN,
        'main.js': `import { text } from './text.js'; ${show('text()')}`,
        'text.js': `${text('one')} import.meta.hot?.accept(() => import.meta.hot.invalidate());`,
        'entry.js': '',
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one');
      await site.save('text.js', text('two'));
      await tab.isReloaded();
      await shown(tab, 'two');
      await site.save('index.html', MAIN.replace('main.js', 'alone.js'));
      const alone = (word) => `${show(`'${word}'`)} import.meta.hot?.accept(() => import.meta.hot.invalidate());`;
      await site.save('alone.js', alone('three'));
      await tab.isReloaded();
      await shown(tab, 'three');
      await site.save('alone.js', alone('four'));
      await tab.isReloaded();
      await shown(tab, 'four');
    },
  ],
  [
    'a module that accepts its updates under a condition passes the others on',
    {
      files: {
        'index.html': MAIN,
        'main.js': `import './app.js'; ${counting('mains')}`,
        'app.js': `import { text } from './text.js'; ${counting('apps')} ${show('text()')} import.meta.hot?.accept();`,
        'text.js': `${text('one')} if (globalThis.accepting) import.meta.hot?.accept();`,
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one');
      for (const [at, word] of ['two', 'three'].entries()) {
        await site.save('text.js', `${text(word)} if (globalThis.accepting) import.meta.hot?.accept();`);
        await shown(tab, word);
        assert.deepEqual(await tab.evaluate(() => [globalThis.mains, globalThis.apps]), [1, at + 2]);
      }
      await tab.isKept();
    },
  ],
  [
    'a stylesheet that is imported as a module is replaced in place, or with the module that accepts it',
    {
      files: {
        'index.html': MAIN,
        'main.js': `
          ${counting('mains')}
          const { default: sheet } = await import('./style.css', { with: { type: 'css' } }).catch(() => ({}));
          if (sheet) document.adoptedStyleSheets = [sheet];
          ${show("sheet ? 'adopted' : 'unsupported'")}
        `,
        'style.css': 'p { color: rgb(1, 0, 0) }',
        'hot.js': `
          import sheet from './hot.css' with { type: 'css' };
          ${counting('hots')}
          document.adoptedStyleSheets = [...document.adoptedStyleSheets.slice(0, 1), sheet];
          import.meta.hot?.accept();
        `,
        'hot.css': 'p { margin-top: 1px }',
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      await tab.until(() => document.querySelector('p').textContent);
      const isSupported = (await tab.evaluate(() => document.querySelector('p').textContent)) === 'adopted';
      const isWebKit = await tab.evaluate(() => navigator.userAgent.includes('Safari') && !navigator.userAgent.includes('Chrome'));
      assert.equal(isSupported, !isWebKit, 'all engines but WebKit have CSS modules');
      if (!isSupported) return;
      await tab.untilStyle('p', 'color', 'rgb(1, 0, 0)');
      for (const red of [2, 3]) {
        await site.save('style.css', `p { color: rgb(${red}, 0, 0) }`);
        await tab.untilStyle('p', 'color', `rgb(${red}, 0, 0)`);
      }
      assert.equal(await tab.evaluate(() => globalThis.mains), 1);
      await tab.evaluate(() => import('/hot.js').then(() => undefined));
      for (const [at, pixels] of [2, 3].entries()) {
        await site.save('hot.css', `p { margin-top: ${pixels}px }`);
        await tab.untilStyle('p', 'margin-top', `${pixels}px`);
        assert.equal(await tab.evaluate(() => globalThis.hots), at + 2);
      }
      assert.equal(await tab.evaluate(() => document.adoptedStyleSheets.length), 2);
      await tab.isKept();
    },
  ],
  [
    'a module that throws or doesn’t parse is on the overlay with its place, and the old one goes on',
    {
      files: {
        'index.html': MAIN,
        'main.js': `
          import { text } from './lib/text.js';
          ${show('text()')}
          globalThis.events ??= [];
          import.meta.hot?.accept();
          import.meta.hot?.on('vite:error', ({ type, err }) => globalThis.events.push([type, err.message, err.loc?.file]));
        `,
        'lib/text.js': text('one'),
      },
      errors: [/Could not update/, /SyntaxError/, /Unexpected|expected/, /Error: thrown/],
    },
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one');
      await site.save('lib/text.js', 'export const text = () => 1;\n\n\nlet broken = ;');
      await tab.until(overlay);
      await tab.until(() =>
        // WebKit has no column.
        /\/lib\/text\.js[^]*4:(?:14|1\D)/.test(
          document.querySelector('hot-middleware-overlay')?.shadowRoot?.querySelector('[role=alertdialog]')?.textContent,
        ),
      );
      assert.match(await tab.evaluate(overlay), /SyntaxError/);
      await site.save('lib/text.js', "export const text = () => 1;\n\n  throw new Error('thrown');");
      await tab.until(() =>
        /\/lib\/text\.js[^]*3:\d+[^]*thrown/.test(
          document.querySelector('hot-middleware-overlay')?.shadowRoot?.querySelector('[role=alertdialog]')?.textContent,
        ),
      );
      assert.equal(await tab.evaluate(() => document.querySelector('p').textContent), 'one');
      // The listener of the old instance was restored.
      await tab.until(() => globalThis.events.length === 2);
      assert.deepEqual(await tab.evaluate(() => globalThis.events.map(([type, , file]) => `${type} ${file}`)), Array(2).fill('error /lib/text.js'));
      await site.save('lib/text.js', text('two'));
      await shown(tab, 'two');
      await tab.until(() => !document.querySelector('hot-middleware-overlay'));
      await tab.isKept();
    },
  ],
  [
    'modules hear of lost connections and of reloads',
    {
      files: {
        'index.html': MAIN,
        'main.js': `
          const note = (name) => (sessionStorage.events = (sessionStorage.events ?? '') + name + ' ');
          for (const name of ['ws:connect', 'ws:disconnect', 'beforeFullReload']) {
            import.meta.hot?.on('vite:' + name, () => note(name));
          }
          import './text.js';
        `,
        'text.js': '',
      },
    },
    async ({ site, open, restart }) => {
      const tab = await open();
      await tab.until(() => sessionStorage.events === 'ws:connect ');
      await restart();
      await tab.until(() => sessionStorage.events === 'ws:connect ws:disconnect ws:connect ');
      await site.save('text.js', '1');
      await tab.isReloaded();
      assert.match(await tab.evaluate(() => sessionStorage.events), /^ws:connect ws:disconnect ws:connect beforeFullReload /);
    },
  ],
  [
    'a file that a module names by its own URL runs what accepts that again',
    {
      files: {
        'index.html': MAIN,
        'main.js': `import { read } from './data.js'; ${show('await read()')} import.meta.hot?.accept();`,
        'data.js': "export const read = async () => (await fetch(new URL('./data.txt', import.meta.url), { cache: 'no-store' })).text();",
        'data.txt': 'one',
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one');
      await site.save('data.txt', 'two');
      await shown(tab, 'two');
      await site.save('data.txt', 'three');
      await shown(tab, 'three');
      await tab.isKept();
    },
  ],
];
