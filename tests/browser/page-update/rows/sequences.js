/** Several updates of one page, most of them found by random pages: [name, bodies…]. */

/** @type {import('./index.js').Sequence[]} */
export const SEQUENCES = [
  [
    'text in a new wrapper',
    '<details></details>',
    '<div><details></details></div>',
    '<div>edited<details></details></div>',
  ],
  [
    'text in a wrapper inside another',
    '<div><output>a</output></div>',
    '<div><div><output>a</output></div></div>',
    '<div>edited<div>edited<output>a</output></div></div>',
  ],
  [
    'a text in an element with another tag',
    '<p>a</p><section class="a"><select></select></section>',
    '<p>a</p><div class="a">edited<select></select></div>',
    '<p>a</p><div class="a">edited edited<select></select></div>',
  ],
  [
    'an attribute in a new parent',
    '<div><ul><li>g</li><li>m</li></ul></div>',
    '<div>edited<div><li>g</li><li>m</li></div></div>',
    '<div>edited<div><li class="edited">g</li><li>m</li></div></div>',
  ],
  [
    'a <noscript> in another parent',
    '<section><noscript><p>a</p></noscript></section>',
    '<div><noscript><p>a</p></noscript></div>',
    '<div>edited<noscript><p>a</p></noscript></div>',
  ],
  [
    'an option moved out of its list',
    '<select><option>a</option><option class="a">a</option></select>',
    '<select>edited<option>a</option><option class="a">a</option></select>',
    '<select>edited<option class="a">a</option></select><p>a</p>',
  ],
  [
    'a wrapper in a <template>',
    '<template><output>a</output></template>',
    '<template>edited<div><output>a</output></div></template>',
    '<template><div>edited<output>b</output></div></template>',
  ],
  [
    'an element that keeps its id while its parent takes another in',
    '<ul><li>g</li></ul><ul><li id="g">g</li></ul>',
    '<ul>edited<li>g</li></ul><ul><li id="g">g</li></ul>',
    '<ul><ul>edited<li>g</li></ul><li id="g">g</li></ul>',
  ],
  [
    'a duplicate beside its original',
    '<svg></svg><svg><circle r="d"/><circle r="a"/></svg><p>a</p>',
    '<svg></svg><svg></svg><svg class="e"><circle r="d"/><circle r="a"/></svg><p>a</p>',
    'x<svg></svg><svg></svg><svg class="e"><circle r="d"/><circle r="a"/></svg><svg class="e"><circle r="d"/><circle r="a"/></svg><p>a</p>',
  ],
  [
    'a <template> that keeps its id in another parent',
    '<template id="t"><p>a</p></template><div>b</div>',
    '<div>b<template id="t">edited<p>a</p></template></div>',
    '<section>c<template id="t">edited<p>b</p></template></section>',
  ],
  [
    'an option of a <datalist> that keeps its id in another parent',
    '<datalist><option id="o">a</option><option>b</option></datalist>',
    '<div>edited<option id="o">a</option><option>b</option></div>',
  ],
];
