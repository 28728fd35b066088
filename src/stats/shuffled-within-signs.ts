/** A control for absolute values: values shuffled within each sign, so that signs are kept. */
import type { Rng } from "../rng.js";

/**
 * Values shuffled among the positions of sign 1, then among those of sign -1; positions of sign 0
 * keep their values.
 * @param signs of the positions, of the same length as `values`
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
