/**
 * Values of form fields that the user has changed.
 *
 * @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Field
 * @typedef {{ kind: string, name: string, value: string | boolean | string[] }} FieldState
 */

const FIELDS = 'input,textarea,select';

/** Types without a value of the user's, and secret ones. Browsers let no script set a file. */
const UNKEPT = new Set(['password', 'file', 'hidden', 'submit', 'reset', 'button', 'image']);
const SECRET = /\b(?:current-password|new-password|one-time-code|cc-[a-z-]+)\b/i;
/** A field that shows a password as text, as many pages let it. */
const PASSWORD = /passw/i;

/** Attributes that decide on the value that a field starts with; `type` last, as it applies the others. */
const STARTING = ['min', 'max', 'step', 'value', 'type'];

/**
 * The fields in a document or shadow root.
 *
 * @param {Document | ShadowRoot} root
 */
export function fieldsIn(root) {
  return /** @type {NodeListOf<Field>} */ (root.querySelectorAll(FIELDS));
}

/**
 * The value that the user or a script gave a field, or `undefined` if it has the one that it was loaded with.
 *
 * @param {Field} field
 * @returns {FieldState | undefined}
 */
export function stateOf(field) {
  const autocomplete = field.getAttribute('autocomplete') ?? '';
  if (UNKEPT.has(field.type) || SECRET.test(autocomplete) || PASSWORD.test(field.name + field.id)) return undefined;
  if (isUnchanged(field)) return undefined;
  const value = valueOf(field);
  // Of a group, the button that the user chose says all.
  if (field.type === 'radio' && value !== true) return undefined;
  return { kind: field.type, name: field.name, value };
}

/**
 * Gives a field the value that it had before a reload, unless the page has set another one meanwhile.
 *
 * @param {Element} element
 * @param {FieldState} state
 * @returns {boolean} false if the field is another one, or has been changed
 */
export function restoreState(element, { kind, name, value }) {
  if (!element.matches(FIELDS)) return false;
  const field = /** @type {Field} */ (element);
  if (field.type !== kind || field.name !== name || !groupOf(field).every(isUnchanged)) return false;
  if (!setValue(field, value)) return false;
  const { defaultView: view } = field.ownerDocument;
  // Frameworks keep a copy of the value, and take a new one from this event.
  if (view) field.dispatchEvent(new view.Event('input', { bubbles: true }));
  return true;
}

/** @param {Field} field */
function isUnchanged(field) {
  if ('options' in field) {
    const start = startOf(field);
    return Array.from(field.options).every((option, at) => option.selected === start.has(at));
  }
  if (isChecked(field)) return field.checked === field.defaultChecked;
  return field.value === startingValue(field);
}

/** @param {Field} field */
function valueOf(field) {
  if ('options' in field) return Array.from(field.selectedOptions, ({ value }) => value);
  return isChecked(field) ? field.checked : field.value;
}

/**
 * @param {Field} field
 * @param {FieldState['value']} value
 * @returns {boolean}
 */
function setValue(field, value) {
  if ('options' in field) {
    if (!Array.isArray(value)) return false;
    const options = [...field.options];
    if (!value.every((wanted) => options.some((option) => option.value === wanted))) return false;
    for (const option of options) option.selected = value.includes(option.value);
    return true;
  }
  const name = isChecked(field) ? 'checked' : 'value';
  if (typeof value !== (name === 'checked' ? 'boolean' : 'string')) return false;
  // The class's own setter: frameworks such as React put one of theirs on the element.
  return Reflect.set(Object.getPrototypeOf(field), name, value, field);
}

/**
 * The value that a field would have in a page that was just loaded. Browsers adapt the attribute's to the type: a range
 * without one starts in the middle.
 *
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 */
function startingValue(field) {
  if (field.localName !== 'input') return field.defaultValue;
  const fresh = field.ownerDocument.createElement('input');
  for (const name of STARTING) {
    const value = field.getAttribute(name);
    if (value !== null) fresh.setAttribute(name, value);
  }
  return fresh.value;
}

/**
 * The places of the options that are selected in a page that was just loaded (HTML, "ask for a reset").
 *
 * @param {HTMLSelectElement} select
 */
function startOf({ multiple, options, size }) {
  const all = [...options];
  const selected = all.flatMap(({ defaultSelected }, at) => (defaultSelected ? [at] : []));
  if (multiple) return new Set(selected);
  const first = size > 1 ? -1 : all.findIndex((option) => !option.disabled);
  return new Set([selected.at(-1) ?? first]);
}

/**
 * @param {Field} field
 * @returns {field is HTMLInputElement}
 */
function isChecked(field) {
  return field.type === 'checkbox' || field.type === 'radio';
}

/**
 * A radio button with the others of its group, or the field alone.
 *
 * @param {Field} field
 * @returns {Field[]}
 */
function groupOf(field) {
  if (field.type !== 'radio' || !field.name) return [field];
  const root = /** @type {Document | ShadowRoot} */ (field.getRootNode());
  return [...fieldsIn(root)].filter(({ type, name, form }) => type === 'radio' && name === field.name && form === field.form);
}
