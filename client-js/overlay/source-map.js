/** One source map (ECMA-426): the original place of a place in a script. Pure; a map that is invalid throws. */

/** The most sections, sources and segments of a map: the bounds of memory beside that of its text. */
const MOST_SECTIONS = 1_000;
const MOST_SOURCES = 100_000;
const MOST_SEGMENTS = 5_000_000;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const DIGITS = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 64; digit += 1) DIGITS[ALPHABET.charCodeAt(digit)] = digit;

const [COMMA, SEMICOLON] = [44, 59];

/**
 * @typedef {object} Original a place in a source
 * @property {string} source as in the map, after `sourceRoot`
 * @property {number} line from 1
 * @property {number} column from 1
 * @property {string | undefined} text the source's, if the map has it
 *
 * @typedef {number[]} Segment column, and where it has an original: number of the source, line and column, all from 0
 *
 * @typedef {{ line: number, column: number, map: Table }} Section a map that begins at this place, from 0
 */

/** A map with its sections, of which most maps have one. */
export class SourceMap {
  /** @type {Section[]} */
  #sections;

  /** @param {unknown} given the parsed JSON */
  constructor(given) {
    const { sections } = Object(given);
    if (!Array.isArray(sections)) {
      this.#sections = [{ line: 0, column: 0, map: new Table(given) }];
      return;
    }
    if (sections.length > MOST_SECTIONS) throw new Error(`more than ${MOST_SECTIONS} sections`);
    this.#sections = sections.map((section) => {
      const { map, offset } = Object(section);
      const { line, column } = Object(offset);
      if (!Number.isInteger(line) || !Number.isInteger(column)) throw new Error('a section without an offset');
      return { line, column, map: new Table(map) };
    });
  }

  /**
   * The original of a place.
   *
   * @param {number} line from 1
   * @param {number} column from 1
   * @returns {Original | undefined}
   */
  originalOf(line, column) {
    let [row, last] = [line - 1, column - 1];
    let isBefore = false;
    for (let at = this.#sections.length - 1; at >= 0; at -= 1) {
      const { line: first, column: offset, map } = /** @type {Section} */ (this.#sections[at]);
      if (first > row || (first === row && offset > last)) continue;
      const segment = map.segmentAt(row - first, first === row ? last - offset : last, isBefore);
      if (segment) return map.originalOf(segment);
      // The line begins in the section before, up to where this one begins.
      if (first < row) return undefined;
      last = offset - 1;
      isBefore = true;
    }
    return undefined;
  }
}

/** A map without sections. Its mappings are decoded at the first look-up. */
class Table {
  #sources;
  #contents;
  #mappings;
  /** @type {Segment[][] | undefined} */
  #lines;

  /** @param {unknown} given */
  constructor(given) {
    const { mappings, sourceRoot, sources, sourcesContent } = Object(given);
    if (typeof mappings !== 'string' || !Array.isArray(sources)) throw new Error('not a source map');
    if (sources.length > MOST_SOURCES) throw new Error(`more than ${MOST_SOURCES} sources`);
    const root = typeof sourceRoot === 'string' && sourceRoot ? `${sourceRoot.replace(/\/$/, '')}/` : '';
    this.#sources = sources.map((source) => (typeof source === 'string' ? root + source : ''));
    this.#contents = Array.isArray(sourcesContent) ? sourcesContent : [];
    this.#mappings = mappings;
  }

  /**
   * The segment that a place is in: the last one that begins at or before it, and the first of several that begin exactly
   * there.
   *
   * @param {number} line from 0
   * @param {number} column from 0
   * @param {boolean} isBefore true if the place itself is after that column
   * @returns {Segment | undefined}
   */
  segmentAt(line, column, isBefore) {
    this.#lines ??= decode(this.#mappings);
    const segments = this.#lines[line] ?? [];
    let [low, high] = [0, segments.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (columnOf(segments[middle]) <= column) low = middle + 1;
      else high = middle;
    }
    let at = low - 1;
    while (!isBefore && at > 0 && columnOf(segments[at]) === column && columnOf(segments[at - 1]) === column) at -= 1;
    return segments[at];
  }

  /**
   * @param {Segment} segment
   * @returns {Original | undefined}
   */
  originalOf([, source = -1, line = 0, column = 0]) {
    const name = this.#sources[source];
    if (!name) return undefined;
    const text = this.#contents[source];
    return { source: name, line: line + 1, column: column + 1, text: typeof text === 'string' ? text : undefined };
  }
}

/** @param {Segment | undefined} segment */
function columnOf(segment) {
  return segment?.[0] ?? 0;
}

/**
 * The segments of each line, in the order of their columns.
 *
 * @param {string} mappings
 * @returns {Segment[][]}
 */
function decode(mappings) {
  /** @type {Segment[][]} */
  const lines = [];
  /** @type {Segment[]} */
  let segments = [];
  let [at, count] = [0, 0];
  let [source, line, column] = [0, 0, 0];
  let generated = 0;
  let isSorted = true;
  /** @type {() => number} */
  const next = () => {
    let [value, shift, digit] = [0, 0, 32];
    while (digit & 32) {
      digit = DIGITS[mappings.charCodeAt(at)] ?? -1;
      if (digit < 0 || shift > 30) throw new Error(`an invalid number at ${at} of the mappings`);
      at += 1;
      value |= (digit & 31) << shift;
      shift += 5;
    }
    const size = value >>> 1;
    return value & 1 ? -size : size;
  };
  const isEnd = () => at >= mappings.length || mappings.charCodeAt(at) === COMMA || mappings.charCodeAt(at) === SEMICOLON;
  const endLine = () => {
    if (!isSorted) segments.sort((one, other) => columnOf(one) - columnOf(other));
    lines.push(segments);
    [segments, generated, isSorted] = [[], 0, true];
  };
  while (at < mappings.length) {
    const code = mappings.charCodeAt(at);
    if (code === SEMICOLON) endLine();
    if (code === SEMICOLON || code === COMMA) {
      at += 1;
      continue;
    }
    if ((count += 1) > MOST_SEGMENTS) throw new Error(`more than ${MOST_SEGMENTS} segments`);
    const before = generated;
    generated += next();
    isSorted &&= segments.length === 0 || generated >= before;
    if (isEnd()) {
      segments.push([generated]);
      continue;
    }
    source += next();
    line += next();
    column += next();
    segments.push([generated, source, line, column]);
    // The name.
    if (!isEnd()) next();
    if (!isEnd()) throw new Error(`a segment that is too long at ${at} of the mappings`);
  }
  endLine();
  return lines;
}
