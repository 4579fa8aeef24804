/** Comparison of sequences of numbers: common subsequences, and the fewest moves. */

/** Above this length, elements that are unique in both sequences split them first. */
const SHORT = 600;

/** The most differences that are searched for in long sequences without unique elements. */
const MOST_DIFFERENCES = 400;

/**
 * @typedef {[number, number]} Pair indices in both sequences
 */

/**
 * Returns the pairs of a common subsequence: a longest one of short sequences, and a long one of others.
 *
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 * @returns {Pair[]} in order
 */
export function commonPairs(a, b) {
  /** @type {Pair[]} */
  const pairs = [];
  /** @type {[number, number, number, number][]} */
  const waiting = [[0, a.length, 0, b.length]];
  for (let range = waiting.pop(); range; range = waiting.pop()) {
    let [fromA, toA, fromB, toB] = range;
    while (fromA < toA && fromB < toB && a[fromA] === b[fromB]) pairs.push([fromA++, fromB++]);
    while (fromA < toA && fromB < toB && a[toA - 1] === b[toB - 1]) pairs.push([--toA, --toB]);
    if (fromA === toA || fromB === toB) continue;
    const anchors = toA - fromA + toB - fromB > SHORT ? uniquePairs(a, b, fromA, toA, fromB, toB) : [];
    if (!anchors.length) {
      const inside = shortest(a.slice(fromA, toA), b.slice(fromB, toB));
      for (const [i, j] of inside) pairs.push([fromA + i, fromB + j]);
      continue;
    }
    for (const [i, j] of anchors) {
      pairs.push([i, j]);
      waiting.push([fromA, i, fromB, j]);
      fromA = i + 1;
      fromB = j + 1;
    }
    waiting.push([fromA, toA, fromB, toB]);
  }
  return pairs.sort(([i], [j]) => i - j);
}

/**
 * The elements that are unique in both ranges and in the same order (Bram Cohen's patience diff).
 *
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 * @param {number} fromA
 * @param {number} toA
 * @param {number} fromB
 * @param {number} toB
 * @returns {Pair[]}
 */
function uniquePairs(a, b, fromA, toA, fromB, toB) {
  /** @param {readonly number[]} values @param {number} from @param {number} to */
  const places = (values, from, to) => {
    /** @type {Map<number | undefined, number>} */
    const found = new Map();
    for (let at = from; at < to; at += 1) found.set(values[at], found.has(values[at]) ? -1 : at);
    return found;
  };
  const inA = places(a, fromA, toA);
  /** @type {Pair[]} */
  const pairs = [];
  for (const [value, j] of places(b, fromB, toB)) {
    const i = inA.get(value) ?? -1;
    if (i >= 0 && j >= 0) pairs.push([i, j]);
  }
  pairs.sort(([, i], [, j]) => i - j);
  const kept = increasing(pairs.map(([i]) => i));
  return pairs.filter((_, index) => kept[index]);
}

/**
 * A longest common subsequence (Myers, "An O(ND) difference algorithm", greedy), or a common subsequence where the sequences
 * differ too much.
 *
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 * @returns {Pair[]}
 */
function shortest(a, b) {
  const most = Math.min(a.length + b.length, Math.max(SHORT, MOST_DIFFERENCES));
  const offset = most + 1;
  const ends = new Int32Array(2 * most + 3);
  /** @type {Int32Array[]} */
  const steps = [];
  for (let d = 0; d <= most; d += 1) {
    steps.push(ends.slice(offset - d - 1, offset + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const isDown = k === -d || (k !== d && at(ends, offset + k - 1) < at(ends, offset + k + 1));
      let x = isDown ? at(ends, offset + k + 1) : at(ends, offset + k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      ends[offset + k] = x;
      if (x >= a.length && x - k >= b.length) return traced(steps, a, b);
    }
  }
  return greedy(a, b);
}

/**
 * @param {Int32Array[]} steps the ends before each step, from diagonal -d-1 on
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 * @returns {Pair[]}
 */
function traced(steps, a, b) {
  /** @type {Pair[]} */
  const pairs = [];
  let x = a.length;
  let y = b.length;
  for (let d = steps.length - 1; d >= 0; d -= 1) {
    const ends = /** @type {Int32Array} */ (steps[d]);
    const end = (/** @type {number} */ k) => at(ends, k + d + 1);
    const k = x - y;
    const isDown = k === -d || (k !== d && end(k - 1) < end(k + 1));
    const startX = d === 0 ? 0 : isDown ? end(k + 1) : end(k - 1) + 1;
    const startY = startX - k;
    while (x > startX && y > startY) pairs.push([--x, --y]);
    if (d === 0) break;
    x = isDown ? startX : startX - 1;
    y = isDown ? startY - 1 : startY;
  }
  return pairs.reverse();
}

/**
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 * @returns {Pair[]}
 */
function greedy(a, b) {
  /** @type {Map<number | undefined, number[]>} */
  const places = new Map();
  b.forEach((value, j) => places.set(value, [...(places.get(value) ?? []), j]));
  /** @type {Pair[]} */
  const pairs = [];
  let next = 0;
  a.forEach((value, i) => {
    const j = places.get(value)?.find((place) => place >= next);
    // A far one would leave everything before it without a partner.
    if (j === undefined || j - next > MOST_DIFFERENCES) return;
    pairs.push([i, j]);
    next = j + 1;
  });
  return pairs;
}

/** @param {Int32Array} values @param {number} index */
function at(values, index) {
  return values[index] ?? 0;
}

/**
 * Marks an increasing subsequence of the greatest weight.
 *
 * @param {readonly number[]} values all different
 * @param {(index: number) => number} weight more than 0
 * @returns {boolean[]}
 */
export function increasing(values, weight = () => 1) {
  if (values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0))) return values.map(() => true);
  const order = values.map((_, index) => index).sort((i, j) => (values[i] ?? 0) - (values[j] ?? 0));
  const ranks = new Int32Array(values.length);
  order.forEach((index, rank) => (ranks[index] = rank + 1));
  // A Fenwick tree over ranks: the best sum up to a rank, with the index where it ends.
  const sums = new Float64Array(values.length + 1);
  const ends = new Int32Array(values.length + 1).fill(-1);
  const before = new Int32Array(values.length);
  let best = -1;
  let most = 0;
  for (let index = 0; index < values.length; index += 1) {
    let sum = 0;
    let last = -1;
    for (let rank = (ranks[index] ?? 0) - 1; rank > 0; rank -= rank & -rank) {
      if ((sums[rank] ?? 0) > sum) [sum, last] = [sums[rank] ?? 0, ends[rank] ?? -1];
    }
    sum += weight(index);
    before[index] = last;
    if (sum > most) [most, best] = [sum, index];
    for (let rank = ranks[index] ?? 0; rank <= values.length; rank += rank & -rank) {
      if (sum > (sums[rank] ?? 0)) [sums[rank], ends[rank]] = [sum, index];
    }
  }
  const kept = values.map(() => false);
  for (let index = best; index >= 0; index = before[index] ?? -1) kept[index] = true;
  return kept;
}

/**
 * The greatest of some numbers, its place, and the second.
 *
 * @param {number[]} values
 */
export function bestOf(values) {
  const best = { at: -1, value: 0, second: 0 };
  for (const [at, value] of values.entries()) {
    if (value > best.value) Object.assign(best, { at, value, second: best.value });
    else if (value > best.second) best.second = value;
  }
  return best;
}

/**
 * The indices whose text is unique among them, and not empty.
 *
 * @param {number[]} indices
 * @param {(index: number) => string} textOf
 */
export function uniqueIn(indices, textOf) {
  /** @type {Map<string, number | undefined>} */
  const found = new Map();
  for (const index of indices) {
    const text = textOf(index);
    if (text) found.set(text, found.has(text) ? undefined : index);
  }
  return found;
}

/**
 * The indices in a range that have no partner.
 *
 * @param {number[]} partners
 * @param {number} from
 * @param {number} to
 */
export function unpaired(partners, from, to) {
  const found = [];
  for (let at = from; at < to; at += 1) if (partners[at] === -1) found.push(at);
  return found;
}

/**
 * The pairs of two sequences in order whose values have the greatest sum.
 *
 * @param {number} lengthA
 * @param {number} lengthB
 * @param {(i: number, j: number) => number} value of a pair, 0 for none
 * @returns {Pair[]}
 */
export function heaviestPairs(lengthA, lengthB, value) {
  // best[i][j]: the greatest sum over pairs of the units from i and j on.
  const best = Array.from({ length: lengthA + 1 }, () => new Float64Array(lengthB + 1));
  const sum = (/** @type {number} */ i, /** @type {number} */ j) => best[i]?.[j] ?? 0;
  const both = (/** @type {number} */ i, /** @type {number} */ j) => value(i, j) && value(i, j) + sum(i + 1, j + 1);
  for (let i = lengthA - 1; i >= 0; i -= 1) {
    for (let j = lengthB - 1; j >= 0; j -= 1) {
      /** @type {Float64Array} */ (best[i])[j] = Math.max(both(i, j), sum(i + 1, j), sum(i, j + 1));
    }
  }
  /** @type {Pair[]} */
  const pairs = [];
  for (let i = 0, j = 0; i < lengthA && j < lengthB; ) {
    const own = both(i, j);
    if (own && own >= sum(i + 1, j) && own >= sum(i, j + 1)) pairs.push([i++, j++]);
    else if (sum(i + 1, j) >= sum(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}

/**
 * Adds an item to its group.
 *
 * @template Name, Item
 * @param {Map<Name, Item[]>} groups
 * @param {Name} name
 * @param {Item} item
 */
export function put(groups, name, item) {
  const group = groups.get(name);
  if (group) group.push(item);
  else groups.set(name, [item]);
}
