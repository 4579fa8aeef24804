/**
 * What the inspector knows, from one answer of the server to the next, and the rows that it shows. Free of the DOM.
 *
 * @typedef {object} Save
 * @property {number} event
 * @property {number} at
 * @property {string} label
 * @property {number} own
 * @property {number} others
 * @property {number} updated
 * @property {number} unchanged
 * @property {number} reloaded
 * @property {number} unused
 * @property {number} failed
 * @property {string | null} failure
 * @property {string | null} reason
 * @property {string | null} loaded
 * @property {[number, number] | null} paint
 * @property {number} errors
 * @property {string | null} error
 *
 * @typedef {{ number: number, event: number, at: number, bytes: number, text: string }} LoggedEvent
 *
 * @typedef {object} State what the server answers
 * @property {string} boot
 * @property {string} version
 * @property {number} now
 * @property {number} clients
 * @property {boolean} receipts
 * @property {{ events: number, bytes: number, most_events: number, most_bytes: number }} buffer
 * @property {{ path: string | null, agent: string, carrier: string, since: number, silent: boolean }[]} pages
 * @property {{ name: string, hash: string | null, time: number | null, modules: number, error_count: number,
 *   warning_count: number, errors: string[], warnings: string[] }[]} bundles
 * @property {Save[]} saves
 * @property {LoggedEvent[]} events
 * @property {{ text: string, at: number, count: number }[]} refusals
 * @property {{ name: string, text: string }[]} output
 * @property {{ at: number, kind: string, level: string, page: string, place?: string, text: string, count: number }[]} console
 *
 * @typedef {'save' | 'failure' | 'event'} Kind
 * @typedef {{ key: string, at: number, kind: Kind, title: string, outcome: string, tone: 'good' | 'bad' | 'faint', text?: string }} Row
 */

import { count, line, visible } from './format.js';

/** The most events that are kept, and the most rows that are shown. */
const MOST = 500;
const MOST_ROWS = 200;

export class Model {
  #boot = '';
  /** @type {LoggedEvent[]} */
  #events = [];
  /** @type {Save[]} */
  #saves = [];

  /** The number of the last event that is known. */
  get last() {
    return this.#events.at(-1)?.number ?? 0;
  }

  /**
   * Takes in an answer.
   *
   * @param {State} state
   * @returns {boolean} false if it is of another process: it has to be asked for all of its events
   */
  receive({ boot, events, saves }) {
    const isKnown = this.#boot === '' || this.#boot === boot;
    if (!isKnown) this.#events = [];
    this.#boot = boot;
    const { last } = this;
    this.#events = [...this.#events, ...events.filter(({ number }) => number > last)].slice(-MOST);
    this.#saves = saves;
    return isKnown;
  }

  /**
   * The rows, the latest first.
   *
   * @param {string} [filter] part of a row's text
   * @param {string} [kind] that of the rows; `all` for any
   * @returns {Row[]}
   */
  rows(filter = '', kind = 'all') {
    const told = new Set(this.#saves.map(({ event }) => event));
    const events = this.#events.filter(({ event }) => !told.has(event)).map(rowOfEvent);
    const wanted = filter.toLowerCase();
    return [...this.#saves.map(rowOfSave), ...events]
      .filter((row) => kind === 'all' || row.kind === kind)
      .filter(({ title, outcome, text = '' }) => `${title} ${outcome} ${text}`.toLowerCase().includes(wanted))
      .sort((one, other) => other.at - one.at)
      .slice(0, MOST_ROWS);
  }
}

/** @param {Save} save @returns {Row} */
function rowOfSave(save) {
  const hasFailed = save.error !== null || save.failed > 0;
  return {
    key: `save ${save.event} ${save.at} ${save.label}`,
    at: save.at,
    kind: hasFailed ? 'failure' : 'save',
    title: line(save.label),
    outcome: outcomeOf(save),
    tone: hasFailed ? 'bad' : save.updated + save.reloaded > 0 ? 'good' : 'faint',
    ...(save.error !== null && { text: visible(save.error) }),
  };
}

/**
 * The result of a save in the open pages.
 *
 * @param {Save} save
 */
export function outcomeOf(save) {
  if (save.error !== null) return `${count(save.errors, 'error')}, pages stay as they are`;
  const { failed, failure, loaded, others, own, paint, reason, reloaded, unchanged, unused, updated } = save;
  const parts = [];
  if (updated) parts.push(`updated in ${count(updated, 'page')}${paint ? `, ${times(paint)}` : ''}`);
  if (reloaded) parts.push(`reload of ${count(reloaded, 'page')}${reason ? ` (${line(reason)})` : ''}`);
  if (unchanged) parts.push(`unchanged in ${count(unchanged, 'page')}`);
  if (failed) parts.push(`failed in ${count(failed, 'page')}${failure ? `: ${line(failure)}` : ''}`);
  if (unused) parts.push(`not used by ${count(unused, 'page')}${loaded ? `, which has loaded ${line(loaded)}` : ''}`);
  const silent = others + (parts.length ? 0 : own);
  if (silent) parts.push(`sent to ${count(silent, parts.length ? 'other client' : 'client')}`);
  return parts.join('; ') || 'no page is open';
}

/** @param {[number, number]} paint */
function times([shortest, longest]) {
  const [one, other] = [shortest, longest].map((time) => (time < 10 ? time.toFixed(1) : time.toFixed(0)));
  return one === other ? `${one} ms` : `${one} to ${other} ms`;
}

/** @param {LoggedEvent} event @returns {Row} */
function rowOfEvent({ at, number, text }) {
  return { key: `event ${number}`, at, kind: 'event', title: titleOf(text), outcome: '', tone: 'faint', text: visible(text) };
}

/**
 * The name of an event, which may be any JSON, and cut.
 *
 * @param {string} json
 */
function titleOf(json) {
  const [, action] = /"action":"(\w{1,40})"/.exec(json.slice(0, 400)) ?? [];
  if (action !== undefined) return action;
  const [, event] = /^\{"type":"custom","event":"([^"\\]{1,100})"/.exec(json) ?? [];
  return event === undefined ? 'event' : line(event);
}
