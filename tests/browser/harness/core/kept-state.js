/** The state that a reload keeps, in every engine. */

import assert from 'node:assert/strict';

import { page } from '../engines/page.js';

const CSP = "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; connect-src 'self'; require-trusted-types-for 'script'";

const STYLE = `
  .inner { height: 100px; overflow: auto; }
  .long { height: 3000px; }
`;

const BODY = `
  <form>
    <input id="note" value="start"><textarea name="more"></textarea><input name="set" value="1"><input name="changed" value="old">
    <input type="checkbox" name="check"><input type="radio" name="radio" value="a" checked><input type="radio" name="radio" value="b">
    <select name="one"><option>1</option><option>2</option></select>
    <select name="many" multiple><option selected>1</option><option>2</option><option>3</option></select>
    <input type="range" name="range" min="0" max="10"><input type="password" name="secret">
    <input name="card" autocomplete="section-a cc-number"><input name="untouched" value="same">
  </form>
  <details id="first"><summary>more</summary>text</details><details open><summary>less</summary>text</details>
  <div class="inner"><div class="long"></div></div><x-box></x-box><div class="long"></div>
`;

/** Notes what the client has in the storage while the page reloads. */
const NOTE = `
  addEventListener('pagehide', () => {
    sessionStorage.noted = Object.entries(sessionStorage).filter(([key]) => key.includes('kept')).join();
  });
`;

/** The page's script: a field in a shadow root, and one that the script sets. */
const script = (set) => `
  ${NOTE}
  document.querySelector('x-box').attachShadow({ mode: 'open' }).append(document.createElement('input'));
  if (${set}) document.querySelector('[name=set]').value = 'by the script';
`;

const index = (script) => page(`<link rel="stylesheet" href="style.css"><script src="${script}" defer></script>`, BODY);

/** Does what a user does. */
const use = () => {
  const field = (name) => document.querySelector(`[name=${name}]`);
  for (const name of ['more', 'set', 'changed', 'secret', 'card']) field(name).value = `typed in ${name}`;
  field('check').checked = true;
  document.querySelector('[value=b]').checked = true;
  field('one').value = '2';
  for (const option of field('many').options) option.selected = option.value !== '1';
  field('range').value = '7';
  document.querySelector('x-box').shadowRoot.querySelector('input').value = 'in the shadow';
  document.querySelector('#first').open = true;
  document.querySelector('details:not(#first)').open = false;
  document.querySelector('.inner').scrollTop = 300;
  scrollTo(0, 500);
  const note = document.querySelector('#note');
  note.focus({ preventScroll: true });
  note.setSelectionRange(2, 4, 'forward');
};

const state = () => {
  const field = (name) => document.querySelector(`[name=${name}]`);
  const note = document.querySelector('#note');
  return {
    typed: [note, ...['more', 'set', 'changed', 'untouched'].map(field)].map(({ value }) => value),
    checked: [field('check').checked, document.querySelector('[value=a]').checked, document.querySelector('[value=b]').checked],
    selected: [field('one').value, Array.from(field('many').selectedOptions, ({ value }) => value).join()],
    range: field('range').value,
    shadow: document.querySelector('x-box').shadowRoot.querySelector('input').value,
    open: Array.from(document.querySelectorAll('details'), ({ open }) => open),
    scroll: [document.querySelector('.inner').scrollTop, scrollY],
    focus: [document.activeElement.id, note.selectionStart, note.selectionEnd],
  };
};

const KEPT = {
  typed: ['tystartped', 'typed in more', 'by the script', 'typed in changed', 'same'],
  checked: [true, false, true],
  selected: ['2', '2,3'],
  range: '7',
  shadow: 'in the shadow',
  open: [true, false],
  scroll: [300, 500],
  focus: ['note', 2, 4],
};

/** @type {import('../engines/scenario.js').Scenario[]} */
export const keptState = [
  [
    'a reload keeps scroll positions, focus and caret, form values and open details, under a strict policy',
    {
      files: { 'index.html': index('app.js'), 'style.css': STYLE, 'app.js': script(false) },
      server: { csp: CSP },
    },
    async ({ site, open }) => {
      const tab = await open();
      await tab.type('#note', 'typed');
      await tab.evaluate(() => void (document.querySelector('#note').value = 'tystartped'));
      await tab.evaluate(use);
      await site.save('app.js', script(true));
      await tab.isReloaded();
      await tab.until(() => document.activeElement.id === 'note' && scrollY === 500);
      assert.deepEqual(await tab.evaluate(state), KEPT);
      const [kept, left] = await tab.evaluate(() => [sessionStorage.noted, Object.keys(sessionStorage).join()]);
      assert.ok(kept.includes('typed in more') && !/typed in (?:secret|card)|same/.test(kept), kept);
      assert.ok(!left.includes('kept'), left);
    },
  ],
  [
    'a reload keeps no state where an option turns that off',
    {
      files: { 'index.html': page('<script src="app.js"></script>', '<input>'), 'app.js': NOTE },
      server: { keep_state: false },
    },
    async ({ site, open }) => {
      const tab = await open();
      await tab.evaluate(() => void (document.querySelector('input').value = 'typed'));
      await site.save('app.js', `${NOTE} globalThis.isSecond = true;`);
      await tab.isReloaded();
      assert.deepEqual(await tab.evaluate(() => [globalThis.isSecond, sessionStorage.noted]), [true, '']);
    },
  ],
];
