/** State of libraries, each from its npm package. */

/** @type {import('./index.js').StateRow[]} */
export const LIBRARIES = [
  {
    name: 'content that htmx swapped in',
    head: '<script src="/lib/htmx.js"></script>',
    html: '<button hx-get="/media/fragment" hx-target="#list">Load</button><ul id="list"><li>none</li></ul>',
    async act({ $, until }) {
      $('button').click();
      await until(() => $('#list').textContent === 'swapped', 'a fragment');
    },
    read: ({ $ }) => [$('#list').innerHTML.includes('none'), $('#list').textContent],
  },
  {
    name: 'content that htmx appended',
    head: '<script src="/lib/htmx.js"></script>',
    html: '<ul id="list"><li>first</li></ul><button hx-get="/media/fragment" hx-target="#list" hx-swap="beforeend">More</button>',
    async act({ $, until }) {
      $('button').click();
      await until(() => $('#list').textContent === 'firstswapped', 'a fragment');
    },
    read: ({ $ }) => [$('#list').textContent],
  },
  {
    name: 'the state of an Alpine component',
    head: '<script defer src="/lib/alpine.js"></script>',
    html: `<div id="menu" x-data="{ open: false, count: 0 }"><button @click="open = !open; count++">Menu</button>
      <p x-show="open" x-text="count"></p><template x-for="n in count"><i x-text="n"></i></template></div>`,
    async act({ $, until }) {
      await until(() => $('#menu p').style.display === 'none', 'Alpine');
      $('#menu button').click();
      await until(() => $('#menu i') && $('#menu p').style.display === '', 'an open menu');
    },
    async read({ $, wait }) {
      await wait(20);
      return [$('#menu p').style.display, $('#menu p').textContent, $('#menu i')?.textContent];
    },
  },
  {
    name: 'an Alpine component that still reacts',
    head: '<script defer src="/lib/alpine.js"></script>',
    html: '<div id="menu" x-data="{ count: 0 }"><button @click="count++">Add</button><p x-text="count"></p></div>',
    async act({ $, until }) {
      await until(() => $('#menu p').textContent !== '', 'Alpine');
      $('#menu').ready = true;
    },
    async read({ $, wait }) {
      const before = Number($('#menu p').textContent);
      $('#menu button').click();
      await wait(20);
      return [$('#menu').ready, Number($('#menu p').textContent) - before];
    },
  },
  {
    name: 'the state of a Stimulus controller',
    html: '<div data-controller="counter"><button data-action="counter#add">Add</button><b data-counter-target="out">0</b></div>',
    async act({ window, $, $$, until, load }) {
      await load('/lib/stimulus.js');
      const { Application, Controller } = window.Stimulus;
      window.application = Application.start($('main'));
      window.application.register(
        'counter',
        class extends Controller {
          static targets = ['out'];
          connect() {
            this.count = 0;
            this.element.dataset.connections = String(Number(this.element.dataset.connections ?? 0) + 1);
          }
          add() {
            this.outTarget.textContent = String((this.count += 1));
          }
        },
      );
      await until(() => $$('[data-connections]').length === 1, 'a controller');
      $('button').click();
    },
    async read({ $, wait }) {
      await wait(20);
      const { connections } = $('[data-controller]').dataset;
      return [connections, $('b').textContent];
    },
  },
  {
    name: 'a Stimulus value that a script changed',
    html: '<div data-controller="slides" data-slides-index-value="0"><p>one</p><p hidden>two</p></div>',
    async act({ window, $, until, load }) {
      await load('/lib/stimulus.js');
      const { Application, Controller } = window.Stimulus;
      window.application = Application.start($('main'));
      window.application.register(
        'slides',
        class extends Controller {
          // Stimulus compares with its own realm's constructors.
          static values = { index: window.Number };
          indexValueChanged() {
            [...this.element.children].forEach((slide, n) => (slide.hidden = n !== this.indexValue));
          }
        },
      );
      await until(() => window.application.controllers.length === 1, 'a controller');
      window.application.controllers[0].indexValue = 1;
      await until(() => !$('p + p').hidden, 'the second slide');
    },
    async read({ $, $$, wait }) {
      await wait(20);
      return [$('[data-controller]').dataset.slidesIndexValue, ...$$('[data-controller] p').map(({ hidden }) => hidden)];
    },
  },
];
