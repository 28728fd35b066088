/** Numbers of a run's results that several tables show, beside the headline metrics. */
import { byFeatures } from "../../src/pipeline/sweep/headline-metrics.js";
import { comparedSets } from "../../src/results/compared-sets.js";
import type { Results } from "../../src/results/results.js";
import type { Measured } from "./numbers.js";

export type Of = (results: Results) => Measured;
export type Way = "intoBase" | "intoTuned";

/** The embedding's share of what tuning changed. */
export const embedding =
  (way: Way): Of =>
  ({ carry }) =>
    carry?.parts.find(({ module }) => module === "embedding")?.[way].share;

/**
 * The share of the first 100 shared features, or of equally large changes of others.
 * @throws Error if the largest set that can be compared is another one
 */
export const hundred =
  (of: "chosen" | "control", way: Way): Of =>
  (results) => {
    const largest = results.carry?.features && comparedSets(results.carry.features).at(-1)?.chosen.chosen;
    if (largest !== undefined && largest !== 100) throw new Error(`expected 100 chosen features, received ${largest}`);
    return byFeatures(of, way)(results);
  };
