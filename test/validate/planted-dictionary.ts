/** Do autoencoders find features that are known? Sparse sums of known directions, as in Sharkey et al. 2022. */
import { join } from "node:path";
import { matchDictionaries } from "../../src/compare/index.js";
import type { FeatureDictionary } from "../../src/dictionary/dictionary.js";
import { readJson, writeJson } from "../../src/io/atomic.js";
import { Rng } from "../../src/rng.js";
import { type ActivationBatch, trainAutoencoders } from "../../src/sae/index.js";
import type { Surroundings } from "./stage-run.js";

export const toy = { dIn: 64, features: 128, active: 5, small: 128, large: 256, batch: 1024, steps: 3000 } as const;
/** Of the autoencoders. The L1 weight shrinks codes, which lie between 0 and 1, by 32 times itself: by about 0.1 here. */
const training = { l1Coef: 0.003, learningRate: 3e-3 } as const;
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

export interface PlantedDictionary {
  learned: { small: Recovery; large: Recovery };
  /** Dictionaries of random directions of the same sizes. */
  random: { small: Recovery; large: Recovery };
  mmcs: number;
  randomMmcs: number;
  /** Of the small dictionary's features that are true ones (cosine above 0.9): among the best matched, and among all. */
  trueAmongTop: number;
  trueAmongAll: number;
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

/** Batches of tokens, each the sum of `active` different features with weights uniform in 0..1. */
async function* sparseSums(truth: FeatureDictionary, rng: Rng): AsyncGenerator<ActivationBatch> {
  const { dIn, batch, steps, active, features } = toy;
  for (let step = 0; step < steps; step++) {
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
  const settings = JSON.stringify({ toy, training });
  const kept = (await readJson(file).catch(() => undefined)) as
    | { settings: string; found: PlantedDictionary }
    | undefined;
  if (kept?.settings === settings) return kept.found;
  const found = await trainAndCompare(signal, (step) => {
    if (step % 1000 === 0) log(`planted dictionary: ${step} of ${toy.steps} steps`);
  });
  await writeJson(file, { settings, found });
  return found;
}

/** Trains a small and a large dictionary on the known features and looks for them in both. */
async function trainAndCompare(signal: AbortSignal, onStep: (step: number) => void): Promise<PlantedDictionary> {
  const { dIn, features } = toy;
  const rng = (name: string) => Rng.fromSeed(42, "planted dictionary", name);
  const truth = directions(rng("truth"), features, dIn);
  const specs = (["small", "large"] as const).map((name) => ({ layer: 0, name, dIn, dSae: toy[name] }));
  const { trained } = await trainAutoencoders(sparseSums(truth, rng("tokens")), specs, {
    ...training,
    signal,
    onStep: ({ step }) => onStep(step),
  });
  const [small, large] = trained.map(({ autoencoder }) => autoencoder);
  const random = (name: "small" | "large") => directions(rng(`random ${name}`), toy[name], dIn);
  const { mmcs, randomMmcs, top } = matchDictionaries(small, large, { topK: TOP, rng: rng("match") });
  const ofSmall = matchDictionaries(small, truth, { topK: 1, rng: rng("small") }).cosines;
  const shareOfTrue = (which: readonly number[]) =>
    which.filter((feature) => ofSmall[feature] > RECOVERED).length / which.length;
  const recovery = (found: FeatureDictionary) => recoveryOf(truth, found, rng("recovery"));
  return {
    learned: { small: recovery(small), large: recovery(large) },
    random: { small: recovery(random("small")), large: recovery(random("large")) },
    mmcs,
    randomMmcs,
    trueAmongTop: shareOfTrue(top.map(({ feature }) => feature)),
    trueAmongAll: shareOfTrue(ofSmall.map((_, feature) => feature)),
    top: TOP,
  };
}
