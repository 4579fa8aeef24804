/** The terminal's lines about saves, and the receipts of pages behind them. */

import assert from 'node:assert/strict';

import { html, scenario, square, StallingServer } from './harness.js';

const LINK = '<link rel="stylesheet" href="/style.css">';
const FILES = {
  'index.html': html(LINK, '<p>one</p>'),
  'bare.html': html('', '<p>bare</p>'),
  'style.css': 'p { color: rgb(0, 0, 0); }',
};
const server = { terminal: true };
/** A stylesheet whose text is too long for an event. */
const large = (shade) => `p { color: rgb(${shade}, 0, 0); }/*${'x'.repeat(130 << 10)}*/`;

scenario(
  'each save has a line, as its pages answer',
  { files: FILES, templates: { 'page.html': html(LINK, 'one') }, server },
  async (stage) => {
    const { open, server, site, templates } = stage;
    await open();
    await open('/t/page.html');
    await open('/bare.html');
    await site.save('style.css', 'p { color: rgb(1, 0, 0); }');
    await server.prints('style.css → 2 pages');
    await site.save('notes.txt', 'unused');
    await server.prints('notes.txt → no page uses /notes.txt');
    await templates.save('page.html', html(LINK, 'two'));
    const folder = templates.folder.split('/').pop();
    await server.prints(`${folder}/page.html → 1 page; unchanged, 2 pages`);
    const saves = server.printed().filter((line) => line.includes('→'));
    assert.equal(saves.length, 3, saves.join('\n'));
  },
);

scenario('a save that no page is open for is reported at once', { files: FILES, server }, async ({ server, site }) => {
  await site.save('style.css', 'p { color: rgb(1, 0, 0); }');
  await server.prints('style.css → no page is open');
});

scenario(
  'a prefix that no page uses is named with the one that is used',
  { files: { 'index.html': html('<link rel="stylesheet" href="/static/style.css">', ''), 'static/style.css': 'p {}' }, server },
  async ({ open, server, site }) => {
    await open();
    await site.save('assets/style.css', 'p { margin: 0; }');
    await server.prints(
      'assets/style.css → no page uses /assets/style.css, but one has loaded /static/style.css: ' +
        'is that the prefix for Watch::files?',
    );
  },
);

scenario(
  'a page that can’t be reloaded, and a module that fails, have their reasons',
  {
    files: {
      'index.html': html('<script type="module" src="/app.js"></script>'),
      'app.js': 'globalThis.__hot_middleware__.hot(import.meta.url).accept();',
    },
    templates: { 'page.html': html('', 'one') },
    server,
    errors: [/Could not update \/app\.js/, /on purpose/, /500/],
  },
  async ({ open, server, site, templates }) => {
    await open();
    await site.save('app.js', 'throw new Error("on purpose");');
    await server.prints('app.js → 1 page failed: could not update /app.js');
    await open('/t/page.html');
    await templates.save('page.html', '{{ bad');
    // The other page has no error, and is the same.
    await server.prints(/page\.html → unchanged, 1 page; 1 page failed: .*500.*syntax error/);
  },
);

scenario(
  'a file that has to be loaded counts once it is loaded',
  {
    files: {
      'index.html': html(LINK + '<link rel="stylesheet" href="/top.css">', '<p>one</p><img src="/a.png">'),
      'style.css': large(0),
      'top.css': '@import "part.css";',
      'part.css': 'p { margin: 0; }',
      'other.css': '',
      'a.png': square(10, [255, 0, 0]),
    },
    server,
    errors: [/net::ERR_/],
  },
  async (stage) => {
    const { later, open, server, site } = stage;
    const front = await StallingServer.start(() => server.port);
    later(() => front.stop());
    const tab = await open('/', front.url);
    const cases = [
      ['style.css', () => site.save('style.css', large(1))],
      ['part.css', () => site.save('part.css', '@import "other.css"; p { margin: 1px; }')],
      ['a.png', () => site.replace('a.png', square(10, [0, 255, 0]))],
    ];
    for (const [file, save] of cases) {
      front.hold((url) => url.startsWith(`/${file}`) || url.startsWith('/top.css'));
      await save();
      await server.prints(`${file} → sent to 1 client`);
      front.release();
      await server.prints(`${file} → 1 page`);
    }
    await tab.isKept();
    front.break((url) => url.startsWith('/style.css'));
    await site.save('style.css', large(2));
    await server.prints('style.css → 1 page failed: could not load /style.css');
  },
);

scenario('a terminal that is off asks for no receipts', { files: FILES }, async ({ open, site }) => {
  const tab = await open();
  const posts = [];
  tab.page.on('request', (request) => void (request.method() === 'POST' && posts.push(request.url())));
  await site.save('style.css', 'p { color: rgb(1, 0, 0); }');
  await tab.says('[HMR] Updated: /style.css');
  await site.save('style.css', 'p { color: rgb(2, 0, 0); }');
  await tab.untilStyle('p', 'color', 'rgb(2, 0, 0)');
  assert.deepEqual(posts, []);
});

scenario(
  'a save is one line in the console',
  { files: FILES, templates: { 'page.html': html(LINK, '<p>one</p>') } },
  async ({ open, server, site, templates }) => {
    const tab = await open('/t/page.html');
    const from = tab.console.length;
    await site.save('style.css', 'p { color: rgb(1, 0, 0); }');
    await tab.untilStyle('p', 'color', 'rgb(1, 0, 0)');
    await site.save('notes.txt', 'unused');
    await tab.says('[HMR] /notes.txt changed, which this page has not loaded');
    await templates.save('page.html', html(LINK, '<p>two</p>'));
    await tab.says(/page\.html$/, from);
    const lines = tab.lines(from).filter((line) => line.startsWith('[HMR]'));
    assert.deepEqual(lines.slice(0, 2), [
      '[HMR] Updated: /style.css',
      '[HMR] /notes.txt changed, which this page has not loaded',
    ]);
    assert.match(lines[2], /^\[HMR\] Updated: .*page\.html$/);
    assert.equal(lines.length, 3, lines.join('\n'));
    assert.ok(!lines.some((line) => line.includes('bundle')), lines.join('\n'));
    await server.clients();
  },
);
