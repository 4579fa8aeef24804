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
