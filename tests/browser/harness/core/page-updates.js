/** Updates of the page in place, in every engine. */

import assert from 'node:assert/strict';

import { page } from '../engines/page.js';

/** Notes the last line of the console while the page reloads. */
const NOTE = "addEventListener('pagehide', () => (sessionStorage.noted = collected.lines.at(-1)));";

/** A page with state of every part: scripts', the user's and the browser's. */
const APP = `
  let count = 0;
  document.querySelector('button').onclick = ({ target }) => (target.textContent = count += 1);
  document.querySelector('dialog').showModal();
  document.querySelector('ul').prepend(Object.assign(document.createElement('li'), { textContent: 'by a script' }));
  globalThis.events = [];
  for (const type of ['hot:before-update', 'hot:after-update']) {
    document.addEventListener(type, (event) => {
      const { reason, changes, added } = event.detail;
      events.push([type, reason.replace(/.*\\//, ''), changes > 0, added ? added.map(({ localName }) => localName).sort().join() : '-']);
      if (globalThis.cancels) event.preventDefault();
    });
  }
  globalThis.htmx = { process: (element) => element.classList.add('processed') };
  ${NOTE}
`;

const template = (text, { head = '', more = '', items = ['one', 'two'] } = {}) =>
  page(
    `${head}<script src="/app.js" defer></script><noscript><img src="/none.png" alt=""></noscript><meta name="x" content="${text}">`,
    `<button>0</button><input id="note"><p>${text}</p><dialog><input id="inside"></dialog><div style="height: 3000px"></div>` +
      `<ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>${more}`,
  );

/** The state of that page. */
const state = () => ({
  marked: globalThis.marked,
  count: document.querySelector('button').textContent,
  note: document.querySelector('#note').value,
  inside: document.querySelector('#inside').value,
  isOpen: document.querySelector('dialog').matches('dialog:modal'),
  focus: document.activeElement.id,
  scroll: scrollY,
  first: document.querySelector('li').textContent,
});

const KEPT = { marked: true, count: '2', note: 'typed', inside: 'inner', isOpen: true, focus: 'inside', scroll: 400, first: 'by a script' };

/** Opens the page and does what a user does. */
async function use(tab) {
  await tab.evaluate(() => {
    document.querySelector('#note').value = 'typed';
    for (let click = 0; click < 2; click += 1) document.querySelector('button').click();
    scrollTo(0, 400);
  });
  await tab.type('#inside', 'inner');
}

const overlay = () =>
  document.querySelector('hot-middleware-overlay')?.shadowRoot?.querySelector('[role=alertdialog]')?.textContent ?? '';

/** A form with a token of the session, and an inline script with a nonce: another one of both in each answer. */
const guarded = (text) =>
  page(
    '<script nonce="{{csrf}}">globalThis.ran = true;</script>',
    `<p>${text}</p><form method="post" action="/guarded"><input type="hidden" name="csrf" value="{{csrf}}"><input name="note"><button>Send</button></form>`,
  );

/** Changes and takes back the first of each two controls, once the page is parsed and before the client has started. */
const TAKE_BACK = `addEventListener('DOMContentLoaded', () => {
  const select = document.querySelector('select');
  for (const index of [1, 0]) {
    select.selectedIndex = index;
    for (const type of ['input', 'change']) select.dispatchEvent(new Event(type, { bubbles: true }));
  }
  for (let click = 0; click < 2; click += 1) document.querySelector('[type=checkbox]').click();
  for (const value of ['2', '1']) document.querySelector('[value="' + value + '"]').click();
});`;

const choices = (options, checked) =>
  page(
    `<script>${TAKE_BACK}</script>`,
    `<select>${options}</select><select>${options}</select><input type="checkbox" ${checked}><input type="checkbox" ${checked}>` +
      `<input type="radio" name="r" value="1" checked><input type="radio" name="r" value="2">`,
  );

/** A page with parts that are kept, and one that reloads it. */
const marked = ({ text = 'one', kept = 'one', inside = 'one', later = 'one', title = 'a' }) =>
  page(
    `<script>${NOTE}</script>`,
    `<p id="p" title="${title}">${text}</p><div data-hot-keep><b>${kept}</b></div><i id="later">${later}</i><section data-hot-reload>${inside}</section>`,
  );

/** A page with a stream of its own. */
const ALONE = '<script>delete globalThis.SharedWorker</script>';

/** @type {import('../engines/scenario.js').Scenario[]} */
export const pageUpdates = [
  [
    'a changed template updates the page in place, again and again, past an error and a restart',
    {
      files: { 'app.js': APP },
      templates: { 'a.html': template('one'), 'other.html': 'other' },
      server: { echo: true },
      errors: [/./],
    },
    async ({ templates, open, restart }) => {
      const tab = await open('/t/a.html');
      await use(tab);
      await templates.save('a.html', template('two'));
      await tab.untilText('p', 'two');
      await templates.save('a.html', template('three', { items: ['one', 'new', 'two'], more: '<section>more</section>' }));
      await tab.untilText('p', 'three');
      assert.deepEqual(await tab.evaluate(state), KEPT);
      assert.deepEqual(
        await tab.evaluate(() => [
          Array.from(document.querySelectorAll('li'), ({ textContent }) => textContent),
          document.querySelector('meta[name=x]').content,
          document.querySelector('section').className,
          globalThis.events,
        ]),
        [
          ['by a script', 'one', 'new', 'two'],
          'three',
          'processed',
          [
            ['hot:before-update', 'a.html changed', false, '-'],
            ['hot:after-update', 'a.html changed', true, ''],
            ['hot:before-update', 'a.html changed', false, '-'],
            ['hot:after-update', 'a.html changed', true, 'li,section'],
          ],
        ],
      );

      await templates.save('other.html', 'of another page');
      await tab.until(() => collected.lines.some((line) => /Unchanged: .*other\.html changes nothing in this page$/.test(line)));

      await tab.evaluate(() => void (globalThis.cancels = true));
      await templates.save('a.html', template('canceled'));
      await tab.until(() => collected.lines.some((line) => /Not updated: .*a\.html/.test(line)));
      await tab.evaluate(() => void (globalThis.cancels = false));
      assert.equal(await tab.text('p'), 'three');

      await templates.save('a.html', '{{ bad');
      await tab.until(overlay);
      assert.match(await tab.evaluate(overlay), /answers 500[^]*syntax error/);
      await templates.save('a.html', template('four'));
      await tab.untilText('p', 'four');
      await tab.until(() => !document.querySelector('hot-middleware-overlay'));
      // The overlay is a modal dialog, which restores the focus.
      assert.deepEqual(await tab.evaluate(state), KEPT);

      await restart({ meanwhile: () => templates.save('a.html', template('five')) });
      await tab.untilText('p', 'five');
      assert.deepEqual(await tab.evaluate(state), KEPT);
      // The page has the token of the new process.
      await tab.evaluate(() => globalThis.__hot_middleware__.send('echo', 1).then(() => true));
      await templates.save('a.html', template('six'));
      await tab.untilText('p', 'six');
      assert.deepEqual(await tab.evaluate(state), KEPT);
    },
  ],
  [
    'a page that can’t be updated is reloaded, with the reason',
    {
      files: { 'app.js': APP },
      templates: { 'a.html': template('one'), 'other.html': template('other') },
    },
    async ({ templates, open }) => {
      const tab = await open('/t/a.html');
      const inline = (code) => `<script>globalThis.inline = ${code};</script>`;
      for (const [text, options, reason, prepare] of [
        ['two', { head: inline(1) }, 'an inline script was added'],
        ['three', { head: inline(2) }, 'an inline script changed'],
        ['four', { head: inline(2) }, '', () => history.replaceState(null, '', '?other')],
        ['five', { head: `<base href="/">${inline(2)}` }, '<base> changed'],
      ]) {
        if (prepare) await tab.evaluate(prepare);
        await templates.save('a.html', template(text, options));
        await tab.isReloaded();
        assert.equal(await tab.text('p'), text);
        const line = await tab.evaluate(() => sessionStorage.noted);
        assert.match(line, /^\[HMR\] Reloading page \(.*a\.html changed.*\)$/);
        assert.ok(line.endsWith(reason ? `a.html changed: ${reason})` : 'a.html changed)'), line);
      }
      await templates.save('a.html', '{{redirect /t/a.html?other}}');
      await tab.until(overlay);
      assert.match(await tab.evaluate(overlay), /run in a circle/);
      assert.equal(await tab.text('p'), 'five', 'the page stays');
      await templates.save('a.html', '{{redirect /t/other.html}}');
      await tab.until(() => document.querySelector('p')?.textContent === 'other');
      assert.match(await tab.evaluate(() => sessionStorage.noted), /: the app redirects to http:.*\/t\/other\.html\)$/);
    },
  ],
  [
    'values that differ at each request are no change, and the form’s value stays',
    {
      templates: {
        'a.html': page('<script nonce="{{now}}">globalThis.first ??= performance.now();</script>', '<input type="hidden" id="token" value="{{now}}"><p>one</p>'),
        'bare.html': '<!doctype html>\n<script src="/collect.js"></script>\n<title>bare</title>\n<link rel="icon" href="data:,">\n\n<p>one\n',
        'other.html': 'one',
      },
    },
    async ({ templates, open }) => {
      const bare = await open('/t/bare.html');
      const tab = await open('/t/a.html');
      const token = () => document.querySelector('#token').value;
      const before = await tab.evaluate(token);
      await templates.save('other.html', 'two');
      for (const each of [tab, bare]) {
        await each.until(() => collected.lines.some((line) => /Unchanged: .*other\.html/.test(line)));
      }
      const next = page('<script nonce="{{now}}">globalThis.first ??= performance.now();</script>', '<input type="hidden" id="token" value="{{now}}"><p>two</p>');
      await templates.save('a.html', next);
      await tab.untilText('p', 'two');
      assert.equal(await tab.evaluate(token), before);
      await tab.isKept();
    },
  ],
  [
    'a form that was posted after updates has a valid token, and another nonce is no change',
    { templates: { 'a.html': guarded('one') } },
    async ({ templates, open }) => {
      const tab = await open('/t/a.html');
      const token = () => document.querySelector('[name=csrf]').value;
      const before = await tab.evaluate(token);
      await tab.type('[name=note]', 'typed');
      for (const text of ['two', 'three']) {
        await templates.save('a.html', guarded(text));
        await tab.untilText('p', text);
      }
      await tab.isKept();
      assert.equal(await tab.evaluate(token), before);
      await tab.click('button');
      await tab.untilText('p', 'accepted typed');
    },
  ],
  [
    'a choice that was taken back before the client has started is the user’s, and the new default of others is shown',
    { templates: { 'a.html': choices('<option>a<option>b', '') } },
    async ({ templates, open }) => {
      const tab = await open('/t/a.html');
      const state = () => [...document.querySelectorAll('select, input')].map(({ value, checked }) => checked ?? value);
      assert.deepEqual(await tab.evaluate(state), ['a', 'a', false, false, true, false]);
      await templates.save('a.html', choices('<option>b<option>a', 'checked'));
      await tab.until(() => document.querySelector('option').text === 'b');
      assert.deepEqual(await tab.evaluate(state), ['a', 'b', false, true, true, false]);
      await tab.isKept();
    },
  ],
  [
    'a page names what is never touched and what reloads it, and events announce updates alone',
    { templates: { 'a.html': marked({}) } },
    async ({ templates, open }) => {
      const tab = await open('/t/a.html');
      const unchanged = () => collected.lines.filter((line) => /Unchanged: .*a\.html/.test(line)).length;
      await tab.evaluate(() => {
        globalThis.events = [];
        for (const type of ['hot:before-update', 'hot:after-update']) {
          document.addEventListener(type, ({ detail }) => events.push([type, ...(detail.changed ?? []).map(({ id }) => id)].join(' ')));
        }
        document.querySelector('b').textContent = 'mine';
      });
      await templates.save('a.html', marked({ kept: 'two' }));
      await tab.until(unchanged);
      assert.deepEqual(await tab.evaluate(() => events), []);
      await templates.save('a.html', marked({ kept: 'three', text: 'two', title: 'new' }));
      await tab.untilText('p', 'two');
      assert.deepEqual(await tab.evaluate(() => [document.querySelector('b').textContent, ...events]), [
        'mine',
        'hot:before-update',
        'hot:after-update p',
      ]);
      // An attribute of a script's counts as well.
      await tab.evaluate(() => document.querySelector('#later').setAttribute('data-hot-keep', ''));
      await templates.save('a.html', marked({ text: 'three', later: 'two', title: 'new' }));
      await tab.untilText('p', 'three');
      assert.equal(await tab.text('#later'), 'one');
      await tab.isKept();
      await templates.save('a.html', marked({ text: 'four', inside: 'two' }));
      await tab.isReloaded();
      assert.match(await tab.evaluate(() => sessionStorage.noted), /: <section> has data-hot-reload\)$/);
      assert.deepEqual(await tab.evaluate(() => [document.querySelector('p').textContent, document.querySelector('b').textContent]), ['four', 'one']);
      for (const text of ['five', 'six']) {
        await templates.save('a.html', marked({ text }).replace('<body', '<body data-hot-reload'));
        await tab.isReloaded();
        assert.equal(await tab.text('p'), text);
        assert.match(await tab.evaluate(() => sessionStorage.noted), /: <body> has data-hot-reload\)$/);
      }
    },
  ],
  [
    'a page that comes back from the back/forward cache is updated to the template of now',
    { isFull: true, files: { 'away.html': page(ALONE, 'away') }, templates: { 'a.html': page(ALONE, '<input><p>one</p>') } },
    async ({ engine, server, templates, open }) => {
      const tab = await open('/t/a.html');
      await tab.evaluate(() => void (document.querySelector('input').value = 'typed'));
      for (const text of ['two', 'three']) {
        await tab.goto(`${server.url}/away.html`);
        await tab.says('[HMR] connected');
        await templates.save('a.html', page(ALONE, `<input><p>${text}</p>`));
        await tab.until(() => collected.lines.some((line) => /Unchanged: .*a\.html/.test(line)));
        await tab.back();
        if (engine.cachesStreamingPages) await tab.until(() => globalThis.marked);
        await tab.untilText('p', text);
        if (engine.cachesStreamingPages) assert.equal(await tab.evaluate(() => document.querySelector('input').value), 'typed');
      }
    },
  ],
  [
    'a frame is updated in place by its own client, and the page around it stays',
    {
      files: { 'index.html': page('', '<iframe src="/t/frame.html"></iframe><input>') },
      templates: { 'frame.html': page('', '<input><p>one</p>') },
    },
    async ({ templates, open }) => {
      const tab = await open();
      await tab.until(() => document.querySelector('iframe').contentWindow.collected?.lines.includes('[HMR] connected'));
      await tab.evaluate(() => {
        const documents = [document, document.querySelector('iframe').contentDocument];
        for (const each of documents) each.querySelector('input').value = 'typed';
      });
      await templates.save('frame.html', page('', '<input><p>two</p>'));
      await tab.until(() => document.querySelector('iframe').contentDocument.querySelector('p')?.textContent === 'two');
      const values = await tab.evaluate(() => {
        const documents = [document, document.querySelector('iframe').contentDocument];
        return documents.map((each) => each.querySelector('input').value);
      });
      assert.deepEqual(values, ['typed', 'typed']);
      await tab.isKept();
    },
  ],
  [
    'an option reloads pages always',
    { templates: { 'a.html': page('', '<p>one</p>') }, server: { update_pages: false } },
    async ({ templates, open }) => {
      const tab = await open('/t/a.html');
      await templates.save('a.html', page('', '<p>two</p>'));
      await tab.isReloaded();
      await tab.untilText('p', 'two');
    },
  ],
];
