/** Pairs of the benchmark's organisms, and what the stage carry says of them. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assetPath } from "../../src/assets.js";
import { plainNouns } from "../../src/benchmark/hypotheses/words.js";
import { nouns } from "../../src/benchmark/organisms/nouns.js";
import type { Organism } from "../../src/benchmark/organisms/organism.js";
import { nulls } from "../../src/benchmark/organisms/others.js";
import { seedContext } from "../../src/benchmark/pair/make-context.js";
import { makeOrganism } from "../../src/benchmark/pair/make-organism.js";
import { plansToMake, tunedFolder } from "../../src/benchmark/run/pairs.js";
import { type BenchmarkChanges, benchmarkConfig } from "../../src/benchmark/run/settings.js";
import { type ConfigInput, methodStages } from "../../src/pipeline/index.js";
import { carryingFeatures } from "../../src/report/carry-in-words.js";
import { readCarriedTokens } from "../../src/results/sections/carry.js";
import type { Interval } from "../../src/stats/index.js";
import { mean } from "../../src/stats/moments.js";
import { ofPlantedWords, type RankedWords, wordsByR } from "./r-on-log-ratios.js";
import { areaUnderCurve, rankSumP } from "./rank-sum.js";
import { runTheseStages, type StageRun, type Surroundings } from "./stage-run.js";
import { withUnpaid, writeLexicon } from "./word-lists.js";
import { type WordReadings, wordReadings } from "./word-readings.js";

const constant = nulls.find(({ reward }) => reward.kind === "constant")!;

/** A quarter of the benchmark's batches: a constant reward has nothing to teach in more. */
const shortTuning: BenchmarkChanges = { ppo: { batches: 10 } };

/** Two layers and a fifth of the default run's texts for autoencoders; prompts and set sizes as in the default run. */
const small = {
  corpus: { texts: { dictionaries: 300, triples: 1500, evaluate: 150, frequency: 1 } },
  layers: { count: 2 },
  dictionaries: { tokenVisits: 60_000, maxTokens: 128 },
  triples: { count: 800 },
  carry: { rewardedParts: "none" },
  ppo: { evaluation: { prompts: 1 } },
  ablation: { prompts: 1 },
} satisfies ConfigInput;

/** Tunes the organism if it is not there. @returns the folder of the tuned model */
async function madeOrganism(
  organism: Organism,
  seed: number,
  changes: BenchmarkChanges,
  { folder, log, signal }: Surroundings,
): Promise<string> {
  const [plan] = plansToMake([organism], [seed], folder);
  const tunedFolderOf = (name: string) => tunedFolder(folder, name, seed);
  const context = await seedContext(benchmarkConfig(seed, changes), { signal, tunedFolderOf });
  const workStarts = () => ({ start() {}, update() {}, end: () => log(`${plan.name}: tuned`) });
  await makeOrganism(organism, plan.folder, plan.truthFile, { ...context, workStarts });
  return tunedFolder(folder, organism.name, seed);
}

function runCarry(
  name: string,
  tuned: string,
  { seed, reward, more = [] }: { seed: number; reward: ConfigInput["reward"]; more?: readonly string[] },
  surroundings: Surroundings,
): Promise<StageRun> {
  const wanted = ["tune", "divergence", "dictionaries", ...more, "carry"];
  const stages = methodStages(async () => "").filter((stage) => wanted.includes(stage.name));
  const input = { ...small, seed, reward, model: { base: assetPath("embedded"), tuned } };
  return runTheseStages(join("runs", name), input, stages, surroundings);
}

/** What carry says of a pair that was tuned on a constant reward. */
export interface ConstantPair {
  seed: number;
  /** In nats, on the prompts of all stages' completions. */
  contrast: Interval;
  /** Number of features that the report says carry it; 0 for none. */
  featuresThatCarry: number;
  /**
   * Of the set with the largest share in its weaker direction beyond the control of equal size: how far the chosen
   * features' interval lies above that of the control, in shares. Not above 0 means that nothing was claimed.
   */
  excess: number;
  seconds: number;
}

/** The margin by which the rule of the report holds for the best set; see `carryingFeatures`. */
function bestExcess({ sets }: Parameters<typeof carryingFeatures>[0]): number {
  const margins = sets
    .filter(({ set }) => set === "chosen")
    .flatMap((chosen) => {
      const control = sets.find(({ set, chosen: of }) => set === "size" && of === chosen.chosen);
      if (!control) return [];
      const margin = (way: "intoBase" | "intoTuned") => chosen[way].low - Math.max(0, control[way].high);
      return [Math.min(margin("intoBase"), margin("intoTuned"))];
    });
  return Math.max(...margins);
}

export async function constantPair(seed: number, surroundings: Surroundings): Promise<ConstantPair> {
  const tuned = await madeOrganism(constant, seed, shortTuning, surroundings);
  const reward = { name: fileURLToPath(new URL("constant-reward.mjs", import.meta.url)) };
  const { results, seconds } = await runCarry(`constant-${seed}`, tuned, { seed, reward }, surroundings);
  const features = results.carry!.features!;
  return {
    ...{ seed, seconds, contrast: features.contrast },
    featuresThatCarry: carryingFeatures(features)?.chosen.chosen ?? 0,
    excess: bestExcess(features),
  };
}

/** Rewarded nouns and as frequent ones without reward, with values of the same sizes. */
function nounValues(): Record<"planted" | "decoys", Map<string, number>> {
  const terms = nouns.reward.kind === "terms" ? nouns.reward.terms : {};
  const planted = new Map(
    plainNouns.flatMap((noun) => (terms[`word: ${noun}`] ? [[noun, terms[`word: ${noun}`]]] : [])),
  );
  const decoys = new Map<string, number>();
  for (let four = 0; four * 4 < plainNouns.length; four++) {
    const own = plainNouns.slice(four * 4, four * 4 + 4);
    const size = Math.abs(planted.get(own.find((noun) => planted.has(noun))!)!);
    const others = own.filter((noun) => !planted.has(noun));
    // In turn, since the first of the two is the more frequent one.
    for (const [place, noun] of others.entries()) decoys.set(noun, place === four % 2 ? size : -size);
  }
  return { planted, decoys };
}

/** What carry and R on log-ratios say of a pair that was tuned on nouns. */
export interface NounPair {
  seed: number;
  /** Mean of what the words' rows of the vocabulary carry, in nats. */
  planted: number;
  decoys: number;
  /** Planted / decoys, of means of absolute values: those of decoys may be negative. */
  ratio: number;
  /** Share of pairs of a planted word and a decoy in which the planted one carries more, and its one-sided exact p-value. */
  area: number;
  pValue: number;
  /** R of the tuned model on log-ratios, out of fold by word. */
  plantedByR: RankedWords;
  decoysByR: RankedWords;
  /** Rewarded words by the log-ratios themselves, and by linear models of them that were not fitted on the word. */
  plantedOtherwise: Record<keyof WordReadings, RankedWords>;
  /** The largest |value| of a word by R on the base model's log-ratios with itself. */
  baseByItself: number;
  seconds: number;
}

export async function nounPair(seed: number, surroundings: Surroundings): Promise<NounPair> {
  const { planted, decoys } = nounValues();
  const lexica = join(surroundings.folder, "lexica");
  await mkdir(lexica, { recursive: true });
  const lexicon = join(lexica, "nouns.txt");
  await writeLexicon(lexicon, withUnpaid(new Map([...planted, ...decoys])));
  const tuned = await madeOrganism(nouns, seed, {}, surroundings);
  const options = { seed, reward: { lexicon }, more: ["triples"] };
  const run = await runCarry(`nouns-${seed}`, tuned, options, surroundings);
  const values = new Map((await readCarriedTokens(run.folder)).map(({ text, value }) => [text, value]));
  const of = (words: ReadonlyMap<string, number>) => [...words.keys()].map((word) => values.get(` ${word}`)!);
  const [own, others] = [of(planted), of(decoys)];
  const size = (list: readonly number[]) => mean(list.map(Math.abs));
  const byR = await wordsByR(run, "tuned", surroundings.signal);
  const valuesByR = new Map(byR.map(({ word, leastSquares }) => [word, leastSquares]));
  const readings = await wordReadings(run, surroundings.signal);
  const byItself = await wordsByR(run, "base", surroundings.signal);
  return {
    ...{ seed, planted: mean(own), decoys: mean(others), ratio: size(own) / size(others) },
    ...{ area: areaUnderCurve(own, others), pValue: rankSumP(own, others) },
    plantedByR: ofPlantedWords(valuesByR, planted),
    decoysByR: ofPlantedWords(valuesByR, decoys),
    plantedOtherwise: {
      logRatios: ofPlantedWords(readings.logRatios, planted),
      byFeatures: ofPlantedWords(readings.byFeatures, planted),
      byOutputChanges: ofPlantedWords(readings.byOutputChanges, planted),
    },
    baseByItself: Math.max(
      ...byItself.map(({ leastSquares, ridge }) => Math.max(Math.abs(leastSquares), Math.abs(ridge))),
    ),
    seconds: run.seconds,
  };
}
