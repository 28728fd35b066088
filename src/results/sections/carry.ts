/**
 * What the stage carry writes: where the difference of base and tuned model lies, by weights, by dose
 * and by parts put into the other model. It needs no autoencoder.
 */
import { join } from "node:path";
import { z } from "zod";
import { readCsv, writeCsv } from "../../io/csv.js";
import { numberCell, numberCellOrEmpty, readRowsIfAny } from "../checked.js";
import { interval, number } from "../values.js";

const modelModule = z.enum(["embedding", "unembedding", "attention", "mlp", "norm"]);

/** A part of the model; all norms are one. */
const part = { module: modelModule, layer: z.number().nullable() };

/** The effect of a part of one model on the other. */
const patchEffect = z.object({
  /** Change of the recipient's contrast, in nats. */
  change: interval,
  /** What the part gives to the base model, or takes from the tuned one, as a share of the contrast. */
  share: interval,
  /** Change of the recipient's reward; only where completions were sampled. */
  reward: interval.optional(),
});

const patchEffects = { intoBase: patchEffect, intoTuned: patchEffect };

const together = z.object({
  /** Sum of the shares of all single parts. */
  sum: interval,
  /** 1 - sum. */
  interaction: interval,
});

/** Section `carry`. */
export const carryResults = z.object({
  promptTokens: number,
  newTokens: number,
  /**
   * log p(the tuned model's completion) - log p(the base model's completion of the same prompt), of
   * the tuned less the base model, in nats.
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
});

/** A row of carry/tokens.csv: what the weights of a token's row carry. */
export const carriedToken = z.object({
  id: numberCell,
  text: z.string(),
  /** Nats; rows of embedding and unembedding together. */
  value: numberCell,
  /** How often the token is in the models' completions. */
  inBase: numberCell,
  inTuned: numberCell,
});

/** A row of carry/units.csv: what a head or a neuron carries. */
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

export type CarryResults = z.output<typeof carryResults>;
export type CarriedToken = z.output<typeof carriedToken>;
export type CarriedUnit = z.output<typeof carriedUnit>;
export type CarriedTensor = z.output<typeof carriedTensor>;

/** The folder of the files of single weights. */
export const CARRY_FOLDER = "carry";

const file = (folder: string, name: string) => join(folder, CARRY_FOLDER, `${name}.csv`);

/** Writes carry/tensors.csv, units.csv and tokens.csv under a folder, each atomically. */
export async function writeCarry(
  folder: string,
  rows: { tensors: readonly CarriedTensor[]; units: readonly CarriedUnit[]; tokens: readonly CarriedToken[] },
): Promise<void> {
  await writeCsv(file(folder, "tensors"), rows.tensors);
  await writeCsv(file(folder, "units"), rows.units);
  await writeCsv(file(folder, "tokens"), rows.tokens);
}

/**
 * Reads carry/tokens.csv of a run folder; no rows if it does not exist.
 * @throws FormatError when a row has another form than carry writes
 */
export function readCarriedTokens(folder: string): Promise<CarriedToken[]> {
  return readRowsIfAny(file(folder, "tokens"), carriedToken, readCsv);
}
