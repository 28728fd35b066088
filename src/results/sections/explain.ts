/**
 * features.jsonl, which the stage explain writes: explanation and activation statistics of each
 * feature.
 */
import { join } from "node:path";
import { z } from "zod";
import { readJsonl, writeJsonl } from "../../io/jsonl.js";
import { readRows } from "../checked.js";
import { featureName, number } from "../values.js";

const words = z.array(z.string());

/** Where a feature is active; `at` -1 is after, 1 before the words or the class. */
const pattern = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("words"), at: z.number(), words }),
  z.object({ kind: z.literal("pieces"), pieces: words }),
  z.object({ kind: z.literal("class"), at: z.number(), class: z.string() }),
  z.object({ kind: z.literal("position"), first: z.number() }),
  z.object({ kind: z.literal("topic"), words }),
]);

/** One line of features.jsonl. */
export const explainedFeature = featureName.extend({
  /** Highest cosine with a feature of the large dictionary, and that feature, where there is one. */
  cosine: number.optional(),
  partner: number.optional(),
  /**
   * Mean activation per token in both models, where features of one shared dictionary were chosen
   * by its change.
   */
  means: z.object({ base: number, tuned: number }).optional(),
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
  /**
   * The pattern of the explanation, by the rule explainer. Runs of earlier versions have `rule`
   * instead, which is not read.
   */
  pattern: z
    .object({
      of: pattern,
      /** Where else the feature is active; runs of earlier versions have none. */
      also: z.array(pattern).optional(),
      /**
       * Balanced accuracy of separating the feature's strongest places from other tokens, on texts
       * that the pattern was not made from.
       */
      score: number,
      /** Share of the strongest places at which it holds, and share of all tokens. */
      covers: number,
      breadth: number,
      /** Tested at the twenty highest activations only. */
      highestOnly: z.literal(true).optional(),
      /** Predicted levels of activation, 0 to 10. */
      levels: z.object({
        holds: z.number(),
        ofWord: z.record(z.string(), z.number()),
        also: z.number().optional(),
        after: z.array(z.number()),
        otherwise: z.number(),
      }),
    })
    .optional(),
  /** No pattern was found, or the feature is never active. */
  noPattern: z.literal(true).optional(),
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
  /** Logit lens: the tokens whose logits its direction increases most, and decreases most. */
  promoted: z.array(z.object({ token: z.string(), logit: number })).optional(),
  suppressed: z.array(z.object({ token: z.string(), logit: number })).optional(),
});

/** One line of features.jsonl. */
export interface ExplainedFeatureLine extends z.output<typeof explainedFeature> {}

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
