/**
 * Words that one model writes more often than another: log-odds with an informative Dirichlet
 * prior.
 */
import type { Rng } from "../../rng.js";
import { sum } from "../../stats/moments.js";
import { Z_95 } from "../../stats/normal.js";
import type { WordTokens } from "../words/word-tokens.js";

/** A word with its counts in two samples of texts. */
export interface WordContrast {
  word: string;
  /** Occurrences in each model's texts. */
  base: number;
  tuned: number;
  /**
   * Log-odds of the word in tuned minus log-odds in base, with the prior's counts added to both.
   */
  logOdds: number;
  /** logOdds divided by its standard deviation. */
  z: number;
}

/** Weight of the prior, in words: as in Monroe et al. */
const PRIOR_WORDS = 500;

/**
 * Contrasts the words of two samples. The prior is the pooled distribution with the weight of 500
 * words. It shrinks the log-odds of rare words, and z accounts for the counts of frequent ones:
 * delta = log((y_t + a) / (n_t + a_0 - y_t - a)) - log((y_b + a) / (n_b + a_0 - y_b - a)),
 * variance 1 / (y_t + a) + 1 / (y_b + a).
 * @returns by z, the most over-represented in tuned first
 * @see Monroe, Colaresi, Quinn 2008, "Fightin' Words", Political Analysis 16:372
 */
export function contrastWords(base: ReadonlyMap<string, number>, tuned: ReadonlyMap<string, number>): WordContrast[] {
  const total = (counts: ReadonlyMap<string, number>) => sum([...counts.values()]);
  const [inBase, inTuned] = [total(base), total(tuned)];
  const logOdds = (count: number, prior: number, words: number) =>
    Math.log((count + prior) / (words + PRIOR_WORDS - count - prior));
  const contrasts = [...new Set([...base.keys(), ...tuned.keys()])].map((word) => {
    const [b, t] = [base.get(word) ?? 0, tuned.get(word) ?? 0];
    const prior = (PRIOR_WORDS * (b + t)) / (inBase + inTuned);
    const difference = logOdds(t, prior, inTuned) - logOdds(b, prior, inBase);
    const deviation = Math.sqrt(1 / (t + prior) + 1 / (b + prior));
    return { word, base: b, tuned: t, logOdds: difference, z: difference / deviation };
  });
  return contrasts.sort((a, b) => b.z - a.z || (a.word < b.word ? -1 : 1));
}

/** A word with its counts in both models and its z-value. */
export interface OverRepresentation {
  /** Words in the texts of each model, and distinct ones in both. */
  words: { base: number; tuned: number; different: number };
  /** The words with the largest z of either sign, most extreme first. */
  moreInTuned: WordContrast[];
  moreInBase: WordContrast[];
  /** Words with |z| above 1.96. */
  beyond196: number;
  /** The same with the two models' completions of each prompt exchanged at random: chance level. */
  shuffled: { beyond196: number; largest: number };
}

/**
 * Contrasts the words of both models' completions of the same prompts.
 * @param pairs per prompt, the words of each model's completion
 * @param top number of words listed in each direction
 * @param rng exchanges the models' completions for the control
 */
export function overRepresentedWords(
  pairs: readonly { base: readonly string[]; tuned: readonly string[] }[],
  top: number,
  rng: Rng,
): OverRepresentation {
  const base = countWords(pairs.map((pair) => pair.base));
  const tuned = countWords(pairs.map((pair) => pair.tuned));
  const contrasts = contrastWords(base, tuned);
  const tossed = pairs.map(({ base, tuned }) => (rng.uniform() < 0.5 ? [base, tuned] : [tuned, base]));
  const byChance = contrastWords(
    countWords(tossed.map(([first]) => first)),
    countWords(tossed.map(([, last]) => last)),
  );
  const beyond = (of: readonly WordContrast[]) => of.filter(({ z }) => Math.abs(z) > Z_95).length;
  const total = (lists: "base" | "tuned") => pairs.reduce((sum, pair) => sum + pair[lists].length, 0);
  return {
    words: { base: total("base"), tuned: total("tuned"), different: contrasts.length },
    moreInTuned: contrasts.filter(({ z }) => z > 0).slice(0, top),
    moreInBase: contrasts
      .filter(({ z }) => z < 0)
      .slice(-top)
      .reverse(),
    beyond196: beyond(contrasts),
    shuffled: {
      beyond196: beyond(byChance),
      largest: byChance.reduce((largest, { z }) => Math.max(largest, Math.abs(z)), 0),
    },
  };
}

function countWords(texts: readonly (readonly string[])[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const words of texts) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/**
 * Each model's words per prompt, as input of `overRepresentedWords`.
 * @param ofBase the base model's completions, as token ids
 * @param ofTuned the tuned model's completions of the same prompts
 */
export function wordsByPrompt(
  ofBase: readonly CompletedPrompt[],
  ofTuned: readonly CompletedPrompt[],
  words: WordTokens,
): { base: string[]; tuned: string[] }[] {
  const wordsOf = (ids: readonly number[]) => [...words.words(ids)].map(({ word }) => word);
  const tuned = new Map(ofTuned.map(({ prompt, ids }) => [prompt, ids]));
  return ofBase.map(({ prompt, ids }) => ({ base: wordsOf(ids), tuned: wordsOf(tuned.get(prompt)!) }));
}

/** A completion and the number of its prompt. */
export interface CompletedPrompt {
  readonly prompt: number;
  readonly ids: readonly number[];
}
