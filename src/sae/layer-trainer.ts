/**
 * The autoencoders of one layer in training: parameters, optimiser, and one step on a batch of
 * activations.
 */

import type { FeatureDictionary } from "../dictionary/dictionary.js";
import { rowOf } from "../dictionary/kinds.js";
import { RunError, ShapeError } from "../errors.js";
import { mlpHookPoint } from "../model/language-model.js";
import { Adam } from "../optim/adam.js";
import type { Rng } from "../rng.js";
import type { Engine, Program } from "../runtime/engine.js";
import type { ParameterStore } from "../runtime/parameter-store.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { type AutoencoderShape, autoencoderLayout, perFeatureTensors } from "./autoencoder-graph.js";
import { normalisedRows, transposed } from "./row-norms.js";

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

export class LayerTrainer {
  private constructor(
    readonly layer: number,
    readonly shapes: readonly AutoencoderShape[],
    private readonly reconstruction: ReconstructionLoss,
    private readonly program: Program,
    private readonly store: ParameterStore,
    private readonly adam: Adam,
  ) {}

  /**
   * @param program of `trainingGraph(shapes)`; layers whose shapes have the same `graphKey` may
   *   share it
   */
  static async create(
    engine: Engine,
    program: Program,
    layer: number,
    shapes: readonly AutoencoderShape[],
    reconstruction: ReconstructionLoss,
  ): Promise<LayerTrainer> {
    const store = await engine.createStore(shapes.flatMap(autoencoderLayout), { trainable: true });
    return new LayerTrainer(layer, shapes, reconstruction, program, store, new Adam(store));
  }

  /**
   * Xavier-uniform matrices (Glorot and Bengio 2010), zero biases, and the kind's initial values of
   * its own tensors.
   * @param rngOf a stream for each matrix
   */
  async initialise(rngOf: (shape: AutoencoderShape, matrix: "encoder" | "decoder") => Rng): Promise<void> {
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
    }
  }

  /** Sets one tensor of `autoencoderLayout`. */
  write(tensor: string, data: Float32Array): Promise<void> {
    return this.store.write(tensor, data);
  }

  /**
   * One Adam step of every autoencoder on activations x [tokens, dIn].
   * @returns the losses before the step, in the order of the shapes
   * @throws ShapeError when x has another width
   * @throws RunError that names layer and autoencoder when a loss or gradient is not finite; the
   *   parameters are then unchanged
   */
  async step(x: FloatTensor, learningRate: number): Promise<StepLosses[]> {
    const [tokens, width] = x.dims;
    const { dIn } = this.shapes[0];
    const at = mlpHookPoint(this.layer);
    if (width !== dIn)
      throw new ShapeError(`activations: expected [tokens, ${dIn}], received [${x.dims.join(", ")}]`, { at });
    const errorWeight = 1 / (this.reconstruction === "mean" ? tokens * dIn : tokens);
    const scalar = (value: number): FloatTensor => ({ dims: [], data: Float32Array.of(value) });
    const ownWeights = this.shapes.flatMap(({ name, kind }) =>
      Object.entries(rowOf(kind).training.weights(kind, tokens)).map(([weight, value]) => [
        `${name}.${weight}`,
        scalar(value),
      ]),
    );
    const sums = await this.program.run({
      feeds: { x, errorWeight: scalar(errorWeight), ...Object.fromEntries(ownWeights) },
      stores: [this.store],
      fetch: this.shapes.flatMap(({ name }) => [`${name}.squaredError`, `${name}.l1`, `${name}.l0`]),
    });
    const mean = (name: string, count: number): number => (sums[name].data[0] as number) / count;
    const losses = this.shapes.map(({ name }) => ({
      mse: mean(`${name}.squaredError`, tokens * dIn),
      l1: mean(`${name}.l1`, tokens),
      l0: mean(`${name}.l0`, tokens),
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
    return losses;
  }

  /**
   * The trained weights of one autoencoder: rows normalised as in every forward pass, the encoder
   * transposed to [dIn, dSae].
   */
  async dictionary({ name, dIn, dSae, tied, kind }: AutoencoderShape): Promise<FeatureDictionary> {
    const read = async (tensor: string) => (await this.store.read(`${name}.${tensor}`)).data;
    const rows = async (tensor: string) => normalisedRows(await read(tensor), dIn);
    const encoder = await rows("encoder");
    return {
      dIn,
      dSae,
      wEnc: transposed(encoder, dIn),
      bEnc: await read("encoderBias"),
      wDec: tied ? encoder : await rows("decoder"),
      bDec: await read("decoderBias"),
      applyBDecToInput: false,
      kind: await rowOf(kind).training.finish(kind, read),
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
    return state;
  }

  /** Restores a `state`. `read` returns a tensor by its name there. */
  async restore(read: (name: string) => Promise<FloatTensor>): Promise<void> {
    await this.adam.restore(read);
    for (const name of this.store.names) await this.write(name, (await read(`parameters.${name}`)).data);
  }

  /** Frees the memory of parameters, gradients and moments. */
  dispose(): Promise<void> {
    return this.store.drop();
  }
}
