import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import test from 'node:test';

import { init, parse } from 'es-module-lexer';

const CLIENT = join(import.meta.dirname, '..');
/** Folders without modules of the client. */
const OTHERS = ['node_modules', 'test'];

await init;

/**
 * @param {string} file
 * @param {string} text
 * @returns {string[]} The files that a module imports, at once or later; a URL's query is no part of the name.
 */
function importsOf(file, text) {
  const names = file.endsWith('.cjs')
    ? Array.from(text.matchAll(/^(?!\s*(?:\*|\/\/)).*\brequire\('([^']+)'\)/gm), ([, name]) => name)
    : parse(text, file)[0].map(({ n }) => n);
  return names
    .filter((name) => name?.startsWith('.'))
    .map((name) => posix.join(posix.dirname(file), name.replace(/[?#].*/, '')));
}

/**
 * @param {Record<string, string>} files Texts by path.
 * @returns {Map<string, Set<string>>}
 */
function graphOf(files) {
  return new Map(Object.entries(files).map(([file, text]) => [file, new Set(importsOf(file, text))]));
}

/**
 * @param {Map<string, Set<string>>} graph
 * @returns {Map<string, Set<string>>} The same between rooms: a folder is one, and so is a file beside the folders.
 */
function roomsOf(graph) {
  const room = (file) => (file.includes('/') ? `${file.split('/')[0]}/` : file);
  const rooms = new Map();
  for (const [file, imports] of graph) {
    const below = rooms.get(room(file)) ?? new Set();
    imports.forEach((to) => room(to) !== room(file) && below.add(room(to)));
    rooms.set(room(file), below);
  }
  return rooms;
}

/**
 * @param {Map<string, Set<string>>} graph
 * @returns {string[][]} Groups that import each other, directly or through others.
 */
function circlesOf(graph) {
  const reach = (from) => {
    const reached = new Set();
    const open = [...(graph.get(from) ?? [])];
    while (open.length > 0) {
      const next = open.pop();
      if (!reached.has(next)) {
        reached.add(next);
        open.push(...(graph.get(next) ?? []));
      }
    }
    return reached;
  };
  const reachable = new Map([...graph.keys()].map((name) => [name, reach(name)]));
  const circles = new Map();
  for (const [name, reached] of reachable) {
    if (reached.has(name)) {
      const circle = [...reached].filter((other) => reachable.get(other)?.has(name)).sort();
      circles.set(circle.join(), circle);
    }
  }
  return [...circles.values()].sort();
}

async function readClient() {
  const entries = await readdir(CLIENT, { recursive: true });
  const names = entries.map((name) => name.replaceAll('\\', '/'));
  const modules = names.filter((name) => /\.c?js$/.test(name) && !OTHERS.includes(name.split('/')[0]));
  const texts = modules.map(async (name) => [name, await readFile(join(CLIENT, name), 'utf8')]);
  return Object.fromEntries(await Promise.all(texts));
}

const CASES = [
  {
    name: 'two modules that import each other',
    files: { 'a.js': "import { b } from './b.js';", 'b.js': "export * from './a.js';", 'c.js': "import './a.js';" },
    files_in_circles: [['a.js', 'b.js']],
    rooms_in_circles: [['a.js', 'b.js']],
  },
  {
    name: 'a circle through an import that comes later',
    files: { 'x/a.js': "const b = await import('./b.js');", 'x/b.js': "import\n  a\nfrom '../x/a.js?query';" },
    files_in_circles: [['x/a.js', 'x/b.js']],
    rooms_in_circles: [],
  },
  {
    name: 'folders that import each other, without a circle of files',
    files: { 'x/a.js': "import '../y/a.js';", 'x/b.js': '', 'y/a.js': '', 'y/b.js': "import '../x/b.js';" },
    files_in_circles: [],
    rooms_in_circles: [['x/', 'y/']],
  },
  {
    name: 'CommonJS',
    files: { 'x/a.cjs': "const { b } = require('./b.cjs');", 'x/b.cjs': "require('node:fs'); require('./a.cjs');" },
    files_in_circles: [['x/a.cjs', 'x/b.cjs']],
    rooms_in_circles: [],
  },
  {
    name: 'comments, types in comments, strings and packages are no imports',
    files: {
      'a.js': "// import './b.js';\n/** @typedef {import('./b.js').B} B */\nconst text = \"import './b.js'\";\nimport 'b.js';",
      'b.js': "import './a.js';",
      'x/c.cjs': "/**\n * require('./d.cjs')\n */",
      'x/d.cjs': "require('./c.cjs');",
    },
    files_in_circles: [],
    rooms_in_circles: [],
  },
];

for (const { name, files, files_in_circles, rooms_in_circles } of CASES) {
  test(`the check finds circles: ${name}`, () => {
    const graph = graphOf(files);
    assert.deepEqual(circlesOf(graph), files_in_circles);
    assert.deepEqual(circlesOf(roomsOf(graph)), rooms_in_circles);
  });
}

test('no module and no folder of the client imports in a circle', async () => {
  const graph = graphOf(await readClient());
  for (const [file, imports] of graph) {
    imports.forEach((to) => assert.ok(graph.has(to), `${file} imports ${to}, which does not exist`));
  }
  assert.deepEqual(circlesOf(graph), []);
  assert.deepEqual(circlesOf(roomsOf(graph)), []);
});
