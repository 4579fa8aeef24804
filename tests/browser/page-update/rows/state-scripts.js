/** Changes and references of scripts. */

/** Defines a custom element that counts clicks in its shadow root. */
function defineCounter({ window, document }) {
  window.customElements.define(
    'x-counter',
    class extends window.HTMLElement {
      count = 0;
      disconnections = 0;
      connectedCallback() {
        if (this.shadowRoot) return;
        this.attachShadow({ mode: 'open' }).innerHTML = '<button>0</button>';
        this.shadowRoot.firstChild.onclick = () => (this.shadowRoot.firstChild.textContent = ++this.count);
      }
      disconnectedCallback() {
        this.disconnections += 1;
      }
    },
  );
  return document.querySelector('x-counter');
}

/** @type {import('./index.js').StateRow[]} */
export const SCRIPTS = [
  {
    name: 'a class that a script added',
    html: '<p class="a b">text</p>',
    act: ({ $ }) => $('p').classList.add('active'),
    read: ({ $ }) => [$('p').className],
  },
  {
    name: 'a class that a script removed',
    html: '<p class="a loading">text</p>',
    act: ({ $ }) => $('p').classList.remove('loading'),
    read: ({ $ }) => [$('p').className],
  },
  {
    name: 'an attribute that a script set',
    html: '<p>text</p>',
    act: ({ $ }) => $('p').setAttribute('data-state', 'ready'),
    read: ({ $ }) => [$('p').dataset.state],
  },
  {
    name: 'an attribute that a script changed',
    html: '<button aria-expanded="false">Menu</button>',
    act: ({ $ }) => $('button').setAttribute('aria-expanded', 'true'),
    read: ({ $ }) => [$('button').ariaExpanded ?? $('button').getAttribute('aria-expanded')],
  },
  {
    name: 'an attribute that a script removed',
    html: '<div hidden>panel</div>',
    act: ({ $ }) => void ($('div').hidden = false),
    read: ({ $ }) => [$('div').hidden],
  },
  {
    name: 'an inline style',
    html: '<p style="color: red">text</p>',
    act: ({ $ }) => void ($('p').style.width = '42px'),
    read: ({ $ }) => [$('p').style.width, $('p').style.color],
  },
  {
    name: 'attributes of <html> and <body>',
    html: '',
    act({ document }) {
      document.documentElement.classList.add('dark');
      document.documentElement.style.setProperty('--size', '7px');
      document.body.dataset.menu = 'open';
    },
    read: ({ document: { documentElement, body } }) => [
      documentElement.className,
      documentElement.style.getPropertyValue('--size'),
      body.dataset.menu,
    ],
  },
  {
    name: 'the title',
    html: '',
    act: ({ document }) => void (document.title = '(3) Inbox'),
    read: ({ document }) => [document.title],
  },
  {
    name: 'text that a script set',
    html: '<p>Count: <span id="count">0</span></p>',
    act: ({ $ }) => void ($('#count').textContent = '7'),
    read: ({ $ }) => [$('#count').textContent],
  },
  {
    name: 'text that a script split',
    html: '<p>one two three</p>',
    act: ({ $ }) => void $('p').firstChild.splitText(3).splitText(4),
    read: ({ $ }) => [$('p').childNodes.length, $('p').textContent],
  },
  {
    name: 'an element that a script filled',
    html: '<div id="app"></div>',
    act: ({ $ }) => void ($('#app').innerHTML = '<ul><li>one</li><li>two</li></ul>'),
    read: ({ $ }) => [$('#app').innerHTML],
  },
  {
    name: 'an element that a script filled with something else',
    html: '<div id="app"><p>Loading</p></div>',
    act: ({ $ }) => void ($('#app').innerHTML = '<ul><li>one</li><li>two</li></ul>'),
    read: ({ $ }) => [$('#app').innerHTML],
  },
  {
    name: 'markers that a library left',
    html: '<div id="app"></div>',
    act: ({ $ }) => void ($('#app').innerHTML = '<!--start-->text<!--middle--><b>bold</b><!--end-->'),
    read: ({ $ }) => [$('#app').innerHTML],
  },
  {
    name: 'an element inserted before others',
    html: '<p id="x">text</p>',
    act: ({ $ }) => $('main').insertAdjacentHTML('afterbegin', '<p class="banner">banner</p>'),
    read: ({ $ }) => [$('main').firstElementChild.className],
  },
  {
    name: 'elements inserted between others',
    html: '<p>one</p><p>two</p><p>three</p>',
    act: ({ $$ }) => $$('p:not(#last)').forEach((p) => p.insertAdjacentHTML('afterend', '<p class="ad">ad</p>')),
    read: ({ $$ }) => $$('main > p').map(({ className, textContent }) => className + textContent),
  },
  {
    name: 'an element inserted at the end of the page',
    html: '',
    act: ({ document }) => document.body.insertAdjacentHTML('beforeend', '<div class="toast">Saved</div>'),
    read: ({ $ }) => [$('body > .toast')?.textContent],
  },
  {
    name: 'a wrapper around an element',
    html: '<table><tr><td>cell</td></tr></table>',
    act({ document, window, $ }) {
      window.table = $('table');
      const wrapper = document.createElement('div');
      wrapper.className = 'wrapper';
      $('table').before(wrapper);
      wrapper.append($('table'));
    },
    read: ({ window, $ }) => [Boolean($('.wrapper > table')) && $('.wrapper > table') === window.table],
  },
  {
    name: 'an element that a script removed',
    html: '<p class="cookies">We use cookies</p>',
    act: ({ $ }) => $('.cookies').remove(),
    read: ({ $ }) => [$('.cookies') === null],
  },
  {
    name: 'a list that a script sorted',
    html: '<ul><li>b</li><li>c</li><li>a</li></ul>',
    act: ({ $, $$ }) => $('ul').append(...$$('li').sort((a, b) => (a.textContent < b.textContent ? -1 : 1))),
    read: ({ $$ }) => $$('li').map(({ textContent }) => textContent),
  },
  {
    name: 'an element that a script moved elsewhere',
    html: '<div id="source"><p id="portal">text</p></div><div id="goal"></div>',
    act: ({ $ }) => $('#goal').append($('#portal')),
    read: ({ $ }) => [Boolean($('#goal > #portal')), $('#source').childElementCount],
  },
  {
    name: 'rows that a script added to a table',
    html: '<table><tbody><tr><td>1</td></tr></tbody></table>',
    act: ({ $ }) => void ($('table').insertRow(0).insertCell().textContent = 'new'),
    read: ({ $$ }) => $$('td').map(({ textContent }) => textContent),
  },
  {
    name: 'a chart that a script drew in an <svg>',
    html: '<svg viewBox="0 0 9 9"><circle r="1"></circle></svg>',
    act({ document, $ }) {
      $('circle').setAttribute('r', '4');
      $('svg').append(document.createElementNS('http://www.w3.org/2000/svg', 'path'));
    },
    read: ({ $ }) => [$('circle').getAttribute('r'), $('svg > path')?.namespaceURI],
  },
  {
    name: 'a <style> that a script added',
    html: '<p>text</p>',
    act: ({ document }) => document.head.insertAdjacentHTML('beforeend', '<style>p { color: rgb(1, 2, 3) }</style>'),
    read: ({ window, $ }) => [window.getComputedStyle($('p')).color],
  },
  {
    name: 'a rule that a script inserted',
    head: '<style>p { margin: 0 }</style>',
    html: '<p>text</p>',
    act: ({ $ }) => void $('style').sheet.insertRule('p { color: rgb(1, 2, 3) }'),
    read: ({ window, $ }) => [window.getComputedStyle($('p')).color],
  },
  {
    name: 'adopted stylesheets',
    html: '<p>text</p>',
    act({ window, document }) {
      const sheet = new window.CSSStyleSheet();
      sheet.replaceSync('p { color: rgb(1, 2, 3) }');
      document.adoptedStyleSheets = [sheet];
    },
    read: ({ window, $ }) => [window.getComputedStyle($('p')).color],
  },
  {
    name: 'a stylesheet that a script switched',
    head: '<style media="not all">p { color: rgb(1, 2, 3) }</style>',
    html: '<p>text</p>',
    act: ({ $ }) => void ($('style').media = 'all'),
    read: ({ window, $ }) => [window.getComputedStyle($('p')).color],
  },
  {
    name: 'a listener',
    html: '<button>Add</button>',
    act({ window, $ }) {
      window.clicks = 0;
      $('button').addEventListener('click', () => (window.clicks += 1));
    },
    read({ window, $ }) {
      window.clicks &&= 0;
      $('button').click();
      return [window.clicks];
    },
  },
  {
    name: 'a handler in a property',
    html: '<p><button>Add</button></p>',
    act: ({ window, $ }) => void ($('button').onclick = () => (window.clicked = true)),
    read({ window, $ }) {
      delete window.clicked;
      $('button').click();
      return [window.clicked];
    },
  },
  {
    name: 'a property of an element',
    html: '<ul><li>one</li><li>two</li></ul>',
    act: ({ $ }) => void ($('li + li').model = { id: 2 }),
    read: ({ $ }) => [$('li + li').model],
  },
  {
    name: 'elements that a script holds',
    html: '<section><p>one</p><p>two</p></section>',
    act: ({ window, $$ }) => void (window.held = $$('section, section *')),
    read: ({ window, $$ }) => [window.held?.length, $$('section, section *').every((element, n) => element === window.held?.[n])],
  },
  {
    name: 'an observer',
    html: '<div id="x">observed</div>',
    act({ window, $ }) {
      window.changes = [];
      window.observer = new window.MutationObserver((records) => window.changes.push(...records));
      window.observer.observe($('#x'), { attributes: true });
    },
    async read({ window, $, wait }) {
      window.changes?.splice(0);
      $('#x').setAttribute('data-checked', '');
      await wait(0);
      return [window.changes?.length];
    },
  },
  {
    name: 'a custom element',
    html: '<x-counter></x-counter>',
    act(stage) {
      const counter = defineCounter(stage);
      counter.shadowRoot.firstChild.click();
      counter.shadowRoot.firstChild.click();
    },
    read: ({ $ }) => [$('x-counter').count, $('x-counter').shadowRoot?.textContent, $('x-counter').disconnections],
  },
  {
    name: 'content of a custom element',
    html: '<x-tabs><p>one</p><p>two</p></x-tabs>',
    act: ({ window }) =>
      window.customElements.define(
        'x-tabs',
        class extends window.HTMLElement {
          connectedCallback() {
            this.firstElementChild.hidden = true;
            this.insertAdjacentHTML('afterbegin', '<nav>tabs</nav>');
          }
        },
      ),
    read: ({ $ }) => [$('x-tabs').innerHTML],
  },
  {
    name: 'a shadow root of a script',
    html: '<div id="host"><b slot="s">slotted</b></div>',
    act: ({ $ }) => void ($('#host').attachShadow({ mode: 'open' }).innerHTML = '<i>shadow</i><slot name="s"></slot>'),
    read: ({ $ }) => [$('#host').shadowRoot?.innerHTML, $('#host').shadowRoot?.querySelector('slot').assignedNodes()[0]],
  },
  {
    name: 'a closed shadow root',
    html: '<div id="host"></div>',
    act({ window, $ }) {
      window.shadow = $('#host').attachShadow({ mode: 'closed' });
      window.shadow.innerHTML = '<input value="shadow">';
      window.shadow.firstChild.value = 'typed';
    },
    read: ({ window, $ }) => [window.shadow?.host === $('#host'), window.shadow?.firstChild.value, window.shadow?.isConnected],
  },
  {
    name: 'a template that a script filled',
    html: '<template></template>',
    act: ({ $ }) => void ($('template').innerHTML = '<li>item</li>'),
    read: ({ $ }) => [$('template').innerHTML],
  },
  {
    name: 'variables of the window',
    html: '',
    act: ({ window }) => void (window.count = 7),
    read: ({ window }) => [window.count],
  },
  {
    name: 'a timer',
    html: '<p id="clock">0</p>',
    act({ window, $ }) {
      const clock = $('#clock');
      window.setInterval(() => (clock.dataset.ticks = 'on'), 1);
    },
    async read({ $, wait }) {
      delete $('#clock').dataset.ticks;
      await wait(20);
      return [$('#clock').dataset.ticks];
    },
  },
];
