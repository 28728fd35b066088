/**
 * Log-ratios of the whole vocabulary in corpus texts. They need both models' log-probabilities of every token in a context, so final
 * states wait on disk until both models have read the texts; then the unembeddings suffice.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../../config/config.js";
import { compareStates, finalStates, type TokenRewards } from "../../../interpret/index.js";
import { readMatrices, writeMatrices } from "../../../io/float-file.js";
import type { CausalLm } from "../../../model/causal-lm.js";
import type { ModelRole } from "../../../results/results.js";
import { modelRoles, type StoredPair } from "../../inputs/models.js";
import type { StageContext } from "../../run/stage.js";

type Context = Pick<StageContext, "scratch" | "progress" | "signal">;
type Rows = readonly (readonly number[])[];

/** Bytes of both models' final states. */
export const bytesOfStates = ({ texts, textTokens }: Config["audit"], dModel: number): number =>
  modelRoles.length * texts * textTokens * dModel * Float32Array.BYTES_PER_ELEMENT;

const fileOf = (scratch: string, role: ModelRole): string => join(scratch, `states-${role}.bin`);

/** Writes a model's final states of the texts to scratch. */
export async function writeStates(
  { scratch, progress, signal }: Context,
  role: ModelRole,
  model: CausalLm,
  rows: Rows,
): Promise<void> {
  progress.start(rows.length, "texts");
  const onTexts = (done: number) => progress.update(done);
  await writeMatrices(fileOf(scratch, role), finalStates(model, rows, { signal, onTexts }));
  progress.end();
}

/** Compares the models by the states that `writeStates` wrote of the same texts, and removes these. */
export async function compareVocabulary(
  { scratch, progress, signal }: Context,
  pair: StoredPair,
  rows: Rows,
): Promise<TokenRewards> {
  const states = { base: readMatrices(fileOf(scratch, "base")), tuned: readMatrices(fileOf(scratch, "tuned")) };
  const base = await pair.base.loadHead();
  try {
    const tuned = await pair.tuned.loadHead();
    try {
      progress.start(rows.length, "texts");
      const onTexts = (done: number) => progress.update(done);
      const found = await compareStates({ base, tuned }, rows, states, { signal, onTexts });
      progress.end();
      return found;
    } finally {
      await tuned.dispose();
    }
  } finally {
    await base.dispose();
    for (const role of modelRoles) {
      await states[role].return(undefined);
      await rm(fileOf(scratch, role));
    }
  }
}
