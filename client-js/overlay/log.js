import { firstOf, shorten } from '../stream/text.js';
import { plain } from './ansi.js';

/**
 * The client's console lines.
 *
 * @typedef {'debug' | 'info' | 'warn' | 'error' | 'none'} Level
 * @typedef {object} Log
 * @property {(line: string) => void} debug
 * @property {(line: string) => void} info
 * @property {(line: string, ...details: unknown[]) => void} warn
 * @property {(line: string, ...details: unknown[]) => void} error
 * @property {(kind: 'errors' | 'warnings', name: string, problems: string[], subject?: string) => void} problems
 * @property {(name: string) => void} clean
 */

/** The longest line, and the most of a build's problems, that go to the console. */
const MOST_LINE = 10_000;
const MOST_NAME = 100;
const MOST_PROBLEMS = { texts: 100, characters: 20_000, total: 200_000 };

const LEVELS = ['debug', 'info', 'warn', 'error', 'none'];
const DEFAULT = LEVELS.indexOf('info');
const STYLES = { errors: 'color: #ff0000;', warnings: 'color: #999933;' };

/**
 * @typedef {Pick<Console, 'log' | 'warn' | 'error' | 'group' | 'groupEnd'>} Output
 */

/**
 * A console that writes its `log` lines a little later, after the update that they report.
 *
 * With the developer tools open, four lines take a seventh of the time from the save to the frame. All lines keep their order: any other line writes the waiting ones first.
 *
 * @param {Output} console
 * @param {(task: () => void) => void} later
 * @returns {Output & { flush(): void }}
 */
export function deferredConsole(console, later) {
  /** @type {unknown[][]} */
  const lines = [];
  const flush = () => {
    for (const line of lines.splice(0)) console.log(...line);
  };
  /** @param {'warn' | 'error' | 'group' | 'groupEnd'} method @returns {(...line: unknown[]) => void} */
  const after = (method) => (...line) => {
    flush();
    console[method](...line);
  };
  return {
    log(...line) {
      if (lines.push(line) === 1) later(flush);
    },
    warn: after('warn'),
    error: after('error'),
    group: after('group'),
    groupEnd: after('groupEnd'),
    flush,
  };
}

/**
 * A log of the lines at or above a level.
 *
 * @param {Output} console
 * @param {() => unknown} level called for each line; anything but a level's name means `info`
 * @returns {Log}
 */
export function createLog(console, level) {
  /** @param {Level} wanted */
  const shows = (wanted) => {
    const given = LEVELS.indexOf(String(level()));
    return LEVELS.indexOf(wanted) >= (given < 0 ? DEFAULT : given);
  };

  /** The last report of each bundle, so that the same failing build is reported once. */
  const reported = new Map();

  return {
    debug(line) {
      if (shows('debug')) console.log(`[HMR] ${shorten(line, MOST_LINE)}`);
    },
    info(line) {
      if (shows('info')) console.log(`[HMR] ${shorten(line, MOST_LINE)}`);
    },
    warn(line, ...details) {
      if (shows('warn')) console.warn(`[HMR] ${shorten(line, MOST_LINE)}`, ...details);
    },
    error(line, ...details) {
      if (shows('error')) console.error(`[HMR] ${shorten(line, MOST_LINE)}`, ...details);
    },
    problems(kind, name, problems, subject = bundle(name)) {
      if (!shows(kind === 'errors' ? 'error' : 'warn')) return;
      const slot = JSON.stringify([kind, name]);
      const text = consoleText(problems);
      if (reported.get(slot) === text) return;
      reported.set(slot, text);
      console.group(
        `%c[HMR] ${subject} has ${problems.length} ${problems.length === 1 ? kind.slice(0, -1) : kind}`,
        STYLES[kind],
      );
      console[kind === 'errors' ? 'error' : 'warn'](text);
      console.groupEnd();
    },
    clean(name) {
      reported.delete(JSON.stringify(['errors', name]));
      reported.delete(JSON.stringify(['warnings', name]));
    },
  };
}

/**
 * The text of a build's problems for the console: plain and bounded.
 *
 * @param {readonly string[]} problems
 */
export function consoleText(problems) {
  const { omitted, texts } = firstOf(problems, MOST_PROBLEMS);
  return texts.map(plain).join('\n') + (omitted ? `\nand ${omitted} more` : '');
}

/**
 * The name of a build's output in a console line. A bundler's has no list of changes.
 *
 * @param {{ name?: string, changes?: unknown }} event
 */
export function subjectOf({ name, changes }) {
  if (changes === undefined) return bundle(name);
  return name ? `'${shorten(name, MOST_NAME)}'` : 'the build';
}

/**
 * A bundle's name in a console line.
 *
 * @param {string | undefined} name
 */
export function bundle(name) {
  return name ? `bundle '${shorten(name, MOST_NAME)}'` : 'bundle';
}
