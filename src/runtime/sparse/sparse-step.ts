/**
 * Losses and gradients of an autoencoder where few codes are active: the encoder's product is dense,
 * everything after it takes active codes alone. The mathematics are those of the dense training
 * graph, which `sae/gradients/batch-gradients.test.ts` compares it with.
 */
import type { Session } from "../backend.js";
import type { ParameterBlock } from "../parameter-block.js";
import type { SparseAutoencoder, SparseSums } from "../protocol.js";
import { elementCount, type FloatTensor } from "../tensor.js";
import { ActiveCodes } from "./active-codes.js";
import type { SparseKernel } from "./kernel.js";
import { byColumns, type Lists } from "./lists.js";
import { paddedWidth } from "./padded-width.js";
import { Workspace } from "./workspace.js";

/** Tokens of which a panel stays in a core's cache: 256 KiB. */
const CACHED_TOKENS = 2048;
/** Tokens whose errors are added in single precision. */
const SUMMED_TOKENS = 256;

/** Rows of norm 1 with their norms before; addresses. */
interface UnitRows {
  readonly unit: number;
  readonly norms: number;
}

/** Rows, and the same in panels of `kernel.ts`; addresses. */
interface Rows {
  readonly rows: number;
  readonly panels: number;
}

/** x [tokens, width]. */
interface Batch {
  readonly tokens: number;
  readonly width: number;
  readonly x: Rows;
}

export class SparseStep {
  private readonly space: Workspace;
  private readonly kernel: SparseKernel;
  private readonly codes: ActiveCodes;
  private batch: Batch | undefined;

  constructor(private readonly memory: ParameterBlock) {
    this.space = new Workspace(memory);
    this.kernel = memory.kernel;
    this.codes = new ActiveCodes(this.space, this.kernel);
  }

  /** Takes the batch x [tokens, dIn] of the next gradients. */
  begin(x: FloatTensor): void {
    this.space.clear();
    const [tokens, columns] = x.dims;
    const width = paddedWidth(columns);
    this.batch = {
      tokens,
      width,
      x: this.inPanels(this.padded(this.space.takeFloats(x.data), tokens, columns, width), tokens, width),
    };
    this.space.keep();
  }

  /**
   * Writes the gradients of all parameters of the autoencoder, on the batch.
   * @param session of `preActivationGraph` of the autoencoder's sizes
   * @param errorWeight of the sum of squared errors over the batch
   * @returns undefined, and gradients as they were, where more than `most` of the codes are active
   */
  async gradients(
    session: Session,
    errorWeight: number,
    autoencoder: SparseAutoencoder,
  ): Promise<SparseSums | undefined> {
    const { space, kernel, memory } = this;
    const { name, dIn, dSae, tied, freeEncoder, l1Weight, dead } = autoencoder;
    space.reset();
    const { tokens, width, x } = this.batch!;
    const parameter = (tensor: string) => memory.addressOf("parameters", `${name}.${tensor}`);
    const unitRows = (matrix: string) => this.unitRows(parameter(matrix), dSae, dIn, width);
    const decoder = unitRows(tied ? "encoder" : "decoder");
    const encoder = tied ? decoder : freeEncoder ? undefined : unitRows("encoder");
    const encoderRows = encoder?.unit ?? this.padded(parameter("encoder"), dSae, dIn, width);
    const preActivations = space.take(tokens * dSae);
    const tensor = (address: number, dims: readonly number[]) => ({
      dims,
      data: space.floats(address, elementCount(dims)),
    });
    await session.run(
      {
        x: tensor(x.rows, [tokens, width]),
        rows: tensor(encoderRows, [dSae, width]),
        bias: tensor(parameter("encoderBias"), [dSae]),
      },
      { preActivations: tensor(preActivations, [tokens, dSae]) },
    );
    const selected = this.codes.select({ values: preActivations, tokens, features: dSae }, autoencoder);
    if (!selected) return undefined;
    const { lists, threshold } = selected;

    const difference = space.take(tokens * width);
    const decoderPanels = this.inPanels(decoder.unit, dSae, width).panels;
    kernel.difference(parameter("decoderBias"), x.rows, difference, tokens, width);
    kernel.multiply(lists.starts, lists.index, lists.value, decoderPanels, dSae, 0, dSae, difference, tokens, width);

    // Gradients of the rows, first by rows of norm 1; of the codes: 2 weight (xHat - x) . decoder row, and the penalty's.
    const decoderGradient = space.takeZeros(dSae * width);
    const encoderGradient = tied ? decoderGradient : space.takeZeros(dSae * width);
    const biasGradient = new Float64Array(dSae);
    /** @returns tokens on which a feature has an entry [dSae] */
    const add = (entries: Lists, errors: Rows, weight: number, penalty: number): Int32Array => {
      const tokensOf = new Int32Array(dSae);
      const factor = 2 * weight;
      for (let first = 0; first < tokens; first += CACHED_TOKENS) {
        const range = [first, Math.min(tokens, first + CACHED_TOKENS)] as const;
        const { starts, index, count, value } = byColumns(space, entries, range, dSae, factor);
        const gradient = space.take(count);
        kernel.dots(starts, index, gradient, errors.rows, decoder.unit, dSae, width, factor, penalty);
        kernel.multiply(starts, index, value, errors.panels, tokens, ...range, decoderGradient, dSae, width);
        kernel.multiply(starts, index, gradient, x.panels, tokens, ...range, encoderGradient, dSae, width);
        const [begins, summands] = [space.ints(starts, dSae + 1), space.floats(gradient, count)];
        for (let feature = 0; feature < dSae; feature++) {
          tokensOf[feature] += begins[feature + 1] - begins[feature];
          for (let entry = begins[feature]; entry < begins[feature + 1]; entry++)
            biasGradient[feature] += summands[entry];
        }
      }
      return tokensOf;
    };
    const errors = this.inPanels(difference, tokens, width);
    const fired = add(lists, errors, errorWeight, l1Weight);
    if (dead && dead.weight > 0) {
      const others = this.codes.largestOfDead({ values: preActivations, tokens, features: dSae }, dead);
      const left = space.take(tokens * width);
      space.floats(left, tokens * width).set(space.floats(difference, tokens * width));
      kernel.multiply(others.starts, others.index, others.value, decoderPanels, dSae, 0, dSae, left, tokens, width);
      add(others, this.inPanels(left, tokens, width), dead.weight, 0);
    }
    const project = (gradient: number, { unit, norms }: UnitRows, matrix: string) =>
      kernel.project(gradient, unit, norms, memory.gradientAddress(`${name}.${matrix}`), dSae, dIn, width);
    if (!tied) project(decoderGradient, decoder, "decoder");
    if (encoder) project(encoderGradient, encoder, "encoder");
    else this.unpad(encoderGradient, memory.overwrite("gradients", `${name}.encoder`)!, dIn, width);
    const columnSums = this.columnSums(errors.panels, tokens, width);
    memory.overwrite("gradients", `${name}.encoderBias`)!.set(biasGradient);
    memory
      .overwrite("gradients", `${name}.decoderBias`)!
      .set(columnSums.subarray(0, dIn).map((sum) => 2 * errorWeight * sum));

    const active = space.floats(lists.value, lists.count);
    let l1 = 0;
    for (let entry = 0; entry < lists.count; entry++) l1 += active[entry];
    return {
      squaredError: memory.sumOfSquares(difference, tokens * width),
      l1,
      l0: lists.count,
      threshold,
      fired,
    };
  }

  private unitRows(rows: number, count: number, columns: number, width: number): UnitRows {
    const unit = width === columns ? this.space.take(count * width) : this.space.takeZeros(count * width);
    const norms = this.space.take(count);
    this.kernel.normalise(rows, unit, norms, count, columns, width);
    return { unit, norms };
  }

  /** Rows [count, width] with a copy in panels. */
  private inPanels(rows: number, count: number, width: number): Rows {
    const panels = this.space.take(count * width);
    this.kernel.panels(rows, panels, 0, count, count, width);
    return { rows, panels };
  }

  /** Rows of `columns` numbers with zeros behind each up to `width`; themselves where there are none. */
  private padded(rows: number, count: number, columns: number, width: number): number {
    if (width === columns) return rows;
    const address = this.space.takeZeros(count * width);
    const [from, to] = [this.space.floats(rows, count * columns), this.space.floats(address, count * width)];
    for (let row = 0; row < count; row++) to.set(from.subarray(row * columns, (row + 1) * columns), row * width);
    return address;
  }

  /** Copies rows of `width` numbers into rows of `columns`, without what is behind these. */
  private unpad(address: number, rows: Float32Array, columns: number, width: number): void {
    const count = rows.length / columns;
    const padded = this.space.floats(address, count * width);
    for (let row = 0; row < count; row++) rows.set(padded.subarray(row * width, row * width + columns), row * columns);
  }

  /** Sums over the rows of values [tokens, width] in panels. */
  private columnSums(values: number, tokens: number, width: number): Float64Array {
    const { space } = this;
    const stretches = Math.ceil(tokens / SUMMED_TOKENS);
    const starts = space.takeInts(
      Int32Array.from({ length: stretches + 1 }, (_, i) => Math.min(tokens, i * SUMMED_TOKENS)),
    );
    const index = space.takeInts(Int32Array.from({ length: tokens }, (_, token) => token));
    const ones = space.takeFloats(new Float32Array(tokens).fill(1));
    const sums = space.takeZeros(stretches * width);
    this.kernel.multiply(starts, index, ones, values, tokens, 0, tokens, sums, stretches, width);
    const total = new Float64Array(width);
    space.floats(sums, stretches * width).forEach((sum, i) => {
      total[i % width] += sum;
    });
    return total;
  }
}
