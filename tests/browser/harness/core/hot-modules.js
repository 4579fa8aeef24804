/** `import.meta.hot` in modules that are served as they are, in every engine. */

import assert from 'node:assert/strict';

import { page } from '../engines/page.js';

const MAIN = page('<script type="module" src="main.js"></script>', '<p></p><input>');
const text = (word) => `export const text = () => '${word}';`;
const shown = (tab, word) => tab.untilText('p', word);

/** A module that shows a text from below, and counts how often it has run. */
const view = (specifier, name = 'runs') => `
  import { text } from '${specifier}';
  import { store } from './store.js';
  document.querySelector('p').textContent = text() + store.count++;
  globalThis.${name} = (globalThis.${name} ?? 0) + 1;
  import.meta.hot?.accept();
`;
const STORE = 'globalThis.stores = (globalThis.stores ?? 0) + 1; export const store = { count: 1 };';
/** True once the page has told a restarted app which instances it has. */
const isHandedOver = () => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('?receipts'));
const counts = (tab) => tab.evaluate(() => [globalThis.mains, globalThis.stores]);

/** A module that defines an element whose text has a word and a count. */
const counter = (word, member = '') => `
  class Counter extends HTMLElement {
    show() { this.textContent = '${word} ' + (this.count ?? 0); }
    connectedCallback() { this.show(); }
    hotReplacedCallback() { this.show(); }
    add() { this.count = (this.count ?? 0) + 1; this.show(); }
    ${member}
  }
  customElements.define('my-counter', Counter);
  globalThis.make = () => new Counter();
  globalThis.isOne = (element) => element instanceof Counter;
  import.meta.hot?.accept();
`;

/** @type {import('../engines/scenario.js').Scenario[]} */
export const hotModules = [
  [
    'the modules between a change and the one that accepts it run again, and all others stay',
    {
      files: {
        'index.html': MAIN,
        'main.js': "import './app.js'; import './store.js'; globalThis.mains = (globalThis.mains ?? 0) + 1;",
        'app.js': view('./middle.js'),
        'middle.js': "import './circle.js'; export { text } from './text.js';",
        'circle.js': "import './middle.js';",
        'text.js': text('one'),
        'store.js': STORE,
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one1');
      for (const [at, word] of ['two', 'three', 'four'].entries()) {
        await site.save('text.js', text(word));
        await shown(tab, `${word}${at + 2}`);
      }
      assert.deepEqual(await counts(tab), [1, 1]);
      await tab.isKept();
      const other = await open();
      await shown(other, 'four1');
      assert.deepEqual(await counts(other), [1, 1], 'a new page has one instance of each module');
      await site.save('text.js', text('five'));
      await shown(other, 'five2');
      await shown(tab, 'five5');
      assert.deepEqual(await counts(other), [1, 1]);
    },
  ],
  [
    'a module that is loaded later gets the new version of what it imports',
    {
      files: {
        'index.html': MAIN,
        'main.js': "import './app.js'; globalThis.later = () => import('./later.js');",
        'app.js': view('./text.js'),
        'later.js': "import { text } from './text.js'; import { store } from './store.js';\n" +
          "document.querySelector('p').textContent = 'later ' + text() + store.count;",
        'text.js': text('one'),
        'store.js': STORE,
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one1');
      await site.save('text.js', text('two'));
      await shown(tab, 'two2');
      await tab.evaluate(() => globalThis.later().then(() => undefined));
      await shown(tab, 'later two3');
      assert.equal(await tab.evaluate(() => globalThis.stores), 1);
    },
  ],
  [
    'a dependency that is accepted runs again alone',
    {
      files: {
        'index.html': MAIN,
        'main.js': "import './app.js'; import './other.js';",
        'app.js': `
          import { text } from './text.js';
          globalThis.apps = (globalThis.apps ?? 0) + 1;
          const show = (text) => (document.querySelector('p').textContent = text());
          show(text);
          import.meta.hot?.accept('./text.js', (module) => show(module.text));
        `,
        'other.js': "import { text } from './text.js'; globalThis.other = text; import.meta.hot?.accept();",
        'text.js': text('one'),
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one');
      await site.save('text.js', text('two'));
      await shown(tab, 'two');
      await tab.until(() => globalThis.other() === 'two');
      assert.equal(await tab.evaluate(() => globalThis.apps), 1);
      await tab.isKept();
    },
  ],
  [
    'a module that can’t run leaves the old one as it is, until the next save',
    {
      files: {
        'index.html': MAIN,
        'main.js': `
          import { text } from './text.js';
          document.querySelector('p').textContent = text();
          globalThis.disposed = globalThis.disposed ?? [];
          import.meta.hot?.accept();
          import.meta.hot?.dispose((data) => globalThis.disposed.push(data.word));
          import.meta.hot.data.word = text();
        `,
        'text.js': text('one'),
      },
      errors: [/Could not update/, /SyntaxError/],
    },
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one');
      await site.save('text.js', 'export const text = () => ;');
      await tab.until(() => collected.errors.some((line) => line.includes('Could not update /text.js')));
      assert.deepEqual(await tab.evaluate(() => globalThis.disposed), []);
      await site.save('text.js', text('two'));
      await shown(tab, 'two');
      assert.deepEqual(await tab.evaluate(() => globalThis.disposed), ['one']);
      await tab.isKept();
    },
  ],
  [
    'a module that nothing accepts reloads the page, and the console has the way to it',
    {
      files: {
        'index.html': MAIN.replace('main.js"></script>', 'main.js"></script><script>addEventListener("pagehide", () => (sessionStorage.lines = collected.lines.join("\\n")))</script>'),
        'main.js': "import { text } from './text.js'; document.querySelector('p').textContent = text();",
        'text.js': text('one'),
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      await site.save('text.js', text('two'));
      await tab.isReloaded();
      await shown(tab, 'two');
      assert.match(
        await tab.evaluate(() => sessionStorage.lines),
        /No module accepts \/text\.js, which is imported by \/main\.js/,
      );
    },
  ],
  [
    'data that is imported as a module, a pruned module and Vite’s events',
    {
      files: {
        'index.html': MAIN,
        'main.js': `
          import data from './data.json' with { type: 'json' };
          import './part.js';
          document.querySelector('p').textContent = data.text;
          globalThis.events ??= [];
          import.meta.hot?.accept();
          for (const name of ['vite:beforeUpdate', 'vite:afterUpdate', 'vite:beforePrune']) {
            import.meta.hot?.on(name, ({ type }) => globalThis.events.push(name + ' ' + type));
          }
        `,
        'part.js': 'import.meta.hot?.prune(() => (globalThis.pruned = true));',
        'data.json': '{"text":"one"}',
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one');
      await site.save('data.json', '{"text":"two"}');
      await shown(tab, 'two');
      await tab.until(() => globalThis.events.length === 2);
      assert.deepEqual(await tab.evaluate(() => globalThis.events), ['vite:beforeUpdate update', 'vite:afterUpdate update']);
      await site.save('main.js', "document.querySelector('p').textContent = 'three'; import.meta.hot?.accept();");
      await shown(tab, 'three');
      await tab.until(() => globalThis.pruned === true);
      await tab.isKept();
    },
  ],
  [
    'a page goes on to update its modules when the app is restarted, with the instances that it has',
    {
      files: {
        'index.html': MAIN,
        'main.js': `
          import './app.js';
          import './other.js';
          const late = async () => {
            const { store, text } = await import('./late.js');
            return text() + store.count;
          };
          globalThis.importLate = async () => (globalThis.late = await late().catch(String));
        `,
        'app.js': view('./text.js'),
        'other.js': "import { text } from './text.js'; globalThis.other = text; import.meta.hot?.accept();",
        'text.js': text('one'),
        'late.js': "export { text } from './text.js'; export { store } from './store.js'; import.meta.hot?.accept();",
        'store.js': STORE,
      },
    },
    async ({ site, open, restart }) => {
      const tab = await open();
      await shown(tab, 'one1');
      await restart();
      await tab.says('[HMR] reconnected');
      await site.save('text.js', text('two'));
      await shown(tab, 'two2');
      await site.save('text.js', text('three'));
      await shown(tab, 'three3');
      await tab.isKept();
      await restart();
      // As the client does after an update, for the browser's cache: here by chance from the new process.
      await tab.evaluate(() => fetch('/text.js', { cache: 'reload', headers: { 'Hot-Middleware-Module': '1' } }));
      await tab.until(() => collected.lines.filter((line) => line === '[HMR] reconnected').length === 2);
      await tab.until(isHandedOver);
      await tab.evaluate(() => void globalThis.importLate());
      await tab.until(() => globalThis.late);
      assert.equal(await tab.evaluate(() => globalThis.late), 'three4');
      await site.save('text.js', text('four'));
      await shown(tab, 'four4');
      await tab.isKept();
      assert.equal(await tab.evaluate(() => globalThis.stores), 1);
    },
  ],
  [
    'a page is reloaded where a restarted app has given another page other instances',
    {
      files: { 'index.html': MAIN, 'main.js': view('./text.js'), 'text.js': text('one'), 'store.js': STORE },
      errors: [/409/],
    },
    async ({ site, open, restart }) => {
      const tab = await open();
      await site.save('text.js', text('two'));
      await shown(tab, 'two2');
      await tab.evaluate(() => globalThis.__hot_middleware__.disconnect());
      await restart();
      const other = await open();
      await shown(other, 'two1');
      await tab.evaluate(() => globalThis.__hot_middleware__.connect());
      await tab.until(isHandedOver);
      await site.save('text.js', text('three'));
      await shown(other, 'three2');
      await other.isKept();
      await tab.isReloaded();
      await shown(tab, 'three1');
    },
  ],
  [
    'a page with an inline module that imports what has changed is reloaded',
    {
      files: {
        'index.html': MAIN.replace('</body>', '') + '<script type="module">import { text } from "./text.js"; globalThis.inline = text();</script>',
        'main.js': view('./text.js'),
        'text.js': text('one'),
        'store.js': STORE,
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one1');
      await site.save('main.js', `${view('./text.js')}// changed`);
      await shown(tab, 'one2');
      await tab.isKept();
      await site.save('text.js', text('two'));
      await tab.isReloaded();
      await shown(tab, 'two1');
      assert.equal(await tab.evaluate(() => globalThis.inline), 'two');
    },
  ],
  [
    'a page is reloaded where a module imports what has changed by a URL with a host',
    {
      files: {
        'index.html': MAIN,
        'main.js': "import './app.js'; import './other.js';",
        'app.js': view('./text.js'),
        'other.js': '',
        'text.js': text('one'),
        'store.js': STORE,
      },
    },
    async ({ site, open, server }) => {
      await site.save('other.js', `import { text } from '${server.url}/text.js'; globalThis.other = text;`);
      const tab = await open();
      await shown(tab, 'one1');
      await site.save('text.js', text('two'));
      await tab.isReloaded();
      await shown(tab, 'two1');
    },
  ],
  [
    'a module that the app lets browsers keep has the API after a reload too',
    {
      files: { 'index.html': page('<script type="module" src="main.js"></script><script src="classic.js"></script>', '<p></p>'),
        'main.js': "document.querySelector('p').textContent = 'one ' + typeof import.meta.hot;",
        'classic.js': 'globalThis.classic = 1;' },
      server: { max_age: 600 },
    },
    async ({ site, open }) => {
      const tab = await open();
      await shown(tab, 'one object');
      await site.save('main.js', "document.querySelector('p').textContent = 'two ' + typeof import.meta.hot;");
      await tab.isReloaded();
      await shown(tab, 'two object');
      await site.save('classic.js', 'globalThis.classic = 2;');
      await tab.isReloaded();
      await shown(tab, 'two object');
      assert.equal(await tab.evaluate(() => globalThis.classic), 2);
    },
  ],
  [
    'an element that is defined again keeps its state, and gets the new methods',
    {
      files: {
        'index.html': page(
          '<script type="module" src="main.js"></script>',
          '<p></p><my-counter id="light"></my-counter><div><template shadowrootmode="open"><my-counter></my-counter></template></div>',
        ),
        'main.js': counter('one'),
      },
    },
    async ({ site, open }) => {
      const tab = await open();
      const texts = () => [
        globalThis.light.textContent,
        document.querySelector('div').shadowRoot.firstElementChild.textContent,
      ];
      await tab.evaluate(() => [globalThis.light, document.querySelector('div').shadowRoot.firstElementChild].map((element) => element.add()));
      assert.deepEqual(await tab.evaluate(texts), ['one 1', 'one 1']);
      for (const word of ['two', 'three']) {
        await site.save('main.js', counter(word));
        await tab.until((word) => globalThis.light.textContent.startsWith(word), word);
        assert.deepEqual(await tab.evaluate(texts), [`${word} 1`, `${word} 1`]);
      }
      assert.deepEqual(
        await tab.evaluate(() => {
          const made = globalThis.make();
          document.body.append(made);
          return [made.textContent, made.localName, globalThis.isOne(made), globalThis.isOne(globalThis.light), globalThis.isOne(document.body)];
        }),
        ['three 0', 'my-counter', true, true, false],
      );
      await tab.evaluate(() => document.body.append(document.createElement('my-counter')));
      assert.equal(await tab.evaluate(() => document.body.lastElementChild.textContent), 'three 0');
      await tab.isKept();
      await tab.evaluate(() => {
        try {
          customElements.define('my-counter', class extends HTMLElement {});
        } catch (error) {
          globalThis.thrown = error.name;
        }
      });
      assert.equal(await tab.evaluate(() => globalThis.thrown), 'NotSupportedError', 'outside of an update');
      await site.save('main.js', counter('four', '#secret = 1;'));
      await tab.isReloaded();
      await tab.until(() => globalThis.light.textContent === 'four 0');
    },
  ],
  [
    'a page that was away gets the modules that have changed meanwhile',
    {
      files: {
        'index.html': MAIN,
        'main.js': "import './app.js'; import './other.js';",
        'app.js': view('./text.js'),
        'other.js': "import { text } from './text.js'; globalThis.other = text; import.meta.hot?.accept();",
        'text.js': text('one'),
        'store.js': STORE,
      },
    },
    async ({ site, open, restart }) => {
      const tab = await open();
      await shown(tab, 'one1');
      await site.save('text.js', text('two'));
      await shown(tab, 'two2');
      await tab.evaluate(() => globalThis.__hot_middleware__.disconnect());
      const other = await open();
      await shown(other, 'two1');
      await site.save('text.js', text('three'));
      // Its build is published by then.
      await shown(other, 'three2');
      await tab.evaluate(() => globalThis.__hot_middleware__.connect());
      await shown(tab, 'three3');
      await tab.until(() => globalThis.other() === 'three');
      await tab.isKept();
      await restart({ meanwhile: () => site.save('text.js', text('four')) });
      await shown(tab, 'four1');
      await shown(other, 'four1');
      await tab.until(() => globalThis.other() === 'four');
    },
  ],
];
