/**
 * Losses and gradients of the autoencoders of one layer on one batch: by active codes where few are
 * active, else by the dense graph.
 */
import { trainingOf } from "../../dictionary/training-kinds.js";
import type { ParameterStore } from "../../runtime/parameter-store.js";
import type { FloatTensor, Tensor } from "../../runtime/tensor.js";
import type { AutoencoderShape } from "../autoencoder-graph.js";
import type { TrainingPrograms } from "./training-programs.js";

/** The share of active codes up to which sparse products are faster (measured: bench/RESULTS.md). */
const FEW_ACTIVE = 0.1;

/** Sums over a batch, of one autoencoder. */
export interface BatchSums {
  readonly squaredError: number;
  readonly l1: number;
  readonly l0: number;
  /** The scalars that the kind observes, by name. */
  readonly observed: Readonly<Record<string, number>>;
  /** [dSae], tokens on which a feature is active; only where dead features are revived. */
  readonly fired?: ArrayLike<number | bigint>;
}

/** What revives the dead features of one autoencoder. */
export interface Revival {
  /** [dSae], 1 for dead features, else 0. */
  readonly features: Float32Array;
  /** How many of them count per token, at least 1. */
  readonly kept: number;
  /** Of the sum of squares over the batch; 0 if none is dead. */
  readonly weight: number;
}

/** Factors of the loss for one batch. */
export interface BatchWeights {
  /** Of the sum of squared errors. */
  readonly error: number;
  /** Of the weights of the kinds' sparsity terms. */
  readonly sparsity: number;
}

const scalar = (value: number): FloatTensor => ({ dims: [], data: Float32Array.of(value) });

export class BatchGradients {
  /** By the place of the shape: whether few codes were active in the last batch. */
  private readonly fewActive: boolean[];

  /** @param revives whether dead features are revived, and so counted */
  constructor(
    private readonly shapes: readonly AutoencoderShape[],
    private readonly store: ParameterStore,
    private readonly programs: TrainingPrograms,
    private readonly revives: boolean,
  ) {
    this.fewActive = shapes.map(({ kind }) => trainingOf(kind).keep(kind)?.of !== "all");
  }

  /**
   * Leaves the gradients in the store. Of kinds that keep what is positive, this batch's share of active
   * codes decides; that of the last one only says which way is tried first, so that a training which
   * was stopped comes to the same numbers.
   * @param x [tokens, dIn]
   * @param revivals in the order of the shapes, if dead features are revived
   */
  async of(x: FloatTensor, weights: BatchWeights, revivals?: readonly Revival[]): Promise<BatchSums[]> {
    const sums = new Array<BatchSums | undefined>(this.shapes.length);
    const all = this.shapes.map((_, i) => i);
    const tried = all.filter((i) => this.keepOf(i) && this.fewActive[i]);
    const setSparse = async (places: readonly number[]) => {
      (await this.sparse(places, x, weights, revivals)).forEach((found, i) => {
        if (found) sums[places[i]] = found;
      });
    };
    await setSparse(tried);
    const rest = all.filter((i) => !sums[i]);
    (await this.dense(rest, x, weights, revivals)).forEach((found, i) => {
      sums[rest[i]] = found;
    });
    const few = (i: number) => sums[i]!.l0 <= FEW_ACTIVE * x.dims[0] * this.shapes[i].dSae;
    const dense = rest.filter((i) => !tried.includes(i) && this.keepOf(i) && few(i));
    await setSparse(dense);
    for (const i of all) if (this.keepOf(i)?.of === "all") this.fewActive[i] = few(i);
    return sums as BatchSums[];
  }

  private keepOf(place: number) {
    const { kind } = this.shapes[place];
    return trainingOf(kind).keep(kind);
  }

  private async sparse(
    places: readonly number[],
    x: FloatTensor,
    { error, sparsity }: BatchWeights,
    revivals: readonly Revival[] | undefined,
  ): Promise<(BatchSums | undefined)[]> {
    if (places.length === 0) return [];
    const members = await Promise.all(
      places.map(async (i) => {
        const { name, dIn, dSae, tied, freeEncoder, kind } = this.shapes[i];
        const { l1Weight = 0 } = trainingOf(kind).weights(kind, x.dims[0]);
        const keep = trainingOf(kind).keep(kind)!;
        const loss = { keep, most: FEW_ACTIVE, l1Weight: sparsity * l1Weight, dead: revivals?.[i] };
        const { handle } = await this.programs.preActivations(this.shapes[i]);
        return { program: handle, autoencoder: { name, dIn, dSae, tied, freeEncoder, ...loss } };
      }),
    );
    const found = await this.store.sparseGradients(x, error, members);
    return found.map((sums) => {
      if (!sums) return undefined;
      const { squaredError, l1, l0, threshold, fired } = sums;
      const observed: Record<string, number> = threshold === undefined ? {} : { threshold };
      return { squaredError, l1, l0, observed, ...(this.revives && { fired }) };
    });
  }

  /**
   * The same by the dense graph, of the shapes at these places.
   * @returns in the order of the places
   */
  async dense(
    places: readonly number[],
    x: FloatTensor,
    weights: BatchWeights,
    revivals: readonly Revival[] | undefined,
  ): Promise<BatchSums[]> {
    if (places.length === 0) return [];
    const shapes = places.map((i) => this.shapes[i]);
    const program = await this.programs.dense(shapes, revivals ? "revived" : this.revives ? "counted" : "ignored");
    const feeds: Record<string, Tensor> = { x, errorWeight: scalar(weights.error) };
    for (const i of places) {
      const { name, dSae, kind } = this.shapes[i];
      for (const [weight, value] of Object.entries(trainingOf(kind).weights(kind, x.dims[0])))
        feeds[`${name}.${weight}`] = scalar(weights.sparsity * value);
      if (!revivals) continue;
      const { features, kept, weight } = revivals[i];
      feeds[`${name}.dead`] = { dims: [dSae], data: features };
      feeds[`${name}.deadKept`] = { dims: [1], data: BigInt64Array.of(BigInt(kept)) };
      feeds[`${name}.deadWeight`] = scalar(weight);
    }
    const observedOf = ({ kind }: AutoencoderShape) => trainingOf(kind).observed;
    const results = await program.run({
      feeds,
      stores: [this.store],
      fetch: shapes.flatMap((shape) =>
        ["squaredError", "l1", "l0", ...observedOf(shape), ...(this.revives ? ["fired"] : [])].map(
          (output) => `${shape.name}.${output}`,
        ),
      ),
    });
    return shapes.map((shape) => {
      const value = (output: string): number => results[`${shape.name}.${output}`].data[0] as number;
      return {
        ...{ squaredError: value("squaredError"), l1: value("l1"), l0: value("l0") },
        observed: Object.fromEntries(observedOf(shape).map((scalar) => [scalar, value(scalar)])),
        ...(this.revives && { fired: results[`${shape.name}.fired`].data }),
      };
    });
  }
}
