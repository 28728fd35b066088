/**
 * The files of the stage implicit-reward: implicit rewards of words and completions, which are
 * log-ratios of the two models and need no autoencoder, triples or training.
 */
import { join } from "node:path";
import { z } from "zod";
import { writeCsv } from "../../io/csv.js";
import { numberCell } from "../checked.js";
import { estimator, interval, kendallResult, number } from "../values.js";

/** All words, or those that the base model is expected to sample at least once in the contexts. */
const wordsRead = z.enum(["all", "visited"]);

/** Implicit rewards of the lexicon's words, and their rank correlation with the lexicon. */
const implicitRewardLexicon = z.object({
  words: number,
  visited: number,
  /** Share of all words whose value has the lexicon's sign, and of those visited. */
  signAgreement: z.object({ all: interval, visited: interval }),
  /**
   * `likeliest`: the fifth of the words with the most visits. Sets of fewer than two words are left
   * out.
   */
  kendall: z.array(
    z.object({ words: z.enum(["all", "negative", "positive", "visited", "likeliest"]), result: kendallResult }),
  ),
  /**
   * Controls, which keep less information. `signs`: the sign of the value only;
   * `shuffledWithinPolarity`: values shuffled among words of one sign in the lexicon, so that
   * positive and negative words are still separated; `baseMass`: the base model's probability,
   * which does not depend on tuning.
   */
  controls: z.array(
    z.object({
      values: z.enum(["signs", "shuffledWithinPolarity", "baseMass"]),
      words: wordsRead,
      result: kendallResult,
    }),
  ),
});

/** Tau of the implicit reward and of the tuned model's probe over the words that both value. */
const againstProbe = z.object({
  estimator,
  words: wordsRead,
  implicitReward: kendallResult,
  probe: kendallResult,
  /** tau(implicit reward) - tau(probe), over the same resamples of the words. */
  difference: interval,
});

/**
 * A set of completions. `base`, `tuned`: those of one model, one per prompt, centred by their mean.
 * `withinPrompt`: the tuned model's completion minus the base model's of the same prompt, in which
 * the constant of the prompt cancels.
 */
const textSource = z.enum(["base", "tuned", "withinPrompt"]);

/** Correlation of the completions' implicit rewards with their given rewards, for one source. */
const textAgreement = z.object({
  source: textSource,
  rewarded: z.enum(["completion", "promptAndCompletion"]),
  pearson: interval,
  kendall: interval,
  /** sqrt((1 - Pearson) / 2), 0 for the same reward up to scale and shift, 1 for its opposite. */
  epicDistance: interval,
  /** Pearson with the reward of another prompt's text. */
  shuffled: interval,
  /**
   * Pearson of the reward with the base model's log-probability, which does not depend on tuning.
   */
  baseLogProb: interval,
});

/** A linear model of the implicit rewards of one source's completions. */
const textAttribution = z.object({
  source: textSource,
  /** Share of the variance that all features together explain. */
  r2: interval,
  /** 1 - r2: the share that no feature explains. */
  unexplained: interval,
  features: z.array(
    z.object({
      feature: z.enum(["reward", "length", "ended", "punctuation", "repetition", "frequentWords"]),
      /** In standard deviations of the implicit reward per standard deviation of the feature. */
      coefficient: number,
      /**
       * The decrease of R-squared without the feature; never below 0, so compare `shuffledReward`.
       */
      dropOne: interval,
    }),
  ),
  /** The same decrease for a control column, the reward of another prompt's completion. */
  shuffledReward: interval,
});

/** A word with its counts in two samples of texts. */
const wordContrast = z.object({
  word: z.string(),
  /** Occurrences in each model's texts. */
  base: number,
  tuned: number,
  /**
   * Log-odds of the word in tuned minus log-odds in base, with the prior's counts added to both.
   */
  logOdds: number,
  /** logOdds divided by its standard deviation. */
  z: number,
});

export const overRepresentation = z.object({
  /** Words in the texts of each model, and distinct ones in both. */
  words: z.object({ base: number, tuned: number, different: number }),
  /** The words with the largest z of either sign, most extreme first. */
  moreInTuned: z.array(wordContrast),
  moreInBase: z.array(wordContrast),
  /** Words with |z| above 1.96. */
  beyond196: number,
  /** The same with the two models' completions of each prompt exchanged at random: chance level. */
  shuffled: z.object({ beyond196: number, largest: number }),
});

/** Section `implicitReward`. */
export const implicitRewardResults = z.object({
  /** Contexts in which the next-token probabilities of both models were compared. */
  positions: number,
  /** Mean KL(base || tuned) per context, in nats. */
  klFromBase: number,
  lexicon: implicitRewardLexicon,
  againstProbe: z.array(againstProbe),
  /** Correlation of held-out completions' implicit rewards with their given rewards. */
  texts: z.array(textAgreement),
  attribution: z.array(textAttribution),
  overRepresented: overRepresentation,
});

export const implicitRewardFile = "implicit-reward.csv";

/** A row of implicit-reward.csv: a lexicon word that is one lower-case token with its space. */
export const implicitRewardWord = z.object({
  word: z.string(),
  /** The lexicon's valence. */
  trueValue: numberCell,
  /** Implicit reward: the centred log-ratio, in nats. */
  value: numberCell,
  /** Expected number of samples of the word by the base model in the contexts. */
  visits: numberCell,
  /** Whether `visits` is at least 1; otherwise tuning has hardly sampled the word. */
  visited: z.enum(["true", "false"]).transform((text) => text === "true"),
});

/** Section `implicitReward` of results.json. */
export interface ImplicitRewardResults extends z.output<typeof implicitRewardResults> {}
/** One row of implicit-reward.csv. */
export interface ImplicitRewardWord extends z.output<typeof implicitRewardWord> {}

/** Writes implicit-reward.csv of a run folder, atomically. */
export function writeImplicitReward(folder: string, rows: readonly ImplicitRewardWord[]): Promise<void> {
  return writeCsv(join(folder, implicitRewardFile), rows);
}
