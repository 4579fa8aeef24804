/** Shares of what two elements have in common. */

/**
 * The share of two texts that they begin and end with alike.
 *
 * @param {string} a
 * @param {string} b
 */
export function sharedEnds(a, b) {
  const [one, other] = [a.trim(), b.trim()];
  const most = Math.min(one.length, other.length);
  let start = 0;
  while (start < most && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < most - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  return (start + end) / (Math.max(one.length, other.length) || 1);
}

/**
 * The share of what is in both sets.
 *
 * @param {Set<string>} a
 * @param {Set<string>} b
 */
export function overlap(a, b) {
  let both = 0;
  for (const value of a) if (b.has(value)) both += 1;
  const all = a.size + b.size - both;
  return all ? both / all : 1;
}

/**
 * @param {Set<string>} before
 * @param {Set<string>} after
 */
export function kept(before, after) {
  let both = 0;
  for (const value of before) if (after.has(value)) both += 1;
  return before.size ? both / before.size : 1;
}

/**
 * @param {Map<string, number>} before
 * @param {Map<string, number>} after
 */
export function keptCounts(before, after) {
  let both = 0;
  let all = 0;
  for (const [tag, count] of before) {
    both += Math.min(count, after.get(tag) ?? 0);
    all += count;
  }
  return all ? both / all : 1;
}

/**
 * @param {Map<string, number>} a
 * @param {Map<string, number>} b
 */
export function overlapOfCounts(a, b) {
  let both = 0;
  let all = 0;
  for (const tag of new Set([...a.keys(), ...b.keys()])) {
    const [here, there] = [a.get(tag) ?? 0, b.get(tag) ?? 0];
    both += Math.min(here, there);
    all += Math.max(here, there);
  }
  return all ? both / all : 1;
}
