/** Scenarios of a front end under development. Each returns its outcome in the page. */

import assert from 'node:assert/strict';

import { CLIENTS } from './front-end.js';
import { html } from './site.js';

const IN_PLACE = 'in place';
const RELOADED = 'reloaded';
/** The outcome if the bundler has no loader for the file. */
const NOT_THERE = '–';

/** @typedef {Pick<import('./front-end-stage.js').FrontEndStage, 'front' | 'open' | 'serve'>} Stage */

/** @param {string} text */
const textModule = (text) => `export const text = '${text}';`;

/**
 * Returns the outcome of a change in a marked page.
 *
 * @param {import('./tab.js').Tab} tab
 */
async function outcome(tab) {
  return (await tab.page.evaluate(() => globalThis.marked)) ? IN_PLACE : RELOADED;
}

/**
 * @param {import('./tab.js').Tab} tab
 * @param {string} selector
 * @param {string} text
 */
function shows(tab, selector, text) {
  return tab.until(([selector, text]) => document.querySelector(selector)?.textContent === text, [selector, text]);
}

/**
 * Waits until the page has all these texts, or none of them, including shadow trees and frames.
 *
 * @param {import('./tab.js').Tab} tab
 * @param {string[]} texts
 * @param {boolean} isThere
 */
function mentions(tab, texts, isThere) {
  return tab.until(
    ([texts, isThere]) => {
      const read = (root) => {
        const inner = [...root.querySelectorAll('*')].flatMap(({ shadowRoot, contentDocument }) =>
          [shadowRoot, contentDocument].filter(Boolean).map(read),
        );
        return (root.body ?? root).textContent + inner.join('');
      };
      const all = read(document);
      return texts.every((text) => all.includes(text) === isThere);
    },
    [texts, isThere],
  );
}

/**
 * The scenarios by their headings in the table, in their order.
 *
 * @type {Record<string, (stage: Stage) => Promise<string>>}
 */
export const SCENARIOS = {
  async 'accepted module'({ front, open }) {
    const tab = await open('kept.html');
    await tab.page.fill('input', 'typed');
    await front.save('src/text.js', textModule('two'));
    await shows(tab, 'p', 'two');
    assert.equal(await tab.page.inputValue('input'), 'typed');
    assert.equal(await tab.page.evaluate(() => globalThis.runs), 1);
    return outcome(tab);
  },

  async 'style-loader'({ front, open }) {
    if (!front.hasStyles) return NOT_THERE;
    const tab = await open('kept.html');
    await front.save('src/style.css', 'p { color: rgb(2, 0, 0); }');
    await tab.untilStyle('p', 'color', 'rgb(2, 0, 0)');
    return outcome(tab);
  },

  async 'extracted CSS'({ front, open }) {
    if (!front.hasStyles) return NOT_THERE;
    const tab = await open('kept.html');
    await front.save('src/extracted.css', 'i { color: rgb(2, 0, 0); }');
    await tab.untilStyle('i', 'color', 'rgb(2, 0, 0)');
    return outcome(tab);
  },

  async 'syntax error, fixed'({ front, open }) {
    const tab = await open('kept.html');
    const broken = 'export const text = ;';
    await front.save('src/text.js', broken);
    await mentions(tab, ['./src/text.js', broken], true);
    assert.equal(await tab.page.textContent('p'), 'two');
    await front.save('src/text.js', textModule('three'));
    await shows(tab, 'p', 'three');
    await mentions(tab, [broken], false);
    return `shown, ${await outcome(tab)}`;
  },

  async 'missed build'({ front, open }) {
    const tab = await open('kept.html');
    front.proxy.down();
    await front.save('src/text.js', textModule('four'));
    front.proxy.up();
    await shows(tab, 'p', 'four');
    return outcome(tab);
  },

  async 'not accepted'({ front, open }) {
    const tab = await open('kept.html');
    const from = tab.console.length;
    await front.save('src/fixed.js', "export const fixed = 'two';");
    await tab.says(/couldn't be hot updated/, from);
    assert.equal(await tab.page.textContent('i'), 'one');
    return (await outcome(tab)) === IN_PLACE ? 'reported' : RELOADED;
  },

  async 'build restarted'({ front, open }) {
    const tab = await open('kept.html');
    const from = tab.console.length;
    await front.saveTwice('src/text.js', [textModule('five'), textModule('six')]);
    // webpack 4 believes that the page has the build that it abandoned.
    const reported = tab.says(/Cannot find update/, from).then(
      () => 'reported',
      () => 'nothing',
    );
    return Promise.race([reported, shows(tab, 'p', 'six').then(() => outcome(tab))]);
  },

  async 'not accepted, reload'({ front, open }) {
    const tab = await open('reloading.html');
    await front.save('src/fixed.js', "export const fixed = 'three';");
    await shows(tab, 'i', 'three');
    return outcome(tab);
  },

  async 'all restarted, reload'({ front, open }) {
    const tab = await open('reloading.html');
    await tab.mark();
    await front.restart(() => front.site.save('src/text.js', textModule('seven')));
    await shows(tab, 'p', 'seven');
    return outcome(tab);
  },

  async 'two named bundles'({ front: { cell }, open, serve }) {
    const files = {
      'index.html': html('', '<p></p><i></i><script src="a.js"></script><script src="b.js"></script>'),
      ...bundleFiles('a', 'p'),
      ...bundleFiles('b', 'i'),
    };
    const configure = (front) => Promise.all(['a', 'b'].map((name) => bundle(front, name)));
    const front = await serve(cell, files, { configure });
    const tab = await open('index.html', front);
    for (const text of ['two', 'three']) {
      for (const [name, element] of [
        ['a', 'p'],
        ['b', 'i'],
      ]) {
        await front.save(`src/${name}-text.js`, textModule(text));
        await shows(tab, element, text);
      }
    }
    return outcome(tab);
  },
};

/**
 * @param {string} name
 * @param {string} element the selector of the element that shows its text
 */
function bundleFiles(name, element) {
  return {
    [`src/${name}.js`]: `
      import { text } from './${name}-text.js';
      const show = () => (document.querySelector('${element}').textContent = text);
      module.hot.accept('./${name}-text.js', show);
      show();
    `,
    [`src/${name}-text.js`]: textModule('one'),
  };
}

/**
 * @param {import('./front-end.js').FrontEnd} front
 * @param {string} name
 */
async function bundle(front, name) {
  const { output, ...configuration } = await front.configuration({
    name,
    entry: { [name]: [CLIENTS[front.cell.client]({ name, reload: true }), `./src/${name}.js`] },
  });
  // Each bundle needs its own globals.
  const own =
    front.cell.bundler === 'webpack 4'
      ? { jsonpFunction: `jsonp_${name}`, hotUpdateFunction: `hot_${name}` }
      : { uniqueName: name };
  return { ...configuration, output: { ...output, ...own } };
}
