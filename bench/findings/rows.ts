/** The rows of docs/findings.md's tables, in the page's order: what stands in the first column, and the number of each run. */
import { implicitControl, implicitTau, mmcs, tau } from "../../src/pipeline/sweep/headline-metrics.js";
import type { DictionaryQuality, Estimator, ModelRole, Results, SharedQuality } from "../../src/results/results.js";
import type { SeedsResults } from "../../src/results/seeds.js";
import { mean } from "../../src/stats/moments.js";
import { embedding, hundred, type Of, type Way } from "./measured.js";
import type { Measured, Notation } from "./numbers.js";

/** A run of one seed. */
export interface SeedRun {
  readonly seed: number;
  readonly results: Results;
}

export interface Row extends Notation {
  readonly label: string;
  readonly of: (run: SeedRun) => Measured;
  /** Whether the last column has mean and standard deviation. */
  readonly spread: boolean;
}

const row = (label: string, digits: number, of: Of): Row => ({
  label,
  digits,
  of: ({ results }) => of(results),
  spread: true,
});
const shareRow = (label: string, digits: number, of: Of): Row => ({ ...row(label, digits, of), percent: true });

const tuning: Row[] = [
  row("base model", 2, ({ tune }) => tune?.reward.base),
  row("tuned model", 2, ({ tune }) => tune?.reward.tuned),
  row("tuned − base", 2, ({ tune }) => tune?.reward.difference),
  row("of the completion only, tuned − base", 2, ({ tune }) => tune?.completionReward.difference),
  row("distinct bigrams / bigrams, base", 2, ({ tune }) => tune?.distinct2.base),
  row("... tuned", 2, ({ tune }) => tune?.distinct2.tuned),
  row("perplexity under the base model, its own texts", 1, ({ tune }) => tune?.basePerplexity.base),
  row("... the tuned model's texts", 1, ({ tune }) => tune?.basePerplexity.tuned),
  row("KL(tuned ‖ base) per completion of 40 tokens, nats", 1, ({ tune }) => tune?.kl),
  row("KL per token, nats", 3, ({ tune }) => tune?.klPerToken),
  ...[0, 1, 2, 3, 4, 5].map((layer) => ({
    ...row(String(layer), 2, ({ divergence }) => divergence?.layers.find((one) => one.layer === layer)?.divergence),
    spread: false,
  })),
];

type Source = NonNullable<Results["implicitReward"]>["texts"][number]["source"];

const againstProbe = (label: string, estimator: Estimator, words: "all" | "visited"): Row =>
  row(
    label,
    3,
    (results) =>
      results.implicitReward?.againstProbe.find((one) => one.estimator === estimator && one.words === words)
        ?.difference,
  );
const pearson = (label: string, wanted: Source): Row =>
  row(
    label,
    2,
    (results) =>
      results.implicitReward?.texts.find(({ source, rewarded }) => source === wanted && rewarded === "completion")
        ?.pearson,
  );
const explainedByAll = ({ implicitReward }: Results) =>
  implicitReward?.attribution.find(({ source }) => source === "tuned");
const lost = (label: string, wanted: string): Row =>
  row(label, 3, (results) => explainedByAll(results)?.features.find(({ feature }) => feature === wanted)?.dropOne);

const implicitReward: Row[] = [
  row("visited words, which the base model is expected to sample (209 words)", 3, implicitTau("visited")),
  row("... base model's probabilities instead", 3, implicitControl("baseMass")),
  row(
    "... only the signs of the implicit rewards, which are not to be subtracted: tau-b counts fewer pairs where many are tied",
    3,
    implicitControl("signs"),
  ),
  row("... implicit rewards shuffled within each sign", 3, implicitControl("shuffledWithinPolarity")),
  row("all words (765)", 3, implicitTau("all")),
  row("the fifth with the most visits (153)", 3, implicitTau("likeliest")),
  row("negative words (375)", 3, implicitTau("negative")),
  row("positive words (390)", 3, implicitTau("positive")),
  againstProbe("ridge, visited words", "ridge", "visited"),
  againstProbe("ridge, all words", "ridge", "all"),
  againstProbe("least squares, visited words", "leastSquares", "visited"),
  againstProbe("least squares, all words", "leastSquares", "all"),
  pearson("tuned model's texts: correlation with the given reward", "tuned"),
  pearson("base model's texts", "base"),
  pearson("difference of the two, per prompt", "withinPrompt"),
  row("tuned model's texts: variance explained by six features", 3, (results) => explainedByAll(results)?.r2),
  lost("... lost without the given reward", "reward"),
  lost("... lost without length", "length"),
  lost("... lost without punctuation", "punctuation"),
  lost("... lost without repetition", "repetition"),
  lost("... lost without frequent words", "frequentWords"),
];

type Group = NonNullable<Results["carry"]>["groups"][number]["group"];
type Whole = NonNullable<NonNullable<Results["carry"]>["features"]>["wholes"][number]["of"];

const group = (label: string, wanted: Group, way: Way): Row =>
  shareRow(label, 0, ({ carry }) => carry?.groups.find((one) => one.group === wanted)?.[way].share);
const whole = (label: string, wanted: Whole, way: Way): Row =>
  shareRow(label, 0, ({ carry }) => carry?.features?.wholes.find(({ of }) => of === wanted)?.[way]);
const exchanged = (way: Way): Row[] => [
  shareRow("embedding", 0, embedding(way)),
  group("attention of all layers", "attention", way),
  group("MLPs of all layers", "mlps", way),
  group("attention and MLPs", "layers", way),
  shareRow("first 100 features of five dictionaries", 1, hundred("chosen", way)),
  shareRow("equally large changes of others", 1, hundred("control", way)),
  whole("all features of these layers", "all", way),
  whole("... with the reconstruction errors", "allAndError", way),
];

const carry: Row[] = [
  ...exchanged("intoBase"),
  whole("... the errors alone", "error", "intoBase"),
  ...exchanged("intoTuned"),
  ...[-0.5, 0, 0.25, 0.5, 0.75, 1, 1.25].map((wanted) =>
    row(`a = ${wanted}`, 2, (results) => results.carry?.doses.find(({ dose }) => dose === wanted)?.reward),
  ),
];

type Quality = DictionaryQuality | SharedQuality;
const meanOver = (all: readonly Quality[], of: (one: Quality) => number) => mean(all.map(of));

function quality(label: string, of: (results: Results) => readonly Quality[]): Row[] {
  return [
    row(`active features per token, ${label}`, 1, (results) => meanOver(of(results), ({ l0 }) => l0)),
    shareRow("... explained variance", 1, (results) => meanOver(of(results), (one) => one.explainedVariance)),
    shareRow("... loss recovered", 1, (results) => meanOver(of(results), ({ lossRecovered }) => lossRecovered)),
  ];
}
const ofSize =
  (model: ModelRole, size: "small" | "large") =>
  ({ dictionaries }: Results): readonly Quality[] =>
    dictionaries?.dictionaries.filter((one) => one.model === model && one.size === size) ?? [];
const shared = ({ dictionaries }: Results) => dictionaries?.shared?.filter(({ model }) => model === "tuned") ?? [];

const dictionaries: Row[] = [
  ...quality("tuned, small", ofSize("tuned", "small")),
  ...quality("tuned, large", ofSize("tuned", "large")),
  ...quality("base, small", ofSize("base", "small")),
  ...quality("base, large", ofSize("base", "large")),
  ...quality("shared, in the tuned model", shared),
  shareRow("... dead", 1, (results) => meanOver(shared(results), (one) => one.deadFeatures / one.dSae)),
  row("MMCS, tuned", 3, mmcs("tuned")),
  row("MMCS, base", 3, mmcs("base")),
  row("MMCS, random dictionaries", 3, ({ match }) => mean((match?.pairs ?? []).map(({ randomMmcs }) => randomMmcs))),
];

const related = (label: string, wanted: ModelRole): Row =>
  row(label, 0, ({ classify }) => classify?.models.find(({ model }) => model === wanted)?.related);
const detection = (label: string, wanted: ModelRole): Row[] => {
  const scored = ({ score }: Results) => score?.models.find(({ model }) => model === wanted);
  return [
    row(label, 3, (results) => scored(results)?.balancedAccuracy),
    row("another feature's explanation", 3, (results) => scored(results)?.control),
  ];
};

function stability(seeds: SeedsResults, model: ModelRole): Row[] {
  // Of the layers that the seed chose and another seed too.
  const of = (seed: number) =>
    (seeds.featureStability ?? [])
      .filter((layer) => layer.model === model)
      .flatMap((layer) => layer.seeds.filter((one) => one.seed === seed));
  const explained = (seed: number) => of(seed).flatMap((layer) => layer.explained);
  const own = (label: string, value: (seed: number) => number, notation: Notation): Row => ({
    label,
    of: ({ seed }) => value(seed),
    spread: true,
    ...notation,
  });
  const share = { digits: 0, percent: true };
  const holds = <T>(list: readonly T[], which: (one: T) => boolean) => list.filter(which).length / list.length;
  const first = `${model}: highest cosine of an explained feature with one of another seed, mean`;
  const sum = (seed: number, field: "stable" | "features") => of(seed).reduce((total, one) => total + one[field], 0);
  return [
    own(first, (seed) => mean(explained(seed).map((one) => one.mean)), { digits: 3 }),
    own("... explained features that are stable", (seed) => holds(explained(seed), (one) => one.stable), share),
    own("... of all features of the small dictionaries", (seed) => sum(seed, "stable") / sum(seed, "features"), share),
    own("... explained features without a pattern", (seed) => holds(explained(seed), (one) => !!one.noPattern), share),
  ];
}

const probeRows = (estimator: Estimator, name: string): Row[] => {
  const control = (label: string, wanted: string): Row =>
    row(
      `${label}, ${name}`,
      3,
      ({ probe }) =>
        probe?.controls.find(({ labels, estimator: of }) => labels === wanted && of === estimator)?.kendall.tau,
    );
  return [
    row(`tuned model, ${name}`, 3, tau("tuned", estimator, "all")),
    row(`base model, ${name}`, 3, tau("base", estimator, "all")),
    row(
      `tuned − base, ${name}`,
      3,
      ({ probe }) => probe?.tauDifference.find((one) => one.estimator === estimator)?.difference,
    ),
    control("labels are signs only", "signs"),
    control("labels shuffled within polarity", "shuffledWithinPolarity"),
    control("MLP outputs instead of feature activations", "rawActivations"),
    row(
      `fitted to the models' log-ratios, ${name}`,
      3,
      ({ probe }) =>
        probe?.onLogRatios?.find(({ model }) => model === "tuned")?.kendall.find((one) => one.estimator === estimator)
          ?.result.tau,
    ),
  ];
};

const probe: Row[] = [
  ...probeRows("ridge", "ridge"),
  ...probeRows("leastSquares", "least squares"),
  row("negative words, tuned, ridge", 3, tau("tuned", "ridge", "negative")),
  row("positive words, tuned, ridge", 3, tau("tuned", "ridge", "positive")),
];

const ablation: Row[] = [
  row("before", 2, ({ ablate }) => ablate?.before),
  row("after", 2, ({ ablate }) => ablate?.after),
  row("labelled features: after − before", 2, ({ ablate }) => ablate?.effect),
  row("the same number of random features", 2, ({ ablate }) => ablate?.random?.meanEffect),
  row("the same number of features of the same frequency", 2, ({ ablate }) => ablate?.matchedFrequency?.meanEffect),
  row("labelled − random", 2, ({ ablate }) => ablate?.random?.difference),
  row("labelled − same frequency", 2, ({ ablate }) => ablate?.matchedFrequency?.difference),
];

const frequency: Row[] = (["tuned", "base"] as const).flatMap((wanted) => {
  const of = ({ frequency }: Results) => frequency?.models.find(({ model }) => model === wanted);
  return [
    shareRow(`labelled features, ${wanted}`, 1, (results) => of(results)?.related),
    shareRow(`features of the same frequency, ${wanted}`, 1, (results) => of(results)?.matchedFrequency),
    shareRow(`average feature, ${wanted}`, 1, (results) => of(results)?.average),
  ];
});

/** All rows of tables with a column per seed, in the page's order. */
export function findingsRows(seeds: SeedsResults): Row[] {
  return [
    ...tuning,
    ...implicitReward,
    ...carry,
    ...dictionaries,
    related("related to the reward, tuned", "tuned"),
    related("related to the reward, base", "base"),
    ...detection("detection, tuned", "tuned"),
    ...detection("detection, base", "base"),
    ...stability(seeds, "tuned"),
    ...stability(seeds, "base"),
    ...probe,
    ...ablation,
    ...frequency,
  ];
}
