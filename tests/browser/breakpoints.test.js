/** Breakpoints in modules that are updated, by Chromium's own protocol of the DevTools. */

import assert from 'node:assert/strict';

import { html, PATIENCE, scenario, within } from './harness.js';

const UPDATES = 20;

/** The lines of the module that have a breakpoint and that throws, from 1. */
const STOP = 6;
const THROW = 10;

/** The prologue is on the first line, and the import is rewritten: neither moves a line. */
const view = (word) => `import { store } from './store.js';
import { text } from './text.js';
import.meta.hot?.accept();
export function show() {
  const word = text();
  document.querySelector('p').textContent = '${word} ' + word + store.count;
  globalThis.shown = '${word}';
}
globalThis.fail = () => {
  throw new Error('${word}');
};
show();
`;
const text = (word) => `export function text() {
  return '${word}';
}
`;

const files = {
  'index.html': html('<script type="module" src="/js/main.js"></script>', '<p></p>'),
  'js/main.js': "import './view.js';",
  'js/view.js': view('v0'),
  'js/text.js': text('t0'),
  'js/store.js': 'export const store = { count: 1 };',
};

scenario('breakpoints on lines of modules are hit after 20 updates', { files }, async ({ site, open, server, context }) => {
  const tab = await open();
  await tab.until(() => globalThis.shown === 'v0');
  const session = await context.newCDPSession(tab.page);
  await session.send('Debugger.enable');
  const pauses = new Pauses(session);
  const url = (name) => `${server.url}/js/${name}`;
  const [stop, inner] = await Promise.all(
    [{ url: url('view.js'), lineNumber: STOP - 1 }, { url: url('text.js'), lineNumber: 1 }].map((place) =>
      session.send('Debugger.setBreakpointByUrl', place),
    ),
  );
  assert.deepEqual([stop.locations.length, inner.locations.length], [1, 1]);

  // Each save runs the line again: in turns the module itself and what it imports change.
  for (let update = 1; update <= UPDATES; update += 1) {
    const isOwn = update % 2 === 1;
    const word = isOwn ? `v${update}` : `v${update - 1}`;
    if (isOwn) await site.save('js/view.js', view(word));
    else await site.save('js/text.js', text(`t${update}`));
    for (const { id, line } of [
      { id: inner.breakpointId, line: 2 },
      { id: stop.breakpointId, line: STOP },
    ]) {
      const { hitBreakpoints, callFrames } = await pauses.next(`update ${update}, line ${line}`);
      assert.deepEqual(hitBreakpoints, [id], `update ${update}`);
      assert.equal(callFrames[0].location.lineNumber + 1, line);
      await session.send('Debugger.resume');
    }
    await tab.until((word) => globalThis.shown === word, word);
  }
  await session.detach();

  const stack = await tab.page.evaluate(() => {
    try {
      globalThis.fail();
    } catch (error) {
      return error.stack;
    }
  });
  assert.ok(stack.includes(`(${url('view.js')}:${THROW}:9)`), stack);
  await tab.isKept();
});

class Pauses {
  #waiting = [];
  #seen = [];

  /** @param {import('playwright-core').CDPSession} session */
  constructor(session) {
    session.on('Debugger.paused', (pause) => {
      const resolve = this.#waiting.shift();
      if (resolve) resolve(pause);
      else this.#seen.push(pause);
    });
  }

  /** The next pause. @param {string} what for the error if there is none within the tests' patience */
  next(what) {
    const seen = this.#seen.shift();
    const pause = seen ? Promise.resolve(seen) : new Promise((resolve) => this.#waiting.push(resolve));
    return within(pause, `a pause in ${what}, for ${PATIENCE} ms`);
  }
}
