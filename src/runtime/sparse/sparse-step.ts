/**
 * Losses and gradients of an autoencoder where few codes are active: the encoder's product is dense,
 * everything after it takes active codes alone. The mathematics are those of the dense training
 * graph, which `sae/gradients/batch-gradients.test.ts` compares it with.
 */
import type { Session } from "../backend.js";
import type { ParameterBlock } from "../parameter-block.js";
import type { SparseAutoencoder, SparseSums } from "../protocol.js";
import { elementCount, type FloatTensor } from "../tensor.js";
import type { SparseKernel } from "./kernel.js";
import { byColumns, type Lists } from "./lists.js";
import { paddedWidth } from "./padded-width.js";
import { keepLargest, kthLargest, LEAST_POSITIVE } from "./selection.js";
import { Workspace } from "./workspace.js";

/** Tokens whose positive pre-activations are listed at a time. */
const LISTED_TOKENS = 64;
/** Tokens whose errors are added in single precision. */
const SUMMED_TOKENS = 256;

/** Rows of norm 1 with their norms before; addresses. */
interface UnitRows {
  readonly unit: number;
  readonly norms: number;
}

/** Of one batch: sizes, and addresses of x [tokens, width] and of pre-activations [tokens, dSae]. */
interface Batch {
  readonly tokens: number;
  readonly width: number;
  readonly x: number;
  readonly preActivations: number;
}

export class SparseStep {
  private readonly space: Workspace;
  private readonly kernel: SparseKernel;
  /** By the autoencoder's name: a value that the smallest kept one of the next batch is probably above. */
  private readonly guesses = new Map<string, number>();

  constructor(private readonly memory: ParameterBlock) {
    this.space = new Workspace(memory);
    this.kernel = memory.sparseKernel();
  }

  /**
   * Writes the gradients of all parameters of the autoencoder.
   * @param session of `preActivationGraph` of the autoencoder's sizes
   * @param x [tokens, dIn]
   * @param errorWeight of the sum of squared errors over the batch
   * @returns undefined, and gradients as they were, where more than `most` of the codes are active
   */
  async gradients(
    session: Session,
    x: FloatTensor,
    errorWeight: number,
    autoencoder: SparseAutoencoder,
  ): Promise<SparseSums | undefined> {
    const { space, kernel, memory } = this;
    const { name, dIn, dSae, tied, l1Weight, dead } = autoencoder;
    space.reset();
    const tokens = x.dims[0];
    const width = paddedWidth(dIn);
    const parameter = (tensor: string) => memory.addressOf("parameters", `${name}.${tensor}`);
    const encoder = this.unitRows(parameter("encoder"), dSae, dIn, width);
    const decoder = tied ? encoder : this.unitRows(parameter("decoder"), dSae, dIn, width);
    const batch = { tokens, width, x: this.padded(x, width), preActivations: space.take(tokens * dSae) };
    const tensor = (address: number, dims: readonly number[]) => ({
      dims,
      data: space.floats(address, elementCount(dims)),
    });
    await session.run(
      {
        x: tensor(batch.x, [tokens, width]),
        rows: tensor(encoder.unit, [dSae, width]),
        bias: tensor(parameter("encoderBias"), [dSae]),
      },
      { preActivations: tensor(batch.preActivations, [tokens, dSae]) },
    );
    const selected = this.select(batch, autoencoder);
    if (!selected) return undefined;
    const { lists, threshold } = selected;

    // Errors, then the gradients of the codes: 2 errorWeight (xHat - x) . decoder row, and the penalty's.
    const difference = space.take(tokens * width);
    kernel.difference(parameter("decoderBias"), batch.x, difference, tokens, width);
    kernel.multiply(lists.starts, lists.index, lists.value, decoder.unit, difference, tokens, width);
    const factor = 2 * errorWeight;
    const towards = space.take(lists.count);
    kernel.dots(lists.starts, lists.index, towards, decoder.unit, difference, tokens, width, factor, l1Weight);

    // Gradients of the rows, first by rows of norm 1.
    const decoderGradient = space.takeZeros(dSae * width);
    const encoderGradient = tied ? decoderGradient : space.takeZeros(dSae * width);
    const biasGradient = new Float64Array(dSae);
    const add = (entries: Lists, errors: number, errorFactor: number, codeGradients: number): number => {
      const columns = byColumns(space, entries, dSae, [
        { address: entries.value, factor: errorFactor },
        { address: codeGradients, factor: 1 },
      ]);
      const [value, gradient] = columns.values;
      kernel.multiply(columns.starts, columns.index, value, errors, decoderGradient, dSae, width);
      kernel.multiply(columns.starts, columns.index, gradient, batch.x, encoderGradient, dSae, width);
      const [starts, summands] = [space.ints(columns.starts, dSae + 1), space.floats(gradient, entries.count)];
      for (let feature = 0; feature < dSae; feature++)
        for (let entry = starts[feature]; entry < starts[feature + 1]; entry++)
          biasGradient[feature] += summands[entry];
      return columns.starts;
    };
    const byFeature = add(lists, difference, factor, towards);
    if (dead && dead.weight > 0) {
      const others = this.selectDead(batch, dSae, dead);
      const left = space.take(tokens * width);
      space.floats(left, tokens * width).set(space.floats(difference, tokens * width));
      kernel.multiply(others.starts, others.index, others.value, decoder.unit, left, tokens, width);
      const gradient = space.take(others.count);
      kernel.dots(others.starts, others.index, gradient, decoder.unit, left, tokens, width, 2 * dead.weight, 0);
      add(others, left, 2 * dead.weight, gradient);
    }
    const project = (gradient: number, { unit, norms }: UnitRows, matrix: string) =>
      kernel.project(gradient, unit, norms, memory.gradientAddress(`${name}.${matrix}`), dSae, dIn, width);
    project(encoderGradient, encoder, "encoder");
    if (!tied) project(decoderGradient, decoder, "decoder");
    const columnSums = this.columnSums(difference, tokens, width);
    memory.overwrite("gradients", `${name}.encoderBias`)!.set(biasGradient);
    memory.overwrite("gradients", `${name}.decoderBias`)!.set(columnSums.subarray(0, dIn).map((sum) => factor * sum));

    const starts = space.ints(byFeature, dSae + 1);
    return {
      squaredError: memory.sumOfSquares(difference, tokens * width),
      l1: space.floats(lists.value, lists.count).reduce((sum, value) => sum + value, 0),
      l0: lists.count,
      threshold,
      fired: Int32Array.from({ length: dSae }, (_, feature) => starts[feature + 1] - starts[feature]),
    };
  }

  private unitRows(rows: number, count: number, columns: number, width: number): UnitRows {
    const unit = width === columns ? this.space.take(count * width) : this.space.takeZeros(count * width);
    const norms = this.space.take(count);
    this.kernel.normalise(rows, unit, norms, count, columns, width);
    return { unit, norms };
  }

  /** x in the memory, with zeros behind its rows where its width is no multiple of 4. */
  private padded({ dims: [tokens, columns], data }: FloatTensor, width: number): number {
    if (width === columns) return this.space.takeFloats(data);
    const address = this.space.takeZeros(tokens * width);
    const padded = this.space.floats(address, tokens * width);
    for (let token = 0; token < tokens; token++)
      padded.set(data.subarray(token * columns, (token + 1) * columns), token * width);
    return address;
  }

  /** The active codes; undefined where they are too many. */
  private select(
    batch: Batch,
    { name, dSae, keep, most }: SparseAutoencoder,
  ): { lists: Lists; threshold?: number } | undefined {
    const { tokens } = batch;
    if (keep.of === "token") return { lists: this.largestOfTokens(batch, dSae, keep.k) };
    if (keep.of === "batch") return this.largestOfBatch(name, batch, dSae, keep.k * tokens);
    const count = this.count(batch, dSae, LEAST_POSITIVE);
    return count > most * tokens * dSae ? undefined : { lists: this.list(batch, dSae, LEAST_POSITIVE, count) };
  }

  private count({ preActivations, tokens }: Batch, features: number, least: number): number {
    return this.kernel.list(preActivations, this.space.take(tokens + 1), 0, 0, 0, tokens, features, least);
  }

  private list({ preActivations, tokens }: Batch, features: number, least: number, count: number): Lists {
    const [starts, index, value] = [this.space.take(tokens + 1), this.space.take(count), this.space.take(count)];
    this.kernel.list(preActivations, starts, index, value, 0, tokens, features, least);
    return { rows: tokens, count, starts, index, value };
  }

  /**
   * The codes that are at least the k-th largest of the batch, or all positive ones with the threshold
   * 0 if they are fewer. Values below that of the last batches are probably too small, and are looked
   * at only if it is so.
   */
  private largestOfBatch(name: string, batch: Batch, features: number, k: number): { lists: Lists; threshold: number } {
    let least = this.guesses.get(name) ?? LEAST_POSITIVE;
    let count = this.count(batch, features, least);
    if (count < k && least > LEAST_POSITIVE) {
      least = LEAST_POSITIVE;
      count = this.count(batch, features, least);
    }
    const lists = this.list(batch, features, least, count);
    if (count < k) return { lists, threshold: 0 };
    const threshold = kthLargest(this.space.floats(lists.value, count).slice(), count, k);
    this.guesses.set(name, Math.max(LEAST_POSITIVE, 0.75 * threshold));
    return { lists: this.atLeast(lists, threshold), threshold };
  }

  /** The entries of a list that are at least `least`, in their order and in its place. */
  private atLeast({ rows, count, starts, index, value }: Lists, least: number): Lists {
    const { space } = this;
    const [ends, indices, values] = [
      space.ints(starts, rows + 1),
      space.ints(index, count),
      space.floats(value, count),
    ];
    let kept = 0;
    let entry = 0;
    for (let row = 0; row < rows; row++) {
      const last = ends[row + 1];
      ends[row] = kept;
      for (; entry < last; entry++) {
        if (values[entry] < least) continue;
        indices[kept] = indices[entry];
        values[kept++] = values[entry];
      }
    }
    ends[rows] = kept;
    return { rows, count: kept, starts, index, value };
  }

  private largestOfTokens({ preActivations, tokens }: Batch, features: number, k: number): Lists {
    const { space, kernel } = this;
    const [starts, index, value] = [space.take(tokens + 1), space.take(tokens * k), space.take(tokens * k)];
    const rows = Math.min(tokens, LISTED_TOKENS);
    const [places, positive, values] = [
      space.take(tokens + 1),
      space.take(rows * features),
      space.take(rows * features),
    ];
    const [toStarts, toIndex, toValue] = [
      space.ints(starts, tokens + 1),
      space.ints(index, tokens * k),
      space.floats(value, tokens * k),
    ];
    const scratch = new Float32Array(features);
    let count = 0;
    for (let first = 0; first < tokens; first += rows) {
      const last = Math.min(tokens, first + rows);
      const listed = kernel.list(preActivations, places, positive, values, first, last, features, LEAST_POSITIVE);
      const [from, at, of] = [
        space.ints(places, tokens + 1),
        space.ints(positive, listed),
        space.floats(values, listed),
      ];
      for (let token = first; token < last; token++) {
        toStarts[token] = count;
        keepLargest(of.subarray(from[token], from[token + 1]), k, scratch, (place) => {
          toIndex[count] = at[from[token] + place];
          toValue[count++] = of[from[token] + place];
        });
      }
    }
    toStarts[tokens] = count;
    return { rows: tokens, count, starts, index, value };
  }

  /** Of each token the largest pre-activations of dead features, also negative ones. */
  private selectDead(
    { preActivations, tokens }: Batch,
    features: number,
    { features: isDead, kept }: NonNullable<SparseAutoencoder["dead"]>,
  ): Lists {
    const { space } = this;
    const dead = Array.from(isDead.keys()).filter((feature) => isDead[feature] > 0);
    const k = Math.min(kept, dead.length);
    const [starts, index, value] = [space.take(tokens + 1), space.take(tokens * k), space.take(tokens * k)];
    const from = space.floats(preActivations, tokens * features);
    const [toIndex, toValue] = [space.ints(index, tokens * k), space.floats(value, tokens * k)];
    const [values, scratch] = [new Float32Array(dead.length), new Float32Array(dead.length)];
    let count = 0;
    for (let token = 0; token < tokens; token++) {
      for (let i = 0; i < dead.length; i++) values[i] = from[token * features + dead[i]];
      keepLargest(values, k, scratch, (place) => {
        toIndex[count] = dead[place];
        toValue[count++] = values[place];
      });
    }
    space.ints(starts, tokens + 1).forEach((_, token, all) => {
      all[token] = token * k;
    });
    return { rows: tokens, count, starts, index, value };
  }

  /** Sums over the rows of values [tokens, width]. */
  private columnSums(values: number, tokens: number, width: number): Float64Array {
    const { space } = this;
    const stretches = Math.ceil(tokens / SUMMED_TOKENS);
    const starts = space.takeInts(
      Int32Array.from({ length: stretches + 1 }, (_, i) => Math.min(tokens, i * SUMMED_TOKENS)),
    );
    const index = space.takeInts(Int32Array.from({ length: tokens }, (_, token) => token));
    const ones = space.takeFloats(new Float32Array(tokens).fill(1));
    const sums = space.takeZeros(stretches * width);
    this.kernel.multiply(starts, index, ones, values, sums, stretches, width);
    const total = new Float64Array(width);
    space.floats(sums, stretches * width).forEach((sum, i) => {
      total[i % width] += sum;
    });
    return total;
  }
}
