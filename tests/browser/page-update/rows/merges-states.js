/** State that a user or a script has put into elements, beside edits after which it could show in others, or be lost. */

const ANOTHER = /may be another one now, and a user or a script has put something into it$/;
const LOST = /was replaced, into which a user has put something$/;
const TWICE = /was added, which a script has added before$/;
const LEFT = /, but not <\w+ class="widget">, which a script has put beside or around it$/;

/** @param {import('./index.js').Stage} stage the first field in a row or after a label gets its text */
function typeNames({ $$, input }) {
  for (const field of $$('input:not([type=hidden])')) input(field, nameOf(field));
}

/** @param {any} field */
function nameOf(field) {
  return (field.closest('tr,p,div')?.textContent || field.previousElementSibling.textContent).match(/[A-Z]\w*(?: \d+)?/)[0];
}

/** @param {import('./index.js').Stage} stage the fields with the text of another, as [label, text] */
const astray = ({ $$ }) => $$('input:not([type=hidden])').flatMap((field) => (field.value && field.value !== nameOf(field) ? [nameOf(field), field.value] : []));

/** @param {import('./index.js').Stage} stage */
function widget({ $, document }) {
  $('#x').hidden = true;
  $('#x').after(Object.assign(document.createElement('div'), { className: 'widget', textContent: 'b' }));
}

/** @param {import('./index.js').Stage} stage */
function around({ $, document }) {
  const frame = Object.assign(document.createElement('div'), { className: 'widget' });
  $('#x').before(frame);
  frame.append($('#x'));
}

const rows = (count, text, left = () => true) =>
  `<table>${Array.from({ length: count }, (_, n) => n).filter(left).map((n) => `<tr><td>Item ${n}<td>${text}<td><input>`).join('')}</table>`;
const order = (name, button) => `<tr><td>${name}<td>open<td><form><input class="q"><button>${button}</button></form>`;

const nothing = { read: () => [], expected: [] };
const typed = { act: typeNames, read: astray, expected: [], mayReload: true };

/** @type {import('./index.js').MergeRow[]} */
export const STATES = [
  {
    name: 'an item that a script has added, and the template now too',
    mustReload: TWICE,
    before: '<ul><li id="i1">1</li></ul>',
    after: '<ul><li id="i1">1</li><li id="i2">2</li></ul>',
    act: ({ $ }) => $('ul').insertAdjacentHTML('beforeend', '<li id="i2">2</li>'),
    ...nothing,
  },
  {
    name: 'an item without an id that a script has added, and the template now too',
    mustReload: TWICE,
    before: '<ul id="l"><li>1</li></ul>',
    after: '<ul id="l"><li>1</li><li>2</li></ul>',
    act: ({ $ }) => $('ul').insertAdjacentHTML('beforeend', '<li>2</li>'),
    ...nothing,
  },
  {
    name: 'a choice in a select in another parent',
    mustReload: LOST,
    before: '<label>S <select name="n"><option>1<option>2</select></label>',
    after: '<div class="field"><label for="n">S</label><select id="n" name="n"><option>1<option>2</select></div>',
    act: ({ $, choose }) => choose($('select'), 1),
    ...nothing,
  },
  {
    name: 'a chosen file in another parent',
    mustReload: LOST,
    before: '<label>F <input type="file" name="f"></label>',
    after: '<div><label for="f">F</label><input type="file" name="f" id="f"></div>',
    act({ $, window }) {
      const transfer = new window.DataTransfer();
      transfer.items.add(new window.File(['x'], 'x.txt'));
      $('input').files = transfer.files;
    },
    ...nothing,
  },
  {
    name: 'a text in an editable element that gets another tag',
    mustReload: LOST,
    before: '<div contenteditable>Write</div><p>a</p>',
    after: '<section contenteditable>Write</section><p>a</p>',
    act: ({ $ }) => void ($('div').textContent = 'my long text'),
    ...nothing,
  },
  {
    name: 'a drawing in an element that gets another tag',
    mustReload: LOST,
    before: '<div class="a"><canvas width="9"></canvas></div>',
    after: '<section class="b"><canvas class="d" width="9"></canvas></section>',
    act: ({ $ }) => $('canvas').getContext('2d').fillRect(0, 0, 9, 9),
    ...nothing,
  },
  {
    name: 'a password in a field that becomes another one',
    mustReload: ANOTHER,
    before: '<form><label for="pw">Password</label><input type="password" id="pw" name="pw"></form>',
    after: '<form><label for="nick">Nick</label><input id="nick" name="nick"></form>',
    act: ({ $, input }) => input($('#pw'), 'secret'),
    ...nothing,
  },
  {
    name: 'a password in a field, beside another one in another place',
    mustReload: /./,
    before: '<form><p>a</p><div class="f"><label>Password <input type="password" name="pw"></label></div><button>Go</button></form>',
    after: '<form><div class="f"><label>Search <input name="s"></label></div><p>a</p><button>Go</button></form>',
    act: ({ $, input }) => input($('[name=pw]'), 'secret'),
    ...nothing,
  },
  {
    name: 'the first of three fields removed, another one added',
    ...typed,
    before: ['Email', 'City', 'Zip'].map((name) => `<div class="field"><label for="${name}">${name}</label><input id="${name}" name="${name}"></div>`).join(''),
    after: ['City', 'Zip', 'Phone'].map((name) => `<div class="field"><label for="${name}">${name}</label><input id="${name}" name="${name}"></div>`).join(''),
  },
  {
    name: 'fields after labels, two of them new',
    ...typed,
    before: `<form>${['A', 'B'].map((name) => `<label>${name}</label><input>`).join('')}</form>`,
    after: `<form>${['A', 'X', 'B', 'Y'].map((name) => `<label>${name}</label><input>`).join('')}</form>`,
  },
  {
    name: 'fields after labels, two of them removed',
    ...typed,
    before: `<form>${['A', 'B', 'C', 'D', 'E'].map((name) => `<label>${name}</label><input>`).join('')}</form>`,
    after: `<form>${['A', 'C', 'E'].map((name) => `<label>${name}</label><input>`).join('')}</form>`,
  },
  {
    name: 'charts of a script after titles, two of them new',
    before: '<h3>A</h3><div class="chart"></div><h3>B</h3><div class="chart"></div>',
    after: '<h3>A</h3><div class="chart"></div><h3>X</h3><div class="chart"></div><h3>B</h3><div class="chart"></div><h3>Y</h3><div class="chart"></div>',
    act: ({ $$ }) => $$('.chart').forEach((chart) => void (chart.innerHTML = `<b>${chart.previousElementSibling.textContent}</b>`)),
    read: ({ $$ }) => $$('.chart').map((chart) => chart.previousElementSibling.textContent + chart.textContent),
    expected: ['AA', 'X', 'BB', 'Y'],
    mayReload: true,
  },
  {
    name: 'a row with an id removed, another one added',
    ...typed,
    before: ['A', 'B'].map((name) => `<p id="r-${name}"><b>${name}</b><input></p>`).join(''),
    after: ['B', 'C'].map((name) => `<p id="r-${name}"><b>${name}</b><input></p>`).join(''),
  },
  {
    name: 'a field in a section that becomes another one',
    ...typed,
    before: '<div class="a"><h3>Email</h3><input class="in"></div><p>x</p>',
    after: '<p>x</p><section class="z"><div class="q"><h3>Phone</h3><input class="in"></div></section>',
  },
  {
    name: 'cards with a form each, the first removed, another one added',
    ...typed,
    before: ['Alpha', 'Beta', 'Gamma'].map((name) => `<p id="${name}"><b>${name}</b><input name="qty"><button>Buy</button></p>`).join(''),
    after: ['Beta', 'Gamma', 'Delta'].map((name) => `<p id="${name}"><b>${name}</b><input name="qty"><button>Buy</button></p>`).join(''),
  },
  {
    name: 'choices after labels in another order',
    before: '<label>A</label><select><option>No<option>Yes</select><label>B</label><select><option>No<option>Yes</select>',
    after: '<label>B</label><select><option>No<option>Yes</select><label>A</label><select><option>No<option>Yes</select>',
    act: ({ $$, choose }) => choose($$('select')[1], 1),
    read: ({ $$ }) => $$('select').map((select) => select.previousElementSibling.textContent + select.selectedIndex),
    expected: ['B1', 'A0'],
    mayReload: true,
  },
  {
    name: 'fields by number, the first removed',
    ...typed,
    before: '<form><label for="i0">A</label><input id="i0"><label for="i1">B</label><input id="i1"></form>',
    after: '<form><label for="i0">B</label><input id="i0"></form>',
  },
  {
    name: 'an open section that gets a class in another parent',
    before: '<div><details><summary>A</summary>x</details></div>',
    after: '<section><details class="d"><summary>A</summary>x</details></section>',
    act: ({ $ }) => void ($('details').open = true),
    read: ({ $ }) => [$('details').open],
    expected: [true],
    mayReload: true,
  },
  {
    name: 'a column before that of the typed fields',
    before: '<table><tr><td>A<td><input><tr><td>B<td><input></table>',
    after: '<table><tr><td>A<td>3<td><input><tr><td>B<td>4<td><input></table>',
    act: ({ $$, input }) => $$('input').forEach((field, n) => input(field, String(n))),
    read: ({ $$ }) => $$('input').map(({ value }) => value),
    expected: ['0', '1'],
  },
  { name: 'sixty rows that all change, one removed', ...typed, before: rows(60, '1 EUR'), after: rows(60, '2 EUR', (n) => n !== 20) },
  { name: 'sixty rows that all change, one added', ...typed, before: rows(60, '1 EUR', (n) => n !== 20), after: rows(60, '2 EUR') },
  {
    name: 'two like rows that change places and buttons',
    ...typed,
    before: `<table>${order('Invoice 1041', 'Pay')}${order('Invoice 1042', 'Pay')}</table>`,
    after: `<table>${order('Invoice 1042', 'Pay now')}${order('Invoice 1041', 'Pay now')}</table>`,
  },
  {
    name: 'fields by number, one added before them',
    ...typed,
    before: '<div id="q1"><p>Alpha</p><input name="q1"></div><div id="q2"><p>Beta</p><input name="q2"></div>',
    after: '<div id="q1"><p>New</p><input name="q1"></div><div id="q2"><p>Alpha</p><input name="q2"></div><div id="q3"><p>Beta</p><input name="q3"></div>',
  },
  {
    name: 'a box among those of a list that changes in three places',
    before: '<ul><li>Oil <input type="checkbox"></li><li>Milk <input type="checkbox"></li><li>Cream <input type="checkbox"></li></ul>',
    after: '<ul><li>Flour <input type="checkbox"></li><li>Oil <input type="checkbox"></li><li>Milk <input type="checkbox"></li></ul>',
    act: ({ $$ }) => $$('input')[2].click(),
    read: ({ $$ }) => $$('input').map(({ checked }) => checked),
    expected: [false, false, false],
    mayReload: true,
  },
  {
    name: 'the text of an item that Alpine has rendered',
    mustReload: /from which Alpine has rendered$/,
    head: ['<script defer src="/lib/alpine.js"></script>', '<script defer src="/lib/alpine.js"></script>'],
    before: '<main x-data="{ all: [1] }"><template x-for="n in all"><li class="item"><b x-text="n"></b> item</li></template></main>',
    after: '<main x-data="{ all: [1] }"><template x-for="n in all"><li class="item"><b x-text="n"></b> thing</li></template></main>',
    act: ({ $, until }) => until(() => $('.item'), 'Alpine'),
    ...nothing,
  },
  { name: 'a field in a new parent, beside its widget', mustReload: LEFT, act: widget, ...nothing, before: '<main><p>A</p><textarea id="x"></textarea><p>B</p></main>', after: '<main><p>A</p><div class="w"><textarea id="x"></textarea></div><p>B</p></main>' },
  { name: 'an image in a new parent, in the frame of a script', act: around, read: ({ $ }) => [$('main').innerHTML], expected: ['<p>A</p><a href="/x"><div class="widget"><img id="x"></div></a><p>B</p>'], before: '<main><p>A</p><img id="x"><p>B</p></main>', after: '<main><p>A</p><a href="/x"><img id="x"></a><p>B</p></main>' },
  { name: 'a removed field with a widget', mustReload: LEFT, act: widget, ...nothing, before: '<main><p>A</p><textarea id="x"></textarea><p>B</p></main>', after: '<main><p>A</p><p>B</p></main>' },
  { name: 'a removed image in the frame of a script', act: around, read: ({ $ }) => [$('main').innerHTML], expected: ['<p>A</p><p>B</p>'], before: '<main><p>A</p><img id="x"><p>B</p></main>', after: '<main><p>A</p><p>B</p></main>' },
  {
    name: 'other options of a select with a widget',
    mustReload: /^<select id="x"> changed, which a script shows in another way$/,
    before: '<main><select id="x"><option>a<option>b</select></main>',
    after: '<main><select id="x"><option>a<option>c</select></main>',
    act: widget,
    ...nothing,
  },
  {
    name: 'a row added to those of which a script shows some',
    mustReload: /are not in the page, from which a script has taken them$/,
    before: '<table><tbody><tr><td>A<tr><td>B<tr><td>C<tr><td>D</table>',
    after: '<table><tbody><tr><td>A<tr><td>B<tr><td>C<tr><td>D<tr><td>E</table>',
    act: () => undefined,
    then: ({ $$ }) => $$('tr').slice(2).forEach((row) => row.remove()),
    ...nothing,
  },
  {
    name: 'a row added in front of those of which a script shows a page',
    mustReload: /script has/,
    before: '<table><tbody><tr><td>A<tr><td>B<tr><td>C<tr><td>D</table>',
    after: '<table><tbody><tr><td>0<tr><td>A<tr><td>B<tr><td>C<tr><td>D</table>',
    act: ({ $$ }) => $$('tr').slice(2).forEach((row) => row.remove()),
    ...nothing,
  },
  {
    name: 'a row added to those that a script shows in part from the start',
    mustReload: /script has/,
    before: '<table><tbody><tr><td>A<tr><td>B<tr><td>C<tr><td>D</table>',
    after: '<table><tbody><tr><td>A<tr><td>B<tr><td>C<tr><td>D<tr><td>E</table>',
    act: ({ $$ }) => $$('tr').slice(2).forEach((row) => row.remove()),
    ...nothing,
  },
  {
    name: 'an item added to a list that a script has rendered again with other items',
    mustReload: /script has/,
    before: '<p>a</p><ul id="n"><li class="i">a</li><li class="i">b</li><li class="i">c</li></ul>',
    after: '<p>a</p><ul id="n"><li class="i">a</li><li class="i">b</li><li class="i">c</li><li class="i">d</li></ul>',
    act: ({ $ }) => void ($('#n').innerHTML = '<li class="i">x</li><li class="i">y</li><li class="i">z</li><li class="i">u</li>'),
    ...nothing,
  },
  {
    name: 'another element for one in which a script has written',
    mustReload: /script has/,
    before: '<p id="n"><b>3</b></p>',
    after: '<p id="n"><i>3</i></p>',
    act: ({ $ }) => void ($('#n').textContent = 'Five'),
    ...nothing,
  },
  {
    name: 'an element for a text for which a script has put elements',
    mustReload: /script has/,
    before: '<div id="n">Loading</div>',
    after: '<div id="n"><p>Loading</p></div>',
    act: ({ $ }) => void ($('#n').innerHTML = '<i>s1</i><i>s2</i>'),
    ...nothing,
  },
  {
    name: 'an item added to a list that a script has replaced',
    mustReload: /script has/,
    before: '<ul id="n"><li>a</li><li>b</li></ul>',
    after: '<ul id="n"><li>a</li><li>b</li><li>c</li></ul>',
    act: ({ $ }) => void ($('#n').innerHTML = '<li>s1</li><li>s2</li>'),
    ...nothing,
  },
  {
    name: 'another default of a custom element with typed text',
    before: '<x-field value="a"></x-field>',
    after: '<x-field value="b"></x-field>',
    act({ $, window }) {
      class Field extends window.HTMLElement {
        static observedAttributes = ['value'];
        attributeChangedCallback(_, __, value) {
          this.value = value;
        }
      }
      window.customElements.define('x-field', Field);
      $('x-field').value = 'typed';
    },
    read: ({ $ }) => [$('x-field').value],
    expected: ['typed'],
  },
  {
    name: 'another order of a list that a script has sorted',
    mustReload: /^the order of elements in <ul> changed, which a script has changed too$/,
    before: '<ul><li>Zed</li><li>Bo</li><li>Al</li><li>Mo</li></ul>',
    after: '<ul><li>Bo</li><li>Zed</li><li>Mo</li><li>Al</li></ul>',
    act: ({ $, $$ }) => $('ul').append(...$$('li').sort((a, b) => (a.textContent < b.textContent ? -1 : 1))),
    ...nothing,
  },
  {
    name: 'a <style> with a rule of a script in a new parent',
    mustReload: /^<style id="s"> was moved, whose rules a script has changed$/,
    before: '<div><style id="s"></style><p>a</p></div>',
    after: '<section><style id="s"></style><p>a</p></section>',
    act: ({ $ }) => $('#s').sheet.insertRule('p { color: red }'),
    ...nothing,
  },
  {
    name: 'another kind of an open popover',
    mustReload: /^popover of <div id="p"> changed, which is open$/,
    before: '<div popover id="p">a</div>',
    after: '<div popover="manual" id="p">a</div>',
    act: ({ $ }) => $('#p').showPopover(),
    ...nothing,
  },
];
