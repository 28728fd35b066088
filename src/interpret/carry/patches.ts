/** Parts of one model put into the other, both ways: what a part is enough for, and what is lost without it. */
import type { Rng } from "../../rng.js";
import { bootstrapAll, type Interval } from "../../stats/index.js";
import type { BetweenModels, Recipient } from "./between-models.js";
import type { ModelPart, PartGroup } from "./model-parts.js";
import { contrast, type TextPair } from "./text-pairs.js";

/** `base`: the tuned model's part in the base model (is it enough?); `tuned`: the other way round (is it needed?). */
export const recipients: readonly Recipient[] = ["base", "tuned"];

/** What a model with a part of the other does, by pair or prompt. */
export interface Patched {
  readonly recipient: Recipient;
  /** The model's contrast of each pair, in nats. */
  readonly contrast: Float64Array;
  /** The reward of its own completion of each prompt; absent where none were sampled. */
  readonly rewards?: readonly number[];
}

/** A part with what it does in either model. */
export interface PatchedPart<Part> {
  readonly part: Part;
  readonly patched: readonly Patched[];
}

export interface PatchOptions {
  readonly signal?: AbortSignal;
  /** Rewards of the working model's completions, for parts that are to be sampled. */
  rewardsOf?(): Promise<readonly number[]>;
  /** Called after each part and recipient. */
  onPatch?(): void;
}

/**
 * Puts each part of one model into the other, both ways, and reads the same texts with the result:
 * no sampling noise, and the same texts for all parts.
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

/** What base and tuned model do themselves. */
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
   * The change as a share of the difference of base and tuned model: what the part gives to the base
   * model, or takes from the tuned one; 0 where the two models do not differ.
   */
  readonly share: Interval;
  /** Change of the recipient's reward, paired over prompts. */
  readonly reward?: Interval;
}

export interface PatchEffects {
  readonly intoBase: PatchEffect;
  readonly intoTuned: PatchEffect;
}

/** How far the parts by themselves are from the whole. */
export interface PartsTogether {
  /** Sum of the shares of all single parts. */
  readonly sum: Interval;
  /** 1 less the sum: what parts do only together, or below 0 what several of them do alike. */
  readonly interaction: Interval;
}

export interface SummaryOptions {
  readonly rng: Rng;
  readonly resamples?: number;
}

/** A part as a share of the whole; 0 where the whole is 0. */
export const shareOf = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** Mean of the values at some indices. */
export const meanAt = (values: ArrayLike<number>, indices: Int32Array): number => {
  let sum = 0;
  for (const i of indices) sum += values[i];
  return sum / indices.length;
};

/** The gain of a base model, or the loss of a tuned one, by pair. */
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
