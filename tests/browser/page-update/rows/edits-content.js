/** Edits in the body: [name, before, after]. */

/** @type {import('./index.js').Edit[]} */
export const CONTENT = [
  ['text', '<p>one</p>', '<p>two</p>'],
  ['text beside elements', '<p>one <b>bold</b> two</p>', '<p>1 <b>bold</b> 2</p>'],
  ['text to nothing', '<p>one</p>', '<p></p>'],
  ['text from nothing', '<p></p>', '<p>one</p>'],
  ['one of several equal texts', '<ul><li>a<li>a<li>a</ul>', '<ul><li>a<li>b<li>a</ul>'],
  ['entities', '<p>&amp; &lt;b&gt; &copy; &#x1F493;</p>', '<p>&lt;i&gt; &nbsp;&eacute;&notin; &#128147;</p>'],
  ['whitespace in <pre>', '<pre>\n\n  a\n   b\n</pre>', '<pre>\n  a\n\tb\n\n</pre>'],
  ['whitespace between elements', '<p><b>a</b> <b>b</b></p>', '<p><b>a</b><b>b</b>\n</p>'],
  ['a comment changed', '<p>a<!-- one -->b</p>', '<p>a<!-- two -->b</p>'],
  ['a comment added and one removed', '<!-- 1 --><p>a</p>', '<p>a<!-- 2 --></p>'],
  ['an attribute changed', '<p title="a">text</p>', '<p title="b">text</p>'],
  ['an attribute added', '<p>text</p>', '<p lang="de">text</p>'],
  ['an attribute removed', '<p lang="de" title="a">text</p>', '<p title="a">text</p>'],
  ['classes', '<p class="a b c">text</p>', '<p class="c d">text</p>'],
  ['an inline style', '<p style="color: red; margin: 1px">t</p>', '<p style="color: blue; padding: 2px">t</p>'],
  ['an id', '<p id="a">text</p>', '<p id="b">text</p>'],
  ['boolean attributes', '<button disabled>a</button><p hidden>b</p>', '<button>a</button><p hidden="until-found">b</p>'],
  ['a data attribute with quotes', `<p data-x='{"a":1}'>t</p>`, `<p data-x='{"a":"&quot;"}'>t</p>`],
  ['attributes with odd names', '<p @click="a" :b="c">t</p>', '<p @click="d" x.y="z">t</p>'],
  ['an element added first', '<p>one</p><p>two</p>', '<p>new</p><p>one</p><p>two</p>'],
  ['an element added between', '<p>one</p><p>two</p>', '<p>one</p><p>new</p><p>two</p>'],
  ['an element added last', '<p>one</p><p>two</p>', '<p>one</p><p>two</p><p>new</p>'],
  ['an element added to an empty one', '<div></div>', '<div><p>new</p></div>'],
  ['an element removed first', '<p>one</p><p>two</p><p>three</p>', '<p>two</p><p>three</p>'],
  ['an element removed between', '<p>one</p><p>two</p><p>three</p>', '<p>one</p><p>three</p>'],
  ['an element removed last', '<p>one</p><p>two</p><p>three</p>', '<p>one</p><p>two</p>'],
  ['all elements removed', '<div><p>one</p><p>two</p></div>', '<div></div>'],
  ['one of several equal elements removed', '<hr><hr><hr><p>a</p><hr>', '<hr><hr><p>a</p><hr>'],
  ['one of several equal elements added', '<p>a</p><p>a</p>', '<p>a</p><p>a</p><p>a</p>'],
  ['an element moved down', '<h2>a</h2><p>b</p><div>c</div>', '<p>b</p><div>c</div><h2>a</h2>'],
  ['an element moved into another', '<p id="a">a</p><div></div>', '<div><p id="a">a</p></div>'],
  ['an element moved out of another', '<div><section><p>deep text</p></section></div>', '<div><section></section><p>deep text</p></div>'],
  ['an element wrapped', '<p>text <b>bold</b></p>', '<section class="card"><p>text <b>bold</b></p></section>'],
  ['an element unwrapped', '<section><p>text <b>bold</b></p></section>', '<p>text <b>bold</b></p>'],
  ['an element wrapped and changed', '<p>one</p><p>two</p>', '<div><p>one!</p></div><p>two</p>'],
  ['another tag', '<div class="a">text <b>bold</b></div>', '<section class="a">text <b>bold</b></section>'],
  ['another tag for an inner element', '<p>one <b>two</b> three</p>', '<p>one <i>two</i> three</p>'],
  ['a list with ids reordered', '<ul><li id=a>a<li id=b>b<li id=c>c</ul>', '<ul><li id=c>c<li id=a>a<li id=b>b</ul>'],
  ['a list with ids reversed', list('12345678', 'id'), list('87654321', 'id')],
  ['a list with keys reordered', list('12345', 'data-key'), list('53142', 'data-key')],
  ['a list without ids reordered', list('abcde'), list('edabc')],
  ['a list reordered and changed', list('abcde', 'id'), list('edxbcy', 'id')],
  ['a list whose ids are swapped', '<p id=a>1</p><p id=b>2</p>', '<p id=b>1</p><p id=a>2</p>'],
  ['ids that are there twice', '<p id=a>1</p><p id=a>2</p>', '<p id=a>1</p><p id=a>3</p><p id=a>2</p>'],
  ['a list emptied and filled', list('abc'), list('xyz')],
  ['everything replaced', '<h2>a</h2><p>b</p>', '<form><input name="q"></form><hr>'],
  ['a definition list', '<dl><dt>a<dd>b<dt>c<dd>d</dl>', '<dl><dt>c<dd>d<dd>e<dt>a<dd>b</dl>'],
  ['nested lists', '<ul><li>a<ul><li>b<li>c</ul><li>d</ul>', '<ul><li>a<li>d<ul><li>c<li>b</ul></ul>'],
  ['rows of a table', '<table><tr><td>1<tr><td>2</table>', '<table><tr><td>0<tr><td>1<tr><td>2!</table>'],
  ['columns of a table', '<table><tr><th>a<th>b<tr><td>1<td>2</table>', '<table><tr><th>b<th>c<tr><td>2<td>3</table>'],
  [
    'head and foot of a table',
    '<table><tbody><tr><td>1</table>',
    '<table><caption>c</caption><colgroup><col></colgroup><thead><tr><th>h</thead><tbody><tr><td>1<tfoot><tr><td>f</table>',
  ],
  ['shapes of an <svg>', '<svg><circle r="1"/><g><path d="M0 0"/></g></svg>', '<svg viewBox="0 0 9 9"><g><path d="M1 1"/></g><rect/></svg>'],
  [
    'namespaced attributes and foreign content',
    '<svg><use xlink:href="#a"/></svg>',
    '<svg><use xlink:href="#b" xml:lang="de"/><foreignObject><p>html</p></foreignObject></svg>',
  ],
  ['an <svg> added', '<p>a</p>', '<p>a<svg><linearGradient id="g"><stop offset="1"/></linearGradient></svg></p>'],
  ['formulas', '<math><mi>x</mi></math>', '<math display="block"><msup><mi>x</mi><mn>2</mn></msup></math>'],
  ['content of a <template>', '<template><li>a</li></template>', '<template><li>b</li><li>c<template>d</template></li></template>'],
  ['a <template> added and one removed', '<template id="a"><p>a</p></template>', '<p>x</p><template id="b"><p>b</p></template>'],
  [
    'a declarative shadow root',
    '<div><template shadowrootmode="open"><b>a</b><slot></slot></template>light</div>',
    '<div><template shadowrootmode="open"><b>b</b><i>c</i><slot></slot></template>bright</div>',
  ],
  ['a declarative shadow root added', '<p>a</p>', '<p>a</p><div><template shadowrootmode="open"><b>s</b></template>l</div>'],
  ['an <iframe> added', '<p>a</p>', '<p>a</p><iframe src="/media/frame.html"></iframe>'],
  ['the address of an <iframe>', '<iframe src="/media/frame.html?a"></iframe>', '<iframe src="/media/frame.html?b"></iframe>'],
  ['a picture', '<img src="data:," alt="a">', '<img src="/media/picture.svg" alt="b" width="9">'],
  ['sources of a <picture>', '<picture><img alt=""></picture>', '<picture><source srcset="/media/picture.svg"><img alt=""></picture>'],
  ['a custom element', '<x-card title="a"><p>a</p></x-card>', '<x-card title="b"><p>a</p><x-new></x-new></x-card>'],
  ['content of <noscript>', '<noscript><p>a</p></noscript>', '<noscript><p>b</p><img src="x"></noscript>'],
  ['a <noscript> added', '<p>a</p>', '<noscript><img src="x" alt="&amp;"></noscript><p>a</p>'],
  ['a link and its text', '<a href="/a">A</a>', '<a href="/b" target="_blank">B</a>'],
  ['a <details> and a <dialog>', '<details><summary>a</summary>b</details>', '<details><summary>c</summary>d</details><dialog>e</dialog>'],
  ['a <br> in text', '<p>one two</p>', '<p>one<br>two</p>'],
  ['text that becomes an element', '<p>one two three</p>', '<p>one <em>two</em> three</p>'],
  ['many places at once', article('a', 'one', 3), article('b', 'two', 5)],
];

/**
 * @param {string} letters
 * @param {string} [attribute]
 */
function list(letters, attribute) {
  const item = (letter) => `<li${attribute ? ` ${attribute}="i${letter}"` : ''}>${letter} <b>${letter}</b></li>`;
  return `<ul>${[...letters].map(item).join('')}</ul>`;
}

/**
 * @param {string} title
 * @param {string} text
 * @param {number} count
 */
function article(title, text, count) {
  const items = Array.from({ length: count }, (_, n) => `<li class="item ${title}">${text} ${n}</li>`).join('\n  ');
  return `<article class="${title}">
  <header><h2>${title}</h2><!-- ${text} --></header>
  <ul>
  ${items}
  </ul>
  <table><tr><td>${text}</td></tr></table>
  <footer>${title === 'a' ? '' : '<hr>'}<p>${text}</p></footer>
</article>`;
}
