/** ES modules that accept their own updates, and others. */

import assert from 'node:assert/strict';

import { html, scenario } from './harness.js';

const PAGE = html('<script type="module" src="app.js"></script>', '<button></button><output></output>');

/** A counter that shows `label` and passes its count to its next version. */
const counter = (label) => `
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
`;

const untilText = (tab, selector, text) =>
  tab.until(([selector, text]) => document.querySelector(selector)?.textContent === text, [selector, text]);

scenario(
  'a module that accepts itself keeps its state',
  { files: { 'index.html': PAGE, 'app.js': counter('one') } },
  async ({ site, open }) => {
    const tab = await open();
    await tab.page.click('button');
    await tab.page.click('button');
    await untilText(tab, 'button', 'one 2');
    await site.save('app.js', counter('two'));
    await untilText(tab, 'button', 'two 2');
    await tab.page.click('button');
    await untilText(tab, 'button', 'two 3');
    await site.replace('app.js', counter('three'));
    await untilText(tab, 'button', 'three 3');
    await tab.says('[HMR] Updated: /app.js');
    await tab.isKept();
  },
);

/** A module that also runs without a client. */
const production = (text) => `
  document.querySelector('output').textContent = '${text}';
  globalThis.__hot_middleware__?.hot(import.meta.url).accept();
`;

scenario(
  'a module that is also for production gets the API by its global name',
  { files: { 'index.html': PAGE, 'app.js': production('one') } },
  async ({ site, open }) => {
    const tab = await open();
    await untilText(tab, 'output', 'one');
    await site.save('app.js', production('two'));
    await untilText(tab, 'output', 'two');
    await tab.isKept();
  },
);

scenario(
  'a module that accepts a dependency receives the new version',
  {
    files: {
      'index.html': PAGE,
      'app.js': `
        import { hot } from '/__webpack_hmr/client.js';
        import { text } from './text.js';
        const output = document.querySelector('output');
        output.textContent = text;
        hot(import.meta.url).accept('./text.js', (module) => (output.textContent = module.text));
      `,
      'text.js': "export const text = 'one';",
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await untilText(tab, 'output', 'one');
    for (const text of ['two', 'three']) {
      await site.save('text.js', `export const text = '${text}';`);
      await untilText(tab, 'output', text);
    }
    await tab.isKept();
    await site.save('app.js', "document.querySelector('output').textContent = 'reloaded';");
    await tab.isReloaded();
    await untilText(tab, 'output', 'reloaded');
  },
);

scenario(
  'a module without an acceptor reloads the page',
  {
    files: {
      'index.html': PAGE,
      'app.js': "import { text } from './text.js'; document.querySelector('output').textContent = text;",
      'text.js': "export const text = 'one';",
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await untilText(tab, 'output', 'one');
    await site.save('text.js', "export const text = 'two';");
    await tab.says('[HMR] Reloading page (/text.js changed)');
    await tab.isReloaded();
    await untilText(tab, 'output', 'two');
  },
);

/** A module that accepts its second version and invalidates the third. */
const maybe = (version) => `
  const own = globalThis.__hot_middleware__.hot(import.meta.url);
  own.accept(({ version }) => version > 2 && own.invalidate());
  export const version = (globalThis.maybe = ${version});
`;

scenario(
  'a module that only declines reloads the page, and so does one that invalidates itself',
  {
    files: {
      'index.html': html('<script type="module" src="no.js"></script><script type="module" src="maybe.js"></script>'),
      'no.js': 'globalThis.__hot_middleware__.hot(import.meta.url).decline(); globalThis.no = 1;',
      'maybe.js': maybe(1),
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await site.save('maybe.js', maybe(2));
    await tab.until(() => globalThis.maybe === 2);
    await tab.isKept();
    await site.save('maybe.js', maybe(3));
    await tab.isReloaded();
    await tab.until(() => globalThis.maybe === 3);
    await tab.mark();
    await site.save('no.js', 'globalThis.__hot_middleware__.hot(import.meta.url).decline(); globalThis.no = 2;');
    await tab.isReloaded();
    await tab.until(() => globalThis.no === 2);
  },
);

scenario(
  'an update that can’t be passed on leaves the page as it is until the app answers',
  {
    files: { 'index.html': html('<script type="module" src="maybe.js"></script>'), 'maybe.js': maybe(1) },
    errors: [/ERR_CONNECTION_REFUSED/],
  },
  async ({ site, open }) => {
    const tab = await open();
    await site.save('maybe.js', maybe(2));
    await tab.until(() => globalThis.maybe === 2);
    /** The page and the messages to the app; the open stream is not requested again. */
    const isRefused = ({ pathname }) => ['/', '/__webpack_hmr'].includes(pathname);
    await tab.page.route(isRefused, (route) => route.abort('connectionrefused'));
    await site.save('maybe.js', maybe(3));
    await tab.says(/Not reloading page \(.*maybe\.js can't be updated\).* gets no answer/s);
    await tab.isKept();
    await tab.page.unroute(isRefused);
    await site.save('maybe.js', maybe(4));
    await tab.isReloaded();
    await tab.until(() => globalThis.maybe === 4);
  },
);

scenario(
  'a module whose new version does not use the hot API is disposed, and receives no dependency any more',
  {
    files: {
      'index.html': PAGE,
      'app.js': "import { text } from './middle.js'; document.querySelector('output').textContent = text; import.meta.hot?.accept();",
      'middle.js': `
        import { word } from './dep.js';
        export const text = 'one ' + word;
        import.meta.hot?.dispose(() => (globalThis.disposed = true));
        import.meta.hot?.accept('./dep.js', () => (globalThis.received = true));
      `,
      'dep.js': "export const word = 'a';",
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await untilText(tab, 'output', 'one a');
    await site.save('middle.js', "import { word } from './dep.js'; export const text = 'two ' + word;");
    await untilText(tab, 'output', 'two a');
    await tab.until(() => globalThis.disposed);
    await site.save('dep.js', "export const word = 'b';");
    await untilText(tab, 'output', 'two b');
    assert.equal(await tab.page.evaluate(() => globalThis.received), undefined);
    await tab.isKept();
  },
);

scenario(
  'a module that an inline module imports is not disposed when another one drops it',
  {
    files: {
      'index.html': html('<script type="module">import "./part.js";</script><script type="module" src="app.js"></script>'),
      'app.js': "import './part.js'; globalThis.app = 1; import.meta.hot?.accept();",
      'part.js': 'import.meta.hot?.dispose(() => (globalThis.disposed = true));',
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await tab.until(() => globalThis.app === 1);
    await site.save('app.js', 'globalThis.app = 2; import.meta.hot?.accept();');
    await tab.until(() => globalThis.app === 2);
    assert.equal(await tab.page.evaluate(() => globalThis.disposed), undefined);
    await tab.isKept();
  },
);

scenario(
  'a syntax error is logged, the page stays, and the next save fixes it',
  { files: { 'index.html': PAGE, 'app.js': counter('one') }, errors: [/SyntaxError/] },
  async ({ site, open }) => {
    const tab = await open();
    await tab.page.click('button');
    await untilText(tab, 'button', 'one 1');
    await site.save('app.js', `${counter('two')} const = ;`);
    await tab.says(/Could not update \/app\.js.*SyntaxError/s);
    await site.save('app.js', counter('three'));
    await untilText(tab, 'button', 'three 1');
    await tab.page.click('button');
    await untilText(tab, 'button', 'three 2');
    await tab.isKept();
  },
);

scenario(
  'an error while a module runs is logged, and the next save fixes it',
  { files: { 'index.html': PAGE, 'app.js': counter('one') }, errors: [/oh no/] },
  async ({ site, open }) => {
    const tab = await open();
    await tab.page.click('button');
    await site.save('app.js', `${counter('two')} throw new Error('oh no');`);
    await tab.says(/Could not update \/app\.js.*oh no/s);
    await site.save('app.js', counter('three'));
    await untilText(tab, 'button', 'three 1');
    await tab.page.click('button');
    await untilText(tab, 'button', 'three 2');
    await tab.isKept();
  },
);

/** A module that accepts itself, and shows its exports. */
const accepting = (text) => `
  import { hot } from '/__webpack_hmr/client.js';
  export const text = (globalThis.text = '${text}');
  hot(import.meta.url).accept();
`;

scenario(
  'an updated module is never mixed with its own old version',
  {
    files: {
      'index.html': PAGE,
      'app.js': `
        import { hot } from '/__webpack_hmr/client.js';
        import { text } from './text.js';
        document.querySelector('output').textContent = 'app 1 ' + text;
        hot(import.meta.url).accept();
      `,
      'text.js': accepting('one'),
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await untilText(tab, 'output', 'app 1 one');
    await site.save('text.js', accepting('two'));
    await tab.until(() => globalThis.text === 'two');
    await tab.isKept();
    await site.save(
      'app.js',
      "import { text } from './text.js'; document.querySelector('output').textContent = 'app 2 ' + text;",
    );
    await untilText(tab, 'output', 'app 2 two');
    await tab.isKept();
  },
);
