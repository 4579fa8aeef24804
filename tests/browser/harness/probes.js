/**
 * Ways for a page's scripts to read a URL or send to it, in their own origin or another one. A function that runs in the
 * page must be self-contained, because only its source is sent there.
 *
 * @typedef {import('playwright-core').Page | import('playwright-core').Frame} Frame
 */

import { within } from './patience.js';

/** @typedef {{ url: string, wanted: string, init: any }} Reading */

/** @param {Reading} reading */
async function byFetch({ url, wanted, init }) {
  const abort = new AbortController();
  try {
    const { body } = await fetch(url, { ...init, signal: abort.signal });
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ''; reader;) {
      const { done, value = '' } = await reader.read();
      text += value;
      if (text.includes(wanted)) return true;
      if (done) break;
    }
    return false;
  } catch {
    return false;
  } finally {
    abort.abort();
  }
}

/** @param {Reading} reading */
function byXMLHttpRequest({ url, wanted }) {
  return new Promise((resolve) => {
    const asking = new XMLHttpRequest();
    asking.onprogress = () => {
      if (!asking.responseText.includes(wanted)) return;
      resolve(true);
      asking.abort();
    };
    asking.onloadend = () => resolve(false);
    asking.open('GET', url);
    asking.send();
  });
}

/** @param {Reading} reading */
function byEventSource({ url, wanted, init }) {
  return new Promise((resolve) => {
    const source = new EventSource(url, init);
    const end = (read) => {
      source.close();
      resolve(read);
    };
    source.onmessage = ({ data }) => data.includes(wanted) && end(true);
    source.onerror = () => end(false);
  });
}

/** @param {Reading} reading */
function byFrame({ url, wanted }) {
  return new Promise((resolve) => {
    const frame = document.createElement('iframe');
    const look = () => {
      const { body, documentElement } = frame.contentDocument ?? {};
      return [body?.textContent, documentElement?.outerHTML].some((text) => text?.includes(wanted));
    };
    // A frame with a readable stream never finishes loading.
    const timer = setInterval(() => look() && end(true), 10);
    const end = (read) => {
      clearInterval(timer);
      frame.remove();
      resolve(read);
    };
    frame.onload = () => end(look());
    frame.src = url;
    document.body.append(frame);
  });
}

/** The ways to read from a URL. */
export const READING = {
  fetch: [byFetch],
  'fetch with cookies': [byFetch, { credentials: 'include' }],
  'fetch without CORS': [byFetch, { mode: 'no-cors' }],
  XMLHttpRequest: [byXMLHttpRequest],
  EventSource: [byEventSource],
  'EventSource with cookies': [byEventSource, { withCredentials: true }],
  'a frame': [byFrame],
};

/**
 * Returns the ways in which a page's scripts can read a text at a URL.
 *
 * @param {Frame} frame
 * @param {string} url
 * @param {string} wanted
 * @param {string[]} [ways] the ways to try
 * @returns {Promise<string[]>}
 */
export async function leaks(frame, url, wanted, ways = Object.keys(READING)) {
  const leaking = [];
  for (const way of ways) {
    const [read, init] = READING[way];
    if (await within(frame.evaluate(read, { url, wanted, init }), `${way} to read ${url}`)) leaking.push(way);
  }
  return leaking;
}

/**
 * Includes a script in a page.
 *
 * @param {Frame} frame
 * @param {string} url
 * @param {'module' | 'text/javascript'} type
 * @returns {Promise<{ event: 'load' | 'error', left: string[] }>} the element's event, and the new globals
 */
export function include(frame, url, type) {
  const including = frame.evaluate(
    async ({ url, type }) => {
      const before = new Set(Object.getOwnPropertyNames(globalThis));
      const script = document.createElement('script');
      const event = await new Promise((resolve) => {
        script.onload = script.onerror = ({ type }) => resolve(type);
        Object.assign(script, { type, src: url });
        document.head.append(script);
      });
      return { event, left: Object.getOwnPropertyNames(globalThis).filter((name) => !before.has(name)) };
    },
    { url, type },
  );
  return within(including, `a script element of ${url} to end`);
}

/**
 * Opens a socket from a page, sends a message, and waits until the socket closes.
 *
 * @param {Frame} frame
 * @param {string} url
 * @param {string} message
 * @returns {Promise<string[]>} `open` if it was opened, and the messages received
 */
export function socket(frame, url, message) {
  const trying = frame.evaluate(
    ({ url, message }) =>
      new Promise((resolve) => {
        const events = [];
        const socket = new WebSocket(url.replace(/^http/, 'ws'));
        socket.onopen = () => {
          events.push('open');
          socket.send(message);
        };
        socket.onmessage = ({ data }) => events.push(data);
        socket.onclose = () => resolve(events);
      }),
    { url, message },
  );
  return within(trying, `a socket to ${url} to end`);
}

/**
 * Opens a socket of Vite's protocol from a page, and waits for the first message.
 *
 * @param {Frame} frame
 * @param {string} url
 * @param {string} [protocol]
 * @returns {Promise<string>} the message, or `refused`
 */
export function connect(frame, url, protocol = 'vite-hmr') {
  const trying = frame.evaluate(
    ({ url, protocol }) =>
      new Promise((resolve) => {
        const socket = new WebSocket(url, protocol);
        socket.onopen = () => protocol === 'vite-ping' && resolve('open');
        socket.onmessage = ({ data }) => {
          resolve(data);
          socket.close();
        };
        socket.onclose = () => resolve('refused');
      }),
    { url, protocol },
  );
  return within(trying, `a socket to ${url} to be answered`);
}

/**
 * Opens a URL in a pop-up from a page of the same origin, and returns the configuration in its tag.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} url
 * @returns {Promise<any>}
 */
export async function tagInPopUp(page, url) {
  const reading = page.evaluate(async (url) => {
    const window = open(url);
    for (;;) {
      const tag = window.document.querySelector('script[data-hot-middleware]');
      if (tag) {
        window.close();
        return JSON.parse(tag.dataset.hotMiddleware);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }, url);
  return within(reading, `the tag of ${url} in a pop-up`);
}

/** @typedef {{ url: string, text: string, init: any }} Sending */

/** @param {Sending} sending */
async function postByFetch({ url, text, init }) {
  const answer = fetch(url, { method: 'POST', body: text, ...init });
  // A readable response must be read, or the request never ends.
  await answer.then((response) => response.text()).catch(() => undefined);
}

/** @param {Sending} sending */
function postByBeacon({ url, text }) {
  navigator.sendBeacon(url, text);
}

/** @param {Sending} sending */
function postByForm({ url, text, init }) {
  return new Promise((resolve) => {
    const form = document.createElement('form');
    const frame = document.createElement('iframe');
    frame.name = 'answer';
    Object.assign(form, { method: 'post', action: url, target: frame.name, enctype: init });
    const input = document.createElement('input');
    // As text/plain, a field is sent as its name, an equals sign and its value, so any text with one can be sent.
    [input.name, input.value] = text.split(/=(.*)/s);
    form.append(input);
    document.body.append(frame, form);
    // The `load` event of the empty frame fires while it is inserted.
    frame.onload = () => {
      frame.remove();
      form.remove();
      resolve(undefined);
    };
    form.submit();
  });
}

/** The ways to send a text to a URL without reading the response. */
export const SENDING = {
  'fetch with text': [postByFetch],
  'fetch with text and cookies, without CORS': [postByFetch, { mode: 'no-cors', credentials: 'include' }],
  'fetch with JSON': [postByFetch, { headers: { 'Content-Type': 'application/json' } }],
  'a beacon': [postByBeacon],
  'a form of text': [postByForm, 'text/plain'],
  'a form': [postByForm, 'application/x-www-form-urlencoded'],
  'a form of parts': [postByForm, 'multipart/form-data'],
};

/**
 * Sends a text from a page.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} way
 * @param {string} url
 * @param {string} text
 * @returns {Promise<void>} when it is answered, or the browser has given up
 */
export async function sendBy(page, way, url, text) {
  const [send, init] = SENDING[way];
  let listener;
  const ended = new Promise((resolve) => {
    listener = (request) => request.method() === 'POST' && resolve(undefined);
    page.on('requestfinished', listener).on('requestfailed', listener);
  });
  try {
    await within(Promise.all([ended, page.evaluate(send, { url, text, init })]), `${way} to be sent to ${url}`);
  } finally {
    page.off('requestfinished', listener).off('requestfailed', listener);
  }
}

/**
 * Loads a URL in a frame of a page.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} url
 * @returns {Promise<number>} the status of the response
 */
export async function visit(page, url) {
  const answered = page.waitForResponse((response) => response.url() === url);
  await page.evaluate((url) => {
    const frame = document.createElement('iframe');
    frame.src = url;
    document.body.append(frame);
  }, url);
  const status = (await within(answered, `an answer from ${url}`)).status();
  // A stream in a frame keeps one of the six connections to a host.
  await page.evaluate(() => document.querySelector('body > iframe:last-of-type').remove());
  return status;
}
