/** Client messages: named events that the page sends to the app, by `POST` on the stream's path. */

export class ClientMessages {
  #parts;
  #tail = Promise.resolve();

  /**
   * @param {object} parts
   * @param {import('./network.js').Fetch} parts.fetch
   * @param {string} parts.url the stream's
   * @param {string | undefined} parts.token the token from this page's script tag
   * @param {string} parts.name the name under which this page opened the stream
   * @param {() => Promise<void>} [parts.prepare] opens that stream, if this page has shared another so far
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Sends an event after the ones before it, so that events arrive in order.
   *
   * @param {string} event
   * @param {unknown} [data] anything that JSON can hold
   * @returns {Promise<void>} resolves when the app's listeners have returned; rejects with the server's error, or with that of
   *   data that JSON can't hold
   */
  async send(event, data) {
    return this.#enqueue(event, JSON.stringify({ type: 'custom', event, data }));
  }

  /**
   * Sends a message of the client itself, which needs no answer to this page alone, and is in no order with others.
   *
   * @param {string} type
   * @param {object} fields
   * @returns {Promise<void>}
   */
  async request(type, fields) {
    return this.#request(type, JSON.stringify({ type, ...fields }));
  }

  /**
   * @param {string} event
   * @param {string} body
   */
  #enqueue(event, body) {
    const sent = this.#tail.then(() => this.#post(event, body));
    this.#tail = sent.catch(() => undefined);
    return sent;
  }

  /**
   * Continues with the server that answers now. Another process of the app has another token.
   *
   * @param {string | undefined} token
   */
  renew(token) {
    this.#parts = { ...this.#parts, token };
  }

  /**
   * @param {string} event
   * @param {string} body
   */
  async #post(event, body) {
    const { prepare, token } = this.#parts;
    if (token !== undefined) await prepare?.();
    await this.#request(event, body);
  }

  /**
   * @param {string} event
   * @param {string} body
   */
  async #request(event, body) {
    const { fetch, name, token, url } = this.#parts;
    if (token === undefined) {
      throw new Error(
        `[HMR] ${event} was not sent: this page has no token, because the server did not inject its script tag`,
      );
    }
    const headers = {
      'Content-Type': 'application/json',
      'Hot-Middleware-Client': name,
      'Hot-Middleware-Token': token,
    };
    const response = await fetch(url, { method: 'POST', headers, body });
    const text = await response.text();
    if (response.ok) return;
    const reason = text.trim().slice(0, 1_000);
    throw new Error(`[HMR] ${event} was refused: ${response.status} ${reason}`);
  }
}
