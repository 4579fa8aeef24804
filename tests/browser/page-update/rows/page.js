/** Whole documents for rows. */

/**
 * Returns a whole document.
 *
 * @param {string} body
 * @param {string} [head]
 */
export function page(body, head = '') {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Row</title><link rel="icon" href="data:,">${head}</head>
<body>${body}</body></html>`;
}

/**
 * The edits that each state row gets elsewhere on its page. The inserted element is out of the flow, so that it moves nothing.
 */
export const ELSEWHERE = {
  text: { title: 'after', added: '' },
  insertion: { title: 'after', added: '<p id="added" style="position: absolute">Added</p>' },
};

/** These edits, and an element around the row's own, which moves them. */
export const WRAPPED = { ...ELSEWHERE, wrapper: { title: 'after', added: '', tags: ['<div class="wrapper">', '</div>'] } };

/**
 * Returns the two versions of a state row's page.
 *
 * @param {{ html: string, head?: string }} row
 * @param {keyof typeof WRAPPED} edit
 */
export function versionsOf({ html, head }, edit) {
  const version = ({ title, added, tags = ['', ''] }) =>
    page(`<main><h1 id="title">${title}</h1>${added}${tags.join(html)}<p id="last">Last</p></main>`, head);
  return { base: version({ title: 'before', added: '' }), next: version(WRAPPED[edit]) };
}
