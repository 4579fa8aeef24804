/** A sheet that was rewritten in place has the same rules as a loaded one, for every kind of rule. */

import assert from 'node:assert/strict';

import { html, scenario } from './harness.js';

/** One rule of each kind in Chromium. */
const RULES = `
@layer reset, theme;
@namespace svg url(http://www.w3.org/2000/svg);
@font-face { font-family: Own; src: local("DejaVu Sans"), url("fonts/own.woff2"); }
@keyframes spin { from { rotate: 0deg; } 50% { scale: 1.5; } to { rotate: 1turn; } }
@property --angle { syntax: "<angle>"; inherits: false; initial-value: 0deg; }
@counter-style tick { system: cyclic; symbols: "\\2713"; suffix: " "; }
@font-palette-values --dark { font-family: Own; base-palette: 1; }
@font-feature-values Own { @styleset { fancy: 1; } }
@page :first { margin: 2cm; }
@view-transition { navigation: auto; }
@position-try --below { top: anchor(bottom); }
@media (min-width: 1px) { p { color: rgb(0, 0, 9); } }
@supports (display: grid) { p { display: grid; } }
@container (min-width: 1px) { p { gap: 3px; } }
@scope (main) to (.limit) { p { margin: 1px; } }
@starting-style { p { opacity: 0; } }
@layer theme { p { padding: 5px; background: url(images/back.svg) no-repeat; } }
svg|a { fill: red; }
main { container-type: inline-size; & p { border: 1px solid; &:hover { color: red; } @media print { color: black; } } }
p::after { content: "caf\\e9  – ✓"; --raw: { anything: [goes] }; }
a[href^="x" i]:is(:hover, :focus-visible):not(.b) > b { inset: auto 0 calc(1px + 2%); }
`;

const body = '<main><p>text</p></main>';

/** Returns the rules of the page's sheet. */
function rules(tab) {
  return tab.page.evaluate(() => {
    const list = (rules) =>
      Array.from(rules, (rule) => ({ is: rule.constructor.name, text: rule.cssText, in: list(rule.cssRules ?? []) }));
    return list(document.styleSheets[0].cssRules);
  });
}

scenario(
  'every kind of rule',
  {
    files: {
      'index.html': html('<link rel="stylesheet" href="css/style.css">', body),
      'fresh.html': html('<link rel="stylesheet" href="css/fresh.css">', body),
      'css/style.css': 'p { color: red; } @media print { p { color: black; } }',
      'css/fresh.css': RULES,
      'css/images/back.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    },
  },
  async ({ site, open }) => {
    const fresh = await open('/fresh.html');
    const tab = await open();
    await site.save('css/style.css', RULES);
    await tab.says('[HMR] Updated: /css/style.css');
    await tab.untilStyle('p', 'color', 'rgb(0, 0, 9)');
    const expected = await rules(fresh);
    assert.equal(new Set(expected.map((rule) => rule.is)).size, 18, 'the browser supports all kinds');
    assert.deepEqual(await rules(tab), expected);
    const background = await fresh.style('p', 'background-image');
    assert.match(background, /\/css\/images\/back\.svg/);
    assert.equal(await tab.style('p', 'background-image'), background, 'URLs are relative to the sheet');
    await tab.isKept();
  },
);

scenario(
  'a broken rule is ignored, as when a sheet is loaded, and applies once it is fixed',
  {
    files: {
      'index.html': html('<link rel="stylesheet" href="style.css">', body),
      'style.css': 'p { color: rgb(0, 0, 1); }',
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await site.save(
      'style.css',
      'p { color: rgb(0, 0, 2); } p { colour: } } p { margin-top: 3px; } p { margin-left: 4px',
    );
    await tab.untilStyle('p', 'color', 'rgb(0, 0, 2)');
    await tab.untilStyle('p', 'margin-left', '4px');
    assert.equal(await tab.style('p', 'margin-top'), '16px');
    await site.save('style.css', 'p { color: rgb(0, 0, 3); } p { margin-top: 3px; }');
    await tab.untilStyle('p', 'margin-top', '3px');
    assert.equal(await tab.style('p', 'margin-left'), '0px');
    await tab.isKept();
  },
);

const link = (href, attributes = '') => `<link rel="stylesheet" href="${href}" ${attributes}>`;
const colour = (shade) => `p { color: rgb(${shade}, 0, 0); }`;

/** Pieces of a page whose sheets are saved together: DevTools gets the new source of the first, the others stay as they are. */
const SOURCES = {
  'plain.css': link('plain.css'),
  'alternative.css': link('alternative.css', 'title="other"'),
  'font.css': link('font.css'),
  'extended.css': link('extended.css'),
  'body.css': '</head><body>' + link('body.css'),
};

scenario(
  'DevTools shows the lines of a saved stylesheet',
  {
    files: {
      'index.html': html(Object.values(SOURCES).join(''), '<p>text</p>'),
      ...Object.fromEntries(Object.keys(SOURCES).map((file) => [file, colour(2)])),
    },
  },
  async ({ site, open }) => {
    const tab = await open();
    await tab.page.evaluate(() => {
      globalThis.seen = new Set();
      const look = () => {
        globalThis.seen.add(getComputedStyle(document.querySelector('p')).color);
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    const session = await tab.page.context().newCDPSession(tab.page);
    /** @type {Map<string, { sourceURL: string }>} */
    const sheets = new Map();
    session.on('CSS.styleSheetAdded', ({ header }) => sheets.set(header.styleSheetId, header));
    await session.send('DOM.enable');
    await session.send('CSS.enable');
    await tab.page.evaluate(() => (globalThis.before = [...document.querySelectorAll('link[rel=stylesheet]')].map(({ sheet }) => sheet)));
    const files = Object.keys(SOURCES);
    const text = `/* a comment */\n\n\n${colour(1)}`;
    const more = { 'font.css': '@font-face { font-family: f; src: local(f); }' };
    await Promise.all(files.map((file) => site.save(file, text + (more[file] ?? ''))));
    await tab.until(() => globalThis.seen.has('rgb(1, 0, 0)'));
    // Until the rewritten sheet is compared with the file, a moment after the paint, another rule is taken for a difference.
    await tab.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
    await tab.page.evaluate(() => document.querySelector('[href^="extended"]').sheet.insertRule('a { color: red; }', 0));
    const isNew = () => document.querySelectorAll('link[rel=stylesheet]').length === 5 && document.styleSheets[0] !== globalThis.before[0];
    await tab.until(isNew);

    const { root } = await session.send('DOM.getDocument');
    const { nodeId } = await session.send('DOM.querySelector', { nodeId: root.nodeId, selector: 'p' });
    const { matchedCSSRules } = await session.send('CSS.getMatchedStylesForNode', { nodeId });
    const sources = matchedCSSRules
      .filter(({ rule }) => rule.origin === 'regular')
      .map(({ rule: { styleSheetId, style } }) => ({
        url: sheets.get(styleSheetId).sourceURL,
        line: style.range?.startLine,
        id: styleSheetId,
      }));
    const plain = sources.find(({ url }) => url.includes('/plain.css'));
    assert.match(plain.url, /\?__hot=/);
    assert.equal(plain.line, 3);
    assert.equal((await session.send('CSS.getStyleSheetText', { styleSheetId: plain.id })).text, text);

    await tab.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
    assert.deepEqual(
      await tab.page.evaluate(() => [...document.querySelectorAll('link[rel=stylesheet]')].map(({ sheet }, at) => sheet === globalThis.before[at])),
      [false, true, true, true, true],
      'the others have the sheets that they had',
    );
    assert.deepEqual(await tab.page.evaluate(() => [...globalThis.seen]), ['rgb(2, 0, 0)', 'rgb(1, 0, 0)']);
    await tab.isKept();
  },
);
