/** ES modules in every engine. */

import { page } from '../engines/page.js';

/** A counter that shows `label`, and hands its count over to its next version. */
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

/** @type {import('../engines/scenario.js').Scenario[]} */
export const modules = [
  [
    'a module that accepts itself goes on with its state, also after a syntax error',
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
    'a module that accepts a dependency is given the new one, and one that accepts nothing loads the page again',
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
];
