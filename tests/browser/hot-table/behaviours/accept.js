/** The forms of `accept`, and `acceptExports`. */

import { count, SHOW } from './texts.js';

const own = (word, accept) => `export const word = '${word}';\n${SHOW}(word);\n${accept}\n`;

/** @type {import('../stage.js').Behaviour[]} */
export const accept = [
  {
    name: '`accept()`: the module runs again',
    files: { 'main.js': own('one', 'import.meta.hot?.accept();') },
    async go({ page, save }) {
      await save('main.js', own('two', 'import.meta.hot?.accept();'));
      await page.shows('two');
      await save('main.js', own('three', 'import.meta.hot?.accept();'));
      await page.shows('three');
      await page.isKept();
    },
  },
  {
    name: '`accept(callback)`: it receives the new module',
    files: { 'main.js': own('one', 'import.meta.hot?.accept((module) => (globalThis.received = module.word));') },
    async go({ page, save }) {
      await save('main.js', own('two', 'import.meta.hot?.accept((module) => (globalThis.received = module.word));'));
      await page.until(() => globalThis.received === 'two');
      await page.isKept();
    },
  },
  {
    name: '`accept(callback)`: it receives `undefined` after a syntax error',
    files: { 'main.js': own('one', 'import.meta.hot?.accept((module) => (globalThis.received = String(module?.word)));') },
    async go({ page, save }) {
      await save('main.js', 'export const word = ;');
      await page.until(() => globalThis.received === 'undefined');
      await page.isKept();
    },
  },
  {
    name: '`accept(dependency, callback)`: the dependency runs again alone, and the callback receives it',
    files: {
      'main.js': `import { word } from './dep.js';
        ${count('mains')}
        ${SHOW}(word);
        import.meta.hot?.accept('./dep.js', (module) => ${SHOW}(module.word));`,
      'dep.js': "export const word = 'one';",
    },
    async go({ page, save }) {
      for (const word of ['two', 'three']) {
        await save('dep.js', `export const word = '${word}';`);
        await page.shows(word);
      }
      await page.is(1, () => globalThis.mains);
      await page.isKept();
    },
  },
  {
    name: '`accept(dependencies, callback)`: a list with the new module, and `undefined` for the others',
    files: {
      'main.js': `import './a.js'; import './b.js';
        ${count('mains')}
        import.meta.hot?.accept(['./a.js', './b.js'], ([a, b]) => (globalThis.received = [a?.word, b?.word].join()));`,
      'a.js': "export const word = 'a1';",
      'b.js': "export const word = 'b1';",
    },
    async go({ page, save }) {
      await save('b.js', "export const word = 'b2';");
      await page.until(() => globalThis.received === ',b2');
      await save('a.js', "export const word = 'a2';");
      await page.until(() => globalThis.received === 'a2,');
      await page.is(1, () => globalThis.mains);
      await page.isKept();
    },
  },
  {
    name: '`acceptExports(names)`: an importer that uses these alone does not run again',
    files: { 'main.js': user('word'), 'dep.js': exporter('one') },
    async go({ page, save }) {
      await save('dep.js', exporter('two'));
      await page.until(() => globalThis.received === 'two');
      await page.is([1, 2], () => [globalThis.mains, globalThis.deps]);
      await page.isKept();
    },
  },
  {
    name: '`acceptExports(names)`: an importer that uses another export runs again',
    files: { 'main.js': user('other'), 'dep.js': exporter('one') },
    async go({ page, save }) {
      await save('dep.js', exporter('two'));
      await page.shows('other two');
      await page.isKept();
    },
  },
];

/** @param {string} name */
function user(name) {
  return `import { ${name} } from './dep.js';\n${count('mains')}\n${SHOW}(${name});\nimport.meta.hot?.accept();`;
}

/** @param {string} word */
function exporter(word) {
  return `export const word = '${word}';
    export const other = 'other ${word}';
    ${count('deps')}
    import.meta.hot?.acceptExports(['word'], (module) => (globalThis.received = module.word));`;
}
