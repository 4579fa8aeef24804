/** Form controls through an update: the template's new defaults, with what the user chose or typed. */

import { checkOptions, defaultOptions } from './choices.js';
import { modeOf } from './similarity.js';

const HTML = 'http://www.w3.org/1999/xhtml';

/**
 * @typedef {HTMLInputElement | HTMLTextAreaElement} Field
 *
 * @typedef {() => void} Restore
 */

/** The user's input in the controls that an update touches. */
export class Forms {
  #document;
  /** @type {Set<Field>} */
  #fields = new Set();
  /** @type {Set<HTMLSelectElement>} */
  #selects = new Set();
  #hasRadios = false;
  /** @type {Restore[]} */
  #restores = [];
  #choices;

  /**
   * @param {Document} document
   * @param {import('./choices.js').Choices} choices
   */
  constructor(document, choices) {
    this.#document = document;
    this.#choices = choices;
  }

  /**
   * Notes that an update changes an element, its text or its children.
   *
   * @param {Element} live
   */
  touch(live) {
    if (live.namespaceURI !== HTML) return;
    if (modeOf(live) === 'radio') this.#hasRadios = true;
    else if (live.localName === 'input' || live.localName === 'textarea') this.#fields.add(/** @type {Field} */ (live));
    const select = live.closest('select');
    if (select?.namespaceURI === HTML) this.#selects.add(select);
  }

  /**
   * Notes that an update inserts an element.
   *
   * @param {Element} element
   */
  insert(element) {
    if (element.localName === 'input' || element.querySelector('input')) this.#hasRadios = true;
  }

  /**
   * Refuses an update after which the user's choice could be another.
   *
   * @param {import('./live-nodes.js').LiveNodes} live
   * @param {import('./match.js').Match} match of the base and the next version
   */
  check(live, match) {
    for (const select of this.#selects) if (this.#choices.has(select)) checkOptions(select, live, match);
  }

  /** Notes the state of the controls. */
  save() {
    for (const field of this.#fields) this.#restores.push(saveField(field));
    for (const select of this.#selects) this.#restores.push(saveSelect(select, this.#choices.has(select)));
    if (this.#hasRadios) this.#restores.push(this.#saveRadios());
  }

  /** Gives the controls the user's state, or the new default where it was the default. */
  restore() {
    for (const restore of this.#restores) restore();
  }

  /**
   * Inserting a checked radio button, or making it the default, clears the user's choice.
   *
   * @returns {Restore}
   */
  #saveRadios() {
    const groups = [...radioGroupsIn(this.#document).values()];
    const chosen = groups.filter((radios) => radios.some(isDirty)).map((radios) => radios.find(({ checked }) => checked));
    const known = new Set(groups.flat());
    return () => {
      for (const radios of radioGroupsIn(this.#document).values()) {
        const choice = radios.find((radio) => chosen.includes(radio));
        if (choice) choose(radios, choice);
        else if (!radios.every((radio) => !known.has(radio))) choose(radios, radios.findLast(({ defaultChecked }) => defaultChecked));
      }
    };
  }
}

/**
 * @param {Field} field
 * @returns {Restore}
 */
function saveField(field) {
  if (!isDirty(field)) {
    return () => {
      // Other limits, or another type, may allow more of the default than before.
      const value = modeOf(field) === 'value' ? field.getAttribute('value') : null;
      if (value === null || field.value === value) return;
      // Firefox does nothing for the same value.
      field.removeAttribute('value');
      field.setAttribute('value', value);
    };
  }
  if (modeOf(field) === 'checkbox') {
    const input = /** @type {HTMLInputElement} */ (field);
    const { checked } = input;
    return () => {
      if (input.checked !== checked) input.checked = checked;
    };
  }
  const { value } = field;
  return () => {
    if (field.value !== value) field.value = value;
  };
}

/**
 * Returns true for a control that no longer follows its default, as the user or a script has set it. Only a copy tells: it
 * has the flag too (HTML, "cloning steps" of `input` and `textarea`).
 *
 * @param {Field} field
 */
export function isDirty(field) {
  const mode = modeOf(field);
  const copy = /** @type {HTMLInputElement} */ (field.cloneNode(true));
  if (mode === 'checkbox' || mode === 'radio') {
    copy.defaultChecked = !copy.checked;
    return copy.checked !== copy.defaultChecked;
  }
  if (mode !== '' && mode !== 'value') return false;
  // No other type changes the probe.
  if (mode === 'value') copy.type = 'text';
  copy.defaultValue = `${copy.value}?`;
  return copy.value !== copy.defaultValue;
}

/** @param {Document} document */
function radioGroupsIn(document) {
  /** @type {Map<string, HTMLInputElement[]>} */
  const groups = new Map();
  /** @type {Map<HTMLFormElement | null, number>} */
  const forms = new Map();
  for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('input[type=radio i]'))) {
    if (radio.namespaceURI !== HTML) continue;
    const form = forms.get(radio.form) ?? forms.size;
    forms.set(radio.form, form);
    const key = radio.name ? `${form} ${radio.name}` : `${form} ${groups.size} alone`;
    groups.set(key, [...(groups.get(key) ?? []), radio]);
  }
  return groups;
}

/**
 * @param {HTMLInputElement[]} radios
 * @param {HTMLInputElement | undefined} choice
 */
function choose(radios, choice) {
  for (const radio of radios) if (radio.checked !== (radio === choice)) radio.checked = radio === choice;
}

/**
 * @param {HTMLSelectElement} select
 * @param {boolean} isSet true for a choice of the user's, or of a script's
 * @returns {Restore}
 */
function saveSelect(select, isSet) {
  const chosen = new Set([...select.options].filter(({ selected }) => selected));
  return () => {
    const left = [...select.options].filter((option) => chosen.has(option));
    const isKept = isSet && (select.multiple || left.length || !chosen.size);
    const wanted = new Set(isKept ? left : defaultOptions(select));
    if ([...select.options].every((option) => option.selected === wanted.has(option))) return;
    if (!wanted.size) select.selectedIndex = -1;
    for (const option of select.options) if (option.selected !== wanted.has(option)) option.selected = wanted.has(option);
  };
}
