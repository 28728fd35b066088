/** Where in a pair of models the difference lies, by parts put in place both ways: no reward, no gradients. */
import type { CausalLm } from "../../model/causal-lm.js";
import type { StoredModel } from "../../model/stored-model.js";
import type { Rng } from "../../rng.js";
import { bootstrapDifference, type Interval } from "../../stats/index.js";
import { type Recipient, requireSameLayout } from "./between-models.js";
import { type ModelPart, modelParts } from "./model-parts.js";
import {
  type PartsTogether,
  type PatchEffects,
  type Patched,
  partsTogether,
  recipients,
  summarisePatches,
} from "./patches.js";
import { contrast, type TextPair } from "./text-pairs.js";

/** Both models, the pairs of texts, and the resampling. */
export interface PartsOptions {
  base: StoredModel;
  tuned: StoredModel;
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
 * model, and the share that it takes from the tuned one. Memory: one model; the other's tensors are read from its files, put
 * in place, and taken back.
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
  requireSameLayout(base, tuned);
  const stored = { base, tuned };
  const parts = modelParts(base);
  const total = textsOfParts(pairs.length, parts.length);
  let done = 0;
  const read = async (model: CausalLm): Promise<Float64Array> => {
    const values = await contrast(model, pairs, signal);
    done += 2 * pairs.length;
    onTexts?.(done, total);
    return values;
  };
  const into = (recipient: Recipient) =>
    stored[recipient].inMemory(async (model) => {
      const put = async (from: StoredModel, { parameters }: ModelPart) => {
        for (const name of parameters) await model.store.write(name, (await from.parameter(name)).data);
      };
      const own = await read(model);
      const patched: Patched[] = [];
      for (const part of parts) {
        await put(stored[recipient === "base" ? "tuned" : "base"], part);
        patched.push({ recipient, contrast: await read(model) });
        await put(stored[recipient], part);
      }
      return { own, patched };
    });
  const found = { base: await into("base"), tuned: await into("tuned") };
  const ends = { contrast: { base: found.base.own, tuned: found.tuned.own } };
  const patched = parts.map((_, i) => recipients.map((recipient) => found[recipient].patched[i]));
  const resampling = { rng, resamples };
  return {
    contrast: bootstrapDifference(ends.contrast.tuned, ends.contrast.base, { ...resampling, unit: "prompt" }),
    parts: parts.map(({ module, layer }, i) => ({ module, layer, ...summarisePatches(patched[i], ends, resampling) })),
    together: partsTogether(patched, ends, resampling),
  };
}
