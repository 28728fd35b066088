/** Frequency of activation where R predicts a high reward (paper, section 5.2 and Table 6). */
import { RunError } from "../../errors.js";
import type { Rng } from "../../rng.js";
import { type Interval, type Resampling, ratioInterval } from "../../stats/interval.js";
import { sum } from "../../stats/moments.js";
import type { TextCodes } from "../evidence/codes.js";
import { type LinearProbe, predict } from "../probe/probe.js";
import type { WordTokens } from "../words/word-tokens.js";
import { nearestInDensity } from "./control-features.js";

/** R, the features that are counted, the threshold, and the positions that count. */
export interface FrequencyOptions {
  /**
   * R, fitted on all triples of the same model, with the layers of the stream in the same order.
   */
  probe: LinearProbe;
  /** Per layer the features labelled as related to the reward. */
  related: readonly { layer: number; features: readonly number[] }[];
  words: WordTokens;
  /** `lexiconTokens` (default): tokens that complete a lexicon word; `everyToken`: all. */
  at?: "lexiconTokens" | "everyToken";
  /** A predicted reward above this is high. Default 3 (paper). */
  threshold?: number;
  rng: Rng;
  /** Bootstrap resamples per interval. Default 2000. */
  resamples?: number;
}

/** How often features are active at positions of a high predicted reward. */
export interface ActivationFrequency {
  /** Number of positions at which R was computed. */
  positions: number;
  /**
   * The lowest high reward, and whether it is the given threshold, or the top decile since no
   * prediction exceeds that.
   */
  threshold: number;
  criterion: "above the threshold" | "top decile";
  /** Share of positions with R above the given threshold. */
  shareAbove: number;
  highPositions: number;
  /**
   * Share of high positions at which a labelled feature is active, mean over features; n is 0 when
   * none is labelled.
   */
  related: Interval;
  /** The same for all features of the dictionaries. */
  average: Interval;
  /**
   * The same for the ten unlabelled features of the layer nearest to each labelled one in frequency
   * over all tokens.
   */
  matchedFrequency: Interval;
}

/**
 * Computes R at positions of held-out texts, and counts the features that are active where R is
 * above the threshold, or if it never is, in the top tenth. Intervals resample texts, since
 * positions of one text depend on each other. Memory: one bit per feature and position.
 * @param stream feature activations of texts that nothing was trained on
 * @throws RunError when the texts have no such position
 */
export async function activationFrequency(
  stream: AsyncIterable<TextCodes>,
  { probe, related, words, at = "lexiconTokens", threshold = 3, rng, resamples }: FrequencyOptions,
): Promise<ActivationFrequency> {
  const widths = probe.coefficients.map(({ values }) => values.length);
  const offsets = widths.map((_, i) => sum(widths.slice(0, i)));
  const inputs = sum(widths);
  const activeTokens = new Int32Array(inputs);
  const seen: { text: number; reward: number; active: Uint8Array }[] = [];
  for await (const { text, tokens, codes } of stream) {
    const wanted = completesLexiconWord(tokens, words);
    for (let t = 0; t < tokens.length; t++) {
      const kept = at === "everyToken" || wanted.has(t);
      const active = new Uint8Array(kept ? Math.ceil(inputs / 8) : 0);
      for (const [i, width] of widths.entries()) {
        for (let feature = 0; feature < width; feature++) {
          if (codes[i][t * width + feature] <= 0) continue;
          const input = offsets[i] + feature;
          activeTokens[input]++;
          if (kept) active[input >> 3] |= 1 << (input & 7);
        }
      }
      if (kept) seen.push({ text, reward: predict(probe, codes, t), active });
    }
  }
  if (seen.length === 0)
    throw new RunError("positions for R: expected at least one, received none", {
      help: "Give texts with words of the lexicon.",
    });

  const above = seen.filter(({ reward }) => reward > threshold);
  const ranked = seen.toSorted((a, b) => b.reward - a.reward);
  const high = above.length > 0 ? above : ranked.slice(0, Math.ceil(seen.length / 10));
  const groups = featureGroups(related, probe, offsets, widths, activeTokens);
  const frequency = (features: readonly number[]) => activeShare(high, features, { rng, resamples });
  return {
    positions: seen.length,
    threshold: above.length > 0 ? threshold : high[high.length - 1].reward,
    criterion: above.length > 0 ? "above the threshold" : "top decile",
    shareAbove: above.length / seen.length,
    highPositions: high.length,
    related: frequency(groups.related),
    average: frequency(groups.all),
    matchedFrequency: frequency(groups.matched),
  };
}

function completesLexiconWord(tokens: readonly number[], words: WordTokens): Set<number> {
  const ends = new Set<number>();
  for (const { word, end } of words.words(tokens)) if (words.lexicon.has(word)) ends.add(end - 1);
  return ends;
}

/** Inputs of R by group; a feature is in `matched` as often as it was chosen. */
function featureGroups(
  related: FrequencyOptions["related"],
  probe: LinearProbe,
  offsets: readonly number[],
  widths: readonly number[],
  activeTokens: Int32Array,
): { related: number[]; all: number[]; matched: number[] } {
  const groups = {
    related: [] as number[],
    all: Array.from(activeTokens, (_, input) => input),
    matched: [] as number[],
  };
  for (const [i, { layer }] of probe.coefficients.entries()) {
    const own = (related.find((entry) => entry.layer === layer)?.features ?? []).map((feature) => offsets[i] + feature);
    const isOwn = new Set(own);
    const others = Array.from({ length: widths[i] }, (_, feature) => offsets[i] + feature).filter(
      (input) => !isOwn.has(input),
    );
    groups.related.push(...own);
    for (const input of own) groups.matched.push(...nearestInDensity(input, others, activeTokens));
  }
  return groups;
}

/** Mean over positions and features of "is active", resampled over texts. */
function activeShare(
  positions: readonly { text: number; active: Uint8Array }[],
  features: readonly number[],
  resampling: Resampling,
): Interval {
  const byText = new Map<number, { sum: number; count: number }>();
  if (features.length > 0) {
    for (const { text, active } of positions) {
      const entry = byText.get(text) ?? { sum: 0, count: 0 };
      for (const input of features) entry.sum += (active[input >> 3] >> (input & 7)) & 1;
      entry.count += features.length;
      byText.set(text, entry);
    }
  }
  return ratioInterval([...byText.values()], "text", resampling);
}
