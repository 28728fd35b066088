/**
 * The headline metrics of a run: the numbers that the summary and the first page show, over seeds.
 */
import { comparedSets } from "../../results/compared-sets.js";
import type { CarryResults, HeadlineMetric, HeadlineMetricId, ModelRole, Results } from "../../results/results.js";
import { mean } from "../../stats/moments.js";
import { type Measured, spreadOf } from "./aggregate.js";

interface Definition {
  name: string;
  of: (results: Results) => Measured;
  kind?: HeadlineMetric["kind"];
  /** A difference or an effect, whose sign is the finding. */
  isDifference?: boolean;
}

type CarryGroup = CarryResults["groups"][number]["group"];
type Estimator = "leastSquares" | "ridge";
type Lexicon = NonNullable<Results["implicitReward"]>["lexicon"];

/** Kendall's tau of the lexicon that R rebuilds with the given one. */
export const tau =
  (model: ModelRole, wanted: Estimator, ofWords: "all" | "negative" | "positive" = "all") =>
  ({ probe }: Results) =>
    probe?.models
      .find((one) => one.model === model)
      ?.kendall.find(({ estimator, words }) => estimator === wanted && words === ofWords)?.result.tau;

/** Kendall's tau of the implicit reward with the given lexicon. */
export const implicitTau =
  (wanted: Lexicon["kendall"][number]["words"]) =>
  ({ implicitReward }: Results) =>
    implicitReward?.lexicon.kendall.find(({ words }) => words === wanted)?.result.tau;

/** The same of a control, over visited words. */
export const implicitControl =
  (wanted: Lexicon["controls"][number]["values"]) =>
  ({ implicitReward }: Results) =>
    implicitReward?.lexicon.controls.find(({ values, words }) => values === wanted && words === "visited")?.result.tau;

const tauDifference =
  (wanted: Estimator) =>
  ({ probe }: Results) =>
    probe?.tauDifference.find(({ estimator }) => estimator === wanted)?.difference;

const tunedFrequency = ({ frequency }: Results) => frequency?.models.find(({ model }) => model === "tuned");

function frequencyAgainstMatched(results: Results): Measured {
  const { related, matchedFrequency } = tunedFrequency(results) ?? {};
  return related?.n && matchedFrequency?.n ? related.value - matchedFrequency.value : undefined;
}

const meanOfAny = (values: readonly number[]) => (values.length > 0 ? mean(values) : undefined);

export const mmcs =
  (wanted: ModelRole) =>
  ({ match }: Results) =>
    meanOfAny((match?.pairs ?? []).filter(({ model }) => model === wanted).map(({ mmcs }) => mmcs));

/** What a group of parts of the tuned model gives to the base model, as a share of the contrast. */
const givenBy =
  (wanted: CarryGroup) =>
  ({ carry }: Results) =>
    carry?.groups.find(({ group }) => group === wanted)?.intoBase.share;

/**
 * The same of the largest set of chosen features that can be compared, or of its control of equal
 * size; `intoTuned`: what the tuned model loses by the base model's.
 */
export const byFeatures =
  (wanted: "chosen" | "control", way: "intoBase" | "intoTuned" = "intoBase") =>
  ({ carry }: Results) =>
    carry?.features && comparedSets(carry.features).at(-1)?.[wanted][way];

function featuresAgainstControl(results: Results): Measured {
  const [chosen, control] = [byFeatures("chosen")(results), byFeatures("control")(results)];
  return chosen && control ? chosen.value - control.value : undefined;
}

const definitions: Readonly<Record<HeadlineMetricId, Definition>> = {
  rewardTuned: { name: "Reward, tuned model", of: ({ tune }) => tune?.reward.tuned },
  rewardBase: { name: "Reward, base model", of: ({ tune }) => tune?.reward.base },
  rewardGain: { name: "Reward, tuned − base", of: ({ tune }) => tune?.reward.difference, isDifference: true },
  tauTuned: { name: "Kendall tau, tuned model", of: tau("tuned", "leastSquares") },
  tauBase: { name: "Kendall tau, base model", of: tau("base", "leastSquares") },
  tauDifference: { name: "Kendall tau, tuned − base", of: tauDifference("leastSquares"), isDifference: true },
  ridgeTauTuned: { name: "Kendall tau, ridge, tuned model", of: tau("tuned", "ridge") },
  ridgeTauBase: { name: "Kendall tau, ridge, base model", of: tau("base", "ridge") },
  ridgeTauDifference: { name: "Kendall tau, ridge, tuned − base", of: tauDifference("ridge"), isDifference: true },
  implicitRewardTauVisited: {
    name: "Kendall tau, implicit reward of visited words",
    of: implicitTau("visited"),
  },
  baseProbabilitiesTau: {
    name: "... the base model's probabilities",
    of: implicitControl("baseMass"),
  },
  implicitRewardTau: {
    name: "Kendall tau, implicit reward of all words",
    of: implicitTau("all"),
  },
  implicitRewardAgainstRidge: {
    name: "Kendall tau, implicit reward − ridge",
    of: ({ implicitReward }) =>
      implicitReward?.againstProbe.find(({ estimator, words }) => estimator === "ridge" && words === "all")?.difference,
    isDifference: true,
  },
  carryAttention: { name: "Given to base by attention of all layers", of: givenBy("attention"), kind: "share" },
  carryMlps: { name: "Given to base by MLPs of all layers", of: givenBy("mlps"), kind: "share" },
  carryLayers: { name: "Given to base by both", of: givenBy("layers"), kind: "share" },
  carryFeatures: { name: "Given to base by chosen features", of: byFeatures("chosen"), kind: "share" },
  carryFeaturesControl: { name: "... features of equal size of change", of: byFeatures("control"), kind: "share" },
  carryFeaturesAgainstControl: {
    name: "Chosen features − equal size of change",
    of: featuresAgainstControl,
    kind: "share",
    isDifference: true,
  },
  carryFeaturesTaken: {
    name: "Taken from tuned by chosen features",
    of: byFeatures("chosen", "intoTuned"),
    kind: "share",
  },
  carryFeaturesTakenControl: {
    name: "... taken by features of equal size of change",
    of: byFeatures("control", "intoTuned"),
    kind: "share",
  },
  ablationEffect: {
    name: "Change of the reward, labelled features ablated",
    of: ({ ablate }) => (ablate?.related.some(({ features }) => features.length > 0) ? ablate.effect : undefined),
    isDifference: true,
  },
  ablationRandom: {
    name: "... random features",
    of: ({ ablate }) => ablate?.random?.meanEffect,
    isDifference: true,
  },
  ablationMatched: {
    name: "... features of the same frequency",
    of: ({ ablate }) => ablate?.matchedFrequency?.meanEffect,
    isDifference: true,
  },
  ablationUnlabelled: {
    name: "... explained, not labelled features",
    of: ({ ablate }) => ablate?.unlabelled?.meanEffect,
    isDifference: true,
  },
  ablationAgainstRandom: {
    name: "Labelled − random features",
    of: ({ ablate }) => ablate?.random?.difference,
    isDifference: true,
  },
  ablationAgainstMatched: {
    name: "Labelled − features of the same frequency",
    of: ({ ablate }) => ablate?.matchedFrequency?.difference,
    isDifference: true,
  },
  frequencyRelated: {
    name: "Labelled features, active at high R",
    of: (results) => tunedFrequency(results)?.related,
    kind: "share",
  },
  frequencyMatched: {
    name: "Features of the same frequency, active at high R",
    of: (results) => tunedFrequency(results)?.matchedFrequency,
    kind: "share",
  },
  frequencyAverage: {
    name: "Average feature, active at high R",
    of: (results) => tunedFrequency(results)?.average,
    kind: "share",
  },
  frequencyAgainstMatched: {
    name: "Labelled − same frequency, at high R",
    of: frequencyAgainstMatched,
    kind: "share",
    isDifference: true,
  },
  mmcsTuned: { name: "MMCS, small in large, tuned model", of: mmcs("tuned") },
  mmcsBase: { name: "MMCS, small in large, base model", of: mmcs("base") },
  mmcsRandom: {
    name: "MMCS, random dictionaries",
    of: ({ match }) => meanOfAny((match?.pairs ?? []).map(({ randomMmcs }) => randomMmcs)),
  },
};

/**
 * The headline metrics that at least one run has. Means over layers are over the layers that each
 * run chose.
 */
export function headlineMetrics(runs: readonly Results[]): HeadlineMetric[] {
  return (Object.entries(definitions) as [HeadlineMetricId, Definition][]).flatMap(
    ([id, { name, of, kind = "number", isDifference }]) => {
      const spread = spreadOf(runs.map(of));
      if (!spread) return [];
      const count = (holds: (value: number) => boolean) =>
        spread.values.filter((value) => value !== null && holds(value)).length;
      const signs = { positive: count((value) => value > 0), negative: count((value) => value < 0) };
      return [{ id, name, kind, ...spread, ...(isDifference && { signs }) }];
    },
  );
}
