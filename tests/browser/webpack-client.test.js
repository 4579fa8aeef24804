/** Cases that the client in a bundle handles and webpack-hot-middleware's client doesn't. */

import assert from 'node:assert/strict';

import { html } from './harness.js';
import { BUNDLERS, CLIENTS, SERVERS } from './harness/front-end.js';
import { frontEndScenario } from './harness/front-end-stage.js';

const [CLIENT] = Object.keys(CLIENTS);
const [LAYER, EXPRESS] = Object.keys(SERVERS);
const BOTH = Object.keys(BUNDLERS).slice(0, 2);

/** @param {string} text */
const textModule = (text) => `export const text = '${text}';`;

const FILES = {
  'index.html': html('', '<p></p><script src="main.js"></script>'),
  'main.css': '',
  'src/index.js': `
    import { text } from './text.js';
    const show = () => {
      if (text === 'bad') throw new Error('a bad text');
      document.querySelector('p').textContent = text;
    };
    module.hot.accept('./text.js', show);
    show();
  `,
  'src/text.js': textModule('one'),
};

const overlay = (tab) => tab.page.locator('hot-middleware-overlay');

/** @param {import('./harness.js').Tab} tab @param {string} text */
const shows = (tab, text) => tab.until((text) => document.querySelector('p').textContent === text, text);

/**
 * A configuration with one bundle whose client has this query.
 *
 * @param {string} query
 * @param {object} [own] the rest of the configuration
 * @returns {(front: import('./harness/front-end.js').FrontEnd) => Promise<any>}
 */
const main =
  (query, own = {}) =>
  (front) =>
    front.configuration({ entry: { main: [query ? `${CLIENT}?${query}` : CLIENT, './src/index.js'] }, ...own });

/**
 * @param {string} name
 * @param {object} how
 * @param {string} [how.query]
 * @param {(front: import('./harness/front-end.js').FrontEnd) => Promise<any>} [how.configure]
 * @param {Record<string, string>} [how.files]
 * @param {string} [how.on] the server
 * @param {object} [how.server] its set-up
 * @param {string[]} [how.bundlers]
 * @param {(stage: import('./harness/front-end-stage.js').FrontEndStage) => Promise<void>} body
 */
function scenario(name, how, body) {
  const { query = '', configure = main(query), files = {}, on = LAYER, server, bundlers = BOTH } = how;
  for (const bundler of bundlers) {
    const cell = { client: CLIENT, server: on, bundler };
    const set = { cell, files: { ...FILES, ...files }, server, configure };
    frontEndScenario(`${name} (${bundler})`, set, body);
  }
}

/**
 * Aborts matching requests until the returned function is called.
 *
 * @param {import('./harness.js').Tab} tab
 * @param {string} pattern
 */
async function breakOff(tab, pattern) {
  await tab.page.route(pattern, (route) => route.abort());
  return () => tab.page.unroute(pattern);
}

for (const [what, pattern] of [
  ['manifest', '**/*.hot-update.json'],
  ['chunk', '**/*.hot-update.js'],
]) {
  scenario(`after a ${what} that could not be fetched, the next build applies everything`, {}, async ({ front, open }) => {
    const tab = await open('index.html');
    const mend = await breakOff(tab, pattern);
    for (const text of ['two', 'three']) {
      const from = tab.console.length;
      await front.save('src/text.js', textModule(text));
      await tab.says(/^\[HMR\] Update check failed: /, from);
    }
    assert.equal(await tab.page.textContent('p'), 'one');
    await mend();
    await front.save('src/text.js', textModule('four'));
    await shows(tab, 'four');
    await tab.says('[HMR] App is up to date.');
    await tab.isKept();
  });

  scenario(`with \`reload\` the page is reloaded instead: ${what}`, { query: 'reload=true' }, async (stage) => {
    const tab = await stage.open('index.html');
    await breakOff(tab, pattern);
    await stage.front.save('src/text.js', textModule('two'));
    await shows(tab, 'two');
    await tab.isReloaded();
  });
}

scenario('an error in an accept handler is shown until an update is applied', {}, async ({ front, open }) => {
  const tab = await open('index.html');
  await front.save('src/text.js', textModule('bad'));
  const dialog = overlay(tab).getByRole('alertdialog', { name: '1 update error' });
  await dialog.waitFor();
  assert.match(await dialog.getByRole('listitem').innerText(), /src\/index\.js[\s\S]*Error: a bad text/);
  await front.save('src/text.js', textModule('good'));
  await shows(tab, 'good');
  await overlay(tab).waitFor({ state: 'detached' });
  await tab.isKept();
});

scenario('with `reload` it reloads the page', { query: 'reload=true' }, async ({ front, open }) => {
  const tab = await open('index.html');
  await front.save('src/text.js', textModule('bad'));
  await tab.isReloaded();
  await front.save('src/text.js', textModule('good'));
  await shows(tab, 'good');
});

scenario(
  'with `reload`, an update of a failed build that throws does not reload the page after the fix',
  // webpack also rebuilds the importing module, which has no acceptor here.
  { query: 'reload=true', bundlers: BOTH.slice(1) },
  async ({ front, open }) => {
    const tab = await open('index.html');
    await front.save('src/text.js', 'export const text = ;');
    await overlay(tab).getByRole('alertdialog', { name: '1 error' }).waitFor();
    await front.save('src/text.js', textModule('two'));
    await tab.says('[HMR] App is up to date.');
    await tab.says(/accept-errored/);
    await overlay(tab).waitFor({ state: 'detached' });
    await shows(tab, 'two');
    await tab.isKept();
  },
);

/** A plugin that warns in every build. */
const warning = {
  apply: ({ hooks }) =>
    hooks.thisCompilation.tap('test', (compilation) => void compilation.warnings.push(new Error('hm'))),
};

scenario(
  'an update is applied although the overlay shows warnings',
  {
    configure: async (front) => {
      const configuration = await main('overlayWarnings=true')(front);
      return { ...configuration, plugins: [...configuration.plugins, warning] };
    },
  },
  async ({ front, open }) => {
    const tab = await open('index.html');
    await overlay(tab).getByRole('alertdialog', { name: '1 warning' }).getByText('hm').waitFor();
    await front.save('src/text.js', textModule('two'));
    await shows(tab, 'two');
    assert.equal(await overlay(tab).count(), 1);
  },
);

for (const [name, on] of [
  ['server', LAYER],
  // Two bundles without a name differ only in their hashes.
  [undefined, EXPRESS],
  [undefined, LAYER],
]) {
  scenario(
    `builds of another page’s bundle cause no reload: ${name ? `called ${name}` : 'without a name'}, on ${on}`,
    {
      on,
      files: { 'src/server.js': 'export const answer = 1;' },
      configure: async (front) => {
        const output = { path: `${front.site.folder}/server` };
        const other = { ...(name && { name }), context: front.site.folder, entry: './src/server.js', output };
        // It is reported before the page's own bundle.
        return [{ ...other, target: 'node' }, await main('reload=true')(front)];
      },
    },
    async ({ front, open }) => {
      const tab = await open('index.html');
      for (const answer of [2, 3]) {
        await front.save('src/server.js', `export const answer = ${answer};`);
        await front.save('src/text.js', textModule(`text ${answer}`));
        await shows(tab, `text ${answer}`);
      }
      assert.deepEqual(
        tab.lines().filter((line) => /reload/i.test(line)),
        [],
      );
      await tab.isKept();
    },
  );
}

scenario(
  'fixing one bundle leaves the problems of another on the overlay',
  {
    files: { 'src/other.js': "import './other-text.js';", 'src/other-text.js': textModule('one') },
    configure: (front) =>
      Promise.all(
        ['main', 'other'].map(async (name) => {
          const entry = { [name]: [CLIENT, name === 'main' ? './src/index.js' : './src/other.js'] };
          const { output, ...configuration } = await front.configuration({ name, entry });
          return { ...configuration, output: { ...output, uniqueName: name } };
        }),
      ),
  },
  async ({ front, open }) => {
    const tab = await open('index.html');
    await front.save('src/other-text.js', 'export const text = ;');
    await overlay(tab).getByRole('alertdialog', { name: '1 error' }).waitFor();
    await front.save('src/text.js', 'const text = ;');
    await overlay(tab).getByRole('alertdialog', { name: '2 errors' }).waitFor();
    await front.save('src/text.js', textModule('two'));
    await shows(tab, 'two');
    const dialog = overlay(tab).getByRole('alertdialog', { name: '1 error' });
    await dialog.waitFor();
    assert.match(await dialog.getByRole('listitem').innerText(), /other-text\.js[\s\S]*in bundle 'other'/);
  },
);

scenario(
  'a first bundle without an overlay does not hide the problems of others',
  {
    files: {
      'index.html': html('', '<p></p><script src="main.js"></script><script src="other.js"></script>'),
      'src/other.js': "import './other-text.js';",
      'src/other-text.js': textModule('one'),
    },
    configure: (front) =>
      Promise.all(
        ['main', 'other'].map(async (name) => {
          const query = `?name=${name}&overlay=${name !== 'main'}`;
          const entry = { [name]: [CLIENT + query, name === 'main' ? './src/index.js' : './src/other.js'] };
          const { output, ...configuration } = await front.configuration({ name, entry });
          return { ...configuration, output: { ...output, uniqueName: name } };
        }),
      ),
  },
  async ({ front, open }) => {
    const tab = await open('index.html');
    await front.save('src/text.js', 'const text = ;');
    await tab.says(/bundle 'main' has 1 error/);
    await front.save('src/other-text.js', 'export const text = ;');
    const dialog = overlay(tab).getByRole('alertdialog', { name: '1 error' });
    await dialog.waitFor();
    assert.match(await dialog.getByRole('listitem').innerText(), /other-text\.js[\s\S]*in bundle 'other'/);
  },
);

scenario(
  'a server’s restart, and a build during it, cause no reload',
  { query: 'reload=true' },
  async ({ front, open }) => {
    const tab = await open('index.html');
    await front.restartServer(() => front.save('src/text.js', textModule('two')));
    await shows(tab, 'two');
    await tab.says('[HMR] reconnected');
    await tab.isKept();
  },
);

scenario(
  'a page with both clients has one overlay',
  { server: { inject: true }, bundlers: BOTH.slice(0, 1) },
  async ({ front, open }) => {
    const tab = await open('index.html');
    await front.save('src/text.js', 'export const text = ;');
    await overlay(tab).getByRole('alertdialog', { name: '1 error' }).waitFor();
    await front.save('src/text.js', textModule('two'));
    await shows(tab, 'two');
    await overlay(tab).waitFor({ state: 'detached' });
    await tab.isKept();
  },
);

scenario(
  'the page’s own client shows the errors of a bundle that failed to build',
  {
    configure: main('', { optimization: { emitOnErrors: false } }),
    server: { inject: true },
    files: { 'src/text.js': 'export const text = ;' },
    bundlers: BOTH.slice(0, 1),
  },
  async ({ open }) => {
    const tab = await open('index.html');
    await overlay(tab).getByRole('alertdialog', { name: /error/ }).waitFor();
    assert.match(await overlay(tab).getByRole('listitem').first().innerText(), /\.\/src\/text\.js 1:20/);
  },
);

/** Sources beside the modules of the page: a template, a worker with an import, and a chunk that is loaded later. */
const ELSEWHERE = {
  'index.html': html('<link rel="stylesheet" href="main.css">', '<p></p><script src="main.js"></script>'),
  'src/page.html': '<p>one</p>',
  'src/worker.js': "import { text } from './worker-text.js'; onmessage = () => postMessage(text);",
  'src/worker-text.js': textModule('one'),
  'src/later.js': "export const text = 'one';",
  'src/native.css': 'p { color: rgb(1, 0, 0); }',
  'src/index.js': `
    import './native.css';
    const worker = new Worker(new URL('./worker.js', import.meta.url));
    globalThis.ask = () => new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage('');
    });
    globalThis.later = () => import('./later.js').then(({ text }) => text);
    document.querySelector('p').textContent = 'one';
  `,
};

/** A page that is built from a template, as html-webpack-plugin does, and with the bundler's own stylesheets. */
const elsewhere = {
  query: 'reload=true',
  files: ELSEWHERE,
  configure: async (front) => {
    const entry = { main: [`${CLIENT}?reload=true`, './src/index.js'], template: './src/page.html' };
    const configuration = await main('', { entry, experiments: { css: true } })(front);
    const { output, plugins } = configuration;
    const rules = [
      { test: /page\.html$/, type: 'asset/resource', generator: { filename: 'page.html' } },
      { test: /native\.css$/, type: 'css/auto' },
    ];
    // Without the plugin that extracts stylesheets.
    return { ...configuration, output, plugins: plugins.slice(0, 2), module: { rules } };
  },
};

for (const [what, file, content] of [
  ['an HTML template', 'src/page.html', '<p>two</p>'],
  ["a worker's module", 'src/worker-text.js', textModule('two')],
]) {
  scenario(`with \`reload\`, ${what} reloads the page`, elsewhere, async ({ front, open }) => {
    const tab = await open('index.html');
    const from = tab.console.length;
    await front.save(file, content);
    await tab.isReloaded();
    assert.ok(!tab.lines(from).includes('[HMR] App is up to date.'), tab.lines(from).join('\n'));
    if (file.includes('worker')) assert.equal(await tab.page.evaluate(() => globalThis.ask()), 'two');
  });
}

scenario('with `reload`, a later chunk and a stylesheet do not reload the page', elsewhere, async ({ front, open }) => {
  const tab = await open('index.html');
  await front.save('src/native.css', 'p { color: rgb(2, 0, 0); }');
  await tab.untilStyle('p', 'color', 'rgb(2, 0, 0)');
  await tab.says('[HMR] App is up to date.');
  const from = tab.console.length;
  await front.save('src/later.js', textModule('two'));
  await tab.says('[HMR] App is up to date.', from);
  assert.equal(await tab.page.evaluate(() => globalThis.later()), 'two');
  await tab.isKept();
});
