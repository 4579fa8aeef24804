/** The app's answer for the page itself, as a reload would get it. */

import { shorten } from '../stream/text.js';

const MOST_URL = 2_000;
/** Characters of an error's text. The overlay shows no more of one problem. */
const MOST_TEXT = 20_000;

/** The media types that browsers ask for when they navigate. */
const ACCEPT = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
/** Makes the layer answer as for a navigation: a service worker may keep the answer, and have it without the client. */
const NAVIGATION = { 'Hot-Middleware-Navigation': '1' };
const PAGE = /^\s*(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i;

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
 */

/**
 * Asks the app for the page at this URL. Only the head is read, unless it is an error's.
 *
 * @param {import('../stream/network.js').Fetch} fetch
 * @param {string} href
 * @returns {Promise<PageAnswer>}
 */
export async function askForPage(fetch, href) {
  const url = href.replace(/#.*$/s, '');
  // Other documents, such as `about:srcdoc`, are no server's.
  if (!/^https?:/.test(url)) return { isPage: true, isAnswer: true, problem: '' };
  const asked = `GET ${shorten(url, MOST_URL)}`;
  const init = { cache: /** @type {const} */ ('no-store'), headers: { Accept: ACCEPT, ...NAVIGATION } };
  try {
    // A page elsewhere may not be readable, but is one to navigate to.
    const response = await fetch(url, { ...init, redirect: 'manual' });
    if (response.type === 'opaqueredirect') return { isPage: true, isAnswer: true, problem: '' };
    const type = response.headers.get('content-type') ?? '';
    const isPage = response.ok && PAGE.test(type);
    if (isPage) {
      void response.body?.cancel().catch(() => undefined);
      return { isPage, isAnswer: true, problem: '' };
    }
    const status = `${response.status} ${response.statusText}`.trim();
    const instead = response.ok ? ` with ${type || 'no Content-Type'} instead of HTML` : '';
    const text = response.ok ? '' : readable(await startOfBody(response), type);
    return { isPage, isAnswer: true, problem: `${asked} answers ${status}${instead}${text && `\n\n${text}`}` };
  } catch (error) {
    return { isPage: false, isAnswer: false, problem: `${asked} gets no answer: ${error}` };
  }
}

/** @param {Response} response */
async function startOfBody(response) {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
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
