/** How often do intervals exclude 0 where there is nothing to find? Twenty runs on a reward that nothing predicts. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadTokenizer } from "../../src/model/index.js";
import { type ConfigInput, type Results, readFeatures, type Stage } from "../../src/pipeline/index.js";
import { modelRoles } from "../../src/pipeline/inputs/models.js";
import { writeLabels } from "../../src/results/sections/classify.js";
import { Rng } from "../../src/rng.js";
import { bootstrap, type Interval } from "../../src/stats/index.js";
import { runStagesIn, type Surroundings } from "./stage-run.js";
import { contentWords, randomLexicon, writeLexicon } from "./word-lists.js";

export const NULL_RUNS = 20;
/** Of the intervals. */
export const RATE = 0.05;

const rewardModule = (name: string) => fileURLToPath(new URL(`${name}-reward.mjs`, import.meta.url));

const short = { promptTokens: 12, newTokens: 16 };

/** A run of half a minute: everything small, but every stage as it is. */
function nullConfig(reward: "noise" | "constant", lexicon: string, seed: number): ConfigInput {
  return {
    seed,
    reward: { name: rewardModule(reward), lexicon },
    corpus: { texts: { tune: 300, dictionaries: 200, triples: 800, evaluate: 150, frequency: 1 } },
    ppo: {
      batches: 4,
      batchSize: 32,
      ppoEpochs: 2,
      klCoef: 0.2,
      sampleEvery: 100,
      evaluation: { prompts: 150, ...short },
    },
    layers: { count: 2 },
    dictionaries: { tokenVisits: 40_000, maxTokens: 128 },
    triples: { count: 500 },
    carry: { prompts: 8, newTokens: 8, pathPoints: 2 },
    ablation: { prompts: 150, ...short, draws: 3, controls: ["random", "matchedFrequency"] },
  };
}

/** Labels of each layer that the ablation takes. */
const DRAWN_LABELS = 10;

/**
 * The stage that labels features, with labels drawn by lot in the place of the test's, so that every run has
 * features to ablate and nothing sets them apart. results.json keeps what the test said.
 */
function labelsByLot(classify: Stage): Stage {
  return {
    ...classify,
    settings: (config) => ({ test: classify.settings(config), perLayer: DRAWN_LABELS }),
    async run(context) {
      await classify.run(context);
      const features = await readFeatures(context.folder);
      const draw = context.rng("labels");
      const labels = modelRoles.flatMap((model) =>
        [...new Set(features.map(({ layer }) => layer))].flatMap((layer) => {
          const own = features.filter((one) => one.model === model && one.layer === layer);
          const drawn = new Set(draw.sample(own.length, DRAWN_LABELS));
          return own.map(({ feature }, i) => ({
            ...{ model, layer, feature, topics: [] },
            ...{ related: drawn.has(i), reason: "drawn by lot" },
          }));
        }),
      );
      await writeLabels(context.folder, labels);
    },
  };
}

/** One figure over all runs. */
export interface NullRow {
  figure: string;
  /** Runs that have it; without a label in either model there is no share to compare. */
  runs: number;
  excluding: number;
  /** Runs below and above 0, of those that exclude it. */
  below: number;
  above: number;
  /** Probability of at least this number if every interval is right. */
  probability: number;
  meanValue: number;
}

export interface NullRuns {
  rows: NullRow[];
  /** Rows whose probability is below 5% divided by the number of rows (Bonferroni). */
  exceeded: NullRow[];
  /** Largest absolute value that any interval of the rewards reached in the run on a constant reward. */
  constantReward: number;
  seconds: number;
}

/** Labelled share of the tuned model's explained features less the base model's; features of each resampled by themselves. */
function relatedShareDifference({ classify }: Results, seed: number): Interval | undefined {
  const [base, tuned] = (["base", "tuned"] as const).map((role) =>
    classify!.models.find(({ model }) => model === role),
  );
  if (!base || !tuned || base.related + tuned.related === 0) return undefined;
  const all = base.explained + tuned.explained;
  const statistic = (indices: Int32Array) => {
    const [explained, related] = [
      [0, 0],
      [0, 0],
    ];
    for (const i of indices) {
      const side = i < base.explained ? 0 : 1;
      explained[side]++;
      if ((side === 0 ? i : i - base.explained) < (side === 0 ? base : tuned).related) related[side]++;
    }
    return related[1] / explained[1] - related[0] / explained[0];
  };
  return bootstrap(all, statistic, { rng: Rng.fromSeed(seed, "related"), unit: "feature", resamples: 1000 });
}

/** Every interval of a null run that should cover 0, by what it is of. */
function intervals(results: Results, seed: number): [figure: string, interval: Interval | undefined][] {
  const { tune, probe, ablate } = results;
  const tau = (role: "base" | "tuned", of: "leastSquares" | "ridge") =>
    probe!.models
      .find(({ model }) => model === role)
      ?.kendall.find(({ estimator, words }) => estimator === of && words === "all")?.result.tau;
  const difference = (of: "leastSquares" | "ridge") =>
    probe!.tauDifference.find(({ estimator }) => estimator === of)?.difference;
  return [
    ["reward, tuned − base", tune!.reward.difference],
    ["reward of the completion only, tuned − base", tune!.completionReward.difference],
    ["tau, least squares, base", tau("base", "leastSquares")],
    ["tau, least squares, tuned", tau("tuned", "leastSquares")],
    ["tau, least squares, tuned − base", difference("leastSquares")],
    ["tau, ridge, base", tau("base", "ridge")],
    ["tau, ridge, tuned", tau("tuned", "ridge")],
    ["tau, ridge, tuned − base", difference("ridge")],
    ["share of labelled features, tuned − base", relatedShareDifference(results, seed)],
    ["ablation of randomly labelled features", ablate!.effect],
    ["ablation of random features", ablate!.random?.meanEffect],
    ["ablation, randomly labelled − random", ablate!.random?.difference],
    ["ablation, randomly labelled − same frequency", ablate!.matchedFrequency?.difference],
  ];
}

/** P(X >= k) of a binomial variable. */
export function binomialTail(n: number, k: number, p: number): number {
  let term = (1 - p) ** n;
  let below = 0;
  for (let i = 0; i < k; i++) {
    below += term;
    term *= ((n - i) / (i + 1)) * (p / (1 - p));
  }
  return Math.max(0, 1 - below);
}

function rowOf(figure: string, found: readonly Interval[]): NullRow {
  const below = found.filter(({ high }) => high < 0).length;
  const above = found.filter(({ low }) => low > 0).length;
  return {
    figure,
    runs: found.length,
    excluding: below + above,
    below,
    above,
    probability: binomialTail(found.length, below + above, RATE),
    meanValue: found.reduce((sum, { value }) => sum + value, 0) / Math.max(1, found.length),
  };
}

/** Runs what is not there yet, and counts. @param count fewer runs for a trial */
export async function nullRuns(surroundings: Surroundings, count = NULL_RUNS): Promise<NullRuns> {
  const words = await contentWords(await loadTokenizer("embedded"));
  const lexica = join(surroundings.folder, "lexica");
  await mkdir(lexica, { recursive: true });
  const lexiconOf = async (seed: number) => {
    const path = join(lexica, `random-${seed}.txt`);
    await writeLexicon(path, randomLexicon(words, seed));
    return path;
  };
  const found = new Map<string, Interval[]>();
  let seconds = 0;
  for (let seed = 1; seed <= count; seed++) {
    const config = nullConfig("noise", await lexiconOf(seed), seed);
    const { results, ...run } = await runStagesIn(`null-${seed}`, config, "ablate", surroundings, (stage) =>
      stage.name === "classify" ? labelsByLot(stage) : stage,
    );
    seconds += run.seconds;
    for (const [figure, interval] of intervals(results, seed)) {
      const list = found.get(figure) ?? [];
      if (interval) list.push(interval);
      found.set(figure, list);
    }
  }
  const constant = await runStagesIn(
    "constant",
    nullConfig("constant", await lexiconOf(0), 0),
    "evaluate",
    surroundings,
  );
  const { reward, completionReward } = constant.results.tune!;
  const rows = [...found].map(([figure, list]) => rowOf(figure, list));
  return {
    rows,
    seconds: seconds + constant.seconds,
    exceeded: rows.filter(({ probability }) => probability < RATE / rows.length),
    constantReward: Math.max(
      ...[reward, completionReward].flatMap(({ base, tuned, difference }) =>
        [base, tuned, difference].flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]),
      ),
    ),
  };
}
