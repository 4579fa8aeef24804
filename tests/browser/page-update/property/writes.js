/** Random changes of a live page by scripts and by its user, each with what must hold after an update. */

import fc from 'fast-check';

const SCRIPT_KINDS = ['insert before', 'insert after', 'append', 'wrap', 'class', 'attribute', 'style', 'property', 'text', 'remove'];
const USER_KINDS = ['type', 'check', 'choose', 'open', 'focus'];

/** @typedef {{ kind: string, at: number }} Write */

/** @param {string[]} kinds @returns {fc.Arbitrary<Write[]>} */
const writesOf = (kinds) => fc.array(fc.record({ kind: fc.constantFrom(...kinds), at: fc.nat(1_000) }), { maxLength: 3 });

export const scriptWrites = writesOf(SCRIPT_KINDS);
export const userWrites = writesOf(USER_KINDS);

const CLOSED = 'textarea, output, title, style, script, select, option, optgroup, noscript, template, head, head *, svg *, math *';

/** Records what was written to a page. */
export class Writes {
  /** Checks to run after the update, by a name for each place. @type {Map<unknown, () => string | undefined>} */
  #checks = new Map();
  /** Elements whose content is a script's. @type {Set<Node>} */
  filled = new Set();
  /** Ids of elements that a script removed. @type {Set<string>} */
  removed = new Set();
  /** Whether a user or script changed the state of a control. */
  usesControls = false;
  #count = 0;

  /** @param {Document} document */
  constructor(document) {
    this.document = document;
  }

  /** @param {Write[]} list */
  apply(list) {
    for (const write of list) this.#apply(write);
  }

  /** Records what has the focus: a script that moves an element takes it away. Call it right before each update. */
  hold() {
    const { activeElement } = this.document;
    this.#checks.set('focus', () => {
      const isLost = this.document.activeElement !== activeElement && activeElement?.isConnected && activeElement.checkVisibility();
      return isLost ? `the focus of ${activeElement.localName} is lost` : undefined;
    });
  }

  /** Drops choices of the default: what starts after them finds no trace. Call it right before the client starts. */
  settle() {
    for (const [key] of this.#checks) {
      const { localName, selectedIndex } = /** @type {HTMLSelectElement} */ (key);
      // A copy has its default.
      if (localName === 'select' && /** @type {any} */ (key).cloneNode(true).selectedIndex === selectedIndex) this.#checks.delete(key);
    }
  }

  /** Returns a line about the first thing that was lost. */
  lost() {
    return [...this.#checks.values()].map((holds) => holds()).find(Boolean);
  }

  /** Options for the comparison with a fresh page. @returns {import('../compare.js').Options} */
  get options() {
    const isElement = (node) => node.nodeType === 1;
    return {
      isForeign: (node) => isElement(node) && node.hasAttribute('data-script'),
      isWrapper: (node) => isElement(node) && node.hasAttribute('data-wrapper'),
      isOpaque: (node) => this.filled.has(node),
      compareState: !this.usesControls,
    };
  }

  /**
   * Takes from both documents what scripts wrote, so that the rest can be compared.
   *
   * @param {Document} fresh
   * @returns {boolean} false if they can't be compared: of several copies of an element that a script removed, one is missing
   */
  strip(fresh) {
    for (const id of this.removed) {
      const copies = fresh.querySelectorAll(`[id="${id}"]`);
      if (copies.length > 1) return false;
      if (!this.document.getElementById(id)) copies[0]?.remove();
    }
    for (const element of this.document.querySelectorAll('[data-opened]')) {
      element.removeAttribute('data-opened');
      element.removeAttribute('open');
    }
    for (const element of this.document.querySelectorAll('[data-written]')) {
      element.removeAttribute('data-written');
      element.classList.remove('written');
      if (element.getAttribute('class') === '') element.removeAttribute('class');
      /** @type {any} */ (element).style?.removeProperty('--written');
      if (element.getAttribute('style') === '') element.removeAttribute('style');
    }
    return true;
  }

  #apply({ kind, at }) {
    const { document } = this;
    const all = [...document.body.querySelectorAll('*')].filter((element) => !element.matches(CLOSED) && !isOwn(element));
    const pick = (/** @type {any[]} */ list) => list[at % list.length];
    const element = pick(all);
    if (!element) return;
    const name = `${kind} ${(this.#count += 1)}`;
    const check = (/** @type {() => boolean} */ holds, subject = element) =>
      this.#checks.set(name, () => (subject.isConnected && !holds() ? `${name} at ${subject.localName} is lost` : undefined));
    // Names that no random page has: an empty element and one that a script put around it would be the same.
    const marked = (/** @type {string} */ mark) => {
      const node = document.createElement(mark === 'data-script' ? 'i' : 'figure');
      node.setAttribute(mark, name);
      return node;
    };
    switch (kind) {
      case 'insert before':
      case 'insert after':
      case 'append': {
        const node = marked('data-script');
        node.textContent = 'script';
        if (kind === 'append') element.append(node);
        else if (kind === 'insert before') element.before(node);
        else element.after(node);
        const parent = /** @type {Element} */ (node.parentNode);
        check(() => node.parentNode === parent, parent);
        break;
      }
      case 'wrap': {
        // Scripts that wrap parts of lists and tables break them.
        if (!element.matches('body > *')) return;
        const node = marked('data-wrapper');
        element.replaceWith(node);
        node.append(element);
        // It goes where the element goes.
        check(() => node.contains(element));
        break;
      }
      case 'class':
        element.setAttribute('data-written', '');
        element.classList.add('written');
        check(() => element.classList.contains('written'));
        break;
      case 'attribute':
        element.setAttribute('data-written', '');
        check(() => element.hasAttribute('data-written'));
        break;
      case 'style':
        if (!element.style) return;
        element.setAttribute('data-written', '');
        element.style.setProperty('--written', '1');
        check(() => element.style.getPropertyValue('--written') === '1');
        break;
      case 'property':
        element.written = true;
        check(() => element.written === true);
        break;
      case 'text': {
        const leaf = pick(all.filter((other) => !other.matches('input, br, img, hr, output') && !other.firstElementChild));
        if (!leaf || this.filled.has(leaf)) return;
        this.filled.add(leaf);
        leaf.textContent = 'written';
        check(() => leaf.textContent.includes('written'), leaf);
        break;
      }
      case 'remove': {
        const own = pick(all.filter((other) => other.id && document.querySelectorAll(`[id="${other.id}"]`).length === 1 && !other.firstElementChild));
        if (!own || own.matches('input')) return;
        this.removed.add(own.id);
        own.remove();
        break;
      }
      case 'type': {
        const control = pick([...document.body.querySelectorAll('input:not([type]), textarea')]);
        if (!control) return;
        this.usesControls = true;
        const { type } = control;
        control.value = 'typed';
        check(() => control.value === 'typed' || control.type !== type, control);
        break;
      }
      case 'check': {
        const control = pick([...document.body.querySelectorAll('input[type="checkbox"]')]);
        if (!control) return;
        this.usesControls = true;
        control.click();
        const { checked } = control;
        // A later click on the same box replaces the check.
        this.#checks.set(control, () =>
          control.isConnected && control.type === 'checkbox' && control.checked !== checked ? `${name} is lost` : undefined,
        );
        break;
      }
      case 'choose': {
        const control = pick([...document.body.querySelectorAll('select:not([multiple])')].filter((select) => select.options.length > 1));
        if (!control) return;
        this.usesControls = true;
        // The choice of what is selected anyway leaves no trace.
        const option = pick([...control.options].filter(({ selected }) => !selected));
        option.selected = true;
        for (const type of ['input', 'change']) control.dispatchEvent(new Event(type, { bubbles: true, composed: type === 'input' }));
        this.#checks.set(control, () =>
          control.isConnected && control.contains(option) && !control.multiple && !option.selected ? `${name} is lost` : undefined,
        );
        break;
      }
      case 'open': {
        const details = pick([...document.body.querySelectorAll('details')]);
        if (!details) return;
        details.open = true;
        details.setAttribute('data-opened', '');
        check(() => details.open, details);
        break;
      }
      case 'focus': {
        const control = pick([...document.body.querySelectorAll('input:not([hidden]), textarea, button')]);
        if (!control) return;
        control.focus();
        break;
      }
    }
  }
}

/** @param {Element} element */
const isOwn = (element) => Boolean(element.closest('[data-script]')) || element.hasAttribute('data-wrapper');
