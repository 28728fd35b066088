/** The nearest known name to a mistyped one. */

/** Levenshtein distance: insertions, deletions and substitutions of characters. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substituted, previous[j] + 1, current[j - 1] + 1));
    }
    previous = current;
  }
  return previous[b.length];
}

/** batch_size, batch-size and batchSize count as equal. */
const fold = (name: string) => name.toLowerCase().replace(/[_-]/g, "");

/**
 * The known name with the smallest edit distance, ignoring case and `_ -`; the first of equals.
 * @param limit largest distance; default a third of the name's length
 * @returns undefined when none is near
 */
export function nearest(
  name: string,
  known: readonly string[],
  limit = Math.ceil(name.length / 3),
): string | undefined {
  let best: string | undefined;
  let bestDistance = limit + 1;
  const folded = fold(name);
  for (const candidate of known) {
    const other = fold(candidate);
    // A lower bound of the distance, checked first so that long names cost little.
    if (Math.abs(folded.length - other.length) >= bestDistance) continue;
    const distance = editDistance(folded, other);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}
