/** Terminal output (ECMA-48) as styled text for a page. */

/** Colours, cursor movements and links, as compilers write them. */
const ESCAPE = /\x1b(?:\[([0-?]*)([ -/]*[@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\))/g;

const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/** Parameters that switch a look on. */
const LOOKS = new Map([
  [1, 'bold'],
  [2, 'dim'],
  [3, 'italic'],
  [4, 'underline'],
  [7, 'inverse'],
  [9, 'strike'],
]);

/** Parameters that switch looks off. */
const ENDS = new Map([
  [22, ['bold', 'dim']],
  [23, ['italic']],
  [24, ['underline']],
  [27, ['inverse']],
  [29, ['strike']],
]);

/** Characters of parameters in one sequence that are read; no program writes as many. */
const MOST_PARAMETERS = 256;

/** The steps of a colour's part in the cube of 216 colours. */
const STEPS = [0, 95, 135, 175, 215, 255];

/**
 * @typedef {object} Run text of one look
 * @property {string} text
 * @property {string[]} looks
 * @property {string | undefined} colour a name out of a terminal's 16 (`red`, `bright-red`), or `#rrggbb`
 * @property {string | undefined} background the same
 */

/**
 * The text alone.
 *
 * @param {string} text
 */
export function plain(text) {
  return text.replace(ESCAPE, '');
}

/**
 * The text in pieces of one look each, in order.
 *
 * @param {string} text
 * @returns {Run[]}
 */
export function runsOf(text) {
  /** @type {Run[]} */
  const runs = [];
  const pen = new Pen();
  let from = 0;
  /** @param {number} to */
  const cut = (to) => {
    if (to > from) runs.push({ text: text.slice(from, to), ...pen.look() });
  };
  for (const escape of text.matchAll(ESCAPE)) {
    cut(escape.index);
    from = escape.index + escape[0].length;
    const [, parameters = '', final] = escape;
    if (final === 'm' && parameters.length <= MOST_PARAMETERS) pen.obey(parametersOf(parameters));
  }
  cut(text.length);
  return runs;
}

/** The style of the next text. */
class Pen {
  #looks = new Set();
  /** @type {string | undefined} */
  #colour;
  /** @type {string | undefined} */
  #background;

  look() {
    return { looks: [...this.#looks], colour: this.#colour, background: this.#background };
  }

  /** @param {number[]} parameters */
  obey(parameters) {
    for (let at = 0; at < parameters.length; at += 1) {
      const code = /** @type {number} */ (parameters[at]);
      if (code === 0) this.#reset();
      else if (LOOKS.has(code)) this.#looks.add(LOOKS.get(code));
      else if (ENDS.has(code)) for (const look of ENDS.get(code) ?? []) this.#looks.delete(look);
      else if (code === 38 || code === 48) {
        const { colour, length } = extended(parameters.slice(at + 1, at + 5));
        if (code === 38) this.#colour = colour;
        else this.#background = colour;
        at += length;
      } else this.#paint(code);
    }
  }

  /** @param {number} code */
  #paint(code) {
    if (code === 39) this.#colour = undefined;
    else if (code === 49) this.#background = undefined;
    else if (code >= 30 && code <= 37) this.#colour = COLOURS[code - 30];
    else if (code >= 90 && code <= 97) this.#colour = `bright-${COLOURS[code - 90]}`;
    else if (code >= 40 && code <= 47) this.#background = COLOURS[code - 40];
    else if (code >= 100 && code <= 107) this.#background = `bright-${COLOURS[code - 100]}`;
  }

  #reset() {
    this.#looks.clear();
    this.#colour = undefined;
    this.#background = undefined;
  }
}

/**
 * Reads the parameters of a sequence. An empty one counts as 0. The colour space in a colour with colons is ignored.
 *
 * @param {string} text
 */
function parametersOf(text) {
  return text
    .replace(/([34]8:2):\d*:(\d+:\d+:\d+)/g, '$1:$2')
    .split(/[;:]/)
    .map(Number);
}

/**
 * A colour out of 256 (`5;N`) or of all (`2;R;G;B`).
 *
 * @param {number[]} parameters those after 38 or 48
 * @returns {{ colour: string | undefined, length: number }} `length` parameters belong to it
 */
function extended([kind, ...rest]) {
  if (kind === 2) return { colour: hex(rest.slice(0, 3)), length: 4 };
  if (kind === 5) return { colour: indexed(rest[0] ?? 0), length: 2 };
  return { colour: undefined, length: 1 };
}

/** @param {number} index */
function indexed(index) {
  if (index < 8) return COLOURS[index];
  if (index < 16) return `bright-${COLOURS[index - 8]}`;
  if (index > 255) return undefined;
  if (index >= 232) return hex(Array(3).fill(8 + 10 * (index - 232)));
  const cube = index - 16;
  return hex([Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((step) => STEPS[step] ?? 0));
}

/** @param {number[]} parts */
function hex([red = 0, green = 0, blue = 0]) {
  return `#${[red, green, blue].map((part) => Math.min(255, part).toString(16).padStart(2, '0')).join('')}`;
}
