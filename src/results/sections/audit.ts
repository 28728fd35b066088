/**
 * What the stage audit writes: how a tuned model differs from its base model over samples of both
 * and texts of the corpus, and which properties of the texts explain it. Needs no reward.
 */
import { join } from "node:path";
import { z } from "zod";
import { writeCsv } from "../../io/csv.js";
import { interval, number } from "../values.js";
import { part, patchEffects, together } from "./carry.js";
import { overRepresentation } from "./implicit-reward.js";

/** How much of the log-ratios of some texts their properties explain. */
const explanation = z.object({
  /** `samples`: completions of both models; `base`, `tuned`: those of one alone; `corpus`: texts that neither wrote. */
  texts: z.enum(["samples", "base", "tuned", "corpus"]),
  /** The log-ratio of a text, or the same per token; counts are then per token too. */
  measure: z.enum(["total", "perToken"]),
  /** Share of the variance that all properties explain together, on the texts that they are fitted on. */
  r2: interval,
  /** What they leave unexplained in texts that are left out of the fit, between 0 and 1. */
  unexplained: interval,
  /** Chance level of `unique`: 95% of the permuted log-ratios have no property above it. */
  chance: number,
  /** The largest unique share first. */
  properties: z.array(
    z.object({
      name: z.string(),
      /** In standard deviations of the log-ratio per standard deviation of the property, others held. */
      coefficient: interval,
      /** Pearson correlation with the log-ratio; NaN for a property that does not vary. */
      correlation: interval,
      /** The loss of R-squared without the property. */
      unique: interval,
    }),
  ),
});

/** A property in the completions of both models of the same prompts. */
const propertyShift = z.object({
  name: z.string(),
  summary: z.string(),
  base: interval,
  tuned: interval,
  difference: interval,
  /** The difference in standard deviations of the completions of both. */
  effect: number,
});

/** A token of the vocabulary with its implicit reward. */
const token = z.object({
  token: z.string(),
  /** The centred log-ratio over the contexts of the corpus, in nats. */
  value: number,
  /** How often the base model is expected to sample it there. */
  visits: number,
});

/** A word with its log-ratio where texts have it. */
const word = z.object({ word: z.string(), texts: z.number(), value: number, low: number, high: number });

/** A line of audit/texts.jsonl. */
const textLine = z.object({
  origin: z.enum(["base", "tuned", "corpus"]),
  /** The number of the prompt, or of the text of the corpus. */
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
  /** KL divergence per completion in nats, by each model's samples; and per token of the tuned model's. */
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
  template: z.enum(["base", "tuned"]).optional(),
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

export type AuditResults = z.output<typeof auditResults>;
export type AuditExplanation = z.output<typeof explanation>;
export type AuditedTextLine = z.output<typeof textLine>;
export type AuditedToken = z.output<typeof token>;

export const auditFolder = "audit";

/** Writes tokens.csv and words.csv of a folder of the audit, atomically: all of both, not only the extremes. */
export async function writeAuditTables(
  folder: string,
  { tokens, words }: { tokens: readonly AuditedToken[]; words: readonly z.output<typeof word>[] },
): Promise<void> {
  await writeCsv(join(folder, "tokens.csv"), tokens);
  await writeCsv(join(folder, "words.csv"), words);
}
