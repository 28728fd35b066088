/** Exchanges parts of two models: what a part alone achieves, and what is lost without it. */
import type { Rng } from "../../rng.js";
import { bootstrapAll, type Interval } from "../../stats/index.js";
import type { BetweenModels, Recipient } from "./between-models.js";
import type { ModelPart, PartGroup } from "./model-parts.js";
import { contrast, type TextPair } from "./text-pairs.js";

/**
 * `base`: the tuned model's part in the base model (sufficiency); `tuned`: vice versa (necessity).
 */
export const recipients: readonly Recipient[] = ["base", "tuned"];

/** Measures of a model with a part of the other, per pair or prompt. */
export interface Patched {
  readonly recipient: Recipient;
  /** The model's contrast of each pair, in nats. */
  readonly contrast: Float64Array;
  /** The reward of its own completion of each prompt; absent if none were sampled. */
  readonly rewards?: readonly number[];
}

/** A part with the measures in both directions. */
export interface PatchedPart<Part> {
  readonly part: Part;
  readonly patched: readonly Patched[];
}

export interface PatchOptions {
  readonly signal?: AbortSignal;
  /** Rewards of the patched model's completions, for parts with sampling. */
  rewardsOf?(): Promise<readonly number[]>;
  /** Called after each part and recipient. */
  onPatch?(): void;
}

/**
 * Exchanges each part in both directions. Every patched model reads the same texts, so there is no
 * sampling noise.
 */
export async function patchParts<Part extends ModelPart | PartGroup>(
  between: BetweenModels,
  parts: readonly Part[],
  pairs: readonly TextPair[],
  { signal, rewardsOf, onPatch }: PatchOptions,
): Promise<PatchedPart<Part>[]> {
  const found: PatchedPart<Part>[] = [];
  for (const part of parts) {
    const patched: Patched[] = [];
    for (const recipient of recipients) {
      await between.put(recipient, part.parameters);
      const own = await contrast(between.model, pairs, signal);
      patched.push({ recipient, contrast: own, ...(rewardsOf && { rewards: await rewardsOf() }) });
      onPatch?.();
    }
    found.push({ part, patched });
  }
  return found;
}

/** The same measures of base and tuned model themselves. */
export interface Ends {
  readonly contrast: Readonly<Record<Recipient, Float64Array>>;
  /** Absent where nothing was rewarded. */
  readonly rewards?: Readonly<Record<Recipient, readonly number[]>>;
}

/** The effect of a part on the model that it is put into. */
export interface PatchEffect {
  /** Change of the recipient's contrast, in nats. */
  readonly change: Interval;
  /**
   * The change as a share of the difference of base and tuned model: the gain of the base model, or
   * the loss of the tuned one; 0 if the models do not differ.
   */
  readonly share: Interval;
  /** Change of the recipient's reward, paired over prompts. */
  readonly reward?: Interval;
}

/** Effects of a part put into either model. */
export interface PatchEffects {
  readonly intoBase: PatchEffect;
  readonly intoTuned: PatchEffect;
}

/** The sum of single parts, compared with the whole. */
export interface PartsTogether {
  /** Sum of the shares of all single parts. */
  readonly sum: Interval;
  /** 1 - sum: above 0 if parts only work together, below 0 if several have the same effect. */
  readonly interaction: Interval;
}

export interface SummaryOptions {
  readonly rng: Rng;
  readonly resamples?: number;
}

/** A part as a share of the whole; 0 if the whole is 0. */
export const shareOf = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** Mean of the values at some indices. */
export const meanAt = (values: ArrayLike<number>, indices: Int32Array): number => {
  let sum = 0;
  for (const i of indices) sum += values[i];
  return sum / indices.length;
};

/** The gain of the base model, or the loss of the tuned one, per pair. */
function effectsOf({ recipient, contrast: own }: Patched, ends: Ends): Float64Array {
  const sign = recipient === "base" ? 1 : -1;
  return own.map((value, pair) => sign * (value - ends.contrast[recipient][pair]));
}

/** Effects of a part with intervals over prompts. */
export function summarisePatches(
  patched: readonly Patched[],
  ends: Ends,
  { rng, resamples }: SummaryOptions,
): PatchEffects {
  const whole = ends.contrast.tuned.map((value, pair) => value - ends.contrast.base[pair]);
  const effectOf = (recipient: Recipient): PatchEffect => {
    const one = patched.find((own) => own.recipient === recipient)!;
    const effects = effectsOf(one, ends);
    const sign = recipient === "base" ? 1 : -1;
    const rewards = one.rewards?.map((value, prompt) => value - ends.rewards![recipient][prompt]);
    const statistics = (indices: Int32Array): number[] => {
      const effect = meanAt(effects, indices);
      return [
        sign * effect || 0,
        shareOf(effect, meanAt(whole, indices)),
        ...(rewards ? [meanAt(rewards, indices)] : []),
      ];
    };
    const [change, share, reward] = bootstrapAll(effects.length, statistics, { rng, resamples, unit: "prompt" });
    return { change, share, ...(reward && { reward }) };
  };
  return { intoBase: effectOf("base"), intoTuned: effectOf("tuned") };
}

/** The shares of all single parts together, into either model. */
export function partsTogether(
  parts: readonly (readonly Patched[])[],
  ends: Ends,
  { rng, resamples }: SummaryOptions,
): { intoBase: PartsTogether; intoTuned: PartsTogether } {
  const whole = ends.contrast.tuned.map((value, pair) => value - ends.contrast.base[pair]);
  const together = (recipient: Recipient): PartsTogether => {
    const effects = parts.map((patched) => effectsOf(patched.find((own) => own.recipient === recipient)!, ends));
    const total = whole.map((_, pair) => effects.reduce((sum, own) => sum + own[pair], 0));
    const statistics = (indices: Int32Array): number[] => {
      const all = meanAt(whole, indices);
      const sum = shareOf(meanAt(total, indices), all);
      return [sum, all === 0 ? 0 : 1 - sum];
    };
    const [sum, interaction] = bootstrapAll(whole.length, statistics, { rng, resamples, unit: "prompt" });
    return { sum, interaction };
  };
  return { intoBase: together("base"), intoTuned: together("tuned") };
}
