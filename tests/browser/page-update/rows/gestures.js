/**
 * State that only a user's own mouse and keyboard make.
 *
 * @typedef {object} Gesture
 * @property {string} name
 * @property {string} html
 * @property {() => boolean} [needs] false where the browser lacks the feature. It runs in the page, as `read` does
 * @property {(user: import('../../harness/engines/page.js').Page) => Promise<unknown>} act
 * @property {boolean} [isFixed] true if some browsers end the state when its element moves, even by `moveBefore`
 * @property {() => unknown[]} read the state; `act` must change it, and the update must not
 * @property {(user: import('../../harness/engines/page.js').Page) => Promise<string | undefined>} [then] uses the state after the
 *   update, and returns what is wrong
 */

/** @type {Gesture[]} */
export const GESTURES = [
  {
    name: 'the fullscreen element',
    html: '<div id="x"><button onclick="this.parentNode.requestFullscreen()">Full screen</button></div>',
    needs: () => document.fullscreenEnabled,
    async act(user) {
      await user.click('#x > button');
      await user.until(() => Boolean(document.fullscreenElement));
    },
    read: () => [document.fullscreenElement?.id, document.querySelector('#x')?.matches(':fullscreen')],
    // WebKitGTK now and then crashes if such a window is closed.
    async then(user) {
      await user.evaluate(() => document.exitFullscreen().then(() => true));
      await user.until(() => !document.fullscreenElement);
      return undefined;
    },
  },
  {
    name: 'a video in picture-in-picture',
    html:
      '<canvas></canvas><video id="x" muted></video><button onclick="document.querySelector(\'#x\').requestPictureInPicture()">Show</button>',
    needs: () => Boolean(document.pictureInPictureEnabled),
    // Firefox ends it.
    isFixed: true,
    async act(user) {
      await user.evaluate(() => {
        const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('canvas'));
        const video = /** @type {HTMLVideoElement} */ (document.querySelector('#x'));
        canvas.getContext('2d')?.fillRect(0, 0, 9, 9);
        video.srcObject = canvas.captureStream();
        void video.play();
      });
      await user.until(() => /** @type {HTMLVideoElement} */ (document.querySelector('#x')).readyState === 4);
      await user.click('button');
      await user.until(() => Boolean(document.pictureInPictureElement));
    },
    read: () => [document.pictureInPictureElement?.id],
  },
  {
    name: 'a captured pointer',
    html: '<button id="x" onpointerdown="setPointerCapture(window.pointer = event.pointerId)">Drag</button>',
    isFixed: true,
    act: (user) => user.hold('#x'),
    read: () => [document.querySelector('#x')?.hasPointerCapture(globalThis.pointer ?? -1)],
    then: (user) => user.release(),
  },
  {
    name: 'a pressed button',
    html: '<button id="x" onclick="window.clicked = true">Press</button>',
    act: (user) => user.hold('#x'),
    isFixed: true,
    read: () => [document.querySelector('#x')?.matches(':active')],
    async then(user) {
      await user.release();
      return (await user.evaluate(() => globalThis.clicked)) ? undefined : 'there was no click';
    },
  },
  {
    name: 'an open list of a <select>',
    html: '<select id="x"><option>a<option>b<option>c</select>',
    act: (user) => user.click('#x'),
    // WebKit does not tell, and its driver's keys don't reach the list: there, only value and focus are observed.
    read: () => {
      const select = /** @type {HTMLSelectElement} */ (document.querySelector('#x'));
      return [select.value, CSS.supports('selector(:open)') ? select.matches(':open') : document.activeElement === select];
    },
    // Chromium closes it.
    isFixed: true,
  },
];
