/** A few results of both sides of `bench/default-run.ts`, which show that they did the same work. */
import { readResults } from "../src/results/results.js";
import { mean } from "../src/stats/moments.js";

type Numbers = Record<string, number>;

interface DictionaryOfPython {
  name: string;
  l0: number;
  explainedVariance: number;
  lossRecovered: number;
}

/** What the Python side says, as far as it is compared. */
interface PythonResults {
  evaluate: Numbers;
  dictionaries: DictionaryOfPython[];
  match: { mmcs: number }[];
  classify: Numbers;
  score: Numbers;
  triples: Numbers;
  probe: Numbers & Record<"tuned r2 deltas", [number, number]>;
  "implicit-reward": Numbers;
  carry: Numbers & { features: Numbers };
  ablate: Numbers;
  frequency: Numbers;
}

/** @returns rows of name, ours, and Python's */
export async function comparedResults(folder: string, python: PythonResults): Promise<string[][]> {
  const ours = await readResults(folder);
  const { tune, dictionaries, match, classify, score, probe, implicitReward, carry, ablate, frequency } = ours;
  const sizes = ["small", "large"] as const;
  const qualities = (["l0", "explainedVariance", "lossRecovered"] as const).flatMap((measure) =>
    [...sizes, "shared" as const].map((size): [string, number, number] => {
      const own = size === "shared" ? dictionaries!.shared! : dictionaries!.dictionaries.filter((d) => d.size === size);
      const other = python.dictionaries.filter(({ name }) => name === size);
      return [
        `dictionaries: ${measure}, ${size}`,
        mean(own.map((d) => d[measure])),
        mean(other.map((d) => d[measure])),
      ];
    }),
  );
  const tuned = <T extends { model: string }>(of: readonly T[]) => of.find(({ model }) => model === "tuned")!;
  const { r2, words, kendall } = tuned(probe!.models);
  const tauOf = (estimator: string) =>
    kendall.find((one) => one.estimator === estimator && one.words === "all")!.result.tau.value;
  const wholes = new Map(carry!.features!.wholes.map(({ of, intoBase }) => [of, intoBase.value]));
  const rows: [string, number, number][] = [
    ["evaluate: gain of reward", tune!.reward.difference.value, python.evaluate["reward gain"]],
    ["evaluate: log-ratio of tuned completions, nats", tune!.kl.value, python.evaluate.kl],
    ["evaluate: base perplexity, tuned", tune!.basePerplexity.tuned.value, python.evaluate["basePerplexity tuned"]],
    ...qualities,
    ["match: MMCS", mean(match!.pairs.map(({ mmcs }) => mmcs)), mean(python.match.map(({ mmcs }) => mmcs))],
    ["classify: labelled features, tuned", tuned(classify!.models).related, python.classify.tuned],
    ["score: detection", tuned(score!.models).balancedAccuracy.value, python.score["detection tuned own"]],
    ["score: fuzzing", tuned(score!.fuzzing).balancedAccuracy.value, python.score["fuzzing tuned own"]],
    ["score: simulation", tuned(score!.simulation).correlation.value, python.score["simulation tuned own"]],
    ["triples", ours.triples!.triples, python.triples.triples],
    ["probe: words", words, python.probe["tuned words"]],
    ["probe: R-squared, ridge", r2.ridge, python.probe["tuned r2 deltas"][1]],
    ["probe: tau, ridge", tauOf("ridge"), python.probe["tuned ridge all"]],
    ["implicit-reward: words", implicitReward!.lexicon.words, python["implicit-reward"].words],
    [
      "implicit-reward: tau",
      implicitReward!.lexicon.kendall.find((one) => one.words === "all")!.result.tau.value,
      python["implicit-reward"]["tau all"],
    ],
    ["carry: contrast, nats", carry!.contrast.value, python.carry.contrast],
    ["carry: sum of the path, nats", carry!.path.sum, python.carry.pathSum],
    ["carry: all features into base", wholes.get("all")!, python.carry.features["all into base"]],
    [
      "carry: features and errors into base",
      wholes.get("allAndError")!,
      python.carry.features["allAndError into base"],
    ],
    ["ablate: reward before", ablate!.before.value, python.ablate["reward before"]],
    ["ablate: effect", ablate!.effect.value, python.ablate["reward effect"]],
    ["frequency: labelled, tuned", tuned(frequency!.models).related.value, python.frequency["tuned related"]],
  ];
  return rows.map(([name, ...values]) => [
    name,
    ...values.map((value) => (Number.isInteger(value) ? String(value) : value.toPrecision(3))),
  ]);
}
