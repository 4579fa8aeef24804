/** The style of the client's own elements: a constructed sheet, which every Content-Security-Policy allows. */

const CSS = `
:host { all: initial !important; }
@media print { :host { display: none !important; } }

:host {
  --back: #fff; --text: #1f2328; --faint: #59636e; --edge: #d1d9e0; --frame: #f6f8fa; --pointed: #ffebe9;
  --error: #b42318; --warning: #8a5a00;
  --black: #1f2328; --red: #b42318; --green: #1a7f37; --yellow: #8a5a00;
  --blue: #0757ba; --magenta: #8250df; --cyan: #136e75; --white: #59636e;
  --bright-black: #59636e; --bright-red: #cf222e; --bright-green: #116329; --bright-yellow: #7d4e00;
  --bright-blue: #0969da; --bright-magenta: #6639ba; --bright-cyan: #0f5f66; --bright-white: #1f2328;
}
@media (prefers-color-scheme: dark) {
  :host {
    --back: #16181d; --text: #e8e8e8; --faint: #a2a9b4; --edge: #3a3f4a; --frame: #0d0f12; --pointed: #4a1d22;
    --error: #ff8087; --warning: #ffd30e;
    --black: #8b93a1; --red: #ff8087; --green: #5fdd6c; --yellow: #ffd30e;
    --blue: #6cb8f5; --magenta: #f08ee0; --cyan: #4dd9ea; --white: #ebe7e3;
    --bright-black: #a2a9b4; --bright-red: #ffa3a8; --bright-green: #8ceb95; --bright-yellow: #ffe46b;
    --bright-blue: #9acfff; --bright-magenta: #f8b5ee; --bright-cyan: #8ce9f5; --bright-white: #fff;
  }
}

dialog {
  box-sizing: border-box; width: min(64rem, calc(100% - 2rem)); max-width: none; max-height: calc(100% - 2rem);
  margin: 1rem auto auto; padding: 0; border: 1px solid var(--edge); border-top: 4px solid var(--error);
  border-radius: 8px; overflow: auto; overscroll-behavior: contain;
  color: var(--text); background: var(--back); box-shadow: 0 12px 48px #0008;
  font: 13px/1.6 ui-monospace, Menlo, Consolas, monospace; text-align: left; direction: ltr; cursor: auto;
}
dialog::backdrop { background: #000a; }
header {
  position: sticky; top: 0; display: flex; align-items: center; justify-content: space-between;
  padding: 8px 16px; border-bottom: 1px solid var(--edge); background: inherit;
}
h1, h2 { margin: 0; font: inherit; font-weight: 600; }
.close {
  width: 32px; height: 32px; padding: 0; border: 0; border-radius: 6px; color: inherit; background: none;
  font: 22px/1 system-ui, sans-serif; cursor: pointer;
}
.close:hover { background: var(--edge); }
.close:focus-visible { outline: 2px solid var(--blue); outline-offset: 1px; }
ol { margin: 0; padding: 16px; list-style: none; }
li + li { margin-top: 20px; }
h2 { overflow-wrap: anywhere; }
.badge { padding: 1px 8px; border-radius: 4px; color: var(--back); background: var(--error); }
.warnings .badge { background: var(--warning); }
.place { color: var(--cyan); }
.open {
  padding: 0; border: 0; color: inherit; background: none; font: inherit; text-align: inherit; overflow-wrap: anywhere;
  text-decoration: underline; text-decoration-color: var(--faint); text-underline-offset: 3px; cursor: pointer;
}
.open:hover { text-decoration-color: currentcolor; }
.open:focus-visible { outline: 2px solid var(--blue); outline-offset: 1px; }
.bundle, footer { color: var(--faint); font-weight: 400; }
footer { padding: 8px 16px; border-top: 1px solid var(--edge); }
pre {
  margin: 8px 0 0; padding: 12px; border-radius: 6px; overflow: auto; background: var(--frame);
  font: inherit; white-space: pre; tab-size: 4;
}
.pointed { display: inline-block; min-width: 100%; background: var(--pointed); }

.bold { font-weight: 700; } .dim { opacity: 0.7; } .italic { font-style: italic; }
.underline { text-decoration: underline; } .strike { text-decoration: line-through; }
.inverse { color: var(--frame); background: var(--text); }

.building {
  position: fixed; right: 16px; bottom: 16px; z-index: 2147483647; display: flex; align-items: center; gap: 8px;
  max-width: calc(100% - 64px); padding: 6px 14px; border: 1px solid var(--edge); border-radius: 999px;
  color: var(--text); background: var(--back); box-shadow: 0 2px 12px #0004; pointer-events: none;
  font: 13px/1.5 system-ui, sans-serif; text-align: left; direction: ltr;
}
.building::before {
  flex: none; width: 10px; height: 10px; border: 2px solid var(--edge); border-top-color: var(--blue);
  border-radius: 50%; content: ''; animation: turn 0.9s linear infinite;
}
@keyframes turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) { .building::before { animation: none; } }
`;

/** The most rules for colours beyond a terminal's 16. */
const MOST_COLOURS = 256;

const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'].flatMap((name) => [
  name,
  `bright-${name}`,
]);

/** Colour names of webpack-hot-middleware's option that differ from a terminal's. */
const OTHER_NAMES = new Map([
  ['lightgrey', 'white'],
  ['darkgrey', 'bright-black'],
]);

export class Style {
  /** @type {CSSStyleSheet} */
  sheet;
  /** Colours beyond a terminal's 16 that have a rule. @type {Set<string>} */
  #made = new Set();

  /**
   * @param {Window & typeof globalThis} window
   * @param {object} [own]
   * @param {Record<string, unknown>} [own.overlayStyles] properties of the overlay, as scripts spell them
   * @param {Record<string, unknown>} [own.ansiColors] colours by name; `reset` is the pair of text and background
   */
  constructor(window, { overlayStyles = {}, ansiColors = {} } = {}) {
    this.sheet = new window.CSSStyleSheet();
    this.sheet.replaceSync(CSS);
    for (const name of COLOURS) {
      this.#add(`.text-${name} { color: var(--${name}); }`);
      this.#add(`.over-${name} { background: var(--${name}); }`);
    }

    // Through the CSSOM, so that no value can add rules.
    const host = this.#add(':host {}').style;
    for (const [name, value] of Object.entries(ansiColors)) {
      if (name === 'reset') {
        const [text, back] = Array.isArray(value) ? value : [value];
        host.setProperty('--text', colour(text));
        if (back !== undefined) host.setProperty('--frame', colour(back));
      } else host.setProperty(`--${OTHER_NAMES.get(name) ?? name}`, colour(value));
    }
    const dialog = /** @type {Record<string, any>} */ (this.#add('dialog {}').style);
    for (const [name, value] of Object.entries(overlayStyles)) dialog[name] = String(value);
  }

  /**
   * The CSS classes for a run of text.
   *
   * @param {import('./ansi.js').Run} run
   */
  classOf({ looks, colour, background }) {
    const classes = [...looks];
    if (colour) classes.push(this.#classFor('text', 'color', colour));
    if (background) classes.push(this.#classFor('over', 'background', background));
    return classes.filter(Boolean).join(' ');
  }

  /**
   * @param {string} prefix
   * @param {string} property
   * @param {string} value
   */
  #classFor(prefix, property, value) {
    const name = `${prefix}-${value.replace('#', '')}`;
    if (value.startsWith('#') && !this.#made.has(name)) {
      if (this.#made.size >= MOST_COLOURS) return '';
      this.#made.add(name);
      this.#add(`.${name} { ${property}: ${value}; }`);
    }
    return name;
  }

  /** @param {string} rule */
  #add(rule) {
    const at = this.sheet.insertRule(rule, this.sheet.cssRules.length);
    return /** @type {CSSStyleRule} */ (this.sheet.cssRules[at]);
  }
}

/**
 * A CSS colour. webpack-hot-middleware accepts hexadecimal colours without the `#`.
 *
 * @param {unknown} value
 */
function colour(value) {
  const text = String(value);
  return /^(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/i.test(text) ? `#${text}` : text;
}
