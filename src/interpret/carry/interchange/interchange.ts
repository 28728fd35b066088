/** What features of shared dictionaries carry of the difference of two models, by giving one the other's values. */
import { ShapeError } from "../../../errors.js";
import type { EngineModel } from "../../../model/architectures/architecture.js";
import type { Rng } from "../../../rng.js";
import { bootstrapAll, type Interval } from "../../../stats/index.js";
import type { Recipient } from "../between-models.js";
import { contrastBatches } from "../contrast-batches.js";
import { meanAt, recipients, shareOf } from "../patches.js";
import type { TextPair } from "../text-pairs.js";
import { type Exchange, ExchangeBatch, type SharedDictionary } from "./exchange.js";
import { type FeatureChanges, featureChanges } from "./feature-changes.js";
import { controlFor, type FeatureControl, type FeatureSet, rankFeatures, sizeOf } from "./feature-sets.js";

const controls: readonly FeatureControl[] = ["random", "frequency", "size"];
/** Draws of the random control, whose shares are averaged. */
const RANDOM_DRAWS = 3;
/** Doses of the largest set beside 0 and 1. */
const DOSES = [0.25, 0.5, 0.75, 1.25] as const;

/** Readings of a text that a pair takes to be read forward and backward by both models. */
const READ_BOTH = 2 * 2 * 3;
const WHOLES: readonly WholeExchange[] = ["all", "allAndError", "error", "meanDifference"];

/**
 * The number of texts that `interchange` reads, at most; a backward pass counts as two.
 * @param pairs of texts
 * @param counts how many numbers of chosen features
 */
export function interchangeTexts(pairs: number, counts: number): number {
  const ofCount = 1 + controls.length - 1 + RANDOM_DRAWS;
  const exchanges = 1 + counts * ofCount + WHOLES.length + (counts > 0 ? DOSES.length : 0);
  return READ_BOTH * pairs + 2 * recipients.length * exchanges * Math.floor(pairs / 2);
}

export interface InterchangeOptions {
  base: EngineModel;
  tuned: EngineModel;
  /** One per layer. */
  dictionaries: readonly SharedDictionary[];
  /** Every second pair chooses features, the others measure what these carry. At least two. */
  pairs: readonly TextPair[];
  /** Numbers of chosen features; those that the dictionaries do not have are left out. */
  counts: readonly number[];
  /** Draws controls and bootstrap resamples. */
  rng: Rng;
  /** Bootstrap resamples per interval. Default 2000. */
  resamples?: number;
  signal?: AbortSignal;
  /** Called with the number of texts that are read, a backward pass counting as two readings, and of all. */
  onTexts?(done: number, total: number): void;
}

/** Shares of the contrast of tuned less base model, with intervals over prompts. */
export interface SharesCarried {
  /** What the base model gains with the tuned model's values. */
  readonly intoBase: Interval;
  /** What the tuned model loses with the base model's values. */
  readonly intoTuned: Interval;
}

/** What a number of chosen features carries, or a control for them. */
export interface FeatureSetShares extends SharesCarried {
  readonly set: "chosen" | FeatureControl;
  /** The number of chosen features, for controls too. */
  readonly chosen: number;
  /** The number of this set's features; `size` may have more than are chosen. */
  readonly features: number;
  /** This set's share of the sum of all features' changes. */
  readonly size: number;
}

/** Everything that is exchanged at once, beside sets of features. */
export type WholeExchange = "all" | "allAndError" | "error" | "meanDifference";

/** A feature with the numbers it was chosen by; see `FeatureChanges`. */
export interface RankedFeature {
  readonly layer: number;
  readonly feature: number;
  readonly attribution: number;
  readonly size: number;
  readonly frequency: number;
}

export interface Interchange {
  layers: number[];
  /** Features of all dictionaries together. */
  features: number;
  /** Numbers of prompts that features were chosen on, and measured on. */
  prompts: { choosing: number; measuring: number };
  /** Contrast of the tuned less the base model on the measuring prompts, in nats. */
  contrast: Interval;
  sets: FeatureSetShares[];
  wholes: ({ of: WholeExchange } & SharesCarried)[];
  /** The largest number of chosen features at other doses: f becomes own + dose * (other - own). */
  doses: ({ dose: number } & SharesCarried)[];
}

/** A condition: what is exchanged, once or in several draws. */
interface Condition {
  readonly draws: readonly ExchangeOf[];
}

/** The shift depends on the recipient. */
type ExchangeOf = (recipient: Recipient) => Exchange;

/**
 * Puts the tuned model's values of shared features into the base model and the base model's into the
 * tuned one, on the same fixed texts, and asks how much of the contrast (see `contrast`) is gained and
 * lost. Features are ranked by attribution on one half of the pairs and measured on the other.
 * @returns the shares, and all features in the order of their rank
 * @throws ShapeError for fewer than two pairs
 * @see Geiger et al. 2021, "Causal Abstractions of Neural Networks", arXiv:2106.02997, on interchange
 *   interventions; Syed, Rager, Conmy 2023, arXiv:2310.10348, on attribution by first order
 */
export async function interchange(
  options: InterchangeOptions,
): Promise<{ summary: Interchange; ranked: RankedFeature[] }> {
  const { base, tuned, dictionaries, pairs, rng, resamples, signal } = options;
  if (pairs.length < 2) throw new ShapeError(`pairs: expected at least two, received ${pairs.length}`);
  const [choosing, measuring] = [0, 1].map((half) => pairs.filter((_, pair) => pair % 2 === half));
  const features = dictionaries.reduce((sum, { dictionary }) => sum + dictionary.dSae, 0);
  const counts = options.counts.filter((number) => number < features).sort((a, b) => a - b);
  const total = interchangeTexts(pairs.length, counts.length);
  let done = 0;
  const count = (texts: number) => {
    done += texts;
    options.onTexts?.(Math.min(done, total), total);
  };

  const changes = await featureChanges(base, tuned, dictionaries, choosing, {
    signal,
    onPairs: (finished) => count(READ_BOTH * finished),
  });
  const ranked = rankFeatures(changes);
  const byDictionary = (set: FeatureSet): number[][] =>
    dictionaries.map((_, index) =>
      set.flatMap((at) => (changes.places[at].dictionary === index ? [changes.places[at].feature] : [])),
    );
  const exchangeOf = (set: FeatureSet, rest: Omit<Exchange, "features"> = {}): ExchangeOf => {
    const features = byDictionary(set);
    return () => ({ features, ...rest });
  };
  const shiftOf: ExchangeOf = (recipient) => ({
    features: byDictionary([]),
    shift: changes.meanDifferences.map((mean) => mean.map((value) => (recipient === "base" ? value : -value))),
  });

  const sets = setsOf(changes, ranked, counts, rng);
  const wholes: Record<WholeExchange, ExchangeOf> = {
    all: exchangeOf(ranked),
    allAndError: exchangeOf(ranked, { error: true }),
    error: exchangeOf([], { error: true }),
    meanDifference: shiftOf,
  };
  const largest = ranked.slice(0, counts.at(-1) ?? 0);
  const doses = largest.length === 0 ? [] : DOSES;
  const conditions: Condition[] = [
    ...sets.map(({ draws }) => ({ draws: draws.map((set) => exchangeOf(set)) })),
    ...WHOLES.map((of) => ({ draws: [wholes[of]] })),
    ...doses.map((dose) => ({ draws: [exchangeOf(largest, { dose })] })),
  ];
  const measured = await measure({ base, tuned }, dictionaries, measuring, conditions, { signal, onTexts: count });
  const { contrast, shares } = summarise(measured, conditions.length, { rng, resamples });
  const allChanges = sizeOf(ranked, changes);
  options.onTexts?.(total, total);
  return {
    summary: {
      layers: dictionaries.map(({ layer }) => layer),
      features: changes.places.length,
      prompts: { choosing: choosing.length, measuring: measuring.length },
      contrast,
      sets: sets.map(({ set, chosen, draws }, i) => ({
        ...{ set, chosen },
        features: draws[0].length,
        size: shareOf(draws.reduce((sum, draw) => sum + sizeOf(draw, changes), 0) / draws.length, allChanges),
        ...shares[i],
      })),
      wholes: WHOLES.map((of, i) => ({ of, ...shares[sets.length + i] })),
      doses: doses.map((dose, i) => ({ dose, ...shares[sets.length + WHOLES.length + i] })),
    },
    ranked: ranked.map((at) => {
      const { dictionary, feature } = changes.places[at];
      const [attribution, size, frequency] = [changes.attribution[at], changes.size[at], changes.frequency[at]];
      return { layer: dictionaries[dictionary].layer, feature, attribution, size, frequency };
    }),
  };
}

/** The chosen features of each number, and their controls. */
function setsOf(changes: FeatureChanges, ranked: FeatureSet, counts: readonly number[], rng: Rng) {
  return counts.flatMap((count) => {
    const chosen = ranked.slice(0, count);
    const found: { set: FeatureSetShares["set"]; chosen: number; draws: FeatureSet[] }[] = [
      { set: "chosen", chosen: count, draws: [chosen] },
    ];
    for (const set of controls) {
      const draws = Array.from({ length: set === "random" ? RANDOM_DRAWS : 1 }, () =>
        controlFor(set, chosen, changes, rng),
      ).filter((draw) => draw !== undefined);
      if (draws.length > 0) found.push({ set, chosen: count, draws });
    }
    return found;
  });
}

/** By pair. */
interface Measured {
  /** What there is to explain: the contrast of the tuned less that of the base model. */
  readonly whole: number[];
  /** Gain of the base model, and loss of the tuned one, by condition. */
  readonly effects: Readonly<Record<Recipient, readonly number[][]>>;
}

/** Batch by batch, so that memory does not grow with the texts. */
async function measure(
  models: Readonly<Record<Recipient, EngineModel>>,
  dictionaries: readonly SharedDictionary[],
  pairs: readonly TextPair[],
  conditions: readonly Condition[],
  { signal, onTexts }: { signal?: AbortSignal; onTexts(texts: number): void },
): Promise<Measured> {
  const whole: number[] = [];
  const effects: Record<Recipient, number[][]> = { base: conditions.map(() => []), tuned: conditions.map(() => []) };
  const nothing: Exchange = { features: dictionaries.map(() => []) };
  for (const own of contrastBatches(pairs, models.base.config.vocabSize)) {
    const batch = new ExchangeBatch(dictionaries, own, models.base.config, signal);
    const read = { base: await batch.read(models.base), tuned: await batch.read(models.tuned) };
    onTexts(READ_BOTH * own.length);
    const ends: Partial<Record<Recipient, Float64Array>> = {};
    for (const recipient of recipients) {
      const other = read[recipient === "base" ? "tuned" : "base"];
      const run = async (exchange: Exchange) => {
        const contrast = await batch.contrast(models[recipient], other, exchange);
        onTexts(2 * own.length);
        return contrast;
      };
      const end = await run(nothing);
      ends[recipient] = end;
      const sign = recipient === "base" ? 1 : -1;
      for (const [index, { draws }] of conditions.entries()) {
        const mean = new Float64Array(own.length);
        for (const draw of draws)
          for (const [pair, value] of (await run(draw(recipient))).entries())
            mean[pair] += (sign * (value - end[pair])) / draws.length;
        effects[recipient][index].push(...mean);
      }
    }
    for (const pair of own.keys()) whole.push(ends.tuned![pair] - ends.base![pair]);
  }
  return { whole, effects };
}

/** Shares of all conditions over the same resamples of prompts. */
function summarise(
  { whole, effects }: Measured,
  conditions: number,
  { rng, resamples }: Pick<InterchangeOptions, "rng" | "resamples">,
): { contrast: Interval; shares: SharesCarried[] } {
  const statistics = (indices: Int32Array): number[] => {
    const all = meanAt(whole, indices);
    return [all, ...recipients.flatMap((of) => effects[of].map((own) => shareOf(meanAt(own, indices), all)))];
  };
  const [contrast, ...found] = bootstrapAll(whole.length, statistics, { rng, resamples, unit: "prompt" });
  return {
    contrast,
    shares: Array.from({ length: conditions }, (_, i) => ({ intoBase: found[i], intoTuned: found[conditions + i] })),
  };
}
