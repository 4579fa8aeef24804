/**
 * Custom elements that the new version of a module defines again.
 *
 * A registry takes each name once (HTML standard, section 4.13.4). So the new class is copied into the one that is
 * registered: elements that exist keep their state and get the new methods. What stays as it was is the constructor that the
 * parser and `createElement` call, with the initial values of fields, and the list of observed attributes. `new` calls that of the
 * new class. Private members can't be copied: an element has those of the
 * class that made it.
 */

import { rootsOf } from './dom.js';

/** Comments, strings and templates. */
const LITERAL = /\/\*[^]*?\*\/|\/\/.*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\[^])*`/g;

/** A private member in the text of a class without these. */
const PRIVATE = /[.\s{;(!]#[\p{ID_Start}$_]/u;

/** Own properties of a class that belong to the registered one. */
const KEPT = new Set(['constructor', 'prototype', 'length', 'name']);

export class CustomElements {
  #registry;
  #document;
  #log;
  #fullReload;
  #updates = 0;
  #isWrapped = false;

  /**
   * @param {object} page
   * @param {CustomElementRegistry} page.registry
   * @param {Document} page.document
   * @param {Pick<import('../overlay/log.js').Log, 'info' | 'error'>} page.log
   * @param {(reason: string) => void} page.fullReload
   */
  constructor({ registry, document, log, fullReload }) {
    this.#fullReload = fullReload;
    this.#registry = registry;
    this.#document = document;
    this.#log = log;
  }

  /**
   * Lets modules define elements again until a promise is settled.
   *
   * @template T
   * @param {() => Promise<T>} load
   * @returns {Promise<T>}
   */
  async during(load) {
    if (!this.#isWrapped) this.#wrap();
    this.#updates += 1;
    try {
      return await load();
    } finally {
      this.#updates -= 1;
    }
  }

  /** At the first update: until then, the page has the browser's own function. */
  #wrap() {
    const registry = this.#registry;
    const define = registry.define;
    this.#isWrapped = true;
    registry.define = (name, next, options) => {
      const current = registry.get(name);
      if (!current || current === next || !this.#updates) return define.call(registry, name, next, options);
      this.#redefine(name, current, next);
    };
  }

  /**
   * @param {string} name
   * @param {CustomElementConstructor} current
   * @param {CustomElementConstructor} next
   */
  #redefine(name, current, next) {
    if (PRIVATE.test(`${current}${next}`.replace(LITERAL, ''))) return this.#fullReload(`<${name}> has private members, so its class can’t be replaced`);
    // The registry would read it, and libraries such as Lit prepare their classes then.
    void (/** @type {{ observedAttributes?: unknown }} */ (/** @type {unknown} */ (next)).observedAttributes);
    const kept = litProperties(current, next);
    replace(current, next);
    replace(current.prototype, next.prototype, kept);
    stand(current, next);
    for (const root of rootsOf(this.#document)) {
      for (const element of root.querySelectorAll(CSS.escape(name))) {
        if (!(element instanceof current)) continue;
        const { hotReplacedCallback, requestUpdate } = /** @type {Record<string, any>} */ (/** @type {unknown} */ (element));
        try {
          if (typeof hotReplacedCallback === 'function') hotReplacedCallback.call(element);
          else if (typeof requestUpdate === 'function') updateLit(element, current, requestUpdate);
        } catch (error) {
          this.#log.error(`An update of <${name}> failed`, error);
        }
      }
    }
    this.#log.info(`Redefined: <${name}>`);
  }
}

/**
 * Reactive properties that both versions of a class of Lit have. Each class keeps their values under symbols of its own, so an
 * element would lose them with the accessors.
 *
 * @param {object} current
 * @param {object} next
 * @returns {Set<PropertyKey>}
 */
function litProperties(current, next) {
  const [before, after] = [current, next].map((one) => /** @type {{ elementProperties?: unknown }} */ (one).elementProperties);
  if (!(before instanceof Map && after instanceof Map)) return new Set();
  return new Set([...before.keys()].filter((name) => after.has(name)));
}

/**
 * Renders an element of Lit again, with its class's new styles.
 *
 * @param {Element} element
 * @param {object} registered its class
 * @param {() => void} requestUpdate
 */
function updateLit(element, registered, requestUpdate) {
  const { elementStyles } = /** @type {{ elementStyles?: { styleSheet?: CSSStyleSheet }[] }} */ (registered);
  const sheets = elementStyles?.map((style) => style.styleSheet ?? style).filter((sheet) => sheet instanceof CSSStyleSheet);
  if (sheets && element.shadowRoot) element.shadowRoot.adoptedStyleSheets = sheets;
  requestUpdate.call(element);
}

/**
 * Lets a class that is not registered create elements of the one that is, and know them.
 *
 * @param {CustomElementConstructor} current the registered class
 * @param {CustomElementConstructor} next
 */
function stand(current, next) {
  const bridge = new Proxy(Object.getPrototypeOf(next), {
    construct: (base, values, target) => Reflect.construct(base, values, target === next ? current : target),
  });
  Object.setPrototypeOf(next, bridge);
  if (Object.hasOwn(next, Symbol.hasInstance)) return;
  Object.defineProperty(next, Symbol.hasInstance, {
    configurable: true,
    /** @param {unknown} value */
    value(value) {
      const isOne = Function.prototype[Symbol.hasInstance];
      return isOne.call(this, value) || (this === next && isOne.call(current, value));
    },
  });
}

/**
 * Gives an object the own properties of another, and its prototype.
 *
 * @param {object} target
 * @param {object} source
 * @param {Set<PropertyKey>} [kept] properties that stay
 */
function replace(target, source, kept = new Set()) {
  for (const key of Reflect.ownKeys(target)) {
    if (!KEPT.has(/** @type {string} */ (key)) && !Object.hasOwn(source, key)) Reflect.deleteProperty(target, key);
  }
  for (const key of Reflect.ownKeys(source)) {
    const descriptor = Object.getOwnPropertyDescriptor(source, key);
    if (descriptor && !KEPT.has(/** @type {string} */ (key)) && !kept.has(key)) Reflect.defineProperty(target, key, descriptor);
  }
  Object.setPrototypeOf(target, Object.getPrototypeOf(source));
}
