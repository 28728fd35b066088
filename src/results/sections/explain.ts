/**
 * features.jsonl, which the stage explain writes: explanation and activation statistics of each
 * feature.
 */
import { join } from "node:path";
import { z } from "zod";
import { readJsonl, writeJsonl } from "../../io/jsonl.js";
import { readRows } from "../checked.js";
import { featureName, number } from "../values.js";

const share = z.object({ id: z.number(), share: number });
const tokenClass = z.enum([
  "line breaks and spaces",
  "punctuation",
  "numbers",
  "positive sentiment words",
  "negative sentiment words",
  "pieces of longer words",
  "capitalised words within a sentence",
  "other words",
]);

/** One line of features.jsonl. */
export const explainedFeature = featureName.extend({
  /** Highest cosine with a feature of the large dictionary, and that feature. */
  cosine: number,
  partner: number,
  /** Share of the tokens of the explaining texts at which it is active. */
  density: number,
  maxActivation: number,
  meanWhenActive: number,
  /**
   * The texts of highest activation: tokens and activations around the peak, and whether the
   * explainer was shown it.
   */
  examples: z.array(
    z.object({ tokens: z.array(z.string()), activations: z.array(number), text: z.number(), shown: z.boolean() }),
  ),
  /**
   * Texts of weaker activation: those whose highest one is nearest to 3/4, 1/2 and 1/4 of the
   * highest of all. Runs of earlier versions have neither these nor `histogram`, `inOtherModel`,
   * `promoted` and `suppressed`.
   */
  atLevels: z
    .array(z.object({ level: z.number(), tokens: z.array(z.string()), activations: z.array(number) }))
    .optional(),
  /**
   * Histogram of the activations above 0: shares by tenths of the highest, lowest tenth first:
   * [10].
   */
  histogram: z.array(number).optional(),
  /**
   * The ten tokens with the largest share of the feature's activation, with mean activation and
   * count.
   */
  topTokens: z.array(z.object({ token: z.string(), share: number, mean: number, count: number })),
  /** In words. */
  explanation: z.string(),
  /** The explanation as a rule, for the explainer that counts tokens. */
  rule: z
    .object({
      /** Tokens on which it is active, with shares of its activation. */
      tokens: z.array(share),
      /** `expected`: the class's share of all tokens. */
      classes: z.array(z.object({ name: tokenClass, share: number, expected: number })),
      /** Tokens that precede the active ones. */
      after: z.array(share),
      /** The first `tokens` tokens of a text. */
      within: z.object({ tokens: z.number(), share: number }).optional(),
    })
    .optional(),
  /** Names of the saved requests to a language model that wrote it. */
  explainedIn: z.array(z.string()).optional(),
  /** The explainer gave no usable answer; `explanation` gives the reason. */
  failed: z.literal(true).optional(),
  explainer: z.string(),
  /**
   * The nearest feature of the other model's small dictionary of the layer, by the cosine of
   * decoder directions.
   */
  inOtherModel: z.object({ feature: number, cosine: number }).optional(),
  /** Logit lens: the tokens whose logits its direction raises most, and lowers most. */
  promoted: z.array(z.object({ token: z.string(), logit: number })).optional(),
  suppressed: z.array(z.object({ token: z.string(), logit: number })).optional(),
});

export type ExplainedFeatureLine = z.output<typeof explainedFeature>;

export const explainedFile = "features.jsonl";

/** Writes features.jsonl of a run folder, atomically. */
export function writeExplained(folder: string, lines: readonly ExplainedFeatureLine[]): Promise<void> {
  return writeJsonl(join(folder, explainedFile), lines);
}

/**
 * Reads features.jsonl of a run folder, in the order of the models and of each one's evidence.
 * @throws FormatError when it is missing, or a line has another form than explain writes
 */
export function readExplained(folder: string): Promise<ExplainedFeatureLine[]> {
  return readRows(join(folder, explainedFile), explainedFeature, readJsonl);
}
