/** Modules without a bundler, and what Vite doesn't document. */

import { SHOW, UNTERMINATED, view, word } from './texts.js';

const element = (text) => `customElements.define('my-counter', class extends HTMLElement {
    connectedCallback() { this.show(); }
    show() { this.textContent = '${text} ' + (this.count ?? 0); }
    hotReplacedCallback() { this.show(); }
  });
  import.meta.hot?.accept();`;

const failing = (text) => `import.meta.hot?.accept();
globalThis.fail = () => {
  throw new Error('${text}');
};
${SHOW}('${text}');
`;

/** @type {import('../stage.js').Behaviour[]} */
export const beyond = [
  {
    name: 'bare specifiers by an import map',
    files: {
      'index.html': ['main.js'],
      'main.js': view('lib/dep.js'),
      'modules/dep.js': word('one'),
    },
    head: '<script type="importmap">{"imports":{"lib/":"/modules/"}}</script>',
    async go({ page, save }) {
      for (const text of ['two', 'three']) {
        await save('modules/dep.js', word(text));
        await page.shows(text);
      }
      await page.isKept();
    },
  },
  {
    name: 'JSON modules (`with { type: "json" }`)',
    files: { 'main.js': `import data from './data.json' with { type: 'json' };\n${SHOW}(data.word);\nimport.meta.hot?.accept();`, 'data.json': '{"word":"one"}' },
    async go({ page, save }) {
      for (const text of ['two', 'three']) {
        await save('data.json', JSON.stringify({ word: text }));
        await page.shows(text);
      }
      await page.isKept();
    },
  },
  {
    name: 'CSS modules (`with { type: "css" }`), in engines that have them',
    files: {
      'main.js': `import sheet from './style.css' with { type: 'css' };
        document.adoptedStyleSheets = [sheet];
        ${SHOW}('shown');
        import.meta.hot?.accept();`,
      'style.css': 'p { --word: one }',
    },
    needs: async () => {
      const url = URL.createObjectURL(new Blob(['a {}'], { type: 'text/css' }));
      return import(url, { with: { type: 'css' } }).then(() => true, () => false);
    },
    async go({ page, save }) {
      for (const text of ['two', 'three']) {
        await save('style.css', `p { --word: ${text} }`);
        await page.until((text) => getComputedStyle(document.querySelector('p')).getPropertyValue('--word').trim() === text, text);
      }
      await page.isKept();
    },
  },
  {
    name: '`new URL("…", import.meta.url)`: a module that accepts runs again when the file changes',
    files: {
      'main.js': `fetch(new URL('./word.txt', import.meta.url)).then((answer) => answer.text()).then(${SHOW});\nimport.meta.hot?.accept();`,
      'word.txt': 'one',
    },
    async go({ page, save }) {
      for (const text of ['two', 'three']) {
        await save('word.txt', text);
        await page.shows(text);
      }
      await page.isKept();
    },
  },
  {
    name: 'a custom element that is defined again: elements keep their state and get the new methods',
    body: '<my-counter></my-counter>',
    files: { 'main.js': element('one') },
    async go({ page, save }) {
      await page.evaluate(() => {
        const live = document.querySelector('my-counter');
        live.count = 5;
        live.show();
      });
      await save('main.js', element('two'));
      await page.until(() => document.querySelector('my-counter').textContent === 'two 5');
      await page.isKept();
    },
  },
  {
    name: 'a module with a syntax error is shown on an overlay, until it is fixed',
    files: { 'main.js': view('./dep.js'), 'dep.js': word('one') },
    async go({ page, save, overlay }) {
      await save('dep.js', UNTERMINATED);
      await page.until((overlay) => document.querySelector(overlay)?.shadowRoot?.textContent.includes('dep.js'), overlay);
      await save('dep.js', word('two'));
      await page.shows('two');
      await page.until((overlay) => !document.querySelector(overlay)?.shadowRoot?.textContent.includes('dep.js'), overlay);
      await page.isKept();
    },
  },
  {
    name: 'a module that throws is shown on an overlay, until it is fixed',
    files: { 'main.js': view('./dep.js'), 'dep.js': word('one') },
    async go({ page, save, overlay }) {
      await save('dep.js', "throw new Error('at first');\nexport const word = 'never';");
      await page.until((overlay) => document.querySelector(overlay)?.shadowRoot?.textContent.includes('at first'), overlay);
      await save('dep.js', word('two'));
      await page.shows('two');
      await page.until((overlay) => !document.querySelector(overlay)?.shadowRoot?.textContent.includes('at first'), overlay);
      await page.isKept();
    },
  },
  {
    name: 'the stack of an error in an updated module has the file’s own URL and line',
    files: { 'main.js': failing('one') },
    async go({ page, save, url }) {
      for (const text of ['two', 'three']) {
        await save('main.js', failing(text));
        await page.shows(text);
        const stack = await page.evaluate(() => {
          try {
            globalThis.fail();
          } catch (error) {
            return String(error.stack);
          }
        });
        page.equals(stack.includes(`${url}/main.js:3:`), true, stack);
      }
      await page.isKept();
    },
  },
];
