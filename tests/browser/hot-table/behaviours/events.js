/** `on`, `off`, `send` and Vite's own events. */

import { SHOW, UNTERMINATED, view, word } from './texts.js';

/** Notes events, in a storage that a reload keeps. */
const LISTEN = (name) => `import.meta.hot?.on('${name}', (payload) => {
  const before = JSON.parse(sessionStorage.events ?? '[]');
  sessionStorage.events = JSON.stringify([...before, { payload, text: document.querySelector('p').textContent }]);
});
`;
const noted = () => JSON.parse(sessionStorage.events ?? '[]');
const listening = (name) => `${LISTEN(name)}${view('./dep.js')}`;

/** @type {import('../stage.js').Behaviour[]} */
export const events = [
  {
    name: '`vite:beforeUpdate`: with the update, before it is applied',
    files: { 'main.js': listening('vite:beforeUpdate'), 'dep.js': word('one') },
    async go({ page, save }) {
      await save('dep.js', word('two'));
      await page.shows('two');
      const [{ payload, text }] = await page.evaluate(noted);
      const [update] = payload.updates;
      page.equals([payload.type, text, update.type, update.path, update.acceptedPath], ['update', 'one', 'js-update', '/main.js', '/main.js']);
      page.equals(typeof update.timestamp, 'number');
      await page.isKept();
    },
  },
  {
    name: '`vite:afterUpdate`: with the update, once it is applied',
    files: { 'main.js': listening('vite:afterUpdate'), 'dep.js': word('one') },
    async go({ page, save }) {
      await save('dep.js', word('two'));
      await page.shows('two');
      await page.until(() => sessionStorage.events !== undefined);
      const [{ payload, text }] = await page.evaluate(noted);
      page.equals([payload.type, text, payload.updates[0].path], ['update', 'two', '/main.js']);
      await page.isKept();
    },
  },
  {
    name: '`vite:beforeFullReload`: before the page reloads',
    files: { 'main.js': `${LISTEN('vite:beforeFullReload')}${SHOW}('one');` },
    async go({ page, save }) {
      await save('main.js', `${SHOW}('two');`);
      await page.isReloaded();
      await page.shows('two');
      const [{ payload, text }] = await page.evaluate(noted);
      page.equals([payload.type, text], ['full-reload', 'one']);
    },
  },
  {
    name: '`vite:beforePrune`: with the paths, before modules are pruned',
    files: {
      'main.js': `${LISTEN('vite:beforePrune')}import './part.js';\n${SHOW}('one');\nimport.meta.hot?.accept();`,
      'part.js': 'import.meta.hot?.prune(() => undefined);',
    },
    async go({ page, save }) {
      await save('main.js', `${LISTEN('vite:beforePrune')}${SHOW}('two');\nimport.meta.hot?.accept();`);
      await page.shows('two');
      await page.until(() => sessionStorage.events !== undefined);
      const [{ payload }] = await page.evaluate(noted);
      page.equals([payload.type, payload.paths], ['prune', ['/part.js']]);
      await page.isKept();
    },
  },
  {
    name: '`vite:invalidate`: with the path and the message',
    files: { 'main.js': listening('vite:invalidate'), 'dep.js': invalidating('one') },
    async go({ page, save }) {
      await save('dep.js', invalidating('two'));
      await page.shows('two');
      await page.until(() => sessionStorage.events !== undefined);
      const [{ payload }] = await page.evaluate(noted);
      page.equals([payload.path, payload.message], ['/dep.js', 'why']);
      await page.isKept();
    },
  },
  {
    name: '`vite:error`: with the message of a syntax error',
    files: { 'main.js': listening('vite:error'), 'dep.js': word('one') },
    async go({ page, save }) {
      await save('dep.js', UNTERMINATED);
      await page.until(() => sessionStorage.events !== undefined);
      const [{ payload }] = await page.evaluate(noted);
      page.equals([payload.type, typeof payload.err.message, payload.err.message.length > 0], ['error', 'string', true]);
      await page.isKept();
    },
  },
  {
    name: '`vite:ws:disconnect`: when the connection is lost',
    files: { 'main.js': listening('vite:ws:disconnect'), 'dep.js': word('one') },
    async go({ page, stop }) {
      await stop();
      await page.until(() => sessionStorage.events !== undefined);
      await page.isKept();
    },
  },
  {
    name: '`vite:ws:connect`: when there is a connection again',
    files: { 'main.js': `${LISTEN('vite:ws:connect')}${SHOW}('one');` },
    async go({ page, restart }) {
      // The first one may be there before the module runs.
      await page.evaluate(() => void sessionStorage.removeItem('events'));
      await restart();
      await page.until(() => sessionStorage.events !== undefined);
    },
  },
  {
    name: '`off(event, listener)`: ends it',
    files: { 'main.js': ending('one') },
    async go({ page, save }) {
      await save('main.js', ending('two'));
      await page.shows('two');
      await page.until(() => globalThis.other === 1);
      await page.is(undefined, () => globalThis.ended);
      await page.isKept();
    },
  },
  {
    name: 'listeners of a version end with it',
    files: { 'main.js': counting('one') },
    async go({ page, save }) {
      for (const [at, word] of ['two', 'three', 'four'].entries()) {
        await save('main.js', counting(word));
        await page.shows(word);
        await page.until((count) => globalThis.heard === count, at + 1);
      }
      await page.isKept();
    },
  },
  {
    name: '`send(event, data)` to the app, and `on(event, listener)` for what it sends',
    files: {
      'main.js': `import.meta.hot?.on('echo', (data) => ${SHOW}('echo ' + data.word));
        globalThis.send = () => void import.meta.hot.send('echo', { word: 'one' });`,
    },
    async go({ page }) {
      await page.evaluate(() => globalThis.send());
      await page.shows('echo one');
    },
  },
];

/** @param {string} text */
function invalidating(text) {
  return `${word(text)}import.meta.hot?.accept(() => import.meta.hot.invalidate('why'));`;
}

/** @param {string} text */
function ending(text) {
  return `const ended = () => (globalThis.ended = true);
    import.meta.hot?.on('vite:beforeUpdate', ended);
    import.meta.hot?.on('vite:beforeUpdate', () => (globalThis.other = 1));
    import.meta.hot?.off('vite:beforeUpdate', ended);
    ${SHOW}('${text}');
    import.meta.hot?.accept();`;
}

/** @param {string} text */
function counting(text) {
  return `import.meta.hot?.on('vite:beforeUpdate', () => (globalThis.heard = (globalThis.heard ?? 0) + 1));
    ${SHOW}('${text}');
    import.meta.hot?.accept();`;
}
