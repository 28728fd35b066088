/** The share of two models' difference that shared features carry, measured by exchanging them. */
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
/** Draws of the random control; their shares are averaged. */
const RANDOM_DRAWS = 3;
/** Doses of the largest set, besides 0 and 1. */
const DOSES = [0.25, 0.5, 0.75, 1.25] as const;

/** Readings per pair for a forward and a backward pass of both models over both texts. */
const READ_BOTH = 2 * 2 * 3;
const WHOLES: readonly WholeExchange[] = ["all", "allAndError", "error", "meanDifference"];

/**
 * Maximal number of texts that `interchange` reads; a backward pass counts as two.
 * @param pairs number of text pairs
 * @param counts number of set sizes
 */
export function interchangeTexts(pairs: number, counts: number): number {
  const ofCount = 1 + controls.length - 1 + RANDOM_DRAWS;
  const exchanges = 1 + counts * ofCount + WHOLES.length + (counts > 0 ? DOSES.length : 0);
  return READ_BOTH * pairs + 2 * recipients.length * exchanges * Math.floor(pairs / 2);
}

/** Texts, dictionaries, and the numbers of features that are exchanged. */
export interface InterchangeOptions {
  base: EngineModel;
  tuned: EngineModel;
  /** One per layer. */
  dictionaries: readonly SharedDictionary[];
  /** At least two: every second pair is for choosing features, the others for measuring. */
  pairs: readonly TextPair[];
  /** Sizes of the feature sets; those above the number of features are left out. */
  counts: readonly number[];
  /** Draws controls and bootstrap resamples. */
  rng: Rng;
  /** Bootstrap resamples per interval. Default 2000. */
  resamples?: number;
  signal?: AbortSignal;
  /** Called with the number of texts read, and of all; a backward pass counts as two readings. */
  onTexts?(done: number, total: number): void;
}

/** Shares of the contrast of tuned minus base model, with intervals over prompts. */
export interface SharesCarried {
  /** Gain of the base model by the tuned model's values. */
  readonly intoBase: Interval;
  /** Loss of the tuned model by the base model's values. */
  readonly intoTuned: Interval;
}

/** The shares of a set of chosen features, or of its control. */
export interface FeatureSetShares extends SharesCarried {
  readonly set: "chosen" | FeatureControl;
  /** The number of chosen features, for controls too. */
  readonly chosen: number;
  /** The number of this set's features; the control `size` may have more than are chosen. */
  readonly features: number;
  /** This set's share of the sum of all features' changes. */
  readonly size: number;
}

/** Exchanges other than sets of features. */
export type WholeExchange = "all" | "allAndError" | "error" | "meanDifference";

/** A feature with the numbers that rank it; see `FeatureChanges`. */
export interface RankedFeature {
  readonly layer: number;
  readonly feature: number;
  readonly attribution: number;
  readonly size: number;
  readonly frequency: number;
}

/** Shares of the contrast that features of shared dictionaries carry, with controls. */
export interface Interchange {
  layers: number[];
  /** Features of all dictionaries together. */
  features: number;
  /** Numbers of prompts for choosing features, and for measuring. */
  prompts: { choosing: number; measuring: number };
  /** Contrast of tuned minus base model on the measuring prompts, in nats. */
  contrast: Interval;
  sets: FeatureSetShares[];
  wholes: ({ of: WholeExchange } & SharesCarried)[];
  /** The largest set at other doses: activations become own + dose * (other - own). */
  doses: ({ dose: number } & SharesCarried)[];
}

/** A condition: one exchange, or several draws of one kind. */
interface Condition {
  readonly draws: readonly ExchangeOf[];
}

/** The shift depends on the recipient. */
type ExchangeOf = (recipient: Recipient) => Exchange;

/**
 * Replaces shared features' activations in the base model by the tuned model's, and vice versa, on
 * the same fixed texts, and measures the share of the contrast (see `contrast`) that is gained or
 * lost. Features are ranked by attribution on one half of the pairs and measured on the other.
 * @returns the shares, and all features in the order of their rank
 * @throws ShapeError for fewer than two pairs
 * @see Geiger et al. 2021, "Causal Abstractions of Neural Networks", arXiv:2106.02997: interchange
 *   interventions
 * @see Syed, Rager, Conmy 2023, arXiv:2310.10348: first-order attribution
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

/** The feature sets of each size, and their controls. */
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

/** Per pair. */
interface Measured {
  /** The contrast of the tuned minus that of the base model. */
  readonly whole: number[];
  /** Gain of the base model, and loss of the tuned one, per condition. */
  readonly effects: Readonly<Record<Recipient, readonly number[][]>>;
}

/** Runs batch by batch, so that memory does not grow with the texts. */
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
