/** What a version leaves to the next one, and how it ends. */

import { count, SHOW, view, word } from './texts.js';

const logged = (word) => `globalThis.log ??= [];
  globalThis.log.push('run ${word}');
  import.meta.hot?.dispose((data) => {
    globalThis.log.push('dispose ${word}');
    data.from = '${word}';
  });
  import.meta.hot?.accept();
  ${SHOW}('${word} ' + import.meta.hot?.data.from);`;

const counter = (word) => `const { data } = import.meta.hot;
  data.count = (data.count ?? 0) + 1;
  ${SHOW}('${word}' + data.count);
  import.meta.hot.accept();`;

/** @param {string} word @param {string} invalidate */
const invalidating = (word, invalidate) => `export const word = '${word}';
  import.meta.hot?.accept(() => import.meta.hot.${invalidate});`;

/** @type {import('../stage.js').Behaviour[]} */
export const lifetime = [
  {
    name: '`dispose(callback)`: called with `data` before the new version runs',
    files: { 'main.js': logged('one') },
    async go({ page, save }) {
      await save('main.js', logged('two'));
      await page.shows('two one');
      await save('main.js', logged('three'));
      await page.shows('three two');
      await page.is(['run one', 'dispose one', 'run two', 'dispose two', 'run three'], () => globalThis.log);
      await page.isKept();
    },
  },
  {
    name: '`dispose(callback)` of a dependency that its importer accepts',
    files: {
      'main.js': `import { word } from './dep.js';
        ${SHOW}(word);
        import.meta.hot?.accept('./dep.js', (module) => ${SHOW}(module.word));`,
      'dep.js': disposing('one'),
    },
    async go({ page, save }) {
      await save('dep.js', disposing('two'));
      await page.shows('two');
      await page.is('one', () => globalThis.disposed);
      await page.isKept();
    },
  },
  {
    name: '`dispose(callback)` of each module between the change and the one that accepts it',
    files: {
      'main.js': view('./middle.js'),
      'middle.js': `export { word } from './dep.js';
        import.meta.hot?.dispose(() => (globalThis.disposed = 'middle'));`,
      'dep.js': word('one'),
    },
    async go({ page, save }) {
      await save('dep.js', word('two'));
      await page.shows('two');
      await page.is('middle', () => globalThis.disposed);
      await page.isKept();
    },
  },
  {
    name: '`data`: the same for all versions',
    files: { 'main.js': counter('a') },
    async go({ page, save }) {
      for (const [at, word] of ['b', 'c', 'd'].entries()) {
        await save('main.js', counter(word));
        await page.shows(`${word}${at + 2}`);
      }
      await page.isKept();
    },
  },
  {
    name: '`prune(callback)`: called when no module imports it any more',
    files: {
      'main.js': `import './part.js';\n${SHOW}('one');\nimport.meta.hot?.accept();`,
      'part.js': "import.meta.hot?.prune(() => (globalThis.pruned = 'part'));",
    },
    async go({ page, save }) {
      await save('main.js', `${SHOW}('two');\nimport.meta.hot?.accept();`);
      await page.shows('two');
      await page.until(() => globalThis.pruned === 'part');
      await page.isKept();
    },
  },
  {
    name: '`decline()`: does nothing',
    files: {
      'main.js': view('./dep.js'),
      'dep.js': `${word('one')}import.meta.hot?.decline();`,
    },
    async go({ page, save }) {
      await save('dep.js', `${word('two')}import.meta.hot?.decline();`);
      await page.shows('two');
      await page.isKept();
    },
  },
  {
    name: '`invalidate()`: the update goes on to the importers',
    files: { 'main.js': view('./middle.js'), 'middle.js': "export { word } from './dep.js';", 'dep.js': invalidating('one', 'invalidate()') },
    async go({ page, save }) {
      for (const word of ['two', 'three']) {
        await save('dep.js', invalidating(word, 'invalidate()'));
        await page.shows(word);
      }
      await page.isKept();
    },
  },
  {
    name: '`invalidate()`: the page reloads if no importer accepts',
    files: { 'main.js': `import { word } from './dep.js';\n${SHOW}(word);`, 'dep.js': invalidating('one', 'invalidate()') },
    async go({ page, save }) {
      await save('dep.js', invalidating('two', 'invalidate()'));
      await page.isReloaded();
      await page.shows('two');
    },
  },
  {
    name: '`invalidate(message)`: the message is in the console',
    files: { 'main.js': view('./dep.js'), 'dep.js': invalidating('one', "invalidate('the shape has changed')") },
    async go({ page, save }) {
      await save('dep.js', invalidating('two', "invalidate('the shape has changed')"));
      await page.until(() => globalThis.collected.lines.some((line) => line.includes('the shape has changed')));
      await page.shows('two');
      await page.isKept();
    },
  },
  {
    name: 'the versions of a module are counted once each',
    files: { 'main.js': view('./dep.js'), 'dep.js': `${word('one')}${count('deps')}` },
    async go({ page, save }) {
      await save('dep.js', `${word('two')}${count('deps')}`);
      await page.shows('two');
      await page.is([2, 2], () => [globalThis.views, globalThis.deps]);
      await page.isKept();
    },
  },
];

/** @param {string} text */
function disposing(text) {
  return `${word(text)}import.meta.hot?.dispose(() => (globalThis.disposed = '${text}'));`;
}
