/** Where in a pair of models the difference lies, by parts put in place both ways: no reward, no gradients. */
import type { CausalLm } from "../../model/causal-lm.js";
import type { Rng } from "../../rng.js";
import { bootstrapDifference, type Interval } from "../../stats/index.js";
import { BetweenModels } from "./between-models.js";
import { type ModelPart, modelParts } from "./model-parts.js";
import {
  type Ends,
  type PartsTogether,
  type PatchEffects,
  partsTogether,
  patchParts,
  summarisePatches,
} from "./patches.js";
import { contrast, type TextPair } from "./text-pairs.js";

/** Both models, the pairs of texts, and the resampling. */
export interface PartsOptions {
  base: CausalLm;
  tuned: CausalLm;
  /** Completions of the same prompts by both. */
  pairs: readonly TextPair[];
  /** Draws bootstrap resamples. */
  rng: Rng;
  resamples?: number;
  signal?: AbortSignal;
  /** Called with the number of texts that are read. */
  onTexts?(done: number, total: number): void;
}

/** Shares of the contrast that single parts carry, both ways. */
export interface CarryOfParts {
  /** Contrast of tuned less base model, in nats: see `contrast`. */
  contrast: Interval;
  parts: (Pick<ModelPart, "module" | "layer"> & PatchEffects)[];
  /** All single parts together. */
  together: { intoBase: PartsTogether; intoTuned: PartsTogether };
}

/** Texts that are read of `pairs` pairs: both of a pair by both models, and with each of so many parts in either direction. */
export const textsOfParts = (pairs: number, parts: number): number => 2 * pairs * (2 + 2 * parts);

/**
 * What each part of one model does in the other to the contrast of texts that both wrote: the share that it gives to the base
 * model, and the share that it takes from the tuned one. Memory: a third model.
 * @throws FormatError when the models have different parameters; ConfigError for no pairs
 */
export async function carryOfParts({
  base,
  tuned,
  pairs,
  rng,
  resamples,
  signal,
  onTexts,
}: PartsOptions): Promise<CarryOfParts> {
  const between = await BetweenModels.of(base, tuned, { trainable: false });
  try {
    const parts = modelParts(base);
    const total = textsOfParts(pairs.length, parts.length);
    let done = 0;
    const count = () => {
      done += 2 * pairs.length;
      onTexts?.(done, total);
    };
    const read = async (model: CausalLm): Promise<Float64Array> => {
      const values = await contrast(model, pairs, signal);
      count();
      return values;
    };
    const ends: Ends = { contrast: { base: await read(base), tuned: await read(tuned) } };
    const patched = await patchParts(between, parts, pairs, { signal, onPatch: count });
    const resampling = { rng, resamples };
    return {
      contrast: bootstrapDifference(ends.contrast.tuned, ends.contrast.base, { ...resampling, unit: "prompt" }),
      parts: patched.map(({ part: { module, layer }, patched: both }) => ({
        ...{ module, layer },
        ...summarisePatches(both, ends, resampling),
      })),
      together: partsTogether(
        patched.map((one) => one.patched),
        ends,
        resampling,
      ),
    };
  } finally {
    await between.dispose();
  }
}
