/** Pages that the app no longer serves, in every engine: each recovers by itself. */

import assert from 'node:assert/strict';

import { page } from '../engines/page.js';

const LINK = '<link rel="stylesheet" href="/style.css">';
const STYLE = 'p { color: rgb(1, 0, 0); }';

/** The overlay's text, if the page shows it. */
const overlay = () =>
  document.querySelector('hot-middleware-overlay')?.shadowRoot?.querySelector('[role=alertdialog]')?.textContent ?? '';

const template = (text) => page(LINK, `<input><p>${text}</p>`);

/** Waits until an error that the layer turned into a page has its client. */
async function untilConnected({ server }, tab, text) {
  await tab.until((text) => document.querySelector('pre')?.textContent.includes(text), text);
  await tab.until(() => globalThis.__hot_middleware__);
  await server.untilClients(1);
}

/** A cache-first service worker, which caches every response. */
const CACHE_FIRST = `
  addEventListener('install', () => skipWaiting());
  addEventListener('activate', (event) => event.waitUntil(clients.claim()));
  addEventListener('fetch', (event) => {
    if (new URL(event.request.url).pathname.startsWith('/__webpack_hmr')) return;
    event.respondWith((async () => {
      const cache = await caches.open('v1');
      const kept = await cache.match(event.request);
      if (kept) return kept;
      const answer = await fetch(event.request);
      await cache.put(event.request, answer.clone());
      return answer;
    })());
  });
`;

/** @type {import('../engines/scenario.js').Scenario[]} */
export const broken = [
  ...[
    ['a template that does not compile', '{{ bad', /GET http:\/\/127\.0\.0\.1:\d+\/t\/a\.html answers 500[^]*syntax error: unexpected `<` \(in a\.html:1\)/],
    ['an error page of the app', '{{status 503 text/html}}<title>t</title><h1>No <b>database</b></h1>', /answers 503[^]*No database/],
    ['another media type', '{{status 200 application/json}}{}', /answers 200[^]*with application\/json instead of HTML/],
    ['a connection that ends', '{{panic}}', /gets no answer/],
  ].map(([name, text, shown]) => [
    `${name} keeps the page until it is fixed`,
    { files: { 'style.css': STYLE }, templates: { 'a.html': template('one') }, errors: [/./] },
    async ({ site, templates, open }) => {
      const tab = await open('/t/a.html');
      await tab.type('input', 'typed');
      await templates.save('a.html', text);
      await tab.until(overlay);
      assert.match(await tab.evaluate(overlay), shown);
      assert.equal(await tab.evaluate(() => document.querySelector('input').value), 'typed');
      await site.save('style.css', 'p { color: rgb(2, 0, 0); }');
      await tab.untilStyle('p', 'color', 'rgb(2, 0, 0)');
      await tab.isKept();
      await templates.save('a.html', template('two'));
      await tab.untilText('p', 'two');
      await tab.until(() => !document.querySelector('hot-middleware-overlay'));
      assert.equal(await tab.evaluate(() => document.querySelector('input').value), 'typed');
      await tab.isKept();
    },
  ]),
  [
    'a page stays while its app is down, and is updated when the app is back',
    { files: { 'style.css': STYLE }, templates: { 'a.html': template('one') } },
    async ({ templates, open, restart }) => {
      const tab = await open('/t/a.html');
      await tab.untilUpdatable();
      await restart({ meanwhile: () => templates.save('a.html', '{{ bad') });
      await tab.until(overlay);
      await tab.isKept();
      await restart({ meanwhile: () => templates.save('a.html', template('two')) });
      await tab.untilText('p', 'two');
      await tab.isKept();
    },
  ],
  ...[
    ['text', '{{ bad', 'syntax error: unexpected `<`'],
    ['JSON', '{{status 422 application/json}}{"error":"<b>no</b>"}', '{"error":"<b>no</b>"}'],
    ['nothing', '{{status 500 text/plain}}', '500 Internal Server Error'],
  ].map(([name, text, shown]) => [
    `an error that is ${name} recovers by itself when it is opened anew`,
    { files: { 'style.css': STYLE }, templates: { 'a.html': text } },
    async (stage) => {
      const tab = await stage.tab();
      await tab.goto(`${stage.server.url}/t/a.html`);
      await untilConnected(stage, tab, shown);
      await tab.mark();
      await stage.templates.save('a.html', template('two'));
      await tab.isReloaded();
      await tab.untilText('p', 'two');
    },
  ]),
  [
    'an error page of the app follows its template',
    { files: { 'style.css': STYLE }, templates: { 'a.html': `{{status 404 text/html}}${template('lost')}` } },
    async ({ templates, open }) => {
      const tab = await open('/t/a.html');
      await templates.save('a.html', `{{status 404 text/html}}${template('still lost')}`);
      await tab.isReloaded();
      await tab.untilText('p', 'still lost');
    },
  ],
  [
    'the response to a form is updated in place where possible, and the form is not sent again',
    {
      files: { 'index.html': page('', '<form method="post" action="/t/a.html"><button>send</button></form>'), 'style.css': STYLE },
      templates: { 'a.html': template('one {{now}}') },
    },
    async ({ site, templates, open, restart }) => {
      const tab = await open('/');
      await tab.click('button');
      await tab.until(() => document.querySelector('p')?.textContent.startsWith('one '));
      await tab.says('[HMR] connected');
      await tab.mark();
      await templates.save('a.html', template('two {{now}}'));
      await tab.until(() => globalThis.collected.lines.some((line) => line.includes('is the answer to a form')));
      await tab.until(
        () => document.querySelector('hot-middleware-indicator')?.shadowRoot.textContent.startsWith('Reload by hand: '),
      );
      await site.save('style.css', 'p { color: rgb(2, 0, 0); }');
      await tab.untilStyle('p', 'color', 'rgb(2, 0, 0)');
      await restart();
      await tab.says('[HMR] reconnected');
      await tab.isKept();
    },
  ],
  [
    'behind a cache-first service worker, everything is updated from the network',
    {
      files: { 'style.css': STYLE, 'sw.js': CACHE_FIRST },
      templates: { 'a.html': template('one') },
      errors: [/./],
    },
    async ({ server, site, templates, open }) => {
      const tab = await open('/t/a.html');
      const isControlled = await tab.evaluate(async () => {
        if (!navigator.serviceWorker) return false;
        await navigator.serviceWorker.register('/sw.js');
        await navigator.serviceWorker.ready;
        return true;
      });
      assert.ok(isControlled, 'this engine has no service workers here');
      // The first response comes from the app through the worker, the second from its cache.
      for (let load = 0; load < 2; load += 1) {
        await tab.goto(`${server.url}/t/a.html`);
        await tab.says('[HMR] connected');
        await tab.until(() => Boolean(navigator.serviceWorker.controller));
      }
      await tab.mark();
      await site.save('style.css', 'p { color: rgb(2, 0, 0); }');
      await tab.untilStyle('p', 'color', 'rgb(2, 0, 0)');
      await tab.until(() => globalThis.collected.lines.some((line) => line.includes('A service worker answers for this page')));
      await tab.isKept();
      await templates.save('a.html', '{{ bad');
      await tab.until(overlay);
      await templates.save('a.html', template('two'));
      await tab.untilText('p', 'two');
      await tab.isKept();
      assert.equal(await tab.style('p', 'color'), 'rgb(2, 0, 0)');
    },
  ],
];
