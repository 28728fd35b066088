/**
 * Whether sampling holds a model's parameters as constants of its program, which ONNX Runtime then keeps in the
 * order of its products. The decision depends on the call alone, not on earlier ones, since the last digits
 * of products depend on it.
 */
import type { ParameterStore } from "../runtime/parameter-store.js";
import { elementCount } from "../runtime/tensor.js";
import { sum } from "../stats/moments.js";

/**
 * Making the program takes longer by what some 60 to 100 steps gain, with the shapes of Pythia-70m and
 * 160m. The next call gains all of it.
 */
const LEAST_STEPS = 64;
/** Below, 2000 completions of 40 tokens gain a second. */
const LEAST_PARAMETERS = 2 ** 24;
/** The constants are in memory a second time: 1 GiB at most. */
const MOST_PARAMETERS = 2 ** 28;

/**
 * @param store of the model; one with gradients is about to change
 * @param steps passes of one token per text
 */
export function isWorthConstants(store: Pick<ParameterStore, "trainable" | "layout">, steps: number): boolean {
  if (store.trainable || steps < LEAST_STEPS) return false;
  const parameters = sum(store.layout.map(({ dims }) => elementCount(dims)));
  return parameters >= LEAST_PARAMETERS && parameters <= MOST_PARAMETERS;
}
