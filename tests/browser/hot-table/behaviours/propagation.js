/** How a change goes up the import graph, and what runs again. */

import { count, SHOW, view, word } from './texts.js';

const OFF_PATH = "globalThis.stores = (globalThis.stores ?? 0) + 1;\nexport const store = {};\n";
const plain = (specifier) => `import { word } from '${specifier}';\n${SHOW}(word);\n`;

/** Saves two versions of a module, which must be shown without a reload. @param {string} name */
const follows = (name, text = word) => async ({ page, save }) => {
  for (const shown of ['two', 'three']) {
    await save(name, text(shown));
    await page.shows(shown);
  }
  await page.isKept();
};

/** @type {import('../stage.js').Behaviour[]} */
export const propagation = [
  {
    name: 'static imports: the modules up to the nearest one that accepts run again, and all others stay',
    files: {
      'main.js': `import './app.js';\nimport './store.js';\n${count('mains')}`,
      'app.js': `import './store.js';\n${view('./a.js')}`,
      'a.js': `import './store.js';\nexport { word } from './b.js';\n${count('as')}`,
      'b.js': "import './store.js';\nimport { word as own } from './c.js';\nexport const word = own;",
      'c.js': word('one'),
      'store.js': OFF_PATH,
    },
    async go(stage) {
      await follows('c.js')(stage);
      await stage.page.is([1, 3, 3, 1], () => [globalThis.mains, globalThis.views, globalThis.as, globalThis.stores]);
    },
  },
  {
    name: 'dynamic imports',
    files: {
      'main.js': `import('./dep.js').then(({ word }) => ${SHOW}(word));\nimport.meta.hot?.accept();`,
      'dep.js': word('one'),
    },
    go: follows('dep.js'),
  },
  {
    name: 're-exports: `export *`, `export * as` and `export { … } from`',
    files: {
      'main.js': `import { c } from './a.js';\n${SHOW}(c.word);\nimport.meta.hot?.accept();`,
      'a.js': "export * from './b.js';",
      'b.js': "export { whole as c } from './c.js';",
      'c.js': "export * as whole from './d.js';",
      'd.js': word('one'),
    },
    go: follows('d.js'),
  },
  {
    name: 'circles',
    files: {
      'main.js': view('./a.js'),
      'a.js': "import './b.js';\nexport { word } from './c.js';",
      'b.js': "import './a.js';\nimport './c.js';",
      'c.js': `import './b.js';\n${word('one')}`,
    },
    go: follows('c.js', (text) => `import './b.js';\n${word(text)}`),
  },
  {
    name: 'several entries: each module that accepts runs again, with one instance of the dependency',
    files: {
      'index.html': ['first.js', 'second.js'],
      'first.js': view('./dep.js'),
      'second.js': "import { word } from './dep.js';\nglobalThis.second = word;\nimport.meta.hot?.accept();",
      'dep.js': `${word('one')}${count('deps')}`,
    },
    async go({ page, save }) {
      await save('dep.js', `${word('two')}${count('deps')}`);
      await page.shows('two');
      await page.until(() => globalThis.second === 'two');
      await page.is(2, () => globalThis.deps);
      await page.isKept();
    },
  },
  {
    name: 'nobody accepts: the page reloads',
    files: { 'main.js': plain('./dep.js'), 'dep.js': word('one') },
    async go({ page, save }) {
      await save('dep.js', word('two'));
      await page.isReloaded();
      await page.shows('two');
    },
  },
  {
    name: 'one importer accepts and another doesn’t: the page reloads',
    files: {
      'index.html': ['first.js', 'second.js'],
      'first.js': view('./dep.js'),
      'second.js': "import { word } from './dep.js';\nglobalThis.second = word;",
      'dep.js': word('one'),
    },
    async go({ page, save }) {
      await save('dep.js', word('two'));
      await page.isReloaded();
      await page.shows('two');
    },
  },
  {
    name: 'an `accept()` in a comment or a string accepts nothing',
    files: { 'main.js': `// import.meta.hot.accept()\nconst text = "import.meta.hot.accept()";\n${plain('./dep.js')}`, 'dep.js': word('one') },
    async go({ page, save }) {
      await save('dep.js', word('two'));
      await page.isReloaded();
      await page.shows('two');
    },
  },
  { name: '`.mjs` files', files: { 'main.js': view('./dep.mjs'), 'dep.mjs': word('one') }, go: follows('dep.mjs') },
  {
    name: 'absolute specifiers, and those with a query',
    files: { 'main.js': view('/lib/a.js'), 'lib/a.js': "export { word } from '../lib/b.js?part';", 'lib/b.js': word('one') },
    go: follows('lib/b.js'),
  },
  {
    name: 'several files saved at once',
    files: {
      'main.js': `import { word as a } from './a.js';\nimport { word as b } from './b.js';\n${SHOW}(a + b);\nimport.meta.hot?.accept();`,
      'a.js': word('1'),
      'b.js': word('1'),
    },
    async go({ page, save }) {
      await Promise.all([save('a.js', word('2')), save('b.js', word('3'))]);
      await page.shows('23');
      await page.isKept();
    },
  },
  {
    name: 'five saves in a row: the last one is shown',
    files: { 'main.js': view('./dep.js'), 'dep.js': word('one') },
    async go({ page, save }) {
      for (const text of ['2', '3', '4', '5', 'last']) await save('dep.js', word(text));
      await page.shows('last');
      await page.isKept();
    },
  },
  {
    name: 'an import that an update adds is followed',
    files: { 'main.js': view('./one.js'), 'one.js': word('one'), 'other.js': word('other') },
    async go({ page, save }) {
      await save('main.js', view('./other.js'));
      await page.shows('other');
      await save('other.js', word('new'));
      await page.shows('new');
      await page.isKept();
    },
  },
  {
    name: 'a module that is loaded after an update gets the one instance of the new version',
    files: {
      'main.js': `${view('./dep.js')}globalThis.later = () => import('./later.js').then(() => undefined);`,
      'later.js': "import { word } from './dep.js';\nglobalThis.word = word;",
      'dep.js': `${word('one')}${count('deps')}`,
    },
    async go({ page, save }) {
      await save('dep.js', `${word('two')}${count('deps')}`);
      await page.shows('two');
      await page.evaluate(() => globalThis.later());
      await page.is(['two', 2], () => [globalThis.word, globalThis.deps]);
      await page.isKept();
    },
  },
  {
    name: 'a page that is opened after an update has one instance of each module',
    files: {
      'index.html': ['first.js', 'second.js'],
      'first.js': view('./dep.js'),
      'second.js': "import { word } from './dep.js';\nglobalThis.second = word;\nimport.meta.hot?.accept();",
      'dep.js': `${word('one')}${count('deps')}`,
    },
    async go({ page, save, open }) {
      await save('dep.js', `${word('two')}${count('deps')}`);
      await page.shows('two');
      const other = await open();
      await other.shows('two');
      await other.until(() => globalThis.second === 'two');
      await other.is([1, 1], () => [globalThis.views, globalThis.deps]);
    },
  },
  {
    name: 'a module with a syntax error leaves the old version, and the next save is applied',
    files: { 'main.js': view('./dep.js'), 'dep.js': word('one') },
    async go({ page, save }) {
      await save('dep.js', 'export const word = ;');
      await page.until(() => globalThis.collected.errors.length > 0);
      await page.is(['one', 1], () => [document.querySelector('p').textContent, globalThis.views]);
      await save('dep.js', word('two'));
      await page.shows('two');
      await page.isKept();
    },
  },
  {
    name: 'a module that throws leaves the old version, and the next save is applied',
    files: { 'main.js': view('./dep.js'), 'dep.js': word('one') },
    async go({ page, save }) {
      await save('dep.js', "throw new Error('at first');\nexport const word = 'never';");
      await page.until(() => globalThis.collected.errors.some((text) => text.includes('at first')));
      await page.is(['one', 1], () => [document.querySelector('p').textContent, globalThis.views]);
      await save('dep.js', word('two'));
      await page.shows('two');
      await page.isKept();
    },
  },
  {
    name: 'in production, `import.meta.hot` is `undefined`',
    isProduction: true,
    files: { 'main.js': `import.meta.hot?.accept();\n${SHOW}(typeof import.meta.hot);` },
    async go({ page }) {
      await page.shows('undefined');
    },
  },
];
