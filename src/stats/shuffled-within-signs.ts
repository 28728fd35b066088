/** A control for sizes: values exchanged among those of one sign, so that good is still told from bad. */
import type { Rng } from "../rng.js";

/**
 * Values shuffled among the places of sign 1, then among those of sign -1; places of sign 0 keep theirs.
 * @param signs what the places are told apart by, of the same length as `values`
 */
export function shuffledWithinSigns(values: readonly number[], signs: readonly number[], rng: Rng): number[] {
  const shuffled = [...values];
  for (const sign of [1, -1]) {
    const own = signs.flatMap((other, i) => (other === sign ? [i] : []));
    const from = rng.shuffle([...own]);
    for (const [k, i] of own.entries()) shuffled[i] = values[from[k]];
  }
  return shuffled;
}
