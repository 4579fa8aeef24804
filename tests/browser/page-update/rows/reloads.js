/** Changes that need a reload: [name, before, after, the reason's words]. The page must not be touched. */

import { page } from './page.js';

const INLINE = '<script>window.ran = 1</script>';
const FILE = '<script src="/media/script.js"></script>';
const POLICY = (sources) => `<meta http-equiv="Content-Security-Policy" content="img-src ${sources}">`;
const MAP = (goal) => `<script type="importmap">{ "imports": { "a": "${goal}" } }</script>`;

/** @param {string} before @param {string} after of the head; the body changes too */
const heads = (before, after) => [page('<p>a</p>', before), page('<p>b</p>', after)];
/** @param {string} before @param {string} after of the body, beside another change */
const bodies = (before, after) => [page(`<p>a</p>${before}<p>c</p>`), page(`<p>b</p>${after}<p>c</p>`)];

/** @type {import('./index.js').Reload[]} */
export const RELOADS = [
  ['an inline script changed', ...bodies(INLINE, INLINE.replace('1', '2')), /script/],
  ['an inline script added', ...bodies('', INLINE), /script/],
  ['an inline script removed', ...bodies(INLINE, ''), /script/],
  ['an inline script in the head changed', ...heads(INLINE, INLINE.replace('1', '2')), /script/],
  ['the address of a script changed', ...bodies(FILE, FILE.replace('.js', '.js?2')), /script/],
  ['an external script added', ...heads('', FILE), /script/],
  ['an external script removed', ...heads(FILE, ''), /script/],
  ['a script became a module', ...heads(FILE, FILE.replace('<script', '<script type="module"')), /script/],
  ['scripts in another order', ...heads(FILE + INLINE, INLINE + FILE), /script/],
  ['a script in an added element', ...bodies('', `<div>${INLINE}</div>`), /script/],
  ['a script in a removed element', ...bodies(`<div>${INLINE}</div>`, ''), /script/],
  ['a script in an <svg>', ...bodies('<svg></svg>', `<svg>${INLINE}</svg>`), /script/],
  ['a block of data changed', ...bodies(data('1'), data('2')), /data/],
  ['the doctype removed', page('<p>a</p>'), page('<p>b</p>').replace('<!doctype html>', ''), /doctype/],
  [
    'another doctype',
    page('<p>a</p>'),
    page('<p>b</p>').replace('html>', 'html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "about:legacy-compat">'),
    /doctype/,
  ],
  ['<base> added', ...heads('', '<base href="/elsewhere/">'), /base/],
  ['<base> changed', ...heads('<base href="/a/">', '<base href="/b/">'), /base/],
  ['<base> removed', ...heads('<base href="/a/">', ''), /base/],
  ['a policy added', ...heads('', POLICY('*')), /polic|csp/i],
  ['a policy changed', ...heads(POLICY('*'), POLICY("'self'")), /polic|csp/i],
  ['a policy removed', ...heads(POLICY('*'), ''), /polic|csp/i],
  ['an import map added', ...heads('', MAP('/a.js')), /import map|script/],
  ['an import map changed', ...heads(MAP('/a.js'), MAP('/b.js')), /import map|script/],
  ['a page that asks for it', page('<p>a</p>').replace('<html', '<html data-hot-reload'), page('<p>b</p>').replace('<html', '<html data-hot-reload'), /data-hot-reload/],
  ['a body that asks for it', page('<p>a</p>').replace('<body', '<body data-hot-reload'), page('<p>b</p>').replace('<body', '<body data-hot-reload'), /data-hot-reload/],
];

/** @param {string} value */
function data(value) {
  return `<script type="application/json">{ "value": ${value} }</script>`;
}
