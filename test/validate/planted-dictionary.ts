/** Do autoencoders find features that are known? Sparse sums of known directions, as in Sharkey et al. 2022. */
import { join } from "node:path";
import { matchDictionaries } from "../../src/compare/index.js";
import { parseConfig } from "../../src/config/check-config.js";
import type { FeatureDictionary } from "../../src/dictionary/dictionary.js";
import { readJson, writeJson } from "../../src/io/atomic.js";
import { lossOptions } from "../../src/pipeline/inputs/loss-options.js";
import { Rng } from "../../src/rng.js";
import { type ActivationBatch, type TrainAutoencodersOptions, trainAutoencoders } from "../../src/sae/index.js";
import type { Surroundings } from "./stage-run.js";

export const toy = { dIn: 64, features: 128, active: 5, small: 128, large: 256 } as const;

/** A way to train autoencoders on the planted features. */
interface Way {
  readonly name: string;
  readonly batchTokens: number;
  readonly options: Omit<TrainAutoencodersOptions, "tokenVisits"> & { readonly tokenVisits: number };
}

const config = parseConfig({ dictionaries: { k: toy.active } }, "preset default");
const ways: readonly Way[] = [
  // The L1 weight shrinks codes, which lie between 0 and 1, by 32 times itself: by about 0.1 here.
  {
    name: "ReLU, tied, as in the paper",
    ...{ batchTokens: 1024, options: { l1Coef: 0.003, learningRate: 3e-3, tokenVisits: 3_072_000 } },
  },
  {
    name: `the way and the token visits of \`default\`, k = ${toy.active}`,
    batchTokens: config.dictionaries.batchTokens,
    options: { ...lossOptions(config, toy.dIn), tokenVisits: config.dictionaries.tokenVisits },
  },
];
/** A true feature counts as recovered when a learned one has a higher cosine with it. */
const RECOVERED = 0.9;
/** Pairs of small and large dictionary that the stages of a run would explain. */
const TOP = 30;

/** How well one dictionary holds the true features. */
export interface Recovery {
  /** Mean over true features of the best cosine among the learned ones. */
  meanMaxCosine: number;
  /** Share of true features whose best cosine is above 0.9. */
  recovered: number;
}

/** Dictionaries trained in one way. */
export interface LearnedInAWay {
  name: string;
  tokenVisits: number;
  small: Recovery;
  large: Recovery;
  mmcs: number;
  randomMmcs: number;
  /** Of the small dictionary's features that are true ones (cosine above 0.9): among the best matched, and among all. */
  trueAmongTop: number;
  trueAmongAll: number;
}

export interface PlantedDictionary {
  learned: LearnedInAWay[];
  /** Dictionaries of random directions of the same sizes. */
  random: { small: Recovery; large: Recovery };
  top: number;
}

/** Isotropic directions as a dictionary. */
function directions(rng: Rng, count: number, dIn: number): FeatureDictionary {
  const wDec = Float32Array.from({ length: count * dIn }, () => rng.normal());
  for (let row = 0; row < wDec.length; row += dIn) {
    const norm = Math.hypot(...wDec.subarray(row, row + dIn));
    for (let i = row; i < row + dIn; i++) wDec[i] /= norm;
  }
  const [wEnc, bEnc, bDec] = [dIn * count, count, dIn].map((length) => new Float32Array(length));
  return { dIn, dSae: count, wEnc, bEnc, wDec, bDec, applyBDecToInput: false, kind: { name: "relu" } };
}

/** Batches of tokens without end, each the sum of `active` different features with weights uniform in 0..1. */
async function* sparseSums(truth: FeatureDictionary, batch: number, rng: Rng): AsyncGenerator<ActivationBatch> {
  const { dIn, active, features } = toy;
  for (;;) {
    const data = new Float32Array(batch * dIn);
    for (let token = 0; token < batch; token++)
      for (const feature of rng.sample(features, active)) {
        const weight = rng.uniform();
        for (let i = 0; i < dIn; i++) data[token * dIn + i] += weight * truth.wDec[feature * dIn + i];
      }
    yield { texts: [], activations: new Map([[0, { dims: [batch, dIn], data }]]) };
  }
}

function recoveryOf(truth: FeatureDictionary, found: FeatureDictionary, rng: Rng): Recovery {
  const { mmcs, cosines } = matchDictionaries(truth, found, { topK: 1, rng });
  return { meanMaxCosine: mmcs, recovered: cosines.filter((cosine) => cosine > RECOVERED).length / cosines.length };
}

/** What was found under the same settings before, or a training and what it finds. */
export async function plantedDictionary({ folder, log, signal }: Surroundings): Promise<PlantedDictionary> {
  const file = join(folder, "planted-dictionary.json");
  const settings = JSON.stringify({ toy, ways });
  const kept = (await readJson(file).catch(() => undefined)) as
    | { settings: string; found: PlantedDictionary }
    | undefined;
  if (kept?.settings === settings) return kept.found;
  const rng = (name: string) => Rng.fromSeed(42, "planted dictionary", name);
  const truth = directions(rng("truth"), toy.features, toy.dIn);
  const recoveryOfRandom = (name: "small" | "large") =>
    recoveryOf(truth, directions(rng(`random ${name}`), toy[name], toy.dIn), rng("recovery"));
  const found: PlantedDictionary = {
    learned: [],
    random: { small: recoveryOfRandom("small"), large: recoveryOfRandom("large") },
    top: TOP,
  };
  for (const way of ways) {
    log(`planted dictionary: ${way.name}`);
    found.learned.push(await learnedIn(way, truth, rng, signal));
  }
  await writeJson(file, { settings, found });
  return found;
}

/** Trains a small and a large dictionary on the known features and looks for them in both. */
async function learnedIn(
  { name, batchTokens, options }: Way,
  truth: FeatureDictionary,
  rng: (name: string) => Rng,
  signal: AbortSignal,
): Promise<LearnedInAWay> {
  const specs = (["small", "large"] as const).map((size) => ({ layer: 0, name: size, dIn: toy.dIn, dSae: toy[size] }));
  // From the beginning each time: some ways read first points before they train.
  const stream = { [Symbol.asyncIterator]: () => sparseSums(truth, batchTokens, rng("tokens")) };
  const { trained, tokens } = await trainAutoencoders(stream, specs, { ...options, signal });
  const [small, large] = trained.map(({ autoencoder }) => autoencoder);
  const { mmcs, randomMmcs, top } = matchDictionaries(small, large, { topK: TOP, rng: rng("match") });
  const ofSmall = matchDictionaries(small, truth, { topK: 1, rng: rng("small") }).cosines;
  const shareOfTrue = (which: readonly number[]) =>
    which.filter((feature) => ofSmall[feature] > RECOVERED).length / which.length;
  return {
    ...{ name, tokenVisits: tokens, mmcs, randomMmcs },
    small: recoveryOf(truth, small, rng("recovery")),
    large: recoveryOf(truth, large, rng("recovery")),
    trueAmongTop: shareOfTrue(top.map(({ feature }) => feature)),
    trueAmongAll: shareOfTrue(ofSmall.map((_, feature) => feature)),
  };
}
