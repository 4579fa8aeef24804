/** Images in every engine. */

import { page } from '../engines/page.js';
import { square } from '../png.js';

const RED = 'rgb(200, 0, 0)';
const GREEN = 'rgb(0, 200, 0)';

const BOX = '<style>.box { width: 40px; height: 40px; display: block; }</style>';

const BODY = `
  <img id="img" class="box" src="image.png">
  <img id="srcset" class="box" srcset="image.png 1x, other.png 2x" src="other.png">
  <p id="linked" class="box"></p>
  <p id="inline" class="box" style="background: url(image.png)"></p>
`;

/** @type {import('../engines/scenario.js').Scenario[]} */
export const images = [
  [
    'a saved image is shown by img, srcset, a stylesheet and a style attribute',
    {
      files: {
        'index.html': page(`${BOX}<link rel="stylesheet" href="css/style.css">`, BODY),
        'css/style.css': '#linked { background: url("../image.png"); }',
        'image.png': square(10, [200, 0, 0]),
        'other.png': square(10, [0, 0, 200]),
      },
    },
    async ({ site, open }) => {
      const page = await open();
      const places = ['#img', '#srcset', '#linked', '#inline'];
      for (const selector of places) await page.untilPixel(selector, RED);
      await site.replace('image.png', square(20, [0, 200, 0]));
      for (const selector of places) await page.untilPixel(selector, GREEN);
      await page.isKept();
    },
  ],
];
