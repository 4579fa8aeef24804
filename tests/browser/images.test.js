/** A saved image is replaced everywhere in the page, without a reload. */

import assert from 'node:assert/strict';

import { html, scenario, square } from './harness.js';

const RED = square(10, [200, 0, 0]);
const GREEN = square(20, [0, 200, 0]);
const GREEN_PAINT = 'rgb(0, 200, 0)';
const RED_PAINT = 'rgb(200, 0, 0)';

const svg = (fill) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect id="r" width="10" height="10" fill="${fill}"/></svg>`;

const BOX = '<style>.box { width: 40px; height: 40px; display: block; border: 0; padding: 0; }</style>';

/** Opens a page with `body`, saves a green image, and waits until each element with an id is painted green. */
function shown(name, { head = '', body, files = {}, image = 'image.png', before = RED, after = GREEN, ids = ['it'] }) {
  scenario(
    name,
    { files: { 'index.html': html(BOX + head, body), [image]: before, ...files } },
    async ({ site, open }) => {
      const tab = await open();
      for (const id of ids) await tab.untilPixel(`#${id}`, RED_PAINT);
      await site.replace(image, after);
      for (const id of ids) await tab.untilPixel(`#${id}`, GREEN_PAINT);
      await tab.says(`[HMR] Updated: /${encodeURIComponent(image)}`);
      await tab.isKept();
    },
  );
}

shown('img, in several places and with a query and a fragment', {
  body: '<img id="it" class="box" src="image.png"><img id="too" class="box" src="/image.png?v=1#x">',
  ids: ['it', 'too'],
});

shown('srcset', { body: '<img id="it" class="box" srcset="image.png 1x, other.png 2x" src="other.png">' });

shown('picture', {
  body: '<picture><source media="(min-width: 1px)" srcset="image.png"><img id="it" class="box" src="other.png"></picture>',
});

shown('a background in a stylesheet, however deep the rule', {
  head: '<link rel="stylesheet" href="css/style.css">',
  body: '<p id="it" class="box"></p>',
  files: {
    'css/style.css': '@layer a { @media screen { #it { &.box { background: url("../image.png") center / cover; } } } }',
  },
});

shown('a background in a style attribute, and one in a style element', {
  head: '<style>#too { background-image: url(image.png); }</style>',
  body: '<p id="it" class="box" style="background: url(&quot;image.png&quot;)"></p><p id="too" class="box"></p>',
  ids: ['it', 'too'],
});

shown('an SVG as an image', {
  image: 'image.svg',
  before: svg('rgb(200, 0, 0)'),
  after: svg(GREEN_PAINT),
  body: '<img id="it" class="box" src="image.svg">',
});

shown('images inside an SVG', {
  body: '<svg id="it" class="box"><image href="image.png" width="40" height="40" preserveAspectRatio="none"/></svg>',
});

shown('a part of an SVG in a `use` element', {
  image: 'image.svg',
  before: svg('rgb(200, 0, 0)'),
  after: svg(GREEN_PAINT),
  body: '<svg id="it" class="box" viewBox="0 0 10 10"><use href="image.svg#r"/></svg>',
});

shown('a file name that must be escaped', {
  image: "it's 100% a #1 ü.png",
  body: '<img id="it" class="box" src="it\'s%20100%25%20a%20%231%20ü.png">',
});

scenario(
  'a srcset keeps its other candidates and its descriptors',
  {
    files: {
      'index.html': html('', '<img srcset="a.png 10w, b.png?x=1,2 20w" sizes="20px" src="a.png">'),
      'a.png': RED,
      'b.png': RED,
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await site.save('b.png', GREEN);
    await tab.until(() => document.querySelector('img').srcset.includes('__hot='));
    const srcset = await tab.page.$eval('img', (image) => image.srcset);
    assert.match(srcset, /^a\.png 10w, b\.png\?x=1,2&__hot=[0-9a-f]+ 20w$/);
    await tab.isKept();
  },
);

scenario(
  'the icon of the page',
  {
    files: {
      'index.html': '<!doctype html><html><head><link rel="icon" href="icon.png"></head><body></body></html>',
      'icon.png': RED,
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await site.save('icon.png', GREEN);
    await tab.until(() => /\/icon\.png\?__hot=[0-9a-f]+$/.test(document.querySelector('link[rel=icon]').href));
    await tab.isKept();
  },
);

scenario(
  'an image in a stylesheet stays new when the stylesheet is saved after it',
  {
    files: {
      'index.html': html(`${BOX}<link rel="stylesheet" href="style.css">`, '<p id="it" class="box"></p>'),
      'style.css': '#it { background: url(image.png); }',
      'image.png': RED,
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await site.save('image.png', GREEN);
    await tab.untilPixel('#it', GREEN_PAINT);
    await site.save('style.css', '#it { background: url(image.png); margin-left: 9px; }');
    await tab.untilStyle('#it', 'margin-left', '9px');
    assert.equal(await tab.pixel('#it'), GREEN_PAINT);
    await tab.isKept();
  },
);

scenario(
  'an image and the stylesheet that shows it, saved at once, are both new',
  {
    files: {
      'index.html': html(`${BOX}<link rel="stylesheet" href="style.css">`, '<p id="it" class="box"></p>'),
      'style.css': '#it { background: url(image.png); } b { top: 0 }',
      'image.png': RED,
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    for (const [image, paint, margin] of [
      [GREEN, GREEN_PAINT, '1px'],
      [RED, RED_PAINT, '2px'],
    ]) {
      const css = `#it { background: url(image.png); margin-left: ${margin}; } b { top: 0 }`;
      await Promise.all([site.save('style.css', css), site.save('image.png', image)]);
      await tab.untilStyle('#it', 'margin-left', margin);
      await tab.untilPixel('#it', paint);
    }
    await tab.isKept();
  },
);

scenario(
  'an image that only a script has drawn reloads the page',
  {
    files: {
      'index.html': html(
        '<script type="module" src="draw.js"></script>',
        '<canvas id="it" width="40" height="40"></canvas>',
      ),
      'draw.js': `const image = new Image();
        image.onload = () => document.querySelector('canvas').getContext('2d').drawImage(image, 0, 0, 40, 40);
        image.src = 'image.png';`,
      'image.png': RED,
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await tab.untilPixel('#it', RED_PAINT);
    await site.save('image.png', GREEN);
    await tab.isReloaded();
    await tab.untilPixel('#it', GREEN_PAINT);
  },
);
