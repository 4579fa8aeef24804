/** The entry of the shared worker that holds one event stream for all pages of an origin. */

import { Broker } from './broker.js';
import { locate } from './url.js';

const scope = /** @type {{ onconnect?: (event: MessageEvent) => void, location: Location }} */ (
  /** @type {unknown} */ (globalThis)
);

// In a page that imports this file by mistake, nothing happens.
if (typeof window === 'undefined') {
  const { stream } = locate(new URL('../client.js', scope.location.href).href, undefined);
  const broker = new Broker({
    // Each page asks for what it missed by itself.
    open: () => new EventSource(`${stream}?ids&changes`),
    now: () => Date.now(),
  });
  scope.onconnect = ({ ports: [port] }) => port && broker.connect(port);
}
