/** What developer tools show of a stylesheet after an update in place. */

import assert from 'node:assert/strict';

import { html, scenario } from './harness.js';
import { PATIENCE } from './harness/patience.js';

/** A stylesheet with that many comments before its rule, and a source map of its own. */
const sheet = (shade, lines) =>
  `${'/* line */\n'.repeat(lines)}p { color: rgb(${shade}, 0, 0); }\n/*# sourceMappingURL=${shade}.map */\n`;

const FILES = {
  'index.html': html('<link rel="stylesheet" href="style.css">', '<p>text</p>'),
  'style.css': sheet(0, 0),
  ...Object.fromEntries([0, 1, 2].map((shade) => [`${shade}.map`, '{"version":3,"sources":[],"mappings":""}'])),
};

/** The tools' view of a page's stylesheets, over the protocol that they use themselves. */
class Tools {
  /** @type {Map<string, any>} */
  #sheets = new Map();

  static async open(tab) {
    const tools = new Tools();
    tools.session = await tab.page.context().newCDPSession(tab.page);
    tools.session.on('CSS.styleSheetAdded', ({ header }) => tools.#sheets.set(header.styleSheetId, header));
    tools.session.on('CSS.styleSheetRemoved', ({ styleSheetId }) => tools.#sheets.delete(styleSheetId));
    await tools.session.send('DOM.enable');
    await tools.session.send('CSS.enable');
    return tools;
  }

  /**
   * Waits until the page has one sheet with a source map, and that is the one.
   *
   * @param {string} wanted
   */
  async untilMap(wanted) {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const maps = [...this.#sheets.values()].map(({ sourceMapURL }) => sourceMapURL).filter(Boolean);
      if (maps.join() === wanted) return;
      if (Date.now() > deadline) assert.fail(`the source maps are ${maps.join()}, and not ${wanted}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The text and the line of the rule that a paragraph matches. */
  async matched() {
    const { root } = await this.session.send('DOM.getDocument');
    const { nodeId } = await this.session.send('DOM.querySelector', { nodeId: root.nodeId, selector: 'p' });
    const { matchedCSSRules } = await this.session.send('CSS.getMatchedStylesForNode', { nodeId });
    const { rule } = matchedCSSRules.find(({ rule }) => rule.origin === 'regular');
    const { text } = await this.session.send('CSS.getStyleSheetText', { styleSheetId: rule.styleSheetId });
    return { line: rule.style.range.startLine, text, map: this.#sheets.get(rule.styleSheetId).sourceMapURL };
  }
}

scenario(
  'after an update, lines, text and source map are those of the new file',
  { files: FILES },
  async ({ site, open }) => {
    const tab = await open();
    const tools = await Tools.open(tab);
    assert.deepEqual(await tools.matched(), { line: 0, text: sheet(0, 0), map: '0.map' });
    for (const [shade, lines] of [
      [1, 3],
      [2, 5],
    ]) {
      await site.save('style.css', sheet(shade, lines));
      await tab.untilStyle('p', 'color', `rgb(${shade}, 0, 0)`);
      await tools.untilMap(`${shade}.map`);
      assert.deepEqual(await tools.matched(), { line: lines, text: sheet(shade, lines), map: `${shade}.map` });
    }
    await tab.isKept();
  },
);
