/** Siblings that all changed, or that a script has moved, and elements that the template replaces. */

/** As a script for tables does. @param {import('./index.js').Stage} stage */
function sortAndStripe({ $ }) {
  const list = $('ul');
  [...list.children].reverse().forEach((one, n) => {
    list.append(one);
    one.className = `row${n}`;
  });
}

/** @type {import('./index.js').MergeRow[]} */
export const MATCHING = [
  {
    name: 'typed text in fields that all got a class, one of them new',
    before: '<form>\n<p><label>Name</label><input name="name"></p>\n<p><label>Mail</label><input name="mail"></p>\n<p><label>City</label><input name="city"></p>\n</form>',
    after:
      '<form>\n<p class="f"><label>Name</label><input name="name"></p>\n<p class="f"><label>Phone</label><input name="phone"></p>\n' +
      '<p class="f"><label>Mail</label><input name="mail"></p>\n<p class="f"><label>City</label><input name="city"></p>\n</form>',
    act({ $, input }) {
      input($('[name=mail]'), 'm');
      input($('[name=city]'), 'c');
    },
    read: ({ $$ }) => $$('input').flatMap(({ name, value }) => [name, value]),
    expected: ['name', '', 'phone', '', 'mail', 'm', 'city', 'c'],
  },
  {
    name: 'typed text in fields without labels that all got a class, the first removed',
    before: '<form>\n<p><input name="name"></p>\n<p><input name="mail"></p>\n<p><input name="city"></p>\n</form>',
    after: '<form>\n<p class="f"><input name="mail"></p>\n<p class="f"><input name="city"></p>\n</form>',
    act: ({ $, input }) => input($('[name=mail]'), 'm'),
    read: ({ $$ }) => $$('input').flatMap(({ name, value }) => [name, value]),
    expected: ['mail', 'm', 'city', ''],
  },
  {
    name: 'typed text in fields that all got a class, in reverse order',
    before: '<form><p><label>Name</label><input></p><p><label>Mail</label><input></p><p><label>City</label><input></p></form>',
    after:
      '<form><p class="f"><label>City</label><input></p><p class="f"><label>Mail</label><input></p><p class="f"><label>Name</label><input></p></form>',
    act: ({ $$, input }) => $$('input').forEach((field, n) => input(field, String(n))),
    read: ({ $$ }) => $$('p').map((one) => one.textContent + one.querySelector('input').value),
    expected: ['City2', 'Mail1', 'Name0'],
  },
  {
    name: 'boxes that are checked in a list whose items all changed, one new',
    before: '<ul>\n<li>Milk <input type="checkbox"></li>\n<li>Bread <input type="checkbox"></li>\n<li>Eggs <input type="checkbox"></li>\n</ul>',
    after:
      '<ul>\n<li class="i">Tea <input type="checkbox"></li>\n<li class="i">Milk <input type="checkbox"></li>\n' +
      '<li class="i">Bread <input type="checkbox"></li>\n<li class="i">Eggs <input type="checkbox"></li>\n</ul>',
    act: ({ $$ }) => $$('input')[1].click(),
    read: ({ $$ }) => $$('li').map((one) => `${one.textContent.trim()} ${one.querySelector('input').checked}`),
    expected: ['Tea false', 'Milk false', 'Bread true', 'Eggs false'],
  },
  {
    name: 'rows that a script has sorted and striped, of which one changes',
    before: '<ul><li>Zed <a href="#">Buy</a></li><li>Al <a href="#">Buy</a></li></ul>',
    after: '<ul><li>Zed <a href="#sold">Buy</a></li><li>Al <a href="#">Buy</a></li></ul>',
    act: sortAndStripe,
    read: ({ $$ }) => $$('li').map((one) => one.textContent + one.querySelector('a').getAttribute('href')),
    expected: ['Al Buy#', 'Zed Buy#sold'],
  },
  {
    name: 'rows that a script has sorted and striped, of which one is removed',
    before: '<ul><li>Zed <a href="#">Buy</a></li><li>Bo <a href="#">Buy</a></li><li>Al <a href="#">Buy</a></li></ul>',
    after: '<ul><li>Bo <a href="#">Buy</a></li><li>Al <a href="#">Buy</a></li></ul>',
    act: sortAndStripe,
    read: ({ $$ }) => $$('li').map((one) => one.textContent),
    expected: ['Al Buy', 'Bo Buy'],
  },
  {
    name: 'fields without names in new labels, of which two have text',
    mustReload: /was replaced, into which a user has put something$/,
    before: '<form>Name <input> Mail <input></form>',
    after: '<form><label>Name <input></label><label>Mail <input></label></form>',
    act: ({ $$, input }) => $$('input').forEach((field) => input(field, 'typed')),
    read: () => [],
    expected: [],
  },
  {
    name: 'another tag for an element that a script has filled',
    mustReload: /^<div id="app"> was replaced, which a script has filled$/,
    before: '<div id="app"></div><p>x</p>',
    after: '<main id="app"></main><p>x</p>',
    act: ({ $ }) => void ($('#app').innerHTML = '<h1>App</h1>'),
    read: () => [],
    expected: [],
  },
  {
    name: 'another tag for a list with an item of a script',
    mustReload: /^<ul id="l"> was replaced, into which a script has put elements$/,
    before: '<ul id="l"><li>a</ul>',
    after: '<ol id="l"><li>a</ol>',
    act: ({ $, document }) => $('#l').append(Object.assign(document.createElement('li'), { textContent: 'script' })),
    read: () => [],
    expected: [],
  },
  {
    name: 'another size of a canvas',
    mustReload: /^width of <canvas> changed, which clears it$/,
    before: '<canvas width="100"></canvas>',
    after: '<canvas width="120"></canvas>',
    act: ({ $ }) => $('canvas').getContext('2d').fillRect(0, 0, 9, 9),
    read: () => [],
    expected: [],
  },
  {
    name: 'other limits and another type of fields that nobody has touched',
    before: '<input type="range" max="10" value="50"><input type="range" min="60" value="50"><input type="number" value="abc"><video></video>',
    after: '<input type="range" max="100" value="50"><input type="range" min="0" value="50"><input type="text" value="abc"><video muted></video>',
    act: () => undefined,
    read: ({ $, $$ }) => [...$$('input').map(({ value }) => value), $('video').muted],
    expected: ['50', '50', 'abc', true],
  },
  {
    name: 'a new slide between those that a script has put into a track',
    mustReload: /^a script has put the elements beside a new one into <div class="track">$/,
    before: '<div id="slider"><p>1</p><p>2</p><p>3</p></div>',
    after: '<div id="slider"><p>1</p><p>new</p><p>2</p><p>3</p></div>',
    act({ $, document }) {
      const track = Object.assign(document.createElement('div'), { className: 'track' });
      track.append(...$('#slider').childNodes);
      $('#slider').append(track);
    },
    read: () => [],
    expected: [],
  },
];
