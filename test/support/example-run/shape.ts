/** Models, layers and dictionaries of the invented run, and intervals of invented width. */
import type { DictionarySize, Interval, ModelRole } from "../../../src/results/results.js";

export const roles: readonly ModelRole[] = ["tuned", "base"];

export const chosen = [1, 2, 3, 4, 5];

export const sizes: readonly DictionarySize[] = ["small", "large"];

export function around(value: number, half: number, n: number, unit: Interval["unit"]): Interval {
  return { value, low: value - half, high: value + 0.96 * half, n, unit };
}
