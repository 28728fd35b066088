/**
 * The files of the stage audit: differences of a tuned and a base model on samples of both and on
 * corpus texts, and properties of the texts that explain them. Needs no reward.
 */
import { join } from "node:path";
import { z } from "zod";
import { writeCsv } from "../../io/csv.js";
import { interval, modelRole, number } from "../values.js";
import { part, patchEffects, together } from "./carry.js";
import { overRepresentation } from "./implicit-reward.js";

/** How much of texts' log-ratios their properties explain. */
const explanation = z.object({
  /** `samples`: completions of both models; `base`, `tuned`: of one of them; `corpus`: texts of the corpus. */
  texts: z.enum(["samples", "base", "tuned", "corpus"]),
  /** The log-ratio of a text, or the mean per token; counts are then per token too. */
  measure: z.enum(["total", "perToken"]),
  /** Share of the variance that all properties together explain, in sample. */
  r2: interval,
  /** Share of the variance that they do not explain out of fold, between 0 and 1. */
  unexplained: interval,
  /** Chance level of `unique`: exceeded by any property in 5% of permutations of the log-ratios. */
  chance: number,
  /** The largest unique share first. */
  properties: z.array(
    z.object({
      name: z.string(),
      /**
       * Standard deviations of the log-ratio per standard deviation of the property, others held
       * fixed.
       */
      coefficient: interval,
      /** Pearson correlation with the log-ratio; NaN for a constant property. */
      correlation: interval,
      /** The decrease of R-squared without the property. */
      unique: interval,
    }),
  ),
});

/** A property in both models' completions of the same prompts. */
const propertyShift = z.object({
  name: z.string(),
  summary: z.string(),
  base: interval,
  tuned: interval,
  difference: interval,
  /** The difference in pooled standard deviations of completions. */
  effect: number,
});

/** A token of the vocabulary with its implicit reward. */
const token = z.object({
  token: z.string(),
  /** The centred log-ratio over the contexts of the corpus, in nats. */
  value: number,
  /** Expected number of samples by the base model in these contexts. */
  visits: number,
});

/** A word with its mean log-ratio over the texts that contain it. */
const word = z.object({ word: z.string(), texts: z.number(), value: number, low: number, high: number });

/** A line of audit/texts.jsonl. */
const textLine = z.object({
  origin: z.enum(["base", "tuned", "corpus"]),
  /** The number of the prompt, or of the corpus text. */
  unit: z.number(),
  prompt: z.string(),
  text: z.string(),
  tokens: z.number(),
  /** log p_tuned - log p_base, in nats. */
  logRatio: number,
});

/** Section `audit`. */
export const auditResults = z.object({
  prompts: z.number(),
  newTokens: z.number(),
  corpusTexts: z.number(),
  /**
   * KL divergences per completion, from samples of each model, and per token of the tuned model's;
   * nats.
   */
  kl: z.object({ tunedFromBase: interval, baseFromTuned: interval, perToken: interval }),
  /** Mean KL(base || tuned) per position of the corpus, over the whole vocabulary, in nats. */
  klOfCorpus: number,
  explanations: z.array(explanation),
  /** In the order of the table of properties. */
  shifts: z.array(propertyShift),
  /** Tokens that the base model is expected to sample at least once. */
  tokens: z.object({ liked: z.array(token), disliked: z.array(token) }),
  /** Words whose interval excludes 0. */
  words: z.object({ liked: z.array(word), disliked: z.array(word) }),
  overRepresented: overRepresentation,
  texts: z.object({ liked: z.array(textLine), disliked: z.array(textLine) }),
  /** Whose chat template made messages of the prompts; absent where they were given as they stand. */
  template: modelRole.optional(),
  /** Single parts of one model put into the other, as in the section `carry`; absent where there was none to look for. */
  parts: z
    .object({
      /** log p(the tuned model's completion) - log p(the base model's), of the tuned less the base model, in nats. */
      contrast: interval,
      parts: z.array(z.object({ ...part, ...patchEffects })),
      together: z.object({ intoBase: together, intoTuned: together }),
    })
    .optional(),
});

/** Section `audit` of results.json. */
export interface AuditResults extends z.output<typeof auditResults> {}
/** How much of the log-ratios one property explains. */
export interface AuditExplanation extends z.output<typeof explanation> {}
/** One line of the audited texts: a text with its log-ratios. */
export interface AuditedTextLine extends z.output<typeof textLine> {}
export interface AuditedToken extends z.output<typeof token> {}

export const auditFolder = "audit";

/** Writes tokens.csv and words.csv of the audit's folder, atomically: all tokens and words. */
export async function writeAuditTables(
  folder: string,
  { tokens, words }: { tokens: readonly AuditedToken[]; words: readonly z.output<typeof word>[] },
): Promise<void> {
  await writeCsv(join(folder, "tokens.csv"), tokens);
  await writeCsv(join(folder, "words.csv"), words);
}
