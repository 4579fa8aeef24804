/**
 * What a module imports, by npm's `es-module-lexer` and by acorn's parser, in the form that `lex.rs` prints.
 *
 * @typedef {'Static' | 'Dynamic' | 'Url'} Kind
 *
 * @typedef {{ imports: { kind: Kind, specifier: string }[], hasDefault: boolean }} Found
 */

import { parse as parseByAcorn } from 'acorn';
import { parse as lexByModuleLexer } from 'es-module-lexer';

/** The types of es-module-lexer's imports whose specifiers are literals. The third is `import.meta`. */
const STATIC = new Set([1, 4, 6]);
const DYNAMIC = new Set([2, 5, 7]);

/**
 * Returns what a text imports without `new URL(…)` and without templates, which es-module-lexer doesn't report.
 *
 * @param {string} text
 * @returns {Found | null} `null` if it is no module
 */
export function byModuleLexer(text) {
  let found;
  try {
    found = lexByModuleLexer(text);
  } catch {
    return null;
  }
  const imports = found[0].flatMap(({ n: specifier, t: type }) => {
    if (specifier === undefined) return [];
    if (STATIC.has(type)) return [{ kind: /** @type {Kind} */ ('Static'), specifier }];
    return DYNAMIC.has(type) ? [{ kind: /** @type {Kind} */ ('Dynamic'), specifier }] : [];
  });
  return { imports, hasDefault: found[1].some(({ n: name }) => name === 'default') };
}

/**
 * Returns what a text imports by its syntax tree.
 *
 * @param {string} text
 * @returns {Found | null} `null` if it is no module
 */
export function byParser(text) {
  let tree;
  try {
    tree = parseByAcorn(text, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true, preserveParens: true });
  } catch {
    return null;
  }
  const found = { imports: /** @type {(Found['imports'][number] & { start: number })[]} */ ([]), hasDefault: false };
  visit(tree, (node) => {
    const add = (/** @type {Kind} */ kind, /** @type {any} */ source) => {
      const specifier = literal(source);
      if (specifier !== undefined) found.imports.push({ kind, specifier, start: source.start });
    };
    if (node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration') add('Static', node.source);
    if (node.type === 'ExportNamedDeclaration' && node.source) add('Static', node.source);
    if (node.type === 'ImportExpression') add('Dynamic', node.source);
    if (node.type === 'NewExpression' && isUrlOfModule(node)) add('Url', node.arguments[0]);
    found.hasDefault ||= node.type === 'ExportDefaultDeclaration' || isDefault(node.exported);
  });
  found.imports.sort((one, other) => one.start - other.start);
  return { imports: found.imports.map(({ kind, specifier }) => ({ kind, specifier })), hasDefault: found.hasDefault };
}

/**
 * @param {any} node
 * @param {(node: any) => void} each
 */
function visit(node, each) {
  const left = [node];
  while (left.length) {
    const next = left.pop();
    if (typeof next.type === 'string') each(next);
    for (const value of Object.values(next)) {
      if (value && typeof value === 'object') left.push(value);
    }
  }
}

/** The value of a string, or of a template without substitutions. @param {any} node */
function literal(node) {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral' && !node.expressions.length) return node.quasis[0].value.cooked;
  return undefined;
}

/** Returns true for the node of `new URL("…", import.meta.url)`. @param {any} node */
function isUrlOfModule({ callee, arguments: [first, second] }) {
  if (callee.type !== 'Identifier' || callee.name !== 'URL' || first?.type !== 'Literal') return false;
  // The lexer doesn't see a keyword before it.
  while (second?.type === 'AwaitExpression' || second?.type === 'UnaryExpression') second = second.argument;
  return second?.type === 'MemberExpression' && second.object.type === 'MetaProperty' && second.property.name === 'url';
}

/** @param {any} exported the name of an export, if the node has one */
function isDefault(exported) {
  return (exported?.name ?? exported?.value) === 'default';
}
