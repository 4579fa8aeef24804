/** Requests for all modules of an update at once: by its imports, the browser would find one after another. */

import { extensionOf, withoutVersion, withVersion } from '../stream/url.js';

const MODULE = /^m?js$/;

/** The most modules that are requested ahead. */
const MOST = 100;

/** @typedef {(modules: { key: string, change: number }[]) => void} Preload requests the modules of an update */

/**
 * @param {Document} document
 * @param {(key: string) => string[]} urlsOf the URLs from which the page has loaded a file
 * @returns {Preload}
 */
export function modulePreloads(document, urlsOf) {
  // The layer's tag has that of the page's policy.
  const nonce = /** @type {HTMLScriptElement | null} */ (document.querySelector('script[data-hot-middleware]'))?.nonce;
  return (modules) => {
    // The only one is requested by its import.
    if (modules.length < 2) return;
    for (const { key, change } of modules.slice(0, MOST)) {
      const urls = new Set(urlsOf(key).map(withoutVersion));
      const [url] = urls;
      // Under which of several the next version will be imported is not known.
      if (url === undefined || urls.size > 1 || !change || !MODULE.test(extensionOf(url))) continue;
      const link = document.createElement('link');
      link.rel = 'modulepreload';
      link.href = withVersion(url, String(change));
      if (nonce) link.nonce = nonce;
      link.onload = link.onerror = () => link.remove();
      document.head.append(link);
    }
  };
}
