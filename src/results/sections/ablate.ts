/**
 * Section `ablate` of results.json: reward before and after ablating features, as means over
 * prompts (paper, Table 5).
 */
import { z } from "zod";
import { interval, number } from "../values.js";

/**
 * `subtractFeatures` keeps what the autoencoder does not explain; `replace` puts the reconstruction
 * without the features.
 */
const ablationKind = z.enum(["subtractFeatures", "replace"]);

/** The effect of ablating control features, one interval per draw, and over all draws together. */
const controlEffect = z.object({
  draws: z.array(interval),
  meanEffect: interval,
  /** The related features' effect less this one, paired over prompts. */
  difference: interval,
});

const rewards = {
  after: interval,
  /** after - before, paired over prompts. */
  effect: interval,
};

/**
 * One way to ablate. A control is absent when it was not asked for or when a layer has too few
 * features of its kind.
 */
const ablationOfKind = z.object({
  kind: ablationKind,
  ...rewards,
  /** As many random features of the same layers. */
  random: controlEffect.optional(),
  /** Features of matched activation frequency. */
  matchedFrequency: controlEffect.optional(),
  /** Features that were explained but not labelled. */
  unlabelled: controlEffect.optional(),
});

export const ablateResults = z.object({
  promptTokens: number,
  newTokens: number,
  related: z.array(z.object({ layer: z.number(), features: z.array(number) })),
  base: interval,
  before: interval,
  ...ablationOfKind.shape,
  /** The rewards of the completion alone, main kind. */
  completion: z.object({ base: interval, before: interval, ...rewards }),
  otherKinds: z.array(ablationOfKind),
  /** The effect of each related feature alone, strongest first; empty when not asked for. */
  eachFeature: z.array(z.object({ layer: z.number(), feature: z.number(), effect: interval })),
});

export type AblationKind = z.output<typeof ablationKind>;
export type ControlEffect = z.output<typeof controlEffect>;
export type AblationOfKind = z.output<typeof ablationOfKind>;
export type AblateResults = z.output<typeof ablateResults>;
