/**
 * What the stage plain leaves: what the two models say directly, without autoencoder, triples or
 * training.
 */
import { join } from "node:path";
import { z } from "zod";
import { writeCsv } from "../io/csv.js";
import { numberCell } from "./checked.js";
import { estimator, interval, kendallResult, number } from "./values.js";

/**
 * All words, and those that the base model would say at least once in the contexts that were read.
 */
const wordsRead = z.enum(["all", "visited"]);

/** The reading of the lexicon: values of words, and how far their order is from the true one. */
const plainLexicon = z.object({
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
   * Orders that know less than the reading. `signs`: the sign of the value alone;
   * `shuffledWithinPolarity`: values shuffled among words of one sign in the lexicon, so that good
   * is still told from bad; `baseMass`: the base model's probability, which tuning has no part in.
   */
  controls: z.array(
    z.object({
      values: z.enum(["signs", "shuffledWithinPolarity", "baseMass"]),
      words: wordsRead,
      result: kendallResult,
    }),
  ),
});

/** Tau of the reading and of the tuned model's probe over the words that both have. */
const plainAgainstProbe = z.object({
  estimator,
  words: wordsRead,
  plain: kendallResult,
  probe: kendallResult,
  /** tau(plain) - tau(probe), words resampled together. */
  difference: interval,
});

/**
 * Where texts come from. `base`, `tuned`: the completions of one model, one a prompt, centred by
 * their mean. `withinPrompt`: the tuned model's completion minus the base model's of the same
 * prompt, in which the constant of the prompt cancels.
 */
const textSource = z.enum(["base", "tuned", "withinPrompt"]);

/** How values of texts go with their rewards, texts of one source. */
const textAgreement = z.object({
  source: textSource,
  rewarded: z.enum(["completion", "promptAndCompletion"]),
  pearson: interval,
  kendall: interval,
  /** sqrt((1 - Pearson) / 2), 0 for the same reward up to scale and shift, 1 for its opposite. */
  epicDistance: interval,
  /** Pearson with the reward of another prompt's text. */
  shuffled: interval,
  /** Pearson of the reward with the base model's log-probability, which tuning has no part in. */
  baseLogProb: interval,
});

/** A linear model of the values of one source's texts. */
const textAttribution = z.object({
  source: textSource,
  /** Share of the variance that all features together explain. */
  r2: interval,
  /** 1 - r2: what tuning changed and none of the features tells. */
  unexplained: interval,
  features: z.array(
    z.object({
      feature: z.enum(["reward", "length", "ended", "punctuation", "repetition", "frequentWords"]),
      /** In standard deviations of the value per standard deviation of the feature. */
      coefficient: number,
      /**
       * What R-squared loses without the feature; never below 0, so to be read against
       * `shuffledReward`.
       */
      dropOne: interval,
    }),
  ),
  /** The same of one column more: the reward of another prompt's text. */
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

const overRepresentation = z.object({
  /** Words in the texts of each model, and different ones in both. */
  words: z.object({ base: number, tuned: number, different: number }),
  /** The words with the largest z of either sign, most extreme first. */
  moreInTuned: z.array(wordContrast),
  moreInBase: z.array(wordContrast),
  /** Words with |z| above 1.96. */
  beyond196: number,
  /**
   * The same after the two models' texts of each prompt were exchanged by the toss of a coin: what
   * chance gives.
   */
  shuffled: z.object({ beyond196: number, largest: number }),
});

/** Section `plain`. */
export const plainResults = z.object({
  /** Contexts in which the vocabulary was read. */
  positions: number,
  /** Mean KL(base || tuned) per context, in nats. */
  klFromBase: number,
  lexicon: plainLexicon,
  againstProbe: z.array(plainAgainstProbe),
  /** How log-ratios of held-out completions go with their rewards. */
  texts: z.array(textAgreement),
  attribution: z.array(textAttribution),
  overRepresented: overRepresentation,
});

/** A row of plain.csv: a lexicon word that is one plain token, read directly. */
export const plainWord = z.object({
  word: z.string(),
  /** The lexicon's valence. */
  trueValue: numberCell,
  /** Centred log-ratio in nats. */
  value: numberCell,
  /** How often the base model would say the word in the contexts that were read. */
  visits: numberCell,
  /** Whether that is at least once; otherwise sampling has hardly met the word. */
  visited: z.enum(["true", "false"]).transform((text) => text === "true"),
});

export type PlainResults = z.output<typeof plainResults>;
export type PlainWord = z.output<typeof plainWord>;

/** Writes plain.csv of a run folder, atomically. */
export function writePlainWords(folder: string, rows: readonly PlainWord[]): Promise<void> {
  return writeCsv(join(folder, "plain.csv"), rows);
}
