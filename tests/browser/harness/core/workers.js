/** Scripts of workers and worklets, and what those import, in every engine. */

import { page } from '../engines/page.js';

/** Each kind, with the script that starts it and the script that it runs. */
const KINDS = {
  worker: ["new Worker('/worker.js')", "importScripts('/worker-import.js');"],
  module: ["new Worker('/module.js', { type: 'module' })", "import '/module-import.js';"],
  // Before the client's own script runs.
  inline: ["new SharedWorker('/inline.js')", "importScripts('/inline-import.js');"],
  shared: ["new SharedWorker('/shared.js')", "importScripts('/shared-import.js');"],
  blob: ["new Worker(URL.createObjectURL(new Blob(['importScripts(\"' + location.origin + '/blob-import.js\")'])))", ''],
  worklet: [
    "await new OfflineAudioContext(1, 100, 44100).audioWorklet.addModule('/worklet.js')",
    "import '/worklet-import.js';",
  ],
};

const FILES = Object.fromEntries(
  Object.entries(KINDS).flatMap(([kind, [start, script]]) => [
    [`${kind}-start.js`, `${start}; globalThis.isStarted = true;`],
    [
      `${kind}.html`,
      page(
        kind === 'inline'
          ? `<script>${start}; globalThis.isStarted = true;</script>`
          : `<script type="module" src="/${kind}-start.js"></script>`,
      ),
    ],
    [`${kind}.js`, script],
    [`${kind}-import.js`, '// one'],
  ]),
);

/** @type {import('../engines/scenario.js').Scenario[]} */
export const workers = [
  ...Object.keys(KINDS).map((kind) => [
    `a changed script reloads the page that started it or what imports it: ${kind}`,
    { files: FILES },
    async ({ site, open }) => {
      const page = await open(`/${kind}.html`);
      for (const file of kind === 'blob' ? ['blob-import.js'] : [`${kind}.js`, `${kind}-import.js`]) {
        await page.until(() => globalThis.isStarted);
        await site.save(file, `${FILES[file]} // two`);
        await page.isReloaded();
      }
    },
  ]),
  [
    'a script that nothing has loaded does not reload a page without workers',
    { files: { 'index.html': page(''), 'other.js': '// one' } },
    async ({ site, open }) => {
      const page = await open();
      await site.save('other.js', '// two');
      await page.says('[HMR] /other.js changed, which this page has not loaded');
      await page.isKept();
    },
  ],
];
