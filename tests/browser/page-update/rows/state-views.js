/** State of what is shown: scroll, disclosure, media, frames, animations. */

/** @type {import('./index.js').StateRow[]} */
export const VIEWS = [
  {
    name: 'scroll of the page',
    html: '<div style="height: 5000px"></div>',
    act: ({ window }) => window.scrollTo(0, 1200),
    read: ({ window }) => [window.scrollY],
  },
  {
    name: 'scroll of an inner scroller',
    html: '<div style="height: 50px; overflow: auto"><p style="height: 900px; width: 9000px">tall</p></div>',
    act: ({ $ }) => $('div').scrollTo(70, 300),
    read: ({ $ }) => [$('div').scrollTop, $('div').scrollLeft],
  },
  {
    name: 'scroll of a textarea',
    html: `<textarea rows="2">${'line\n'.repeat(50)}</textarea>`,
    act: ({ $ }) => void ($('textarea').scrollTop = 200),
    read: ({ $ }) => [$('textarea').scrollTop],
  },
  {
    name: 'scroll in a shadow root',
    html: '<div id="host"></div>',
    act({ $ }) {
      const inside = '<div style="height: 50px; overflow: auto"><p style="height: 900px">tall</p></div>';
      $('#host').attachShadow({ mode: 'open' }).innerHTML = inside;
      $('#host').shadowRoot.firstChild.scrollTop = 300;
    },
    read: ({ $ }) => [$('#host').shadowRoot?.firstChild.scrollTop],
  },
  {
    name: 'an opened <details>',
    html: '<details><summary>More</summary>text</details>',
    act: ({ $ }) => void ($('details').open = true),
    read: ({ $ }) => [$('details').open],
  },
  {
    name: 'a closed <details>',
    html: '<details open><summary>More</summary>text</details>',
    act: ({ $ }) => void ($('details').open = false),
    read: ({ $ }) => [$('details').open],
  },
  {
    name: 'a modal <dialog>',
    html: '<dialog><p>Sure?</p></dialog>',
    act: ({ $ }) => $('dialog').showModal(),
    read: ({ $ }) => [$('dialog').open, $('dialog').matches(':modal')],
  },
  {
    name: 'a <dialog> that is not modal',
    html: '<dialog><p>Note</p></dialog>',
    act: ({ $ }) => $('dialog').show(),
    read: ({ $ }) => [$('dialog').open],
  },
  {
    name: 'a popover',
    html: '<div popover>Menu</div>',
    act: ({ $ }) => $('div').showPopover(),
    read: ({ $ }) => [$('div').matches(':popover-open')],
  },
  {
    name: 'the position of media',
    html: '<audio src="/media/tone.wav" preload="auto"></audio>',
    needs: ({ document }) => document.createElement('audio').canPlayType('audio/wav') !== '',
    async act({ $, until }) {
      await until(() => $('audio').readyState >= 1, 'the length of a sound');
      $('audio').currentTime = 2;
      await until(() => $('audio').currentTime === 2 && !$('audio').seeking, 'a position in a sound');
    },
    read: ({ $ }) => [$('audio').currentTime],
  },
  {
    name: 'media that plays',
    html: '<audio src="/media/tone.wav" preload="auto" muted loop></audio>',
    needs: ({ document }) => document.createElement('audio').canPlayType('audio/wav') !== '',
    act: ({ $ }) => $('audio').play(),
    read: ({ $ }) => [$('audio').paused],
  },
  {
    name: 'volume and speed of media',
    html: '<audio controls></audio>',
    act: ({ $ }) => void Object.assign($('audio'), { volume: 0.25, playbackRate: 1.5, muted: true }),
    read: ({ $ }) => [$('audio').volume, $('audio').playbackRate, $('audio').muted],
  },
  {
    name: 'a stream in a <video>',
    html: '<canvas></canvas><video></video>',
    needs: ({ HTMLCanvasElement }) => 'captureStream' in HTMLCanvasElement.prototype,
    act({ $ }) {
      $('canvas').getContext('2d');
      $('video').srcObject = $('canvas').captureStream();
    },
    read: ({ $ }) => [$('video').srcObject],
  },
  {
    name: 'a drawing on a <canvas>',
    html: '<canvas width="10" height="10"></canvas>',
    act({ $ }) {
      const context = $('canvas').getContext('2d');
      context.fillStyle = 'red';
      context.fillRect(0, 0, 10, 10);
    },
    read: ({ $ }) => [$('canvas').toDataURL()],
  },
  {
    name: 'a drawing by WebGL',
    html: '<canvas width="10" height="10"></canvas>',
    needs: ({ document }) => document.createElement('canvas').getContext('webgl') !== null,
    act({ $ }) {
      const context = $('canvas').getContext('webgl', { preserveDrawingBuffer: true });
      context.clearColor(1, 0, 0, 1);
      context.clear(context.COLOR_BUFFER_BIT);
    },
    read({ $ }) {
      // The context exists once `act` has drawn.
      const context = $('canvas').getContext('webgl', { preserveDrawingBuffer: true });
      const pixel = new Uint8Array(4);
      context.readPixels(5, 5, 1, 1, context.RGBA, context.UNSIGNED_BYTE, pixel);
      return [...pixel];
    },
  },
  {
    name: 'the document in a frame',
    html: '<iframe src="/media/frame.html"></iframe>',
    act({ $ }) {
      $('iframe').contentDocument.body.textContent = 'changed';
      $('iframe').contentWindow.marked = true;
    },
    read: ({ $ }) => [$('iframe').contentDocument.body.textContent, $('iframe').contentWindow.marked],
  },
  {
    name: 'a frame that has gone elsewhere',
    html: '<iframe src="/media/frame.html"></iframe>',
    async act({ $, until }) {
      $('iframe').contentWindow.location = '/media/frame.html?elsewhere';
      const { contentWindow } = $('iframe');
      await until(() => contentWindow.location.search && contentWindow.document.readyState === 'complete', 'a frame');
    },
    read: ({ $ }) => [$('iframe').contentWindow.location.search],
  },
  {
    name: 'a picture that a script has set',
    html: '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">',
    act: ({ $ }) => void ($('img').src = '/media/picture.svg'),
    read: ({ $ }) => [$('img').src],
  },
  {
    name: 'an animation by a script',
    html: '<p id="x">moves</p>',
    act({ window, $ }) {
      window.animation = $('#x').animate([{ opacity: 0 }, { opacity: 1 }], 100_000);
      window.animation.currentTime = 40_000;
    },
    read: ({ window, $ }) => [$('#x').getAnimations()[0] === window.animation, window.animation?.currentTime >= 40_000],
  },
  {
    name: 'an animation by a stylesheet',
    head: '<style>@keyframes go { to { opacity: 0 } } .go { animation: go 100s linear }</style>',
    html: '<p id="x">moves</p>',
    act({ $ }) {
      $('#x').classList.add('go');
      $('#x').getAnimations()[0].currentTime = 40_000;
    },
    read: ({ $ }) => [$('#x').getAnimations()[0]?.currentTime >= 40_000],
  },
  {
    name: 'an animation of the template',
    head: '<style>@keyframes go { to { opacity: 0 } } .go { animation: go 100s linear }</style>',
    html: '<div><p class="go">moves</p></div>',
    act: ({ $ }) => void ($('p.go').getAnimations()[0].currentTime = 40_000),
    read: ({ $ }) => [$('p.go').getAnimations()[0]?.currentTime >= 40_000],
  },
  {
    name: 'a transition under way',
    head: '<style>#x { opacity: 1; transition: opacity 100s } #x.out { opacity: 0 }</style>',
    html: '<p id="x">fades</p>',
    act({ window, $ }) {
      window.getComputedStyle($('#x')).opacity;
      $('#x').classList.add('out');
      $('#x').getAnimations()[0].currentTime = 40_000;
    },
    read: ({ $ }) => [$('#x').getAnimations()[0]?.currentTime >= 40_000],
  },
  {
    name: 'the target of the address',
    html: '<p id="goal">goal</p>',
    act: ({ window }) => void (window.location.hash = 'goal'),
    read: ({ $, window }) => [$(':target') === $('#goal') && window.location.hash],
  },
];
