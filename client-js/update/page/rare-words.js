/**
 * Pairs of elements whose text changed, by the words that no other has.
 *
 * @typedef {Map<number, Map<number, number>>} Votes how many words an element has in common with each other
 */

/**
 * The pairs of which each has more of such words in common than with any other, in any order.
 *
 * @param {number[]} a
 * @param {number[]} b
 * @param {(i: number) => Set<string>} wordsOfA
 * @param {(j: number) => Set<string>} wordsOfB
 * @returns {[number, number][]}
 */
export function pairsByWords(a, b, wordsOfA, wordsOfB) {
  const [inA, inB] = [uniqueWords(a, wordsOfA), uniqueWords(b, wordsOfB)];
  /** @type {Votes} */
  const ofA = new Map();
  /** @type {Votes} */
  const ofB = new Map();
  for (const [word, i] of inA) {
    const j = inB.get(word);
    if (i === undefined || j === undefined) continue;
    count(ofA, i, j);
    count(ofB, j, i);
  }
  return [...ofA].flatMap(([i, votes]) => {
    const j = first(votes);
    return j !== undefined && first(ofB.get(j) ?? new Map()) === i ? [/** @type {[number, number]} */ ([i, j])] : [];
  });
}

/**
 * @param {number[]} indices
 * @param {(index: number) => Set<string>} wordsOf
 */
function uniqueWords(indices, wordsOf) {
  /** @type {Map<string, number | undefined>} */
  const found = new Map();
  for (const index of indices) for (const word of wordsOf(index)) found.set(word, found.has(word) ? undefined : index);
  return found;
}

/**
 * @param {Votes} votes
 * @param {number} one
 * @param {number} other
 */
function count(votes, one, other) {
  const own = votes.get(one) ?? new Map();
  own.set(other, (own.get(other) ?? 0) + 1);
  votes.set(one, own);
}

/**
 * The index with the most votes, if no other has as many.
 *
 * @param {Map<number, number>} votes
 */
function first(votes) {
  const most = Math.max(...votes.values());
  const [one, other] = [...votes].filter(([, number]) => number === most);
  return other ? undefined : one?.[0];
}
