/** A difference-in-means probe: has tuning moved the states towards those before tokens with the property? */
import { mlpHookPoint } from "../../model/language-model.js";
import { corpusMarks } from "../pair/evidence.js";
import { statesAt } from "../pair/states.js";
import { type Method, meanScore } from "./method.js";

/** Marked tokens that a direction must come from. */
const LEAST_TOKENS = 8;

/**
 * The direction of a property is the mean of the base model's last MLP outputs before marked tokens less the mean before
 * others, with length 1; its value the projection of tuned less base states, mean over texts.
 * @see Marks, Tegmark 2023, "The Geometry of Truth", arXiv:2310.06824, for the probe
 */
export const meanDifference: Method = {
  name: "mean-difference",
  summary: "shift of states along the difference of means before tokens with and without the property",
  unit: "activation",
  async rank(evidence, hypotheses) {
    const { base, tuned, corpus, signal } = evidence;
    const hook = mlpHookPoint(base.config.nLayers - 1);
    const rows = corpus.map((ids) => ids.slice(0, -1));
    const [before, after] = [await statesAt(base, hook, rows, signal), await statesAt(tuned, hook, rows, signal)];
    const width = base.config.dModel;
    // The state at position t predicts token t + 1, the t-th of the text without its first token.
    const shifts = before.map((states, text) => {
      const shift = new Float64Array(width);
      for (let i = 0; i < states.length; i++) shift[i % width] += after[text][i] - states[i];
      return shift.map((sum) => (sum * width) / states.length);
    });
    const total = totalOf(before, width);
    return hypotheses.map((_, h) => {
      const direction = directionOf(before, total, corpusMarks(evidence, h));
      if (!direction) return null;
      return meanScore(
        shifts.map((shift) => shift.reduce((sum, value, i) => sum + value * direction[i], 0)),
        LEAST_TOKENS,
      );
    });
  },
};

/** Sum of the states of all tokens, and their number. */
function totalOf(states: readonly Float32Array[], width: number): { sum: Float64Array; tokens: number } {
  const sum = new Float64Array(width);
  for (const own of states) for (let i = 0; i < own.length; i++) sum[i % width] += own[i];
  return { sum, tokens: states.reduce((tokens, own) => tokens + own.length / width, 0) };
}

/** Of length 1; undefined where too few tokens are marked, or too few are not. */
function directionOf(
  states: readonly Float32Array[],
  total: ReturnType<typeof totalOf>,
  marks: readonly Uint8Array[],
): Float64Array | undefined {
  const width = total.sum.length;
  const marked = new Float64Array(width);
  let count = 0;
  for (const [text, own] of marks.entries())
    for (let t = 0; t < own.length; t++) {
      if (own[t] === 0) continue;
      count++;
      for (let i = 0; i < width; i++) marked[i] += states[text][t * width + i];
    }
  if (Math.min(count, total.tokens - count) < LEAST_TOKENS) return undefined;
  const difference = marked.map((sum, i) => sum / count - (total.sum[i] - sum) / (total.tokens - count));
  const length = Math.hypot(...difference);
  return length > 0 ? difference.map((value) => value / length) : undefined;
}
