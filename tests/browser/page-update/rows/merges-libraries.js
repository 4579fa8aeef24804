/** What libraries have put beside or in the place of the template's elements, or opened, without white space that tells the places. */

/** @param {Document} document @param {string} className */
const element = (document, className) => Object.assign(document.createElement('i'), { className });

/** @param {import('./index.js').Stage} stage */
const names = ({ $ }) => [...$('main').children].map(({ localName, id, className }) => id || className || localName);

/** @param {import('./index.js').Stage} stage */
const replaceIcon = ({ $, document }) => $('#icon').replaceWith(element(document, 'drawn'));

/** @type {import('./index.js').MergeRow[]} */
export const LIBRARY_PLACES = [
  {
    name: 'an element after what Alpine has rendered for a <template>',
    head: ['<script defer src="/lib/alpine.js"></script>', '<script defer src="/lib/alpine.js"></script>'],
    before: '<main x-data="{ all: [1, 2] }"><template x-for="n in all"><b class="item"></b></template><p></p></main>',
    after: '<main x-data="{ all: [1, 2] }"><template x-for="n in all"><b class="item"></b></template><p id="new"></p><p></p></main>',
    act: ({ $$, until }) => until(() => $$('.item').length === 2, 'Alpine'),
    read: names,
    expected: ['template', 'item', 'item', 'new', 'p'],
  },
  {
    name: 'an element after a field that a library has hidden and replaced',
    before: '<main><select id="s"><option>a</select><p></p></main>',
    after: '<main><select id="s"><option>a</select><p id="new"></p><p></p></main>',
    act({ $, document }) {
      $('#s').classList.add('hidden-accessible');
      $('#s').after(element(document, 'widget'));
    },
    read: names,
    expected: ['s', 'widget', 'new', 'p'],
  },
  {
    name: 'an element between a field whose class changes and its widget',
    before: '<main><select id="s"><option>a</select><p></p></main>',
    after: '<main><select id="s" class="wide"><option>a</select><p id="new"></p><p></p></main>',
    act({ $, document }) {
      $('#s').hidden = true;
      $('#s').after(element(document, 'widget'));
    },
    read: names,
    expected: ['s', 'widget', 'new', 'p'],
  },
  {
    name: 'an element after what a library has rendered for a comment',
    before: '<main><!--app--><p></p></main>',
    after: '<main><!--app--><p id="new"></p><p></p></main>',
    act: ({ $, document }) => $('main').firstChild.after(element(document, 'app')),
    read: names,
    expected: ['app', 'new', 'p'],
  },
  {
    name: 'an item moved behind what a library has rendered for a <template>',
    before: '<main><p id="one"></p><template></template><p id="two"></p></main>',
    after: '<main><template></template><p id="one"></p><p id="two"></p></main>',
    act: ({ $, document }) => $('template').after(element(document, 'app')),
    read: names,
    expected: ['template', 'app', 'one', 'two'],
  },
  {
    name: 'an element between a changed one and one in an element of a script',
    before: '<main><p id="a"></p><p id="b"></p></main>',
    after: '<main><p id="a"></p><p id="new"></p><p id="b"></p></main>',
    act({ $, document }) {
      $('#a').className = 'seen';
      const wrapper = element(document, 'wrapper');
      $('#b').before(wrapper);
      wrapper.append($('#b'));
    },
    read: names,
    expected: ['a', 'new', 'wrapper'],
  },
  {
    name: 'an element after one that a script has replaced since',
    mustReload: /^<i id="icon"> changed, which a script has removed or replaced$/,
    before: '<main><i id="icon"></i><p></p></main>',
    after: '<main><i id="icon"></i><p id="new"></p><p></p></main>',
    act: () => undefined,
    then: replaceIcon,
    read: () => [],
    expected: [],
  },
  {
    name: 'the removal of an element that a script has replaced since',
    mustReload: /^<i id="icon"> changed, which a script has removed or replaced$/,
    before: '<main><i id="icon"></i><p></p></main>',
    after: '<main><p></p></main>',
    act: () => undefined,
    then: replaceIcon,
    read: () => [],
    expected: [],
  },
  {
    name: 'the removal of an element that a script has removed, beside one of its own elsewhere',
    before: '<main><p id="hint">Save often</p><p id="a">One</p><p id="b">Two</p></main>',
    after: '<main><p id="a">One</p><p id="b">Two</p><p id="c">Three</p></main>',
    act: () => undefined,
    then({ $, document }) {
      $('#hint').remove();
      $('#b').after(element(document, 'toast'));
    },
    read: names,
    expected: ['a', 'b', 'c', 'toast'],
  },
  {
    name: 'a section of a group that is open by default, beside the one that a user has opened',
    before: '<main><details name="g" id="a"></details><details name="g" id="b"></details></main>',
    after: '<main><details name="g" id="a" open></details><details name="g" id="b"></details></main>',
    act: ({ $ }) => void ($('#b').open = true),
    read: ({ $ }) => [$('#a').open, $('#b').open],
    expected: [false, true],
  },
  {
    name: 'another section of a group that is open by default',
    before: '<main><details name="g" id="a" open></details><details name="g" id="b"></details></main>',
    after: '<main><details name="g" id="a"></details><details name="g" id="b" open></details></main>',
    act: () => undefined,
    read: ({ $ }) => [$('#a').open, $('#b').open],
    expected: [false, true],
  },
  {
    name: 'a modal dialog that is no longer open by default',
    before: '<main><dialog id="d" open></dialog></main>',
    after: '<main><dialog id="d" class="wide"></dialog></main>',
    act({ $ }) {
      $('#d').close();
      $('#d').showModal();
    },
    read: ({ $ }) => [$('#d').open, $('#d').className],
    expected: [true, 'wide'],
  },
  {
    name: 'a <style> to which a script has added a rule',
    mustReload: /^the text of <style> changed, whose rules a script has changed$/,
    before: '<style>p { margin: 1px }</style><p>a</p>',
    after: '<style>p { margin: 2px }</style><p>a</p>',
    act: ({ $ }) => $('style').sheet.insertRule('p { color: rgb(1, 0, 0) }'),
    read: () => [],
    expected: [],
  },
  {
    name: 'a <style> in which a script has changed a declaration',
    mustReload: /^the text of <style> changed, whose rules a script has changed$/,
    before: '<style>p { margin: 1px }</style><p>a</p>',
    after: '<style>p { margin: 2px }</style><p>a</p>',
    act: ({ $ }) => $('style').sheet.cssRules[0].style.setProperty('color', 'rgb(1, 0, 0)'),
    read: () => [],
    expected: [],
  },
  {
    name: 'a <style> that a script has disabled',
    before: '<style>p { margin-left: 1px }</style><p>a</p>',
    after: '<style>p { margin-left: 2px }</style><p>a</p>',
    act: ({ $ }) => void ($('style').sheet.disabled = true),
    read: ({ $, window }) => [$('style').sheet.disabled, window.getComputedStyle($('p')).marginLeft, $('style').textContent],
    expected: [true, '0px', 'p { margin-left: 2px }'],
  },
  {
    name: 'a <style> with rules of all kinds, whose text changes',
    before: '<style>@media print { p { color: red } } @supports (x: y) { a { b: c } } @font-face { font-family: f; src: url(/f.woff2) } p { background: URL("/media/picture.svg"); margin-left: 1px; unknown: x } { } .a, .b::nope {}</style><p>a</p>',
    after: '<style>@media print { p { color: red } } @supports (x: y) { a { b: c } } @font-face { font-family: f; src: url(/f.woff2) } p { background: URL("/media/picture.svg"); margin-left: 2px; unknown: x } { } .a, .b::nope {}</style><p>a</p>',
    act: () => undefined,
    read: ({ $, window }) => [window.getComputedStyle($('p')).marginLeft],
    expected: ['2px'],
  },
];
