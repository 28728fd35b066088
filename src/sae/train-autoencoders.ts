/**
 * Trains many autoencoders, such as small and large ones of several layers, on one stream of
 * activations.
 */
import { join } from "node:path";
import type { KindSettings } from "../dictionary/kind.js";
import { kindByK } from "../dictionary/kinds.js";
import { trainingOf } from "../dictionary/training-kinds.js";
import { FormatError, RunError, ShapeError } from "../errors.js";
import { findCheckpoint, writeCheckpoint } from "../io/checkpoint.js";
import { writeSafetensors } from "../io/safetensors.js";
import { mlpHookPoint } from "../model/language-model.js";
import { Rng } from "../rng.js";
import { type Engine, sharedSingleThreads } from "../runtime/engine.js";
import type { FloatTensor } from "../runtime/tensor.js";
import type { ActivationBatch, ActivationStream } from "./activation-stream.js";
import { Autoencoder, type AutoencoderOrigin } from "./autoencoder.js";
import type { AutoencoderShape } from "./autoencoder-graph.js";
import { TrainingPrograms } from "./gradients/training-programs.js";
import { type LayerLoss, LayerTrainer, type ReconstructionLoss, type StepLosses } from "./layer-trainer.js";
import { firstTokens, type Points, refitDecoders } from "./stream-tokens.js";
import { CurveRecorder, type CurveState, type TrainingCurve } from "./training-curve.js";
import { factorsOf, type TrainingSchedule } from "./training-schedule.js";

/** Defaults of section 4.2 of the paper. */
const DEFAULT_L1_COEF = 1e-3;

/** Tokens that the features' initial directions are drawn from. */
const START_TOKENS = 8192;

/** Tokens for refitting a decoder: with 1000 features, about 1000 activations of each. */
const REFIT_TOKENS = 50_000;

/** One autoencoder to train. `name` is unique within the layer, e.g. `small`. */
export interface AutoencoderSpec extends Pick<AutoencoderShape, "name" | "dIn" | "dSae"> {
  readonly layer: number;
  /** Defaults: the options of the same names. The last three are alternatives. */
  readonly tied?: boolean;
  readonly kind?: KindSettings;
  readonly l1Coef?: number;
  readonly k?: number;
  /**
   * Autoencoders of a layer with the same value and sizes start with the same weights, so that
   * differences come only from their settings. Default: the name.
   */
  readonly startsAs?: string;
}

/** What is trained, on what, and for how long. */
export interface TrainAutoencodersOptions {
  /** Whether the encoder is the transposed decoder. Default true. */
  readonly tied?: boolean;
  /**
   * The rows of an encoder that is not tied keep their norms. Default false: they are divided by them
   * in every pass, as in the authors' code.
   */
  readonly freeEncoder?: boolean;
  /** The activation and its sparsity. Default: by `k` or `l1Coef`. */
  readonly kind?: KindSettings;
  /**
   * Short for ReLU: weight of the L1 norm of feature activations, averaged over tokens. Used
   * without k. Default 0.001.
   */
  readonly l1Coef?: number;
  /** Short for top-k: feature activations kept per token, the largest ones. */
  readonly k?: number;
  /** Learning rate of Adam (0.9, 0.999, 1e-8). Default 1e-3. */
  readonly learningRate?: number;
  /**
   * Squared errors are averaged over tokens, and averaged (`mean`, default) or summed (`sum`,
   * Equation 8) over dimensions.
   */
  readonly reconstruction?: ReconstructionLoss;
  /** How rate and sparsity change over training. Default: they do not. */
  readonly schedule?: TrainingSchedule;
  /**
   * Weight of the auxiliary loss that revives dead features, relative to that of the error. Default
   * 0; Gao et al. 2024 use 1/32.
   */
  readonly auxCoef?: number;
  /** Initial weights: `xavier` (default), or `points`, along activations drawn by each seed. */
  readonly start?: FirstDirections;
  /** Fit the decoder in closed form at the end (`DecoderRefit`). Default false. */
  readonly refit?: boolean;
  /** Seed of the initial weights; every autoencoder has its own random stream. Default 42. */
  readonly seed?: number;
  /**
   * Training stops with the batch that reaches this number of tokens, repeats included. Default: at
   * the end of the stream.
   */
  readonly tokenVisits?: number;
  /**
   * Folder of the checkpoint, written every `checkpointEvery` steps (default 200) and when stopped,
   * and of the batch of a failed step. An undamaged checkpoint in it is continued. Default: neither
   * is written.
   */
  readonly folder?: string;
  readonly checkpointEvery?: number;
  /** Facts about model and texts that are saved with every autoencoder. */
  readonly origin?: Pick<AutoencoderOrigin, "modelName" | "modelType" | "contextSize" | "dataHash">;
  /** Default: engines of one thread each that the process shares, among which autoencoders are divided. */
  readonly engine?: Engine;
  readonly signal?: AbortSignal;
  /** Called after every step with its losses. */
  onStep?(report: AutoencoderStep): void;
  /**
   * Receives a warning about a damaged checkpoint, which is ignored. Default: no warning.
   */
  log?(line: string): void;
}

/** Where decoder directions start: at random, or at activations of the first tokens. */
export type FirstDirections = "xavier" | "points";

/** Losses of all autoencoders at one step. */
export interface AutoencoderStep {
  /** From 1. */
  readonly step: number;
  /** Tokens seen so far, repeats included. */
  readonly tokens: number;
  /** Of this step, in the order of the specs. */
  readonly losses: readonly StepLosses[];
}

/** The trained autoencoders with their curves. */
export interface TrainedAutoencoders {
  /** In the order of the specs. */
  readonly trained: readonly { spec: AutoencoderSpec; autoencoder: Autoencoder; curve: TrainingCurve }[];
  readonly steps: number;
  /** Tokens seen, repeats included. */
  readonly tokens: number;
}

/** The values of a checkpoint. */
interface Position {
  /** The settings as JSON: a checkpoint of other settings is not continued. */
  readonly settings: string;
  readonly steps: number;
  readonly tokens: number;
  readonly curves: readonly CurveState[];
}

/**
 * Trains autoencoders of MLP outputs by Adam, one step of each per batch of the stream (paper,
 * section 4.2 and Appendix D). Autoencoders are divided between engines, which work at the same time;
 * none depends on which others are trained beside it. A training that was stopped by the signal and is
 * continued with the same stream, settings and folder gives the same weights as an uninterrupted one.
 * @param stream batches with the activations of every layer in the specs; it must be iterable
 *   repeatedly if `start` is `points` or `refit` is set
 * @param specs no two with the same layer and name; those of one layer have the same dIn
 * @throws RunError when a loss is not finite; names layer, autoencoder and the file of the batch
 * @throws ShapeError when the stream lacks a layer or has another width
 * @throws FormatError when the folder has a checkpoint of other settings
 */
export async function trainAutoencoders(
  stream: ActivationStream | AsyncIterable<ActivationBatch>,
  specs: readonly AutoencoderSpec[],
  options: TrainAutoencodersOptions = {},
): Promise<TrainedAutoencoders> {
  const { learningRate = 1e-3, reconstruction = "mean", seed = 42 } = options;
  const { tokenVisits = Number.POSITIVE_INFINITY, folder, checkpointEvery = 200, signal } = options;
  const file = folder && join(folder, "checkpoint.safetensors");
  const shapes = specs.map((spec) => {
    const { layer, name, dIn, dSae, startsAs = name, tied = options.tied ?? true } = spec;
    const free = !tied && options.freeEncoder && { freeEncoder: true };
    return { layer, name, dIn, dSae, startsAs, tied, ...free, kind: kindAskedFor(spec, options) };
  });
  const { schedule, auxCoef, start, refit } = options;
  const later = { schedule, auxCoef, start, refit };
  const settings = JSON.stringify({ shapes, learningRate, reconstruction, seed, tokenVisits, ...later });
  const factors = factorsOf(schedule, stream, tokenVisits);
  const { trainers, programs } = await createTrainers(
    shapes,
    { reconstruction, auxCoef },
    options.engine ? [options.engine] : sharedSingleThreads(),
  );
  const places = specs.map(({ layer, name }) => {
    const memberOf = (trainer: LayerTrainer) =>
      trainer.layer === layer ? trainer.shapes.findIndex((shape) => shape.name === name) : -1;
    const trainer = trainers.findIndex((candidate) => memberOf(candidate) >= 0);
    return { trainer, member: memberOf(trainers[trainer]) };
  });
  try {
    // 1. Start, or continue from a checkpoint.
    const initialise = (points?: Points) =>
      Promise.all(
        trainers.map((trainer) =>
          trainer.initialise(({ name }, matrix) => {
            const { startsAs } = shapes.find((shape) => shape.layer === trainer.layer && shape.name === name)!;
            return Rng.fromSeed(seed, "autoencoder", mlpHookPoint(trainer.layer), `${startsAs}.${matrix}`);
          }, points?.get(trainer.layer)),
        ),
      );
    await initialise();
    const resumed = file && (await restore(file, settings, trainers, (line) => options.log?.(line)));
    if (!resumed && start === "points") await initialise(await firstTokens(stream, START_TOKENS));
    let { steps, tokens } = resumed || { steps: 0, tokens: 0 };
    const recorders = specs.map((_, i) => new CurveRecorder(resumed ? resumed.curves[i] : undefined));
    const save = async (): Promise<void> => {
      if (!file) return;
      const curves = recorders.map(({ state }) => state);
      await saveTrainers(file, trainers, { settings, steps, tokens, curves });
    };

    // 2. One step of every autoencoder per batch.
    const batches = tokens < tokenVisits ? afterBatches(stream, steps) : [];
    try {
      for await (const batch of batches) {
        // Training can be stopped and continued only between batches, when all autoencoders have
        // seen the same ones.
        signal?.throwIfAborted();
        const { rate, sparsity } = factors(tokens + layerOf(batch, trainers[0].layer).dims[0] / 2);
        const done = await Promise.allSettled(
          trainers.map(async (trainer) => trainer.step(layerOf(batch, trainer.layer), rate * learningRate, sparsity)),
        );
        const losses: StepLosses[] = [];
        for (const { trainer, member } of places) {
          const outcome = done[trainer];
          if (outcome.status === "rejected")
            throw await explained(outcome.reason, trainers[trainer], batch, steps + 1, folder);
          losses.push(outcome.value[member]);
        }
        steps++;
        tokens += layerOf(batch, trainers[0].layer).dims[0];
        losses.forEach((loss, i) => {
          recorders[i].add(loss);
        });
        options.onStep?.({ step: steps, tokens, losses });
        if (tokens >= tokenVisits) break;
        if (steps % checkpointEvery === 0) await save();
      }
    } catch (error) {
      if (signal?.aborted && error === signal.reason) await save();
      throw error;
    }
    if (steps === 0)
      throw new RunError("training of autoencoders: expected a stream with batches, received an empty one");

    // 3. The trained autoencoders.
    const dictionaries = await Promise.all(
      places.map(({ trainer, member }) => trainers[trainer].dictionary(trainers[trainer].shapes[member])),
    );
    const trained = places.map(({ trainer, member }, i) => {
      const shape = trainers[trainer].shapes[member];
      const origin = {
        ...{ layer: specs[i].layer, ...options.origin, tied: shape.tied },
        ...trainingOf(shape.kind).facts(shape.kind),
        ...{ learningRate, seed, trainingTokens: tokens },
      };
      const autoencoder = new Autoencoder(dictionaries[i], origin, options.engine);
      return { spec: specs[i], autoencoder, curve: recorders[i].curve() };
    });
    if (!refit) return { trained, steps, tokens };
    const refitted = await refitDecoders(
      stream,
      trained.map(({ autoencoder }) => autoencoder),
      REFIT_TOKENS,
    );
    return { trained: trained.map((one, i) => ({ ...one, autoencoder: refitted[i] })), steps, tokens };
  } finally {
    for (const trainer of trainers) await trainer.dispose();
    for (const loaded of programs) await loaded.drop();
  }
}

/**
 * The kind of one autoencoder, from its spec or else the options, either as a kind or in its short
 * form.
 */
function kindAskedFor(spec: AutoencoderSpec, options: TrainAutoencodersOptions): KindSettings {
  const inShort = spec.k !== undefined || spec.l1Coef !== undefined;
  return (
    spec.kind ??
    (inShort ? undefined : options.kind) ??
    kindByK(spec.k ?? options.k) ?? { name: "relu", l1Coef: spec.l1Coef ?? options.l1Coef ?? DEFAULT_L1_COEF }
  );
}

/**
 * One trainer per layer and engine. The most work goes first, to the engine that has the least.
 */
async function createTrainers(
  specs: readonly (AutoencoderShape & { layer: number })[],
  loss: LayerLoss,
  engines: readonly Engine[],
): Promise<{ trainers: LayerTrainer[]; programs: TrainingPrograms[] }> {
  const byLayer = new Map<number, AutoencoderShape[]>();
  for (const { layer, ...shape } of specs) {
    const { name, dIn, dSae, kind } = shape;
    const shapes = byLayer.get(layer) ?? [];
    const at = mlpHookPoint(layer);
    if (shapes.some((shape) => shape.name === name))
      throw new ShapeError(`autoencoders: expected different names within a layer, received ${name} twice`, { at });
    if (shapes.some((shape) => shape.dIn !== dIn))
      throw new ShapeError(
        `autoencoder ${name}: expected dIn ${shapes[0].dIn}, as others of the layer have, received ${dIn}`,
        {
          at,
        },
      );
    const problem = trainingOf(kind).problem(kind, dSae);
    if (problem)
      throw new ShapeError(
        `autoencoder ${name}: ${problem.parameter}: expected ${problem.expected} (number of features), received ${problem.received}`,
        { at },
      );
    byLayer.set(layer, [...shapes, shape]);
  }
  const work = engines.map(() => 0);
  const engineOf = new Map<AutoencoderShape, number>();
  for (const shape of [...byLayer.values()].flat().sort((one, other) => other.dSae - one.dSae)) {
    const least = work.indexOf(Math.min(...work));
    work[least] += shape.dSae * shape.dIn;
    engineOf.set(shape, least);
  }
  const programs = engines.map((engine) => new TrainingPrograms(engine));
  const trainers: LayerTrainer[] = [];
  for (const [layer, shapes] of byLayer)
    for (const [i, ofEngine] of programs.entries()) {
      const own = shapes.filter((shape) => engineOf.get(shape) === i);
      if (own.length > 0) trainers.push(await LayerTrainer.create(ofEngine, layer, own, loss));
    }
  return { trainers, programs };
}

function layerOf({ activations }: ActivationBatch, layer: number): FloatTensor {
  const found = activations.get(layer);
  if (found) return found;
  throw new ShapeError(
    `stream of activations: expected layer ${layer}, received layers ${[...activations.keys()].join(", ")}`,
    { help: "Give streamActivations the layers of all specs." },
  );
}

/** The error of a step that failed; activations and parameters before the step are saved in the folder. */
async function explained(
  cause: unknown,
  trainer: LayerTrainer,
  batch: ActivationBatch,
  step: number,
  folder: string | undefined,
): Promise<unknown> {
  if (!(cause instanceof RunError)) return cause;
  let help = "Lower learningRate. With `folder` set, the batch is saved for inspection.";
  if (folder) {
    const file = join(folder, `failed-batch.${mlpHookPoint(trainer.layer)}.safetensors`);
    const activations = layerOf(batch, trainer.layer);
    await writeSafetensors(file, { ...(await trainer.parameters()), activations });
    help = `Lower learningRate. The batch and the parameters before it are saved in ${file}.`;
  }
  return new RunError(`step ${step}: ${cause.message}`, { help, cause });
}

async function* afterBatches(
  stream: ActivationStream | AsyncIterable<ActivationBatch>,
  count: number,
): AsyncIterable<ActivationBatch> {
  if ("after" in stream) {
    yield* stream.after(count);
    return;
  }
  let seen = 0;
  for await (const batch of stream) if (++seen > count) yield batch;
}

/** Weights and position in one file, so that they can never be of different steps. */
async function saveTrainers(file: string, trainers: readonly LayerTrainer[], position: Position): Promise<void> {
  const tensors: Record<string, FloatTensor> = {};
  for (const trainer of trainers)
    for (const [name, tensor] of Object.entries(await trainer.state())) tensors[`${trainer.layer}.${name}`] = tensor;
  await writeCheckpoint(file, tensors, position);
}

async function restore(
  file: string,
  settings: string,
  trainers: readonly LayerTrainer[],
  log: (line: string) => void,
): Promise<Position | undefined> {
  const checkpoint = await findCheckpoint(file, "autoencoders are trained from the first step", log);
  if (!checkpoint) return undefined;
  try {
    const position = checkpoint.values as Position;
    if (position.settings !== settings)
      throw new FormatError(file, "the checkpoint was made with other settings", {
        help: "Delete it to start again, or use the settings that it was made with.",
      });
    for (const trainer of trainers) await trainer.restore((name) => checkpoint.read(`${trainer.layer}.${name}`));
    return position;
  } finally {
    await checkpoint.close();
  }
}
