/** Training a causal language model from scratch on next-token prediction. */
import { join } from "node:path";
import { FormatError, RunError } from "../errors.js";
import { Graph } from "../graph/builder.js";
import { findCheckpoint, writeCheckpoint } from "../io/checkpoint.js";
import { Adam } from "../optim/adam.js";
import type { Schedule } from "../optim/schedule.js";
import { Rng, type RngState } from "../rng.js";
import { outputGradients } from "../runtime/gradient-outputs.js";
import { parameterInputs } from "../runtime/parameter-inputs.js";
import { type EngineModel, passInputs } from "./architectures/architecture.js";
import { intTensor, passFeeds, TOKENS_WITHOUT_EMBEDDING } from "./batch.js";
import { type CausalLm, tokenLogProbs } from "./causal-lm.js";
import type { TokenFile } from "./tokenizer/token-file.js";

export interface PretrainOptions {
  readonly steps: number;
  /** Windows per step, and tokens per window. */
  readonly batchSize: number;
  readonly length: number;
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly weightDecay: number;
  readonly maxGradNorm: number;
  readonly seed: number;
  /**
   * Folder of `checkpoint.safetensors`, which has parameters, moments and the data position. It is
   * written every `checkpointEvery` steps and when training is stopped.
   */
  readonly checkpointFolder: string;
  readonly checkpointEvery: number;
  readonly evaluateEvery: number;
  readonly signal?: AbortSignal;
  /** Receives a warning about a damaged checkpoint, which is ignored. Default: no warning. */
  log?(line: string): void;
  /** Called before the first step with the number of steps of a continued checkpoint. */
  onStart?(steps: number): void;
  onStep?(report: PretrainStep): void;
}

export interface PretrainStep {
  readonly step: number;
  /** Mean cross-entropy of the step's tokens, in nats per token. */
  readonly loss: number;
  readonly gradNorm: number;
  /** The same on held-out text, at steps with a measurement. */
  readonly heldOutLoss?: number;
}

/** The plain values of a checkpoint. */
interface CheckpointState {
  step: number;
  rng: RngState;
  history: PretrainStep[];
}

/**
 * Cross-entropy of every next token of windows [batch, length + 1], in nats per token; with
 * gradients when `training`.
 */
function lossGraph(model: EngineModel, training: boolean): Graph {
  const g = new Graph(`language-model ${training ? "training" : "loss"}`);
  const parameter = parameterInputs(g, model.store.layout);
  const states = model.architecture.hidden(g, model.config, parameter, passInputs(g));
  // [batch * length, dModel] -> [batch * length, vocab]
  const logits = model.architecture.unembed(g, model.config, parameter, g.flatten(states));
  const targets = g.input("targets", ["batch*length"], "int64");
  const loss = g.neg(g.reduceMean(tokenLogProbs(g, logits, targets)));
  g.output("loss", loss);
  if (training) outputGradients(g, loss);
  return g;
}

/** A window of a file. @throws FormatError when a token is outside the model's vocabulary */
async function windowOf(
  file: TokenFile,
  start: number,
  length: number,
  { config: { vocabSize } }: EngineModel,
): Promise<Uint16Array> {
  const window = await file.window(start, length);
  const wrong = window.find((id) => id >= vocabSize);
  if (wrong === undefined) return window;
  throw new FormatError(file.path, `token id ${wrong} is outside the vocabulary of ${vocabSize}`, {
    help: TOKENS_WITHOUT_EMBEDDING,
  });
}

/**
 * Mean loss of windows of token ids; with `training`, the gradients are left in the model's store.
 */
async function windowsLoss(
  model: CausalLm,
  windows: readonly Uint16Array[],
  training: boolean,
  signal?: AbortSignal,
): Promise<number> {
  const batch = windows.length;
  const length = windows[0].length - 1;
  const ids = new Int32Array(batch * length);
  const targets = new Int32Array(batch * length);
  windows.forEach((window, row) => {
    ids.set(window.subarray(0, length), row * length);
    targets.set(window.subarray(1), row * length);
  });
  const program = await model.program(`pretrain ${training}`, () => lossGraph(model, training));
  const { loss } = await program.run({
    feeds: {
      ...passFeeds(batch, length, ids, new Uint8Array(batch * length).fill(1)),
      targets: intTensor([batch * length], targets),
    },
    stores: [model.store],
    fetch: ["loss"],
    signal,
  });
  return loss.data[0] as number;
}

/**
 * Mean next-token loss over consecutive windows of a file, in nats per token; at most `limit`
 * windows.
 */
export async function heldOutLoss(
  model: CausalLm,
  file: TokenFile,
  length: number,
  limit: number,
  signal?: AbortSignal,
): Promise<number> {
  const count = Math.min(limit, Math.floor((file.tokens - 1) / length));
  let total = 0;
  const batchSize = 8;
  for (let start = 0; start < count; start += batchSize) {
    const size = Math.min(batchSize, count - start);
    const windows = await Promise.all(
      Array.from({ length: size }, (_, i) => windowOf(file, (start + i) * length, length + 1, model)),
    );
    total += size * (await windowsLoss(model, windows, false, signal));
  }
  return total / count;
}

/**
 * Trains `model` (its store must be trainable) on random windows of `train`; continues from an
 * undamaged checkpoint if there is one. An interrupted and continued training gives the same
 * parameters as an uninterrupted one.
 * @returns the loss of every reported step
 * @throws RunError when the loss is not finite, FormatError when a token file is shorter than one
 *   window
 */
export async function pretrain(
  model: CausalLm,
  train: TokenFile,
  heldOut: TokenFile,
  options: PretrainOptions,
): Promise<PretrainStep[]> {
  const { steps, batchSize, length, signal } = options;
  const adam = new Adam(model.store, {
    beta2: 0.95,
    weightDecay: options.weightDecay,
    maxGradNorm: options.maxGradNorm,
  });
  for (const file of [train, heldOut])
    if (file.tokens < length + 2)
      throw new FormatError(
        file.path,
        `expected at least ${length + 2} tokens for windows of ${length}, received ${file.tokens}`,
      );
  const checkpoint = join(options.checkpointFolder, "checkpoint.safetensors");
  let rng = Rng.fromSeed(options.seed, "pretrain", "windows");
  let history: PretrainStep[] = [];
  let step = 0;

  const found = await findCheckpoint(checkpoint, "training begins with the first step", (line) => options.log?.(line));
  if (found) {
    for (const name of model.store.names) await model.store.write(name, (await found.read(`parameters.${name}`)).data);
    await adam.restore((name) => found.read(name));
    await found.close();
    const saved = found.values as CheckpointState;
    rng = Rng.restore(saved.rng);
    history = saved.history;
    step = saved.step;
  }
  const save = async (): Promise<void> => {
    const tensors = await adam.state();
    for (const name of model.store.names) tensors[`parameters.${name}`] = await model.store.read(name);
    const state: CheckpointState = { step, rng: rng.state(), history };
    await writeCheckpoint(checkpoint, tensors, state);
  };

  options.onStart?.(step);
  let savedStep = step;
  while (step < steps && !signal?.aborted) {
    const starts = Array.from({ length: batchSize }, () => rng.integer(train.tokens - length - 1));
    const windows = await Promise.all(starts.map((start) => windowOf(train, start, length + 1, model)));
    const loss = await windowsLoss(model, windows, true);
    if (!Number.isFinite(loss))
      throw new RunError(`step ${step + 1}: the loss is ${loss}`, { help: "lower learningRate" });
    const gradNorm = await adam.step(options.learningRate * options.schedule(step));
    step++;
    const measured = step % options.evaluateEvery === 0 || step === steps;
    const report: PretrainStep = {
      step,
      loss,
      gradNorm,
      heldOutLoss: measured ? await heldOutLoss(model, heldOut, length, 64) : undefined,
    };
    if (measured || step % 10 === 0) history.push(report);
    options.onStep?.(report);
    if (step % options.checkpointEvery === 0) {
      await save();
      savedStep = step;
    }
  }
  if (savedStep !== step) await save();
  signal?.throwIfAborted();
  return history;
}
