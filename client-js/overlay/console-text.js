/** The values of a console line as one text. Objects are read without calling their getters. */

import { shorten } from '../stream/text.js';

/** Bounds of one line: characters, levels of objects in objects, and properties or items of one. */
const MOST_TEXT = 2_000;
const MOST_DEPTH = 2;
const MOST_ITEMS = 12;
const MOST_STRING = 200;

/** The console standard's format specifiers. */
const SPECIFIER = /%([sdifoOc%])/g;

/**
 * @param {readonly unknown[]} values
 * @returns {string}
 */
export function textOfLine(values) {
  const [first, ...rest] = values;
  /** @type {string[]} */
  const parts = [];
  let after = values;
  if (typeof first === 'string') {
    let used = 0;
    parts.push(
      shorten(first, 2 * MOST_TEXT).replace(SPECIFIER, (written, kind) => {
        if (kind === '%') return '%';
        if (used >= rest.length) return written;
        const value = rest[used++];
        if (kind === 'c') return '';
        return kind === 's' && typeof value !== 'object' ? safely(() => String(value)) : textOf(value);
      }),
    );
    after = rest.slice(used);
  }
  for (const value of after.slice(0, 2 * MOST_ITEMS)) parts.push(textOf(value));
  return shorten(parts.join(' ').trim(), MOST_TEXT);
}

/**
 * A value as text; a text stays as it is.
 *
 * @param {unknown} value
 */
export function textOf(value) {
  return typeof value === 'string' ? value : shorten(safely(() => inner(value, 0)), MOST_TEXT);
}

/**
 * The name and the message of an error, and of its cause.
 *
 * @param {{ name?: unknown, message?: unknown, cause?: unknown }} error
 * @param {number} [depth]
 * @returns {string}
 */
export function errorText(error, depth = 0) {
  const { cause, message, name } = error;
  const own = [name, message].filter((part) => typeof part === 'string' && part).join(': ') || 'Error';
  return cause === undefined || depth >= MOST_DEPTH ? own : `${own} (cause: ${safely(() => inner(cause, depth + 1))})`;
}

/** @param {unknown} value @returns {value is Error} */
export function isError(value) {
  // One of another window is an instance of that window's class.
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

/**
 * @param {unknown} value
 * @param {number} depth
 * @returns {string}
 */
function inner(value, depth) {
  if (typeof value === 'string') return JSON.stringify(shorten(value, MOST_STRING));
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `[function ${value.name}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (isError(value)) return errorText(value, depth);
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (kind === 'Date' || kind === 'RegExp') return String(value);
  if (/Element$/.test(kind)) return tagOf(/** @type {Element} */ (value));
  if (kind === 'Map' || kind === 'Set') return `${kind}(${/** @type {Map<any, any>} */ (value).size})`;
  const isList = Array.isArray(value);
  if (depth >= MOST_DEPTH) return isList ? `Array(${value.length})` : '{…}';
  const names = Object.keys(value);
  const items = names.slice(0, MOST_ITEMS).map((name) => {
    const property = Object.getOwnPropertyDescriptor(value, name);
    const text = property && 'value' in property ? inner(property.value, depth + 1) : '[getter]';
    return isList ? text : `${name}: ${text}`;
  });
  if (names.length > MOST_ITEMS) items.push(`… ${names.length - MOST_ITEMS} more`);
  if (isList) return `[${items.join(', ')}]`;
  return `${kind === 'Object' ? '' : `${kind} `}{ ${items.join(', ')} }`.replace('{  }', '{}');
}

/** @param {Element} element */
function tagOf(element) {
  const id = element.getAttribute('id');
  const classes = element.getAttribute('class')?.trim().split(/\s+/).slice(0, 3).join('.');
  return `<${element.localName}${id ? `#${id}` : ''}${classes ? `.${classes}` : ''}>`;
}

/** @param {() => string} text */
function safely(text) {
  try {
    return text();
  } catch {
    return '[unreadable]';
  }
}
