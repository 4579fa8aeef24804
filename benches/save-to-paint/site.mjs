/** The site that all contestants serve: a page, a stylesheet and a module, which are saved again and again. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** As in a small app's stylesheet: about 11 kB, which every contestant reads, sends and parses for each save. */
const RULES = 150;

/**
 * The effect of a save: it changes the width of one element, which identifies the save that a frame shows.
 *
 * @typedef {object} Subject
 * @property {string} file
 * @property {string} element
 * @property {(width: number, accept: string) => string} text text of the file with this width of the element
 */

/** @type {Subject} */
export const STYLESHEET = {
  file: 'style.css',
  element: 'styled',
  text(width) {
    const rules = Array.from(
      { length: RULES },
      (_, n) => `.card-${n} > .title:hover {\n  margin: ${n % 7}px;\n  color: hsl(${n} 60% 40%);\n}\n`,
    );
    rules.splice(RULES / 2, 0, `#styled {\n  width: ${width}px;\n  background: hsl(${width % 360} 80% 80%);\n}\n`);
    return rules.join('\n');
  },
};

/** @type {Subject} */
export const MODULE = {
  file: 'main.js',
  element: 'scripted',
  text: (width, accept) => `document.getElementById('scripted').style.width = '${width}px';\n${accept}\n`,
};

/**
 * Writes the site.
 *
 * @param {string} folder
 * @param {object} idiom
 * @param {boolean} idiom.imported true if the module imports the stylesheet, false if the page links it
 * @param {string} [idiom.accept] the statement by which the module accepts its own updates
 */
export function writeSite(folder, { accept = '', imported }) {
  mkdirSync(folder);
  const link = imported ? '' : '\n  <link rel="stylesheet" href="./style.css">';
  const cards = Array.from({ length: RULES }, (_, n) => `<div class="card-${n}"><p class="title">${n}</p></div>`);
  writeFileSync(
    join(folder, 'index.html'),
    `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Save to paint</title>${link}
  <script type="module" src="./${imported ? 'entry' : 'main'}.js"></script>
</head>
<body>
<p id="styled">styled</p>
<p id="scripted">scripted</p>
${cards.join('\n')}
</body>
</html>
`,
  );
  if (imported) writeFileSync(join(folder, 'entry.js'), "import './style.css';\nimport './main.js';\n");
  for (const { file, text } of [STYLESHEET, MODULE]) writeFileSync(join(folder, file), text(1, accept));
}

/** The element that a saved template changes, in a page of about this many nodes. */
export const TEMPLATE = { file: 'index.html', element: 'templated', nodes: 2_000 };

/**
 * Returns the text of a template: lists of cards, as of a shop or a table of records. A save changes the width of one element and the
 * text in it.
 *
 * @param {number} width
 * @param {number} nodes
 */
export function templateOf(width, nodes) {
  // Each card has five elements and four texts.
  const cards = Array.from(
    { length: Math.round(nodes / 9) },
    (_, n) =>
      `<li class="card"><h2>Card ${n}</h2><p>Text of card ${n}</p><a href="#${n}">More</a><b>${n % 9}</b></li>`,
  );
  const templated = `<li><p id="templated" style="width: ${width}px">Saved with ${width}</p></li>`;
  cards.splice(cards.length / 2, 0, templated);
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Save to paint</title>
  <script type="module" src="./main.js"></script>
</head>
<body>
<ul>
${cards.join('\n')}
</ul>
</body>
</html>
`;
}

/**
 * Writes the site of a template.
 *
 * @param {string} folder
 */
export function writeTemplateSite(folder) {
  mkdirSync(folder);
  writeFileSync(join(folder, TEMPLATE.file), templateOf(1, TEMPLATE.nodes));
  writeFileSync(join(folder, 'main.js'), 'export {};\n');
}
