/** `import()` with attributes, in a file of its own: browsers that don't know them can't parse it. */

/**
 * @param {string} url
 * @param {'css' | 'json'} type
 * @returns {Promise<Record<string, unknown>>}
 */
export function importWith(url, type) {
  return import(url, { with: { type } });
}
