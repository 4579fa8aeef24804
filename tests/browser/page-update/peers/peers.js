/** Other ways to update a page to a new document, each called as its users call it. It runs in the browser. */

const FOLDER = '/page-update/peers/node_modules/';

/** @param {string} address @param {number} version @returns {Promise<string>} */
const request = async (address, version) => (await fetch(`/rows/${address}?version=${version}`)).text();

/** Parses the text in the page's own realm: libraries compare nodes with its classes. */
const PARSED = "new DOMParser().parseFromString(text, 'text/html')";

/** Some append to the head what they have merged. */
const OPTIONS = { ignoresHeadOrder: true };

/**
 * @param {string} module
 * @param {string} code the update of `document` by `next`, a document of the same realm
 * @returns {import('../ours.js').Contestant}
 */
const byFunction = (module, code) => ({
  options: OPTIONS,
  async start(stage, address) {
    // The page's own realm: these libraries use its globals.
    await stage.window.eval(`import('${FOLDER}${module}').then((module) => { window.peer = module; })`);
    const update = stage.window.eval(`(text) => { const next = ${PARSED}; ${code} }`);
    return async (version = 1) => {
      update(await request(address, version));
      return { kind: 'updated' };
    };
  },
});

/** @type {import('../ours.js').Contestant} */
const turbo = {
  options: OPTIONS,
  async start(stage, address) {
    const { head } = stage.document;
    // A page of Turbo has these from its layout.
    const metas = '<meta name="turbo-refresh-method" content="morph"><meta name="turbo-refresh-scroll" content="preserve">';
    head.insertAdjacentHTML('beforeend', metas);
    await stage.load(`${FOLDER}@hotwired/turbo/dist/turbo.es2017-umd.js`);
    return async () => {
      const rendered = new Promise((resolve) => stage.document.addEventListener('turbo:load', resolve, { once: true }));
      const late = new Promise((resolve) => setTimeout(resolve, 2_000));
      stage.window.Turbo.session.refresh(stage.window.location.href, 'other');
      await Promise.race([rendered, late]);
      await stage.wait(30);
      // Its own elements don't count.
      for (const element of stage.document.querySelectorAll('meta[name^="turbo-"], .turbo-progress-bar, style')) {
        if (element.localName !== 'style' || element.textContent.includes('turbo-progress-bar')) element.remove();
      }
      return { kind: 'updated' };
    };
  },
};

/** @type {import('../ours.js').Contestant} */
const htmx = {
  options: OPTIONS,
  async start(stage, address) {
    await stage.load(`${FOLDER}htmx.org/dist/htmx.js`);
    return async (version = 1) => {
      await stage.window.htmx.ajax('GET', `/rows/${address}?version=${version}`, { target: 'body', swap: 'outerMorph' });
      await stage.wait(30);
      // Its own attribute doesn't count.
      for (const element of stage.document.querySelectorAll('[data-htmx-powered]')) element.removeAttribute('data-htmx-powered');
      return { kind: 'updated' };
    };
  },
};

/** @type {{ name: string, module: string, contestant: import('../ours.js').Contestant }[]} */
export const PEERS = [
  {
    name: 'Idiomorph',
    module: 'idiomorph',
    contestant: byFunction('idiomorph/dist/idiomorph.esm.js', 'window.peer.Idiomorph.morph(document.body, next.body);'),
  },
  {
    name: 'morphdom',
    module: 'morphdom',
    contestant: byFunction('morphdom/dist/morphdom-esm.js', 'window.peer.default(document.documentElement, next.documentElement);'),
  },
  {
    name: 'Morphlex',
    module: 'morphlex',
    contestant: byFunction('morphlex/dist/morphlex.js', 'window.peer.morphDocument(document, next, { preserveChanges: true });'),
  },
  {
    name: 'Topcoat',
    module: 'topcoat',
    contestant: {
      options: OPTIONS,
      async start(stage, address) {
        await stage.window.eval(`import('${FOLDER}topcoat.js').then((module) => { window.peer = module; })`);
        // Its frame around an answer is left out.
        const update = stage.window.eval(`(text) => {
          const next = ${PARSED};
          return window.peer.canMorph(next) && (window.peer.morphDocument(next), true);
        }`);
        return async (version = 1) => {
          const isUpdated = update(await request(address, version));
          return isUpdated ? { kind: 'updated' } : { kind: 'reload', reason: 'scripts, doctype or base' };
        };
      },
    },
  },
  { name: 'Turbo', module: '@hotwired/turbo', contestant: turbo },
  { name: 'htmx', module: 'htmx.org', contestant: htmx },
];
