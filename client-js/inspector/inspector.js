/** The entry of the inspector's page, and its composition root. */

import { curl } from './format.js';
import { Model } from './model.js';
import { Poller } from './poller.js';
import { View } from './view.js';

/** Milliseconds after which a request counts as lost. */
const LIMIT = 10_000;

const view = new View(document);
const model = new Model();
const stream = new URL('../..', import.meta.url).href.replace(/\/$/, '');
const [filter, kind, pause, copy] = ['filter', 'kind', 'pause', 'copy'].map((id) =>
  /** @type {HTMLInputElement} */ (document.getElementById(id)),
);
let isPaused = false;

const showRows = () => view.rows(model.rows(filter?.value, kind?.value));

const poller = new Poller({
  fetch: (url) => fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(LIMIT) }),
  url: `${stream}/state`,
  last: () => model.last,
  onState: (state) => {
    const isWhole = model.receive(state);
    // An answer may come after the click.
    if (!isPaused) {
      view.state(state);
      showRows();
    }
    return isWhole;
  },
  onLost: (reason) => view.status(`Not connected: ${reason}`, false),
  clock: { setTimeout: (task, delay) => setTimeout(task, delay), clearTimeout: (timer) => clearTimeout(timer) },
});

const follow = () => {
  if (document.visibilityState === 'visible' && !isPaused) poller.start();
  else poller.stop();
};

filter?.addEventListener('input', showRows);
kind?.addEventListener('change', showRows);
pause?.addEventListener('click', () => {
  isPaused = !isPaused;
  view.paused(isPaused);
  follow();
});
copy?.addEventListener('click', () => {
  const command = curl(stream);
  view.command(command);
  void navigator.clipboard?.writeText(command).catch(() => undefined);
});
document.addEventListener('visibilitychange', follow);
follow();
