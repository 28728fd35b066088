/** Locates the difference of two models: by weights, by doses, and by exchanged parts. */
import type { CausalLm } from "../../model/causal-lm.js";
import type { LanguageModel, Tokenizer } from "../../model/language-model.js";
import type { Reward } from "../../reward/index.js";
import { type Completions, completePrompts } from "../../rlhf/evaluate.js";
import type { Rng } from "../../rng.js";
import { bootstrapDifference, bootstrapMean, type Interval } from "../../stats/index.js";
import { BetweenModels, type Recipient } from "./between-models.js";
import { textsOfParts } from "./carry-of-parts.js";
import { type DosePoint, logRatiosToBase, summariseDose } from "./dose.js";
import { type ModelPart, modelParts, type PartGroup, type PartGroupName, partGroups } from "./model-parts.js";
import {
  type Ends,
  type PartsTogether,
  type PatchEffects,
  partsTogether,
  patchParts,
  summarisePatches,
} from "./patches.js";
import { type PartOnPath, partsOnPath } from "./path-summary.js";
import { contrast, type TextPair } from "./text-pairs.js";
import { type WeightPath, weightPath } from "./weight-path.js";

/** Parts that are also exchanged for sampling: none, groups and parts outside of blocks, or all. */
export type RewardedParts = "none" | "groups" | "all";

/** Prompts, points of the quadrature, and which parts are exchanged and rewarded. */
export interface CarryOptions {
  base: CausalLm;
  tuned: CausalLm;
  tokenizer: Tokenizer;
  reward: Reward;
  /** Token ids of held-out prompts. */
  prompts: readonly (readonly number[])[];
  newTokens: number;
  /** Points of the quadrature from base to tuned weights. */
  pathPoints: number;
  /** Doses that are sampled, besides 0 (base) and 1 (tuned). */
  doses: readonly number[];
  rewardedParts: RewardedParts;
  /** Seed of sampling, the same for every model. */
  seed: number;
  /** Draws bootstrap resamples. */
  rng: Rng;
  /** Bootstrap resamples per interval. Default 2000. */
  resamples?: number;
  signal?: AbortSignal;
  /** Called with the number of texts sampled or read; a backward pass counts as two readings. */
  onTexts?(done: number, total: number): void;
}

/** Where the difference of two models lies: by weights, dose, parts and features. */
export interface Carry {
  promptTokens: number;
  newTokens: number;
  /** Contrast of the tuned model minus that of the base model, in nats; see `contrast`. */
  contrast: Interval;
  /** Mean rewards of prompt and completion. */
  reward: { base: Interval; tuned: Interval; difference: Interval };
  path: {
    points: number;
    /** Sum over all weights, in nats. */
    sum: number;
    /** The quadrature's error, |sum - contrast| / |contrast|; 0 if both are 0. */
    error: number;
    parts: PartOnPath[];
  };
  parts: (Pick<ModelPart, "module" | "layer"> & PatchEffects)[];
  groups: ({ group: PartGroupName } & PatchEffects)[];
  /** All single parts together. */
  together: { intoBase: PartsTogether; intoTuned: PartsTogether };
  doses: DosePoint[];
}

const isRewarded = (part: ModelPart | PartGroup, which: RewardedParts): boolean =>
  which === "all" || (which === "groups" && ("group" in part || part.layer === null));

/**
 * Completes the same prompts by base and tuned model. Measures what makes the tuned model's
 * completions likelier than the base model's:
 * - the weights, by integrated gradients (`weightPath`);
 * - the dose of the whole difference, by sampling;
 * - each part, by exchanging it between the models (`patchParts`).
 * @returns the summary, and the path with the values of single weights
 * @throws FormatError when the models have different parameters
 */
export async function carry(options: CarryOptions): Promise<{ summary: Carry; path: WeightPath; pairs: TextPair[] }> {
  const { base, tuned, prompts, pathPoints, rewardedParts, rng, resamples, signal } = options;
  const between = await BetweenModels.of(base, tuned);
  try {
    const [parts, groups] = [modelParts(base), partGroups(modelParts(base))];
    const doses = [...new Set([...options.doses, 0, 1])].sort((a, b) => a - b);
    const sampledParts = [...parts, ...groups].filter((part) => isRewarded(part, rewardedParts)).length;
    const total =
      prompts.length * (doses.length + 2 * sampledParts + 6 * pathPoints) +
      textsOfParts(prompts.length, parts.length + groups.length);
    let done = 0;
    const count = (texts: number) => {
      done += texts;
      options.onTexts?.(done, total);
    };
    const complete = async (model: LanguageModel): Promise<Completions> => {
      const completions = await completePrompts(model, prompts, {
        ...options,
        onPrompts: (finished) => options.onTexts?.(done + finished, total),
      });
      count(prompts.length);
      return completions;
    };
    const read = async (model: LanguageModel): Promise<Float64Array> => {
      const values = await contrast(model, pairs, signal);
      count(2 * prompts.length);
      return values;
    };

    // 1. The texts: one completion of each prompt by each model.
    const written: Record<Recipient, Completions> = { base: await complete(base), tuned: await complete(tuned) };
    const pairs = prompts.map((prompt, i): TextPair => {
      const [ofBase, ofTuned] = [written.base, written.tuned].map(({ rows }) => rows[i].slice(prompt.length));
      return { prompt, base: ofBase, tuned: ofTuned };
    });
    const ends: Required<Ends> = {
      contrast: { base: await read(base), tuned: await read(tuned) },
      rewards: { base: written.base.rewards, tuned: written.tuned.rewards },
    };

    // 2. The weights.
    const before = done;
    const path = await weightPath(between, pairs, {
      points: pathPoints,
      signal,
      onPairs: (passed) => options.onTexts?.(before + 6 * passed, total),
    });
    done = before + 6 * pathPoints * prompts.length;

    // 3. The parts, into either model.
    const patch = async <Part extends ModelPart | PartGroup>(of: readonly Part[]) => {
      const found = [];
      for (const part of of) {
        const rewardsOf = async () => (await complete(between.model)).rewards;
        found.push(
          ...(await patchParts(between, [part], pairs, {
            signal,
            ...(isRewarded(part, rewardedParts) && { rewardsOf }),
            onPatch: () => count(2 * prompts.length),
          })),
        );
      }
      return found;
    };
    const [patchedParts, patchedGroups] = [await patch(parts), await patch(groups)];

    // 4. The doses.
    const promptTokens = prompts.map(({ length }) => length);
    const dosePoints: DosePoint[] = [];
    const resampling = { rng, resamples };
    for (const dose of doses) {
      const model = dose === 0 ? base : dose === 1 ? tuned : between.model;
      if (model === between.model) await between.setDose(dose);
      const texts = dose === 0 ? written.base : dose === 1 ? written.tuned : await complete(model);
      const logRatios = await logRatiosToBase(model, base, texts, promptTokens, signal);
      dosePoints.push(summariseDose(dose, texts, written.base.rewards, logRatios, resampling));
    }

    const perPrompt = { ...resampling, unit: "prompt" as const };
    const whole = bootstrapDifference(ends.contrast.tuned, ends.contrast.base, perPrompt);
    const summary: Carry = {
      promptTokens: prompts[0]?.length ?? 0,
      newTokens: options.newTokens,
      contrast: whole,
      reward: {
        base: bootstrapMean(ends.rewards.base, perPrompt),
        tuned: bootstrapMean(ends.rewards.tuned, perPrompt),
        difference: bootstrapDifference(ends.rewards.tuned, ends.rewards.base, perPrompt),
      },
      path: {
        points: pathPoints,
        sum: path.sum,
        error: path.sum === whole.value ? 0 : Math.abs(path.sum - whole.value) / Math.abs(whole.value),
        parts: partsOnPath(path, parts, resampling),
      },
      parts: patchedParts.map(({ part: { module, layer }, patched }) => ({
        ...{ module, layer },
        ...summarisePatches(patched, ends, resampling),
      })),
      groups: patchedGroups.map(({ part: { group }, patched }) => ({
        group,
        ...summarisePatches(patched, ends, resampling),
      })),
      together: partsTogether(
        patchedParts.map(({ patched }) => patched),
        ends,
        resampling,
      ),
      doses: dosePoints,
    };
    return { summary, path, pairs };
  } finally {
    await between.dispose();
  }
}
