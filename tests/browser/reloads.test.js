/** Changes that reload the page, and others that must not. */

import assert from 'node:assert/strict';

import { html, scenario } from './harness.js';

const PAGE = html('<link rel="stylesheet" href="style.css">', '<p>one</p>');
const STYLE = 'p { color: rgb(1, 0, 0); }';

/** Makes a visible change: a reload that must not happen would have happened before it. */
async function nothingHappened({ site }, tab) {
  const shade = String(100 + Math.floor(Math.random() * 100));
  await site.save('style.css', `p { color: rgb(${shade}, 0, 0); }`);
  await tab.untilStyle('p', 'color', `rgb(${shade}, 0, 0)`);
  await tab.isKept();
}

scenario(
  'a changed page updates that page and no other',
  { files: { 'index.html': PAGE, 'about.html': PAGE, 'docs/index.html': html('', '<p>docs</p>'), 'style.css': STYLE } },
  async (stage) => {
    const { site, open } = stage;
    const [home, about, docs] = [await open('/'), await open('/about.html'), await open('/docs/')];
    await site.save('about.html', PAGE.replace('one', 'two'));
    await about.until(() => document.querySelector('p').textContent === 'two');
    await home.says('[HMR] /about.html changed, which this page has not loaded');
    await site.replace('docs/index.html', html('', '<p>more docs</p>'));
    await docs.until(() => document.querySelector('p').textContent === 'more docs');
    await nothingHappened(stage, home);
    await site.save('index.html', PAGE.replace('one', 'three'));
    await home.until(() => document.querySelector('p').textContent === 'three');
    for (const tab of [home, about, docs]) await tab.isKept();
  },
);

scenario(
  'a changed page in a frame updates the frame',
  {
    files: {
      'index.html': html('', '<iframe src="frame.html"></iframe>'),
      'frame.html': '<!doctype html><p>one</p>',
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await site.save('frame.html', '<!doctype html><p>two</p>');
    await tab.until(() => document.querySelector('iframe').contentDocument?.querySelector('p')?.textContent === 'two');
  },
);

scenario(
  'a changed template updates the pages that are made of it, and leaves the others as they are',
  {
    files: { 'index.html': PAGE, 'style.css': STYLE },
    templates: { 'page.html': html('', '<p>one {{now}}</p>'), 'base.txt': 'one' },
  },
  async ({ templates, open }) => {
    const tabs = [await open('/t/page.html'), await open('/')];
    await templates.save('page.html', html('', '<p>two {{now}}</p>'));
    await tabs[0].until(() => document.querySelector('p').textContent.startsWith('two '));
    await tabs[0].says(/^\[HMR\] Updated: .*page\.html$/);
    await tabs[1].says(/^\[HMR\] Unchanged: .*page\.html changes nothing in this page$/);
    await templates.replace('base.txt', 'two');
    for (const tab of tabs) {
      await tab.says(/^\[HMR\] Unchanged: .*base\.txt changes nothing in this page$/);
      await tab.isKept();
    }
  },
);

scenario(
  'files that the page has not loaded reload nothing',
  { files: { 'index.html': PAGE, 'style.css': STYLE, 'notes.txt': 'one', 'other.js': '1' } },
  async (stage) => {
    const { site, open } = stage;
    const tab = await open();
    await site.save('notes.txt', 'two');
    await tab.says('[HMR] /notes.txt changed, which this page has not loaded');
    await site.save('other.js', '2');
    await tab.says('[HMR] /other.js changed, which this page has not loaded');
    await site.save('new.html', PAGE);
    await tab.says('[HMR] /new.html changed, which this page has not loaded');
    await site.remove('notes.txt');
    await nothingHappened(stage, tab);
  },
);

scenario(
  "a file that is saved unchanged, or is an editor's own, changes nothing",
  { files: { 'index.html': PAGE, 'style.css': STYLE }, server: { console_debug: true } },
  async (stage) => {
    const { site, open } = stage;
    const tab = await open();
    const from = tab.console.length;
    await site.save('index.html', PAGE);
    await site.save('.index.html.swp', 'b0VIM');
    await site.save('4913', '');
    await site.save('index.html~', PAGE);
    await nothingHappened(stage, tab);
    await tab.says(/rebuilt/, from);
    const rebuilt = tab.lines(from).filter((line) => line.includes('rebuilt'));
    assert.equal(rebuilt.length, 1, rebuilt.join('\n'));
  },
);

scenario(
  'a changed resource that is neither a stylesheet nor an image reloads the page',
  {
    files: {
      'index.html': html('', '<p></p><script type="module" src="app.js"></script>'),
      'app.js': "document.querySelector('p').textContent = await (await fetch('data.json')).text();",
      'data.json': '1',
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await tab.until(() => document.querySelector('p').textContent === '1');
    await site.save('data.json', '2');
    await tab.isReloaded();
    await tab.until(() => document.querySelector('p').textContent === '2');
  },
);

scenario(
  'a failed build changes nothing, and the next clean one is applied',
  { files: { 'index.html': PAGE, 'style.css': STYLE }, server: { watch: false }, errors: [/broken\.rs/] },
  async ({ server, open }) => {
    await server.send({ built: { hash: 'a' } });
    const tab = await open();
    await server.send({ building: null });
    await server.send({ built: { hash: 'b', errors: ['broken.rs is broken'] } });
    await tab.says('broken.rs is broken');
    await server.send({ built: { hash: 'b2', errors: ['broken.rs is broken otherwise'] } });
    await tab.says('broken.rs is broken otherwise');
    await tab.isKept();
    const received = await tab.receives('after');
    await server.send({ built: { hash: 'a' } });
    await server.send({ publish: { action: 'after' } });
    await received();
    await tab.isKept();
    await server.send({ built: { hash: 'c' } });
    await tab.isReloaded();
  },
);

scenario(
  'the server can request an update, which changes nothing in a page that is the same',
  { files: { 'index.html': PAGE, 'style.css': STYLE } },
  async ({ server, open }) => {
    const tab = await open();
    for (const [file, subject] of [
      [null, 'the page (the server asks for it)'],
      ['./content/news.md', './content/news.md'],
    ]) {
      await server.send({ reload: file });
      await tab.says(`[HMR] Unchanged: ${subject} changes nothing in this page`);
    }
    await tab.isKept();
  },
);

/** A page from a cache: its tag has a hash that is long outdated. */
const STALE = html(
  `<script type="module" src="/__webpack_hmr/client.js" data-hot-middleware='{"hashes":{"":"old"}}'></script>`,
  '<p>one</p>',
);

scenario(
  'a page that never has the server’s hash is reloaded once for each hash, not in a loop',
  { files: { 'index.html': STALE }, server: { watch: false, inject: false } },
  async ({ server, tab: empty }) => {
    await server.send({ built: { hash: 'new' } });
    const tab = await empty();
    await tab.goto(`${server.url}/`);
    const refused = /^\[HMR\] Not reloading page \(bundle changed\)/;
    await tab.says(refused);
    assert.equal(tab.navigations, 2);
    let from = tab.console.length;
    await tab.page.reload();
    await tab.says(refused, from);
    assert.equal(tab.navigations, 3, 'only the user reloaded');
    from = tab.console.length;
    await server.send({ built: { hash: 'newer' } });
    await tab.says(refused, from);
    assert.equal(tab.navigations, 4, 'a new hash is a new reason');
    const received = await tab.receives('after');
    await server.send({ built: { hash: 'newer' } });
    await server.send({ publish: { action: 'after' } });
    await received();
    assert.equal(tab.navigations, 4);
  },
);

scenario(
  'a changed script of a paint worklet reloads the page, and so does one that it may import',
  {
    files: {
      'index.html': html(
        '<script type="module">await CSS.paintWorklet.addModule("/paint.js"); globalThis.isStarted = true;</script>',
        '<p style="background: paint(one); width: 9px">text</p>',
      ),
      'paint.js': "import '/paint-import.js'; registerPaint('one', class { paint() {} });",
      'paint-import.js': '// one',
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    for (const [file, text] of [
      ['paint.js', "import '/paint-import.js'; registerPaint('one', class { paint() {} }); // two"],
      ['paint-import.js', '// two'],
    ]) {
      await tab.until(() => globalThis.isStarted);
      await site.save(file, text);
      await tab.isReloaded();
    }
  },
);
