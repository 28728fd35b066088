/**
 * Section `ablate` of results.json: reward before and after ablating features, as means over
 * prompts (paper, Table 5).
 */
import { z } from "zod";
import { interval, number } from "../values.js";

/**
 * `subtractFeatures` subtracts the features and keeps the reconstruction error; `replace` inserts
 * the reconstruction without them.
 */
const ablationKind = z.enum(["subtractFeatures", "replace"]);

/** The effect of ablating control features: one interval per draw, and one over all draws. */
const controlEffect = z.object({
  draws: z.array(interval),
  meanEffect: interval,
  /** The labelled features' effect minus this one, paired over prompts. */
  difference: interval,
});

const rewards = {
  after: interval,
  /** after - before, paired over prompts. */
  effect: interval,
};

/**
 * Results of one kind of ablation. A control is absent when it was not requested or a layer has too
 * few features for it.
 */
const ablationOfKind = z.object({
  kind: ablationKind,
  ...rewards,
  /** The same number of random features of the same layers. */
  random: controlEffect.optional(),
  /** Features of matched activation frequency. */
  matchedFrequency: controlEffect.optional(),
  /** Explained features without the label. */
  unlabelled: controlEffect.optional(),
});

export const ablateResults = z.object({
  promptTokens: number,
  newTokens: number,
  related: z.array(z.object({ layer: z.number(), features: z.array(number) })),
  base: interval,
  before: interval,
  ...ablationOfKind.shape,
  /** Rewards of the completion only, main kind. */
  completion: z.object({ base: interval, before: interval, ...rewards }),
  otherKinds: z.array(ablationOfKind),
  /** The effect of each labelled feature alone, strongest first; empty when not requested. */
  eachFeature: z.array(z.object({ layer: z.number(), feature: z.number(), effect: interval })),
});

/** How features are taken out of the MLP outputs. */
export type AblationKind = z.output<typeof ablationKind>;
/** The change of reward by taking out other features than the labelled ones. */
export interface ControlEffect extends z.output<typeof controlEffect> {}
/** Rewards before and after one kind of ablation, with its controls. */
export interface AblationOfKind extends z.output<typeof ablationOfKind> {}
/** Section `ablate` of results.json. */
export interface AblateResults extends z.output<typeof ablateResults> {}
