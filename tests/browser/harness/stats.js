/** Stats of builds, in forms that bundlers pass to webpack-hot-middleware, or might. */

const module = (id, name) => ({ id, name });

/** Stats that both servers publish in the same bytes. */
export const SAME = {
  'a single compilation': { hash: 'a', time: 12, warnings: [], errors: [], modules: [module('./a.js', './a.js')] },
  'a name of its own': { name: 'main', hash: 'a', time: 12, modules: [] },
  'a name by its compilation': { hash: 'a', time: 12, modules: [], compilation: { name: 'main' } },
  'an empty name': { name: '', hash: 'a', modules: [], compilation: { name: 'main' } },
  'no hash and no time': { modules: [] },
  'a time that is not an integer': { hash: 'a', time: 0.1, modules: [] },
  'a time of zero': { hash: 'a', time: 0, modules: [] },
  'children of webpack 4': {
    hash: 'both',
    children: [
      { name: 'one', hash: 'a', time: 1, modules: [module(1, './a.js')] },
      { name: 'two', hash: 'b', time: 2, modules: [module(2, './b.js')] },
    ],
  },
  'children beside modules': {
    hash: 'a',
    modules: [module(1, 'x')],
    children: [{ name: 'one', hash: 'b', modules: [] }],
  },
  'no children': { name: 'n', hash: 'a', children: [], modules: [] },
  'module ids as numbers come first and ascend': {
    hash: 'a',
    modules: [
      module('./z.js', 'z'),
      module(10, 'ten'),
      module(9, 'nine'),
      module('0', 'zero'),
      module('01', 'not an index'),
      module(4294967295, 'not an index either'),
      module(4294967294, 'the last index'),
      module('-1', 'minus'),
      module('./a.js', 'a'),
    ],
  },
  'two modules with one id': { hash: 'a', modules: [module('x', 'first'), module('y', 'y'), module('x', 'last')] },
  'names that need escapes': {
    name: '"\\\u0000\u001f\u007f\u2028\u{1f493}\ufeff</script>',
    hash: 'a',
    modules: [module('a "b"\n', 'tab\tand \b\f\r')],
  },
  'problems as strings': { hash: 'a', modules: [], errors: ['one\ntwo', ''], warnings: ['\u001b[31mred\u001b[39m'] },
  'problems as objects': {
    hash: 'a',
    modules: [],
    errors: [
      { moduleName: './a.js', loc: '3:1-4', message: 'Bad' },
      { message: 'alone' },
      { moduleName: './b.js', message: '', stack: 'at …', details: 'much' },
    ],
    warnings: [{ loc: '1:1', message: 'loc alone' }],
  },
  'problems that are null': { hash: 'a', modules: [], errors: null, warnings: [] },
};

/** Differences from webpack-hot-middleware, with the output of both. */
export const DIFFERENT = {
  'modules without an id are omitted, not named undefined or null': {
    stats: { hash: 'a', modules: [{ name: './none.js' }, module(null, './null.js'), module(1, './one.js')] },
    theirs: '"modules":{"1":"./one.js","undefined":"./none.js","null":"./null.js"}',
    ours: '"modules":{"1":"./one.js"}',
  },
  'a module named __proto__ is a module': {
    stats: { hash: 'a', modules: [module('__proto__', './proto.js')] },
    theirs: '"modules":{}',
    ours: '"modules":{"__proto__":"./proto.js"}',
  },
  'each problem is read by its own type, not by that of the first': {
    stats: { hash: 'a', modules: [], errors: [{ message: 'object' }, 'text'] },
    theirs: '"errors":[" \\nobject"," \\nundefined"]',
    ours: '"errors":[" \\nobject","text"]',
  },
  'the reverse order': {
    stats: { hash: 'a', modules: [], errors: ['text', { moduleName: 'm', loc: '1:1', message: 'object' }] },
    theirs: '"errors":["text",{"moduleName":"m","loc":"1:1","message":"object"}]',
    ours: '"errors":["text","m 1:1\\nobject"]',
  },
  'a problem without a message has an empty one': {
    stats: { hash: 'a', modules: [], errors: [{ moduleName: 'm' }] },
    theirs: '"errors":["m \\nundefined"]',
    ours: '"errors":["m \\n"]',
  },
};
