/** Elements of the same words, of which a user or a script has changed some, beside edits after which one could be taken for another. */

const ANOTHER = /may be another one now, and a user or a script has put something into it$/;

/** @param {string[]} addresses */
const forms = (...addresses) => `<main>${addresses.map((address) => `<form action="/${address}"><input class="q"><button>Delete</button></form>`).join('')}</main>`;

/** @param {string[]} numbers */
const articles = (...numbers) => `<main>${numbers.map((number) => `<div data-sku="${number}"><input class="q"></div>`).join('')}</main>`;

/** @param {string[]} pictures */
const cards = (...pictures) => `<main>${pictures.map((picture) => `<a href="/${picture}"><img src="data:,${picture}"></a>`).join('')}</main>`;

/** @param {number} count @param {string} [item] */
const likes = (count, item = '<li><button>Like</button></li>') => `<ul>${item.repeat(count)}</ul>`;

/** @param {string} cls @param {string[]} numbers */
const posts = (cls, ...numbers) => `<ul>${numbers.map((number) => `<li${cls}><button hx-post="/like/${number}">Like</button></li>`).join('')}</ul>`;

/** @param {string} cls @param {string} token @param {string[]} numbers */
const guarded = (cls, token, ...numbers) =>
  `<ul>${numbers.map((number) => `<li${cls}><form action="/like"><input type="hidden" name="id" value="${number}"><input type="hidden" name="token" value="${token}${number}"><button>Like</button></form></li>`).join('')}</ul>`;

/** @param {string[]} numbers */
const lazy = (...numbers) => `<div>${numbers.map((number) => `<img class="lazy" data-src="data:,${number}" alt="">`).join('')}</div>`;

/** @param {string[]} names */
const titled = (...names) => `<div>${names.map((name) => `<button title="${name}" aria-label="${name}"></button>`).join('')}</div>`;

/** @param {string[]} names */
const boxes = (...names) => `<form>${names.map((name) => `<input type="checkbox"><label>${name}</label>`).join('')}</form>`;

/** @param {string[]} names */
const choices = (...names) => `<form>${names.map((name, at) => `<input type="checkbox" id="o${at}"><label for="o${at}">${name}</label>`).join('')}</form>`;

/** @param {string[]} names */
const indexed = (...names) => `<table>${names.map((name, at) => `<tr><td>${name}<td><input type="checkbox" name="done-${at}">`).join('')}</table>`;

/** @param {string[]} names */
const invoice = (...names) =>
  `<table>${names.map((name, at) => `<tr><td><input name="items[${at}][name]" value="${name}"><td><input class="n" name="items[${at}][count]" value="1">`).join('')}</table>`;

/** @param {string} item */
const tickOf = (item) => ({
  act: ({ $$ }) => $$('input').find((box) => labelOf(box) === item).click(),
  read: ({ $$ }) => $$('input').flatMap((box) => (box.checked ? [labelOf(box)] : [])),
  expected: [item],
});

/** @param {any} box */
const labelOf = (box) => box.closest('td')?.previousElementSibling.textContent ?? box.nextElementSibling.textContent;

/** Each field gets the name of its parent. @param {import('./index.js').Stage} stage */
const typeNames = ({ $$, input }) => $$('.q').forEach((field) => input(field, nameOf(field)));

/** @param {any} field */
const nameOf = (field) => field.parentElement.getAttribute('action') ?? field.parentElement.dataset.sku;

/** @param {import('./index.js').Stage} stage the fields with the text of another */
const astray = ({ $$ }) => $$('.q').flatMap((field) => (field.value && field.value !== nameOf(field) ? [`${field.value} in ${nameOf(field)}`] : []));

const nothing = { read: () => [], expected: [] };
const typed = { act: typeNames, read: astray, expected: [] };
const another = { mustReload: ANOTHER, ...nothing };

/** @type {import('./index.js').MergeRow[]} */
export const ALIKE = [
  { name: 'one of the forms that only their actions tell apart removed, another one added', mustReload: ANOTHER, before: forms('1', '2', '3'), after: forms('1', '3', '4'), ...typed },
  { name: 'one of the rows that only their data tells apart removed, another one added', mustReload: ANOTHER, before: articles('a', 'b', 'c'), after: articles('b', 'c', 'd'), ...typed },
  { name: 'the only form gets another action', before: forms('1'), after: forms('2'), act: ({ $, input }) => input($('.q'), 'typed'), read: ({ $ }) => [$('.q').value, $('form').getAttribute('action')], expected: ['typed', '/2'] },
  {
    name: 'a class of a script on one of the cards without words, one removed and another one added',
    before: cards('1', '2', '3'),
    after: cards('2', '3', '4'),
    act: ({ $ }) => $('[href="/2"]').classList.add('seen'),
    read: ({ $ }) => [$('.seen')?.getAttribute('href')],
    expected: ['/2'],
  },
  { name: 'a class of a script on one of the like buttons, one more added', ...another, before: likes(3), after: likes(4), act: ({ $$ }) => $$('button')[1].classList.add('on') },
  { name: 'a disabled one of the like buttons, one removed', ...another, before: likes(3), after: likes(2), act: ({ $$ }) => void ($$('button')[2].disabled = true) },
  { name: 'a text of a script in one of the like buttons, one more added', ...another, before: likes(3), after: likes(4), act: ({ $$ }) => void ($$('button')[1].textContent = 'Liked') },
  { name: 'a picture of a script in one of the like items, one removed', ...another, before: likes(3, '<li><img src="data:,">a</li>'), after: likes(2, '<li><img src="data:,">a</li>'), act: ({ $$ }) => void ($$('img')[1].src = 'data:,b') },
  { name: 'an undecided one of the like checkboxes, one more added', ...another, before: likes(3, '<li><input type="checkbox">a</li>'), after: likes(4, '<li><input type="checkbox">a</li>'), act: ({ $$ }) => void ($$('input')[1].indeterminate = true) },
  {
    name: 'the same attribute of a script on all like buttons, one more added',
    before: likes(3),
    after: likes(4),
    act: ({ $$ }) => $$('button').forEach((button) => button.setAttribute('tabindex', '0')),
    read: ({ $$ }) => $$('button').map((button) => button.getAttribute('tabindex')),
    expected: ['0', '0', '0', null],
  },
  {
    name: 'a class of a script on one of the like buttons, an edit beside them',
    before: `<p>a</p>${likes(3)}`,
    after: `<p>b</p>${likes(3)}`,
    act: ({ $$ }) => $$('button')[1].classList.add('on'),
    read: ({ $, $$ }) => [$('p').textContent, ...$$('button').map((button) => button.className)],
    expected: ['b', '', 'on', ''],
  },
  {
    name: 'a class of a script on one of the like buttons, another class of all',
    before: likes(3, '<li><button>Like</button></li>'),
    after: likes(3, '<li class="item"><button>Like</button></li>'),
    act: ({ $$ }) => $$('button')[1].classList.add('on'),
    read: ({ $$ }) => $$('li').map((item) => item.className + item.firstChild.className),
    expected: ['item', 'itemon', 'item'],
  },
  {
    name: 'classes and sources of a script on lazy pictures, one more in front',
    before: lazy('1', '2', '3'),
    after: lazy('0', '1', '2', '3'),
    act: ({ $$ }) => $$('img').slice(1).forEach((image) => Object.assign(image, { src: image.dataset.src, className: 'loaded' })),
    read: ({ $$ }) => $$('img').map((image) => image.className + image.dataset.src.at(-1)),
    expected: ['lazy0', 'lazy1', 'loaded2', 'loaded3'],
  },
  {
    name: 'a class of a script on one of the buttons that only titles tell apart, one more between',
    before: titled('A', 'B', 'C'),
    after: titled('A', 'X', 'B', 'C'),
    act: ({ $$ }) => $$('button')[1].classList.add('on'),
    read: ({ $$ }) => $$('.on').map(({ title }) => title),
    expected: ['B'],
  },
  {
    name: 'a class of a script on one of the buttons that only htmx tells apart, one removed, one in front',
    before: posts('', '1', '2', '3'),
    after: posts('', '4', '1', '2'),
    act: ({ $$ }) => $$('button')[1].classList.add('on'),
    read: ({ $$ }) => $$('.on').map((button) => button.getAttribute('hx-post')),
    expected: ['/like/2'],
  },
  {
    name: 'a class of a script on one of the buttons that only htmx tells apart, another order and class',
    ...another,
    before: posts('', '1', '2', '3'),
    after: posts(' class="item"', '4', '1', '2'),
    act: ({ $$ }) => $$('button')[1].classList.add('on'),
  },
  {
    name: 'a class of a script on one of the forms that only a hidden value tells apart',
    ...another,
    before: guarded('', 't', '1', '2', '3'),
    after: guarded(' class="item"', 't', '4', '1', '2'),
    act: ({ $$ }) => $$('button')[1].classList.add('on'),
  },
  { name: 'a checkbox before its label, one more between', ...tickOf('B'), mustReload: ANOTHER, before: boxes('A', 'B', 'C'), after: boxes('A', 'X', 'B', 'C') },
  { name: 'a checkbox before its label, one more at the end', ...tickOf('B'), before: boxes('A', 'B', 'C'), after: boxes('A', 'B', 'C', 'X') },
  { name: 'a checkbox before its label, with ids by number, two change places', ...tickOf('B'), mustReload: ANOTHER, before: choices('A', 'B', 'C'), after: choices('A', 'C', 'B') },
  { name: 'a checkbox before its label, another label', ...tickOf('B'), expected: ['Bee'], before: boxes('A', 'B', 'C'), after: boxes('A', 'Bee', 'C') },
  { name: 'a checkbox in a row with names by number, two change places', ...tickOf('Item 2'), mustReload: ANOTHER, before: indexed('Item 1', 'Item 2', 'Item 3'), after: indexed('Item 1', 'Item 3', 'Item 2') },
  {
    name: 'a number in a row that only a default tells from others, the first one removed',
    ...another,
    before: invoice('Oil', 'Tea', 'Jam'),
    after: invoice('Tea', 'Jam'),
    act: ({ $$, input }) => input($$('.n')[1], '7'),
  },
  {
    name: 'an item with the words of one that a script has added, but with a class',
    mustReload: /was added, which a script has added before$/,
    before: '<ul><li><span>a</span></li></ul>',
    after: '<ul><li><span class="s">a</span></li><li><span class="s">c</span></li></ul>',
    act: ({ $ }) => $('ul').insertAdjacentHTML('beforeend', '<li><span>c</span></li>'),
    ...nothing,
  },
];
