/** What the page sends to the server: named events, by `POST` on the stream's path. */

export class ClientMessages {
  #parts;
  #tail = Promise.resolve();

  /**
   * @param {object} parts
   * @param {import('./network.js').Fetch} parts.fetch
   * @param {string} parts.url the stream's
   * @param {string | undefined} parts.token what the server put into this page's script tag
   * @param {string} parts.name what this page called itself when it opened the stream
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Sends an event. Events are heard in the order in which they are sent: each waits for the one before it.
   *
   * @param {string} event
   * @param {unknown} [data] anything that JSON can hold
   * @returns {Promise<void>} settles when the server's listeners have heard it; rejects with what the server says
   */
  send(event, data) {
    const body = JSON.stringify({ type: 'custom', event, data });
    const sent = this.#tail.then(() => this.#post(event, body));
    this.#tail = sent.catch(() => undefined);
    return sent;
  }

  /**
   * @param {string} event
   * @param {string} body
   */
  async #post(event, body) {
    const { fetch, name, token, url } = this.#parts;
    if (token === undefined) {
      throw new Error(
        `[HMR] ${event} was not sent: this page has no token, because its script tag was not put in by the server`,
      );
    }
    const headers = {
      'Content-Type': 'application/json',
      'Hot-Middleware-Client': name,
      'Hot-Middleware-Token': token,
    };
    const response = await fetch(url, { method: 'POST', headers, body });
    if (response.ok) return;
    const reason = (await response.text()).trim().slice(0, 1_000);
    throw new Error(`[HMR] ${event} was not taken: ${response.status} ${reason}`);
  }
}
