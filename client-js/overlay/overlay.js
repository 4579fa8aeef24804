/** The error overlay: a dialog in its own shadow tree, built from text nodes. */

import { firstOf, shorten } from '../stream/text.js';
import { runsOf } from './ansi.js';
import { readProblem } from './problem.js';
import { ProblemStore } from './problem-store.js';

/** The most that the overlay shows. The console has more, and the terminal has all. */
const MOST = { texts: 50, characters: 20_000, total: 100_000 };
const MOST_NAME = 100;
const MOST_REASON = 500;

const LABELS = { errors: 'Error', page: 'Page error', update: 'Update error', runtime: 'Runtime error', warnings: 'Warning' };

/** The line of a code frame that a bundler points at. */
const POINTED_AT = /^\s*>/;

export const OVERLAY_TAG = 'hot-middleware-overlay';

/** A file that a tool names in a line: rustc after an arrow, and a stack in parentheses or alone. */
const NAMED = /(?:^\s*(?:--> |at )?|\()(?:[^\s@():]*@)?((?:\.{0,2}\/)?[\w.@+~-][^\s():?]*\.[A-Za-z]\w{0,9})(?:\?[^\s():]*)?:(\d+)(?::(\d+))?\)?\s*$/;
const MOST_NAMED = 500;

/** @typedef {(file: string, line: number, column: number) => Promise<void>} Open rejects with the reason why nothing was opened */

export class Overlay {
  /** Opens a file in an editor, where the server does that. @type {Open | undefined} */
  open;
  #document;
  #style;
  #store = new ProblemStore();
  /** @type {{ host: HTMLElement, dialog: HTMLDialogElement, title: HTMLElement, list: HTMLElement, footer: HTMLElement } | undefined} */
  #open;

  /**
   * @param {Document} document
   * @param {Pick<import('./style.js').Style, 'sheet' | 'classOf'>} style
   */
  constructor(document, style) {
    this.#document = document;
    this.#style = style;
  }

  /**
   * Shows the problems of one kind and bundle, and opens the overlay for new ones. An empty list clears them, and the
   * overlay closes with the last problem.
   *
   * @param {import('./problem-store.js').Kind} kind
   * @param {string} name the bundle's
   * @param {readonly string[]} texts
   */
  set(kind, name, texts) {
    if (!this.#store.set(kind, name, texts)) return;
    const slots = this.#store.all();
    if (!slots.length) return this.#remove();
    if (texts.length && !this.#open?.host.isConnected) this.#build();
    this.#fill(slots);
  }

  /** Closes the overlay until there is a new problem. */
  #dismiss() {
    this.#open?.host.remove();
    this.#open = undefined;
    this.#store.drop('runtime');
  }

  #remove() {
    const open = this.#open;
    this.#open = undefined;
    // Closing the dialog restores the focus.
    open?.dialog.close();
    open?.host.remove();
  }

  #build() {
    const document = this.#document;
    const host = document.createElement(OVERLAY_TAG);
    const root = host.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [this.#style.sheet];

    const title = this.#make('h1', '');
    title.id = 'title';
    const close = this.#make('button', 'close', '×');
    close.setAttribute('type', 'button');
    close.setAttribute('aria-label', 'Close');
    const header = this.#make('header', '', title, close);
    const list = this.#make('ol', '');
    const footer = this.#make('footer', '', 'Press Escape to close. It closes by itself once everything is fixed.');
    footer.setAttribute('role', 'status');

    const dialog = /** @type {HTMLDialogElement} */ (this.#make('dialog', '', header, list, footer));
    dialog.setAttribute('role', 'alertdialog');
    dialog.setAttribute('aria-labelledby', title.id);
    dialog.addEventListener('close', () => {
      if (this.#open?.dialog === dialog) this.#dismiss();
    });
    close.addEventListener('click', () => dialog.close());

    root.append(dialog);
    // Next to the body, which belongs to the page.
    document.documentElement.append(host);
    this.#open = { host, dialog, title, list, footer };
    dialog.showModal();
  }

  /** @param {import('./problem-store.js').Slot[]} slots */
  #fill(slots) {
    if (!this.#open) return;
    const { list, title } = this.#open;
    const problems = slots.flatMap(({ kind, name, texts }) => texts.map((text) => ({ kind, name, text })));
    title.textContent = countsOf(problems);
    const { omitted, texts } = firstOf(
      problems.map(({ text }) => text),
      MOST,
    );
    const shown = texts.map((text, at) => this.#item({ ...problems[at], text }));
    if (omitted) shown.push(this.#make('li', '', `and ${omitted} more`));
    list.replaceChildren(...shown);
  }

  /** @param {{ kind: import('./problem-store.js').Kind, name: string, text: string }} problem */
  #item({ kind, name, text }) {
    const problem = readProblem(text);
    const heading = this.#make('h2', '', this.#make('span', 'badge', LABELS[kind]));
    const file = problem.file && this.#make('span', 'file', problem.file);
    const place = problem.place && this.#make('span', 'place', problem.place);
    const [line, column] = problem.place.split(/\D/).map(Number);
    if (file) heading.append(' ', this.#link(problem.file, line, column, file, ...(place ? [' ', place] : [])));
    if (name) heading.append(' ', this.#make('span', 'bundle', `in bundle '${shorten(name, MOST_NAME)}'`));
    const lines = linesOf(problem.text);
    return this.#make(
      'li',
      kind,
      heading,
      this.#make('pre', '', ...lines.flatMap((line) => [...this.#line(line), '\n'])),
    );
  }

  /**
   * @param {import('./ansi.js').Run[]} runs
   * @returns {(Node | string)[]}
   */
  #line(runs) {
    const line = runs.map((run) => {
      const classes = this.#style.classOf(run);
      return classes ? this.#make('span', classes, run.text) : run.text;
    });
    const text = runs.map(({ text }) => text).join('');
    if (POINTED_AT.test(text)) return [this.#make('span', 'pointed', ...line)];
    const [, file, row, column] = (this.open && text.length < MOST_NAMED && NAMED.exec(text)) || [];
    return file ? [...line, ' ', this.#link(file, Number(row), Number(column || 1), '↗')] : line;
  }

  /**
   * A button that opens a file in the editor, or only its label where the server opens none.
   *
   * @param {string} file
   * @param {number} [line]
   * @param {number} [column]
   * @param {(Node | string)[]} label
   */
  #link(file, line = 1, column = 1, ...label) {
    const { open } = this;
    if (!open) return this.#make('span', '', ...label);
    const button = this.#make('button', 'open', ...label);
    button.setAttribute('type', 'button');
    button.setAttribute('title', 'Open in the editor');
    if (label[0] === '↗') button.setAttribute('aria-label', `Open ${file}:${line} in the editor`);
    button.addEventListener('click', () => {
      void open(file, line, column).then(
        () => this.#say(`Opened ${file}:${line}`),
        (error) => this.#say(shorten(error instanceof Error ? error.message : String(error), MOST_REASON)),
      );
    });
    return button;
  }

  /** @param {string} text */
  #say(text) {
    if (this.#open) this.#open.footer.textContent = text;
  }

  /**
   * @param {string} tag
   * @param {string} classes
   * @param {(Node | string)[]} children
   */
  #make(tag, classes, ...children) {
    const element = this.#document.createElement(tag);
    if (classes) element.className = classes;
    // A string becomes a text node, never markup.
    element.append(...children);
    return element;
  }
}

/**
 * The number of problems of each kind, in words.
 *
 * @param {{ kind: import('./problem-store.js').Kind }[]} problems
 */
function countsOf(problems) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { kind } of problems) counts.set(LABELS[kind], (counts.get(LABELS[kind]) ?? 0) + 1);
  return [...counts].map(([label, count]) => `${count} ${label.toLowerCase()}${count === 1 ? '' : 's'}`).join(', ');
}

/**
 * The lines of a text, each as its runs of one style.
 *
 * @param {string} text
 */
function linesOf(text) {
  /** @type {import('./ansi.js').Run[][]} */
  const lines = [[]];
  for (const run of runsOf(text.trimEnd())) {
    run.text.split('\n').forEach((piece, at) => {
      if (at > 0) lines.push([]);
      if (piece) lines.at(-1)?.push({ ...run, text: piece });
    });
  }
  return lines;
}
