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
];
