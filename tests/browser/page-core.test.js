/** The three-way update of a page, in Chromium: each case is a page of its own in a frame. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import { launch } from './harness.js';

const CLIENT = join(import.meta.dirname, '../../client-js');

const page = (body, head = '') => `<!doctype html><html><head><title>t</title>${head}</head><body>${body}</body></html>`;

/** @param {string} attribute @param {string} token */
const likes = (attribute, token) =>
  `<ul>${[1, 2, 3].map((n) => `<li${attribute}><form><input type=hidden name=token value=${token}${n}><button>Like</button></form></li>`).join('')}</ul>`;

/**
 * @typedef {object} Case
 * @property {string} base
 * @property {string} next
 * @property {string} [second]
 * @property {string} [script] runs in the page after it was matched
 * @property {string} [early] runs in the page before it is matched
 * @property {string} [check] runs in the page after the update; an expression, compared with `true`
 * @property {RegExp} [reload] the reason
 * @property {string} [colour] of the first `p` after the update
 * @property {string} [served] the page's own document, if its parsed one differs
 * @property {boolean} [same]
 * @property {boolean} [fresh] true to compare the page with a fresh load
 */

/** @type {Record<string, Case>} */
const CASES = {
  'equal': { base: page('<p>a</p>'), next: page('<p>a</p>'), same: true },
  'text': { base: page('<p>a</p>'), next: page('<p>b</p>') },
  'text beside a script\'s': { base: page('<p>a</p>'), next: page('<p>b</p>'), script: 'document.querySelector("p").append("!")', fresh: false, check: 'document.querySelector("p").textContent === "b!"' },
  'text that a script split': { base: page('<p>one two</p>'), next: page('<p>one three</p>'), script: 'document.querySelector("p").firstChild.splitText(3)' },
  'text that a script changed': { base: page('<p>a</p>'), next: page('<p>b</p>'), script: 'document.querySelector("p").firstChild.data = "c"', reload: /a script has changed too/ },
  'attribute': { base: page('<p class="a" title=x>a</p>'), next: page('<p class="b" lang=en>a</p>') },
  'class beside a script\'s': { base: page('<p class="a b">a</p>'), next: page('<p class="a c">a</p>'), script: 'document.querySelector("p").classList.add("x")', fresh: false, check: 'document.querySelector("p").className === "a x c"' },
  'style beside a script\'s': { base: page('<p style="color: red; margin: 1px">a</p>'), next: page('<p style="color: blue; margin: 1px">a</p>'), script: 'document.querySelector("p").style.width = "5px"', fresh: false, check: 'document.querySelector("p").style.cssText === "color: blue; margin: 1px; width: 5px;"' },
  'style that a script changed': { base: page('<p style="color: red">a</p>'), next: page('<p style="color: blue">a</p>'), script: 'document.querySelector("p").style.color = "green"', reload: /^style of <p> changed, which a script/ },
  'added': { base: page('<p>a</p><p>c</p>'), next: page('<p>a</p><p>b</p><p>c</p>') },
  'added first': { base: page('<p>a</p><p>c</p>'), next: page('<h1>b</h1><p>a</p><p>c</p>') },
  'removed': { base: page('<p>a</p><p>b</p><p>c</p>'), next: page('<p>a</p><p>c</p>') },
  'reordered with ids': { base: page('<ul><li id=a>a</li><li id=b>b</li><li id=c>c</li></ul>'), next: page('<ul><li id=c>c</li><li id=a>a</li><li id=b>b</li></ul>'), script: 'window.c = document.querySelector("#c")', check: 'window.c === document.querySelector("#c")' },
  'reordered without ids': { base: page('<ul>\n<li>a</li>\n<li>b</li>\n<li>c</li>\n</ul>'), next: page('<ul>\n<li>c</li>\n<li>b</li>\n<li>a</li>\n</ul>') },
  'wrapped': { base: page('<p id=a>a</p><input name=q>'), next: page('<div class=w><p id=a>a</p><input name=q></div>'), script: 'window.q = document.querySelector("input"); q.value = "typed"; q.focus()', check: 'window.q === document.querySelector("input") && q.value === "typed" && document.activeElement === q' },
  'unwrapped': { base: page('<div class=w><p>a</p><input name=q></div>'), next: page('<p>a</p><input name=q>'), script: 'window.q = document.querySelector("input"); q.value = "typed"', check: 'window.q === document.querySelector("input") && q.value === "typed"' },
  'nesting swapped': { base: page('<div id=x><div id=y>a</div></div>'), next: page('<div id=y><div id=x>a</div></div>') },
  'script nodes around': { base: page('<p>a</p><p>b</p>'), next: page('<p>a</p><p>x</p><p>b2</p>'), early: 'document.body.prepend(document.createElement("p"), "t"); document.querySelectorAll("p")[1].after(document.createElement("p"))', fresh: false, check: 'document.body.innerHTML.replace(/<iframe.*/,"") === "<p></p>t<p>a</p><p>x</p><p></p><p>b2</p>"' },
  'an input\'s default, typed': { base: page('<input name=q value=a>'), next: page('<input name=q value=b>'), script: 'document.querySelector("input").value = "typed"', check: 'document.querySelector("input").value === "typed"' },
  'an input\'s default': { base: page('<input name=q value=a>'), next: page('<input name=q value=b>'), check: 'document.querySelector("input").value === "b"' },
  'a textarea\'s default': { base: page('<textarea>a</textarea>'), next: page('<textarea>b</textarea>'), check: 'document.querySelector("textarea").value === "b"' },
  'a textarea\'s default, typed': { base: page('<textarea>a</textarea>'), next: page('<textarea>b</textarea>'), script: 'document.querySelector("textarea").value = "typed"', check: 'document.querySelector("textarea").value === "typed"' },
  'a select\'s options': { base: page('<select><option>a<option>b<option>c</select>'), next: page('<select><option selected>x<option>a<option>b<option>c</select>'), script: 'document.querySelector("select").value = "b"', check: 'document.querySelector("select").value === "b"' },
  'a select\'s default': { base: page('<select><option>a<option>b<option>c</select>'), next: page('<select><option>a<option>b<option selected>c</select>'), check: 'document.querySelector("select").value === "c"' },
  'a radio group\'s default': { base: page('<input type=radio name=r value=a checked><input type=radio name=r value=b><input type=radio name=r value=c>'), next: page('<input type=radio name=r value=a><input type=radio name=r value=b checked><input type=radio name=r value=c>'), script: 'document.querySelectorAll("input")[2].checked = true', check: 'document.querySelectorAll("input")[2].checked' },
  'a radio button added': { base: page('<input type=radio name=r value=a><input type=radio name=r value=b>'), next: page('<input type=radio name=r value=a><input type=radio name=r value=b><input type=radio name=r value=c checked>'), script: 'document.querySelectorAll("input")[0].checked = true', check: 'document.querySelectorAll("input")[0].checked' },
  'a template': { base: page('<template><p>a</p></template>'), next: page('<template><p>b</p><i></i></template>'), check: 'document.querySelector("template").innerHTML === "<p>b</p><i></i>"' },
  'a shadow root': { base: page('<div><template shadowrootmode=open><p>a</p></template>x</div>'), next: page('<div><template shadowrootmode=open><p>b</p></template>y</div>'), check: 'document.querySelector("div").shadowRoot.innerHTML === "<p>b</p>"' },
  'a shadow root added': { base: page('<p>a</p>'), next: page('<p>a</p><div><template shadowrootmode=open><p>b</p></template>y</div>'), check: 'document.querySelector("div").shadowRoot.innerHTML === "<p>b</p>"' },
  'a shadow root of a known host': { base: page('<div></div>'), next: page('<div><template shadowrootmode=open><p>b</p></template></div>'), reload: /the shadow root of <div> changed/ },
  'a closed shadow root': { base: page('<div><template shadowrootmode=closed><p>a</p></template></div>'), next: page('<div><template shadowrootmode=closed><p>b</p></template></div>'), reload: /^the (?:text|content) of/ },
  'svg': { base: page('<svg viewBox="0 0 1 1"><use xlink:href="#a"/></svg>'), next: page('<svg viewBox="0 0 2 2"><use xlink:href="#b"/><circle r=1 /></svg>'), check: 'document.querySelector("circle").namespaceURI.endsWith("svg") && document.querySelector("use").getAttributeNS("http://www.w3.org/1999/xlink", "href") === "#b"' },
  'the head': { base: page('', '<meta name=a content=b><link rel=icon href="data:,"><style>p { color: red }</style>'), next: page('', '<meta name=a content=c><meta name=d content=e><style>p { color: blue }</style>'), check: 'document.querySelector("style").sheet.cssRules[0].style.color === "blue"' },
  'the attributes of html and body': { base: '<!doctype html><html lang=en><body class=a>', next: '<!doctype html><html lang=de data-x><body class=b id=c>' },
  'comments': { base: page('<!--a--><p>x</p><!--b-->'), next: page('<!--c--><p>x</p><!--d--><!--e-->') },
  'an inline script': { base: page('<script>window.a = 1</script>'), next: page('<script>window.a = 2</script>'), reload: /^an inline script changed$/ },
  'a script added': { base: page('<p>a</p>'), next: page('<p>a</p><script src="/x.js"></script>'), reload: /^the script \/x\.js was added$/ },
  'a script moved': { base: page('<p>a</p><script>1</script>'), next: page('<div><p>a</p><script>1</script></div>'), reload: /^a script was moved$/ },
  'the doctype': { base: page(''), next: page('').replace('<!doctype html>', ''), reload: /^the doctype changed$/ },
  'a base element': { base: page('', '<base href="/a/">'), next: page('', '<base href="/b/">'), reload: /^<base> changed$/ },
  'a policy': { base: page(''), next: page('', '<meta http-equiv="content-security-policy" content="img-src *">'), reload: /^<meta http-equiv/ },
  'noise in a script': { base: page('<script>token = "a-1"; x = 1</script><p>a</p>'), next: page('<script>token = "b-2"; x = 1</script><p>b</p>'), second: page('<script>token = "c-3"; x = 1</script><p>b</p>'), fresh: false, check: 'document.querySelector("p").textContent === "b"' },
  'a change beside noise in a script': { base: page('<script>token = "a"; x = 1</script>'), next: page('<script>token = "b"; x = 2</script>'), second: page('<script>token = "c"; x = 2</script>'), reload: /^an inline script changed$/ },
  'noise in like forms, one with a class of a script': {
    base: page(likes('', 'a')),
    next: page(likes(' class=x', 'b')),
    second: page(likes(' class=x', 'c')),
    script: 'document.querySelectorAll("button")[1].className = "on"',
    fresh: false,
    check: '[...document.querySelectorAll("li")].map((li) => li.className + li.querySelector("button").className).join() === "x,xon,x"',
  },
  'a hidden value in like forms, one with a class of a script': {
    base: page(likes('', 'a')),
    next: page(likes(' class=x', 'b')),
    script: 'document.querySelectorAll("button")[1].className = "on"',
    reload: /may be another one now/,
  },
  'only noise': { base: page('<input type=hidden value=a1><p>1</p>'), next: page('<input type=hidden value=b2><p>2</p>'), second: page('<input type=hidden value=c3><p>3</p>'), same: true },
  'removed by a script, changed': { base: page('<p>a</p><div>b</div>'), next: page('<p>a</p><div>c</div>'), script: 'document.querySelector("div").remove()', reload: /a script has/ },
  'removed by both': { base: page('<p>a</p><div>b</div>'), next: page('<p>a</p>'), script: 'document.querySelector("div").remove()', same: true },
  'kept': { base: page('<div data-hot-keep>a</div><p>a</p>'), next: page('<div data-hot-keep>b</div><p>b</p>'), fresh: false, check: 'document.querySelector("div").textContent === "a" && document.querySelector("p").textContent === "b"' },
  'a page that says so': { base: page('<p>a</p>'), next: page('<p>b</p>').replace('<body', '<body data-hot-reload'), reload: /data-hot-reload/ },
  'a portal': { base: page('<div><dialog class=d>a</dialog></div>'), next: page('<div><p>n</p><dialog class=d>b</dialog></div>'), early: 'document.body.append(document.querySelector("dialog"))', fresh: false, check: 'document.body.lastElementChild.localName === "dialog" && document.body.lastElementChild.textContent === "b"' },
  'noscript': { base: page('<noframes><p>a</p></noframes>'), next: page('<noframes><p>b</p></noframes><p>x</p><noframes>c</noframes>'), served: page('<noscript><p>a</p></noscript>'), check: '[...document.querySelectorAll("noscript")].map((n) => n.textContent).join() === "<p>b</p>,c"', fresh: false },
  'a moved frame': { base: page('<iframe id=f srcdoc="<p>x"></iframe><p id=p>a</p><i id=i></i>'), next: page('<p id=p>a</p><i id=i></i><iframe id=f srcdoc="<p>x"></iframe>'), script: 'await new Promise((r) => setTimeout(r, 50)); window.inside = document.querySelector("iframe").contentDocument', check: 'window.inside === document.querySelector("iframe").contentDocument' },
};

const NONCED = '<style nonce="NONCE">p { color: red }</style>';
const CALLING = '<button onclick="x()">b</button>';

/** Cases under a strict policy, whose nonce is another in each answer. @type {Record<string, Case>} */
const STRICT = {
  'nonces under a policy': { base: page('<p>a</p>', NONCED), next: page('<p>a</p>', NONCED), same: true },
  'a style and a handler under a policy': { base: page('<p>a</p>', NONCED), next: page(`<p>b</p>${CALLING}`, NONCED.replace('red', 'blue') + NONCED.replace('red', 'rgb(0, 9, 0)')), colour: 'rgb(0, 9, 0)' },
  'a handler that Trusted Types forbid': { base: page(CALLING), next: page(CALLING.replace('x', 'y')), reload: /^onclick of <button> changed, which Trusted Types/ },
};
Object.assign(CASES, STRICT);
let answers = 0;

/** @type {import('node:http').Server} */
let server;
/** @type {import('playwright-core').Page} */
let tab;

before(async () => {
  server = createServer(async ({ url }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    if (pathname.startsWith('/client/')) {
      response.setHeader('content-type', 'text/javascript');
      response.end(await readFile(join(CLIENT, pathname.slice(8))).catch(() => ''));
    } else {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      const one = CASES[searchParams.get('case') ?? ''];
      const nonce = `n${(answers += 1)}`;
      if (one && (searchParams.get('case') ?? '') in STRICT) {
        const policy = `style-src 'nonce-${nonce}'; require-trusted-types-for 'script'; trusted-types 'none'`;
        response.setHeader('content-security-policy', policy);
      }
      const text = one ? one[searchParams.get('part')] ?? one.base : '<!doctype html><link rel=icon href="data:,">';
      response.end(text.replaceAll('NONCE', nonce));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const browser = await launch();
  tab = await browser.newPage();
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
});

after(() => server.close());

async function run({ name, one }) {
  const parsed = (part) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open('GET', `/?case=${encodeURIComponent(name)}&part=${part}`);
      request.responseType = 'document';
      request.onload = () => resolve(request.response);
      request.onerror = reject;
      request.send();
    });
  const loaded = async (part) => {
    const frame = document.createElement('iframe');
    frame.src = `/?case=${encodeURIComponent(name)}&part=${part}`;
    document.body.append(frame);
    await new Promise((resolve) => (frame.onload = resolve));
    return frame;
  };
  const { PageTree } = await import('/client/update/page/page-tree.js');
  const frame = await loaded('served');
  const perform = (code) => new (frame.contentWindow.eval('(async () => {}).constructor'))(code)();
  // Fresh elements have an empty attribute, and inserted ones none.
  const htmlOf = ({ contentDocument }) => contentDocument.documentElement.outerHTML.replaceAll(' nonce=""', '');
  if (one.early) await perform(one.early);
  const tree = new PageTree(await parsed('base'), frame.contentDocument);
  if (one.script) await perform(one.script);
  const before = htmlOf(frame);
  const outcome = tree.update(await parsed('next'), one.second && (await parsed('second')));
  const result = { kind: outcome.kind, reason: outcome.reason, changes: outcome.changes, html: htmlOf(frame), before };
  if (one.colour) result.colour = frame.contentWindow.getComputedStyle(frame.contentDocument.querySelector('p')).color;
  if (one.check) result.check = await perform(`return ${one.check}`);
  if (!one.same && one.fresh !== false && outcome.kind === 'updated') {
    const other = await loaded('next');
    result.fresh = htmlOf(other);
    other.remove();
  }
  if (outcome.kind === 'updated') {
    result.shows = [tree.shows(await parsed('base')), one.second || tree.shows(await parsed('next'))];
    // The base has moved on.
    const again = tree.update(await parsed('next'), one.second && (await parsed('second')));
    result.again = again.kind === 'reload' ? again.reason : again.kind;
    result.untouched = htmlOf(frame);
  }
  frame.remove();
  return result;
}

for (const [name, one] of Object.entries(CASES)) {
  test(name, async () => {
    const { reload, ...rest } = one;
    const result = await tab.evaluate(run, { name, one: rest });
    if (reload) {
      assert.equal(result.kind, 'reload');
      assert.match(result.reason, reload);
      assert.equal(result.html, result.before);
      return;
    }
    assert.equal(result.kind, one.same ? 'same' : 'updated', result.reason);
    if (one.same) assert.equal(result.html, result.before);
    else if (one.fresh !== false) assert.equal(result.html, result.fresh);
    if (one.colour) assert.equal(result.colour, one.colour);
    if (one.check) assert.equal(result.check, true, result.html);
    if (one.same) return;
    if (one.fresh !== false) assert.deepEqual(result.shows, [false, true], 'of the two versions it shows the next one');
    assert.equal(result.again, 'same');
    assert.equal(result.untouched, result.html);
  });
}
