/** The app's answer for the page itself, as a reload would get it. */

import { discard } from '../stream/network.js';
import { shorten } from '../stream/text.js';
import { withoutFragment } from '../stream/url.js';
import { decoderOf, headerLabel } from './charset.js';

const MOST_URL = 2_000;
/** Characters of an error's text. The overlay shows no more of one problem. */
const MOST_TEXT = 20_000;

/** The media types that browsers ask for when they navigate. */
export const ACCEPT = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
/** Makes the layer answer as for a navigation: a service worker may keep the answer, and have it without the client. */
const NAVIGATION = { 'Hot-Middleware-Navigation': '1' };
/**
 * Follows redirects, also to other origins. `no-cors` allows no other header, and tells an answer that is not readable from
 * none.
 */
const FOLLOWING = /** @type {const} */ ({ cache: 'no-store', mode: 'no-cors', headers: { Accept: ACCEPT } });
export const PAGE = /^\s*(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i;

/** Character references that errors are escaped with. @type {Record<string, string>} */
const ENTITIES = {
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
  '&quot;': '"',
  '&#39;': "'",
  '&#x27;': "'",
  '&nbsp;': ' ',
  '&hellip;': '…',
};

/**
 * @typedef {object} PageAnswer
 * @property {boolean} isPage true if a reload brings a page
 * @property {boolean} isAnswer true if the app has answered at all
 * @property {string} problem the reason why a reload brings no page
 * @property {'same' | 'updated' | 'canceled'} [outcome] what became of the page, if it needs no reload
 * @property {string} [cause] the reason why the page could not be updated in place
 */

/**
 * Asks the app for the page at this URL. Only the head is read, unless it is an error's.
 *
 * @param {import('../stream/network.js').Fetch} fetch
 * @param {string} href
 * @returns {Promise<PageAnswer>}
 */
export async function askForPage(fetch, href) {
  const url = withoutFragment(href);
  // Other documents, such as `about:srcdoc`, are no server's.
  if (!/^https?:/.test(url)) return { isPage: true, isAnswer: true, problem: '' };
  const asked = `GET ${shorten(url, MOST_URL)}`;
  const init = { cache: /** @type {const} */ ('no-store'), headers: { Accept: ACCEPT, ...NAVIGATION } };
  try {
    let response = await fetch(url, { ...init, redirect: 'manual' });
    // Redirects may run in a circle, or end at an error.
    if (response.type === 'opaqueredirect') response = await follow(fetch, url);
    // A page elsewhere is not readable, but is one to navigate to.
    if (response.type === 'opaque') return { isPage: true, isAnswer: true, problem: '' };
    const type = response.headers.get('content-type') ?? '';
    const isPage = response.ok && PAGE.test(type);
    if (response.ok) discard(response);
    if (isPage) return { isPage, isAnswer: true, problem: '' };
    const status = `${response.status} ${response.statusText}`.trim();
    const redirect = response.redirected ? ` after a redirect to ${shorten(response.url, MOST_URL)}` : '';
    const instead = response.ok ? ` with ${type || 'no Content-Type'} instead of HTML` : '';
    const text = response.ok ? '' : readable(await startOfBody(response, type), type);
    const answer = `${asked} answers ${status}${redirect}${instead}`;
    return { isPage, isAnswer: true, problem: text ? `${answer}\n\n${text}` : answer };
  } catch (error) {
    return { isPage: false, isAnswer: false, problem: `${asked} gets no answer: ${error}` };
  }
}

/**
 * @param {import('../stream/network.js').Fetch} fetch
 * @param {string} url
 */
async function follow(fetch, url) {
  try {
    return await fetch(url, FOLLOWING);
  } catch (error) {
    throw new Error(`its redirects lead to no answer, or run in a circle (${error})`);
  }
}

/**
 * @param {Response} response
 * @param {string} type
 */
async function startOfBody(response, type) {
  const reader = response.body?.getReader();
  const decoder = decoderOf(headerLabel(type) ?? 'utf-8') ?? new TextDecoder();
  let text = '';
  try {
    while (reader && text.length <= MOST_TEXT) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    void reader?.cancel().catch(() => undefined);
  } catch {
    // What has come is shown.
  }
  return shorten(text, MOST_TEXT);
}

/**
 * The text of an error, without the markup of an HTML page. The browser's own parser is forbidden by Trusted Types.
 *
 * @param {string} text
 * @param {string} type
 */
function readable(text, type) {
  if (!PAGE.test(type)) return text.trim();
  return text
    .replace(/<(head|script|style|template)\b[^]*?<\/\1\s*>/gi, '')
    .replace(/<[^<>]*>/g, '')
    .replace(/&(?:#39|#x27|[a-z]+);/gi, (reference) => ENTITIES[reference.toLowerCase()] ?? reference)
    .replace(/[^\S\n]*\n(?:[^\S\n]*\n)+/g, '\n')
    .trim();
}
