/** Files in the browser's HTTP cache, and files by another name of the app, in every engine. */

import { page } from '../engines/page.js';
import { square } from '../png.js';

const RED = [200, 0, 0];
const GREEN = [0, 200, 0];
const painted = (colour) => `rgb(${colour.join(', ')})`;
const style = (shade) => `p { color: rgb(${shade}, 0, 0); }`;
const BOX = 'style="width: 40px; height: 40px; display: block"';
const script = (text) => `document.querySelector('p').textContent = '${text}';`;

/** @type {import('../engines/scenario.js').Scenario[]} */
export const caching = [
  [
    'files that are saved while another page is open are new in the page that a click leads to',
    {
      files: {
        'index.html': page('', '<a href="/other.html">the other page</a>'),
        'other.html': page(
          '<link rel="stylesheet" href="/other.css">',
          `<p></p><img src="/other.png" ${BOX}><script src="/other.js"></script>`,
        ),
        'other.css': style(1),
        'other.png': square(10, RED),
        'other.js': script('one'),
      },
    },
    async ({ open, server, site }) => {
      // Browsers may keep what has not changed for a month for days.
      for (const file of ['other.css', 'other.png', 'other.js']) await site.age(file);
      const page = await open('/other.html');
      await page.untilPixel('img', painted(RED));
      await page.goto(`${server.url}/`);
      await page.says('[HMR] connected');
      await site.save('other.css', style(2));
      await site.save('other.js', script('two'));
      await site.replace('other.png', square(10, GREEN));
      for (const file of ['css', 'js', 'png']) await page.says(`[HMR] /other.${file} changed, which this page has not loaded`);
      await page.click('a');
      await page.untilText('p', 'two');
      await page.untilStyle('p', 'color', 'rgb(2, 0, 0)');
      await page.untilPixel('img', painted(GREEN));
    },
  ],
  [
    'files that a page loads by another name of the app are updated',
    { files: { 'style.css': style(1), 'image.png': square(10, RED), 'script.js': script('one') } },
    async ({ server, site, tab }) => {
      const other = server.url;
      const body = `<p></p><img src="${other}/image.png" ${BOX}><script src="${other}/script.js"></script>`;
      await site.save('index.html', page(`<link rel="stylesheet" href="${other}/style.css">`, body));
      const opened = await tab();
      await opened.goto(`http://localhost:${server.port}/`);
      await opened.says('[HMR] connected');
      await opened.untilPixel('img', painted(RED));
      await opened.mark();
      await site.replace('image.png', square(10, GREEN));
      await opened.untilPixel('img', painted(GREEN));
      await site.save('style.css', style(2));
      await opened.untilStyle('p', 'color', 'rgb(2, 0, 0)');
      await opened.isKept();
      await site.save('script.js', script('two'));
      await opened.isReloaded();
      await opened.untilText('p', 'two');
    },
  ],
];
