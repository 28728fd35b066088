/** Numbers of a run's results that several tables show. */
import { comparedSets } from "../../src/results/compared-sets.js";
import type { Estimator, ModelRole, Results } from "../../src/results/results.js";
import type { Measured } from "./numbers.js";

export type Of = (results: Results) => Measured;
export type Way = "intoBase" | "intoTuned";
type ImplicitReward = NonNullable<Results["implicitReward"]>;

/** Kendall's tau of the implicit reward. */
export const implicitTau =
  (wanted: ImplicitReward["lexicon"]["kendall"][number]["words"]): Of =>
  ({ implicitReward }) =>
    implicitReward?.lexicon.kendall.find(({ words }) => words === wanted)?.result.tau;

/** Kendall's tau of a control of it, over visited words. */
export const implicitControl =
  (wanted: ImplicitReward["lexicon"]["controls"][number]["values"]): Of =>
  ({ implicitReward }) =>
    implicitReward?.lexicon.controls.find(({ values, words }) => values === wanted && words === "visited")?.result.tau;

/** Kendall's tau of the lexicon that R rebuilds. */
export const probeTau =
  (model: ModelRole, estimator: Estimator, words: "all" | "negative" | "positive"): Of =>
  ({ probe }) =>
    probe?.models
      .find((one) => one.model === model)
      ?.kendall.find((one) => one.estimator === estimator && one.words === words)?.result.tau;

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
  ({ carry }) => {
    const set = carry?.features && comparedSets(carry.features).at(-1)?.[of];
    if (set && set.chosen !== 100) throw new Error(`expected 100 chosen features, received ${set.chosen}`);
    return set?.[way];
  };
