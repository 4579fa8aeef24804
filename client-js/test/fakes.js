/** Fakes of the browser's APIs. */

/** A clock that the test advances. */
export class FakeClock {
  time = 0;
  chance = 0;
  #timers = new Map();
  #next = 1;

  now = () => this.time;
  random = () => this.chance;
  setTimeout = (task, delay) => {
    this.#timers.set(this.#next, { task, at: this.time + delay });
    return this.#next++;
  };
  clearTimeout = (timer) => {
    this.#timers.delete(timer);
  };

  get pending() {
    return this.#timers.size;
  }

  advance(milliseconds) {
    const end = this.time + milliseconds;
    for (;;) {
      const [id, timer] = [...this.#timers].sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
      if (!timer || timer.at > end) break;
      this.#timers.delete(id);
      this.time = timer.at;
      timer.task();
    }
    this.time = end;
  }
}

/** A log that keeps its lines, each with its level. */
export function fakeLog() {
  const lines = [];
  const keep = (level) => (line, ...details) => void lines.push([level, line, ...details].map(String).join(' '));
  return {
    lines,
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    problems: (kind, name, problems) => void lines.push(`${kind} ${name} ${problems.join('|')}`),
    clean: () => {},
  };
}

/** A function that keeps what it was called with. */
export function spy(answer = () => undefined) {
  const calls = [];
  const called = (...args) => {
    calls.push(args);
    return answer(...args);
  };
  return Object.assign(called, { calls });
}

/** An element, sheet-owning or not, with just enough tree around it. */
export class FakeElement {
  isConnected = true;
  shadowRoot = null;
  sheet = null;
  copies = [];
  root;

  constructor(tag, attributes = {}, base = 'http://app.test/') {
    this.tag = tag;
    this.attributes = new Map(Object.entries(attributes));
    this.base = base;
    if (tag === 'link') {
      Object.defineProperty(this, 'href', {
        get: () => new URL(this.getAttribute('href'), base).href,
        set: (href) => this.setAttribute('href', href),
      });
    }
  }

  get media() {
    return this.getAttribute('media') ?? '';
  }
  set media(media) {
    this.setAttribute('media', media);
  }
  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }
  getAttributeNS(_, name) {
    return this.attributes.get(`xlink:${name}`) ?? null;
  }
  setAttribute(name, value) {
    this.attributes.set(name, value);
  }
  setAttributeNS(_, name, value) {
    this.attributes.set(name, value);
  }
  hasAttribute(name) {
    return this.attributes.has(name);
  }
  removeAttribute(name) {
    this.attributes.delete(name);
  }
  getRootNode() {
    return this.root;
  }
  cloneNode() {
    return new FakeElement(this.tag, Object.fromEntries(this.attributes), this.base);
  }
  after(element) {
    element.root = this.root;
    this.root.elements.splice(this.root.elements.indexOf(this) + 1, 0, element);
  }
  remove() {
    this.isConnected = false;
    const at = this.root.elements.indexOf(this);
    if (at >= 0) this.root.elements.splice(at, 1);
  }
}

/** A document or shadow root of elements with a tag and attributes. */
export class FakeRoot {
  baseURI = 'http://app.test/';
  compatMode = 'CSS1Compat';
  adoptedStyleSheets = [];

  constructor(elements) {
    this.elements = elements;
    for (const element of elements) element.root = this;
  }

  get styleSheets() {
    return this.elements.map(({ sheet }) => sheet).filter(Boolean);
  }

  querySelectorAll(selectors) {
    return this.elements.filter((element) => selectors.split(',').some((selector) => matches(element, selector)));
  }
}

/** Knows `*`, `tag`, `[name]`, `tag[name="value" i]` with `=`, `~=` and `*=`. */
function matches(element, selector) {
  const [, tag, name, operator, value] =
    /^([\w*]*)(?:\[(\w[\w-]*)(?:([~*]?=)"([^"]*)"(?: i)?)?\])?$/.exec(selector) ?? [];
  if (selector === 'script:not([src])') return element.tag === 'script' && !element.hasAttribute('src');
  if (tag && tag !== '*' && tag !== element.tag) return false;
  if (!name) return true;
  const actual = element.getAttribute(name);
  if (actual === null || !operator) return actual !== null;
  if (operator === '=') return actual === value;
  if (operator === '~=') return actual.split(/\s+/).includes(value);
  return actual.includes(value);
}

/** A stylesheet whose rules are the lines of its text. */
export class FakeSheet {
  disabled = false;
  parentStyleSheet = null;
  edits = [];

  constructor({ href = null, text = '', foreign = false } = {}) {
    this.href = href;
    this.foreign = foreign;
    this.rules = text.split('\n').filter(Boolean).map(rule);
  }

  get cssRules() {
    if (this.foreign) throw new Error('SecurityError');
    return this.rules;
  }
  get text() {
    return this.rules.map(({ cssText }) => cssText).join('\n');
  }
  replaceSync(text) {
    this.rules = text.split('\n').filter(Boolean).map(rule);
  }
  insertRule(text, index) {
    if (text.includes('uninsertable')) throw new Error('SyntaxError');
    this.edits.push(`+${index} ${text}`);
    this.rules.splice(index, 0, rule(text));
  }
  deleteRule(index) {
    this.edits.push(`-${index}`);
    this.rules.splice(index, 1);
  }
}

function rule(text) {
  return { cssText: text };
}

/** An `@import` rule. */
export function importRule(href, parent, sheet) {
  if (sheet) sheet.parentStyleSheet = parent;
  return { cssText: `@import url("${href}");`, href, styleSheet: sheet };
}

/** Lets promises that are settled already run to their ends. */
export async function settle() {
  for (let turn = 0; turn < 40; turn += 1) await null;
}
