/** Stack traces in modules that were updated, in every engine. */

import assert from 'node:assert/strict';

import { page } from '../engines/page.js';

/** The line that throws, from 1. */
const LINE = 5;

const module = (word) => `import { text } from './text.js';
document.querySelector('p').textContent = '${word} ' + text;
import.meta.hot?.accept();
globalThis.fail = () => {
  throw new Error('${word}');
};
`;

/** @type {import('../engines/scenario.js').Scenario[]} */
export const stacks = [
  [
    'the stack of an error in an updated module has its own URL and line',
    {
      files: {
        'index.html': page('<script type="module" src="/js/main.js?a=b"></script>', '<p></p>'),
        'js/main.js': module('one'),
        'js/text.js': "export const text = 'x';",
      },
    },
    async ({ site, open, server }) => {
      const tab = await open();
      await tab.untilText('p', 'one x');
      const stack = () =>
        tab.evaluate(() => {
          try {
            globalThis.fail();
          } catch (error) {
            return String(error.stack);
          }
        });
      // WebKit's have no query.
      const places = ['?a=b', ''].map((query) => `${server.url}/js/main.js${query}:${LINE}:`);
      const isThere = (stack) => assert.ok(places.some((place) => stack.includes(place)), stack);
      isThere(await stack());
      await site.save('js/main.js', module('two'));
      await tab.untilText('p', 'two x');
      isThere(await stack());
      await site.save('js/text.js', "export const text = 'y';");
      await tab.untilText('p', 'two y');
      isThere(await stack());
      await tab.isKept();
    },
  ],
];
