// Bundled from the modules in client-js/ by client-js/build.mjs.

// update/import-with.js
function importWith(url, type) {
  return import(url, { with: { type } });
}
export {
  importWith
};
