/**
 * The autoencoders of one layer in training: parameters, optimiser, and one step on a batch of
 * activations.
 */

import type { FeatureDictionary } from "../dictionary/dictionary.js";
import { trainingOf } from "../dictionary/training-kinds.js";
import { RunError, ShapeError } from "../errors.js";
import { mlpHookPoint } from "../model/language-model.js";
import { Adam } from "../optim/adam.js";
import type { Rng } from "../rng.js";
import type { ParameterStore } from "../runtime/parameter-store.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { sum } from "../stats/moments.js";
import { type AutoencoderShape, autoencoderLayout, perFeatureTensors } from "./autoencoder-graph.js";
import { FeatureStatistics } from "./feature-statistics.js";
import { BatchGradients, type Revival } from "./gradients/batch-gradients.js";
import type { TrainingPrograms } from "./gradients/training-programs.js";
import { normalisedRows, transposed } from "./row-norms.js";
import { startAtPoints } from "./start-at-points.js";

/**
 * `mean`: squared errors are averaged over tokens and dimensions; `sum`: averaged over tokens,
 * summed over dimensions.
 */
export type ReconstructionLoss = "mean" | "sum";

/** Losses of one autoencoder on one batch. */
export interface StepLosses {
  /** Mean squared error over tokens and dimensions, whichever reconstruction loss was minimised. */
  readonly mse: number;
  /** Mean L1 norm of the feature activations per token, without its weight. */
  readonly l1: number;
  /** Mean number of active features per token. */
  readonly l0: number;
}

/** The loss that is minimised besides the kinds' sparsity terms. */
export interface LayerLoss {
  readonly reconstruction: ReconstructionLoss;
  /** Weight of the auxiliary loss of dead features, relative to that of the error. Default 0. */
  readonly auxCoef?: number;
}

/** Trains all autoencoders of a layer together, with one store and optimiser. */
export class LayerTrainer {
  private readonly statistics: readonly FeatureStatistics[];
  private readonly gradients: BatchGradients;

  private constructor(
    readonly layer: number,
    readonly shapes: readonly AutoencoderShape[],
    private readonly loss: LayerLoss,
    programs: TrainingPrograms,
    private readonly store: ParameterStore,
    private readonly adam: Adam,
  ) {
    this.statistics = shapes.map(({ dSae, kind }) => new FeatureStatistics(dSae, trainingOf(kind).observed));
    this.gradients = new BatchGradients(shapes, store, programs, this.revives);
  }

  /** @param programs which the trainers of other layers may share; training is on their engine */
  static async create(
    programs: TrainingPrograms,
    layer: number,
    shapes: readonly AutoencoderShape[],
    loss: LayerLoss,
  ): Promise<LayerTrainer> {
    const store = await programs.engine.createStore(shapes.flatMap(autoencoderLayout), {
      trainable: true,
      onThreads: true,
    });
    return new LayerTrainer(layer, shapes, loss, programs, store, new Adam(store));
  }

  /**
   * Xavier-uniform matrices (Glorot and Bengio 2010), zero biases, and the initial values of the
   * kind's tensors.
   * @param rngOf a stream for each matrix
   * @param points activations [tokens, dIn] for `startAtPoints`, instead of random matrices
   */
  async initialise(
    rngOf: (shape: AutoencoderShape, matrix: "encoder" | "decoder") => Rng,
    points?: FloatTensor,
  ): Promise<void> {
    for (const shape of this.shapes) {
      for (const matrix of shape.tied ? (["encoder"] as const) : (["encoder", "decoder"] as const)) {
        const rng = rngOf(shape, matrix);
        const limit = Math.sqrt(6 / (shape.dSae + shape.dIn));
        await this.write(
          `${shape.name}.${matrix}`,
          Float32Array.from({ length: shape.dSae * shape.dIn }, () => limit * (2 * rng.uniform() - 1)),
        );
      }
      for (const [tensor, first] of Object.entries(perFeatureTensors(shape)))
        await this.write(`${shape.name}.${tensor}`, new Float32Array(shape.dSae).fill(first));
      if (points) {
        const start = startAtPoints(points, shape.dSae, rngOf(shape, "encoder"));
        await this.write(`${shape.name}.encoder`, start.rows);
        if (!shape.tied) await this.write(`${shape.name}.decoder`, start.rows);
        await this.write(`${shape.name}.encoderBias`, start.encoderBias);
        await this.write(`${shape.name}.decoderBias`, start.decoderBias);
      }
    }
  }

  /** Sets one tensor of `autoencoderLayout`. */
  write(tensor: string, data: Float32Array): Promise<void> {
    return this.store.write(tensor, data);
  }

  /**
   * One Adam step of every autoencoder on activations x [tokens, dIn].
   * @param sparsity factor of the weights of the kinds' sparsity terms
   * @returns the losses before the step, in the order of the shapes
   * @throws ShapeError when x has another width
   * @throws RunError that names layer and autoencoder when a loss or gradient is not finite; the
   *   parameters are then unchanged
   */
  async step(x: FloatTensor, learningRate: number, sparsity = 1): Promise<StepLosses[]> {
    const [tokens, width] = x.dims;
    const { dIn } = this.shapes[0];
    const at = mlpHookPoint(this.layer);
    if (width !== dIn)
      throw new ShapeError(`activations: expected [tokens, ${dIn}], received [${x.dims.join(", ")}]`, { at });
    const errorWeight = 1 / (this.loss.reconstruction === "mean" ? tokens * dIn : tokens);
    const weights = { error: errorWeight, sparsity };
    const sums = await this.gradients.of(x, weights, this.revives ? this.revivals(errorWeight) : undefined);
    const losses = sums.map(({ squaredError, l1, l0 }) => ({
      mse: squaredError / (tokens * dIn),
      l1: l1 / tokens,
      l0: l0 / tokens,
    }));
    losses.forEach(({ mse, l1 }, i) => {
      if (Number.isFinite(mse) && Number.isFinite(l1)) return;
      const cause = x.data.every(Number.isFinite) ? "" : "; the activations themselves are not finite";
      throw new RunError(
        `loss of autoencoder ${this.shapes[i].name}: expected finite numbers, received mse ${mse}, l1 ${l1}${cause}`,
        { at },
      );
    });
    try {
      await this.adam.step(learningRate);
    } catch (cause) {
      const names = this.shapes.map(({ name }) => name).join(", ");
      throw new RunError(`the optimiser failed on autoencoders ${names}: ${(cause as Error).message}`, { at, cause });
    }
    sums.forEach(({ observed, fired }, i) => {
      for (const [name, value] of Object.entries(observed)) this.statistics[i].observe(name, value);
      if (fired) this.statistics[i].countActive(fired, tokens);
    });
    return losses;
  }

  private get revives(): boolean {
    return Boolean(this.loss.auxCoef);
  }

  /** The inputs of the auxiliary losses, in the order of the shapes; undefined while no feature is dead. */
  private revivals(errorWeight: number): Revival[] | undefined {
    const revivals = this.shapes.map(({ dIn }, i) => {
      const features = this.statistics[i].dead();
      const count = sum(features);
      // dIn / 2 features, with less weight if fewer are dead (Gao et al. 2024, as in SAELens).
      const full = Math.max(1, Math.floor(dIn / 2));
      const kept = Math.max(1, Math.min(full, count));
      return { features, kept, weight: (errorWeight * (this.loss.auxCoef ?? 0) * Math.min(count, full)) / full };
    });
    return revivals.some(({ weight }) => weight > 0) ? revivals : undefined;
  }

  /**
   * One autoencoder: rows normalised as in every forward pass, except those of a free encoder; the
   * encoder transposed to [dIn, dSae].
   */
  async dictionary(shape: AutoencoderShape): Promise<FeatureDictionary> {
    const { name, dIn, dSae, tied, freeEncoder, kind } = shape;
    const statistics = this.statistics[this.shapes.findIndex((own) => own.name === name)];
    const read = async (tensor: string) => (await this.store.read(`${name}.${tensor}`)).data;
    const rows = async (tensor: string) => normalisedRows(await read(tensor), dIn);
    const encoder = freeEncoder ? await read("encoder") : await rows("encoder");
    return {
      dIn,
      dSae,
      wEnc: transposed(encoder, dIn),
      bEnc: await read("encoderBias"),
      wDec: tied ? encoder : await rows("decoder"),
      bDec: await read("decoderBias"),
      applyBDecToInput: false,
      kind: await trainingOf(kind).finish(kind, {
        dSae,
        tensor: read,
        average: (observed) => statistics.average(observed),
      }),
    };
  }

  /** The optimiser's parameters, by their names. */
  async parameters(): Promise<Record<string, FloatTensor>> {
    const entries = this.store.names.map(async (name) => [name, await this.store.read(name)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }

  /** Everything needed to resume, as named tensors. */
  async state(): Promise<Record<string, FloatTensor>> {
    const state = await this.adam.state();
    for (const [name, tensor] of Object.entries(await this.parameters())) state[`parameters.${name}`] = tensor;
    for (const i of this.counted())
      for (const [name, tensor] of Object.entries(this.statistics[i].state()))
        state[`statistics.${this.shapes[i].name}.${name}`] = tensor;
    return state;
  }

  /** Restores a `state`. `read` returns a tensor by its name there. */
  async restore(read: (name: string) => Promise<FloatTensor>): Promise<void> {
    await this.adam.restore(read);
    for (const name of this.store.names) await this.write(name, (await read(`parameters.${name}`)).data);
    for (const i of this.counted())
      await this.statistics[i].restore((name) => read(`statistics.${this.shapes[i].name}.${name}`));
  }

  /** Indices of the autoencoders with statistics. */
  private counted(): number[] {
    const observes = ({ kind }: AutoencoderShape) => trainingOf(kind).observed.length > 0;
    return this.shapes.flatMap((shape, i) => (this.revives || observes(shape) ? [i] : []));
  }

  /** Frees the memory of parameters, gradients and moments. */
  dispose(): Promise<void> {
    return this.store.drop();
  }
}
