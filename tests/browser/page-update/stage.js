/** A row's page in a frame of the runner. It runs in the browser. */

/** Milliseconds for what a row waits for. */
const PATIENCE = 5_000;

/**
 * Loads a document in a new frame.
 *
 * @param {string} url
 * @returns {Promise<import('./rows/index.js').Stage & { errors: string[], remove: () => void }>}
 */
export async function open(url) {
  const frame = document.createElement('iframe');
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
  frame.src = url;
  document.body.append(frame);
  await loaded;
  const inner = /** @type {any} */ (frame.contentWindow);
  /** @type {string[]} */
  const errors = [];
  inner.addEventListener('error', ({ message }) => errors.push(message));
  inner.addEventListener('unhandledrejection', ({ reason }) => errors.push(String(reason)));
  inner.focus();
  return { ...tools(inner), errors, remove: () => frame.remove() };
}

/**
 * Returns what a row's functions take.
 *
 * @param {any} window
 * @returns {import('./rows/index.js').Stage}
 */
export function tools(window) {
  const { document } = window;
  // The inserted element of state rows may be like theirs.
  const isOfRow = ({ id }) => id !== 'added';
  const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  return {
    window,
    document,
    wait,
    $: (selector) => [...document.querySelectorAll(selector)].find(isOfRow) ?? null,
    $$: (selector) => [...document.querySelectorAll(selector)].filter(isOfRow),
    input(control, value) {
      control.value = value;
      control.dispatchEvent(new window.Event('input', { bubbles: true }));
    },
    choose(select, index) {
      select.selectedIndex = index;
      for (const type of ['input', 'change']) select.dispatchEvent(new window.Event(type, { bubbles: true, composed: type === 'input' }));
    },
    async until(predicate, what) {
      for (const deadline = performance.now() + PATIENCE; !predicate(); await wait(5)) {
        if (performance.now() > deadline) throw new Error(`waited ${PATIENCE} ms in vain for ${what}`);
      }
    },
    // The element is gone before anything looks at the page. WebKit now and then loses a module script that is removed before.
    load: (url, type = '') =>
      new Promise((resolve, reject) => {
        const script = Object.assign(document.createElement('script'), { src: url, type });
        const end = (settle) => () => {
          script.remove();
          settle();
        };
        script.addEventListener('load', end(resolve));
        script.addEventListener('error', end(() => reject(new Error(`${url} can't be loaded`))));
        document.documentElement.append(script);
      }),
  };
}

/**
 * Requests one of a row's documents and parses it without scripting.
 *
 * @param {string} address
 * @param {number} version
 * @returns {Promise<Document>}
 */
export function parse(address, version) {
  const request = new XMLHttpRequest();
  request.open('GET', `/rows/${address}?version=${version}&parsed`);
  request.responseType = 'document';
  return new Promise((resolve, reject) => {
    request.onload = () => resolve(/** @type {Document} */ (request.responseXML));
    request.onerror = () => reject(new Error(`${address} can't be requested`));
    request.send();
  });
}
