/** Explains implicit rewards of completions by the given reward and by style. */
import type { Rng } from "../../rng.js";
import { bootstrapAll, type Interval, valuesOf, varianceShares } from "../../stats/index.js";
import type { Resampling } from "../../stats/interval.js";
import type { WordTokens } from "../words/word-tokens.js";
import {
  logRatio,
  ofOthers,
  perPrompt,
  type ScoredCompletion,
  type TextSource,
  textSources,
} from "./completion-rewards.js";

/**
 * Features of a completion. All but `ended` are counts and not shares, since the implicit reward is
 * a sum over tokens. `reward`: given reward of the completion only; `length`: tokens without
 * end-of-text; `ended`: 1 if it ends with an end-of-text token; `punctuation`: tokens without
 * letter or digit; `repetition`: token bigrams that occurred before in the completion;
 * `frequentWords`: words among the corpus' most frequent ones.
 */
export type TextFeature = "reward" | "length" | "ended" | "punctuation" | "repetition" | "frequentWords";

export const textFeatures: readonly TextFeature[] = [
  "reward",
  "length",
  "ended",
  "punctuation",
  "repetition",
  "frequentWords",
];

/** A linear model of the implicit rewards of one source's completions. */
export interface TextAttribution {
  source: TextSource;
  /** Share of the variance that all features together explain. */
  r2: Interval;
  /** 1 - r2: the share that no feature explains. */
  unexplained: Interval;
  features: {
    feature: TextFeature;
    /** In standard deviations of the implicit reward per standard deviation of the feature. */
    coefficient: number;
    /**
     * The decrease of R-squared without the feature; never below 0, so compare `shuffledReward`.
     */
    dropOne: Interval;
  }[];
  /** The same decrease for a control column, the reward of another prompt's completion. */
  shuffledReward: Interval;
}

/** What counts as a word, as a frequent one, and as an end of text. */
export interface CountOptions {
  words: WordTokens;
  /** Lower case. */
  frequentWords: ReadonlySet<string>;
  /** Tokens that end a text. */
  eosTokenIds: readonly number[];
}

/** The features of a completion. */
export function countFeatures(
  { ids, completionReward }: ScoredCompletion,
  { words, frequentWords, eosTokenIds }: CountOptions,
): Record<TextFeature, number> {
  const ended = ids.length > 0 && eosTokenIds.includes(ids[ids.length - 1]);
  const tokens = ids.filter((id) => !eosTokenIds.includes(id));
  const pairs = new Set<string>();
  for (let t = 0; t + 1 < tokens.length; t++) pairs.add(`${tokens[t]} ${tokens[t + 1]}`);
  const spoken = [...words.words(tokens)];
  return {
    reward: completionReward,
    length: tokens.length,
    ended: ended ? 1 : 0,
    punctuation: tokens.filter((id) => /^[^\p{L}\p{N}]*[\p{P}\p{S}][^\p{L}\p{N}]*$/u.test(words.text(id))).length,
    repetition: Math.max(0, tokens.length - 1) - pairs.size,
    frequentWords: spoken.filter(({ word }) => frequentWords.has(word)).length,
  };
}

/** The `count` most frequent words of texts; ties in alphabetical order. */
export function mostFrequentWords(
  texts: readonly (readonly number[])[],
  words: WordTokens,
  count: number,
): Set<string> {
  const counts = new Map<string, number>();
  for (const ids of texts)
    for (const { word } of words.words(ids)) if (/\p{L}/u.test(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const ordered = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return new Set(ordered.slice(0, count).map(([word]) => word));
}

/**
 * Least squares with intercept of the implicit reward on all features, for each source, prompts
 * resampled whole. R-squared and its losses are measured on the completions that the model is
 * fitted on: with n prompts each feature gets about 1 / n by chance.
 * @param rng pairs completions with the rewards of other prompts
 */
export function attributeTexts(
  completions: readonly ScoredCompletion[],
  counting: CountOptions,
  { rng, resampling }: { rng: Rng; resampling: Resampling },
): TextAttribution[] {
  const counts = new Map(completions.map((completion) => [completion, countFeatures(completion, counting)]));
  return textSources.flatMap((source) => {
    const values = perPrompt(completions, source, logRatio);
    if (values.length < 2) return [];
    const columns = textFeatures.map((feature) =>
      perPrompt(completions, source, (completion) => counts.get(completion)![feature]),
    );
    const withShuffled = [...columns, ofOthers(columns[textFeatures.indexOf("reward")], rng)];
    const statistics = (indices: Int32Array): number[] => {
      const [y, ...x] = [values, ...withShuffled].map((column) => valuesOf(indices, column));
      const { r2, dropOne } = varianceShares(x.slice(0, -1), y);
      return [r2, 1 - r2, varianceShares(x, y).dropOne[columns.length], ...dropOne];
    };
    const [r2, unexplained, shuffledReward, ...dropOne] = bootstrapAll(values.length, statistics, {
      ...resampling,
      unit: "prompt",
    });
    const { coefficients } = varianceShares(columns, values);
    return [
      {
        source,
        r2,
        unexplained,
        features: textFeatures.map((feature, i) => ({
          feature,
          coefficient: coefficients[i],
          dropOne: dropOne[i],
        })),
        shuffledReward,
      },
    ];
  });
}
