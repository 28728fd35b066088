/**
 * The files of the stage carry: the difference of base and tuned model by weights, by dose and by
 * exchanged parts. Only the section `features` needs autoencoders, those that both models share; it
 * is absent without them.
 */
import { join } from "node:path";
import { z } from "zod";
import { readCsv, writeCsv } from "../../io/csv.js";
import { numberCell, numberCellOrEmpty, readRowsIfAny } from "../checked.js";
import { interval, number } from "../values.js";

const modelModule = z.enum(["embedding", "unembedding", "attention", "mlp", "norm"]);

/** A part of the model; all norms are one. */
export const part = { module: modelModule, layer: z.number().nullable() };

/** The effect of a part of one model on the other. */
const patchEffect = z.object({
  /** Change of the recipient's contrast, in nats. */
  change: interval,
  /** The gain of the base model, or the loss of the tuned one, as a share of the contrast. */
  share: interval,
  /** Change of the recipient's reward; only if completions were sampled. */
  reward: interval.optional(),
});

export const patchEffects = { intoBase: patchEffect, intoTuned: patchEffect };

export const together = z.object({
  /** Sum of the shares of all single parts. */
  sum: interval,
  /** 1 - sum. */
  interaction: interval,
});

const shares = {
  /** Gain of the base model by the tuned model's values, as a share of the contrast. */
  intoBase: interval,
  /** Loss of the tuned model by the base model's values. */
  intoTuned: interval,
};

/** Features of the dictionaries that both models share, with the other model's activations. */
const features = z.object({
  layers: z.array(z.number()),
  /** Features of all layers' dictionaries. */
  features: z.number(),
  prompts: z.object({ choosing: z.number(), measuring: z.number() }),
  /** Contrast on the measuring prompts, in nats. */
  contrast: interval,
  sets: z.array(
    z.object({
      set: z.enum(["chosen", "random", "frequency", "size"]),
      /** The number of chosen features, for controls too. */
      chosen: z.number(),
      /** The number of this set's features. */
      features: z.number(),
      /** This set's share of the sum of all features' changes. */
      size: number,
      ...shares,
    }),
  ),
  wholes: z.array(z.object({ of: z.enum(["all", "allAndError", "error", "meanDifference"]), ...shares })),
  /** The largest set of chosen features, with activations own + dose * (other - own). */
  doses: z.array(z.object({ dose: z.number(), ...shares })),
});

/** Section `carry`. */
export const carryResults = z.object({
  promptTokens: number,
  newTokens: number,
  /**
   * The contrast log p(tuned model's completion) - log p(base model's completion of the same
   * prompt), of the tuned model minus that of the base model, in nats.
   */
  contrast: interval,
  reward: z.object({ base: interval, tuned: interval, difference: interval }),
  /** Integrated gradients of the contrast from base to tuned weights. */
  path: z.object({
    points: number,
    sum: number,
    /** |sum - contrast| / |contrast|. */
    error: number,
    parts: z.array(z.object({ ...part, value: number, share: interval })),
  }),
  parts: z.array(z.object({ ...part, ...patchEffects })),
  groups: z.array(
    z.object({
      group: z.enum(["attention", "mlps", "layers", "embeddingAndAttention", "embeddingAndMlps"]),
      ...patchEffects,
    }),
  ),
  together: z.object({ intoBase: together, intoTuned: together }),
  /** Models with weights base + dose (tuned - base). */
  doses: z.array(z.object({ dose: z.number(), reward: interval, change: interval, kl: interval, distinct2: number })),
  /** Only if the run has dictionaries that both models share. */
  features: features.optional(),
});

/** A row of carry/tokens.csv: the integrated gradients of a token's rows. */
export const carriedToken = z.object({
  id: numberCell,
  text: z.string(),
  /** Nats; rows of embedding and unembedding together. */
  value: numberCell,
  /** Occurrences of the token in each model's completions. */
  inBase: numberCell,
  inTuned: numberCell,
});

/** A row of carry/units.csv: the integrated gradients of a head or a neuron. */
export const carriedUnit = z.object({
  kind: z.enum(["head", "keyValueHead", "neuron"]),
  layer: numberCell,
  unit: numberCell,
  value: numberCell,
});

/** A row of carry/tensors.csv. */
export const carriedTensor = z.object({
  name: z.string(),
  module: modelModule,
  layer: numberCellOrEmpty,
  parameters: numberCell,
  value: numberCell,
});

/** A row of carry/features.csv: a shared feature, in the order of their ranks. */
export const carriedFeature = z.object({
  layer: numberCell,
  feature: numberCell,
  /** First-order effect of its change, in nats. */
  attribution: numberCell,
  /** Mean change over tokens, times the norm of its direction. */
  size: numberCell,
  /** Share of tokens on which it is active. */
  frequency: numberCell,
});

/** Section `carry` of results.json. */
export interface CarryResults extends z.output<typeof carryResults> {}
/** One row of carry/features.csv. */
export interface CarriedFeature extends z.output<typeof carriedFeature> {}
/** One row of carry/tokens.csv: a token whose embedding carries part of the contrast. */
export interface CarriedToken extends z.output<typeof carriedToken> {}
export interface CarriedUnit extends z.output<typeof carriedUnit> {}
export interface CarriedTensor extends z.output<typeof carriedTensor> {}

/** The folder of the tables of weights and features. */
export const CARRY_FOLDER = "carry";

const file = (folder: string, name: string) => join(folder, CARRY_FOLDER, `${name}.csv`);

/**
 * Writes carry/tensors.csv, units.csv, tokens.csv, and features.csv if there are any, each
 * atomically.
 */
export async function writeCarry(
  folder: string,
  rows: {
    tensors: readonly CarriedTensor[];
    units: readonly CarriedUnit[];
    tokens: readonly CarriedToken[];
    features?: readonly CarriedFeature[];
  },
): Promise<void> {
  await writeCsv(file(folder, "tensors"), rows.tensors);
  await writeCsv(file(folder, "units"), rows.units);
  await writeCsv(file(folder, "tokens"), rows.tokens);
  if (rows.features) await writeCsv(file(folder, "features"), rows.features);
}

/**
 * Reads carry/tokens.csv of a run folder; no rows if it does not exist.
 * @throws FormatError when a row has another form than carry writes
 */
export function readCarriedTokens(folder: string): Promise<CarriedToken[]> {
  return readRowsIfAny(file(folder, "tokens"), carriedToken, readCsv);
}

/**
 * Reads carry/features.csv of a run folder, the first in rank; no rows if it does not exist.
 * @param most rows that are read
 * @throws FormatError when one of them has another form than carry writes
 */
export function readCarriedFeatures(folder: string, most: number): Promise<CarriedFeature[]> {
  return readRowsIfAny(file(folder, "features"), carriedFeature, (path) => readCsv(path, { mostRows: most }));
}
