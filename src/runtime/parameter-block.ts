/**
 * Parameters in one WebAssembly memory of at most 4 GiB, with gradients and Adam moments at matching
 * offsets if they are trainable. The optimiser's kernel uses the same memory. Used in the worker.
 */
import { type AdamKernel, instantiateAdamKernel } from "./adam-kernel.js";
import type { AdamSettings, Region, TensorLayout } from "./protocol.js";
import { elementCount } from "./tensor.js";

const PAGE = 65536;
/** Every tensor begins at a multiple of 64 bytes, one cache line. */
const ALIGNMENT_FLOATS = 16;
/**
 * Number of floats summed in single precision before the partial sum is added in double precision.
 */
const SUM_STRETCH = 4096;

const regionIndex: Record<Region, number> = { parameters: 0, gradients: 1, firstMoment: 2, secondMoment: 3 };

/** Floats that a tensor takes of a block, once per region. */
export function floatsOfTensor({ dims }: TensorLayout): number {
  return Math.ceil(Math.max(1, elementCount(dims)) / ALIGNMENT_FLOATS) * ALIGNMENT_FLOATS;
}

/** Regions of a block: parameters alone, or gradients and moments too. */
export const regionsOf = (trainable: boolean): number => (trainable ? 4 : 1);

export class ParameterBlock {
  private readonly views: Map<string, Float32Array>[] = [];
  private readonly memory: WebAssembly.Memory;
  private readonly kernel: AdamKernel;
  private readonly regionFloats: number;
  private readonly offsets = new Map<string, number>();
  /**
   * Tables [rows, size] whose gradients are given as rows: 1 for every row that ever had one.
   * Gradient and moments of other rows are 0, so steps do not change them.
   */
  private readonly reached = new Map<string, Uint8Array>();

  constructor(
    private readonly layout: readonly TensorLayout[],
    trainable: boolean,
  ) {
    let floats = 0;
    for (const tensor of layout) {
      this.offsets.set(tensor.name, floats);
      floats += floatsOfTensor(tensor);
    }
    this.regionFloats = floats;
    const regions = regionsOf(trainable);
    const pages = Math.max(1, Math.ceil((floats * 4 * regions) / PAGE));
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.kernel = instantiateAdamKernel(this.memory);
    for (let region = 0; region < regions; region++) {
      const views = new Map<string, Float32Array>();
      for (const { name, dims } of layout)
        views.set(name, new Float32Array(this.memory.buffer, this.address(region, name), elementCount(dims)));
      this.views.push(views);
    }
  }

  private address(region: number, name: string): number {
    return (region * this.regionFloats + this.offsets.get(name)!) * 4;
  }

  /** Sizes of a tensor that this block has. */
  private dims(name: string): readonly number[] {
    return this.layout.find((entry) => entry.name === name)!.dims;
  }

  /** The live array of a tensor, or undefined if it is not in this block. To fill one, see `overwrite`. */
  view(region: Region, name: string): Float32Array | undefined {
    return this.views[regionIndex[region]]?.get(name);
  }

  /** The live array of a tensor, for a caller who overwrites all of it. */
  overwrite(region: Region, name: string): Float32Array | undefined {
    if (region !== "parameters") this.reached.delete(name);
    return this.view(region, name);
  }

  /** Sets the gradient of a table to 0 before rows are added. */
  clearRows(name: string): void {
    const gradient = this.view("gradients", name)!;
    const reached = this.reached.get(name);
    if (reached) this.eachRun(reached, gradient.length, (start, end) => gradient.fill(0, start, end));
    else {
      gradient.fill(0);
      this.reached.set(name, this.rowsWithMoments(name));
    }
  }

  /** Adds rows [.., size] to the gradient of a table, at the rows `indices` [.., 1]. */
  addRows(name: string, indices: BigInt64Array, rows: Float32Array): void {
    const gradient = this.view("gradients", name)!;
    const reached = this.reached.get(name);
    const size = rows.length / Math.max(1, indices.length);
    for (let i = 0; i < indices.length; i++) {
      const row = Number(indices[i]);
      if (reached) reached[row] = 1;
      const to = row * size;
      for (let j = 0; j < size; j++) gradient[to + j] += rows[i * size + j];
    }
  }

  private rowsWithMoments(name: string): Uint8Array {
    const [rows, size] = this.dims(name);
    const moments = [this.view("firstMoment", name)!, this.view("secondMoment", name)!];
    return Uint8Array.from({ length: rows }, (_, row) =>
      moments.some((moment) => moment.subarray(row * size, (row + 1) * size).some((value) => value !== 0)) ? 1 : 0,
    );
  }

  /**
   * Calls `each` with start and end, in elements, of every range of rows that ever had a gradient.
   */
  private eachRun(reached: Uint8Array, elements: number, each: (start: number, end: number) => void): void {
    const size = elements / reached.length;
    for (let row = reached.indexOf(1); row >= 0; ) {
      const unreached = reached.indexOf(0, row);
      const end = unreached < 0 ? reached.length : unreached;
      each(row * size, end * size);
      row = reached.indexOf(1, end);
    }
  }

  /** Sum of squares of all gradients. */
  sumOfSquares(): number {
    let total = 0;
    const start = this.regionFloats * 4;
    for (let offset = 0; offset < this.regionFloats; offset += SUM_STRETCH)
      total += this.kernel.sumOfSquares(start + offset * 4, Math.min(SUM_STRETCH, this.regionFloats - offset));
    return total;
  }

  /**
   * One Adam step on every tensor.
   * @param scale what gradients are multiplied by before
   */
  adamStep(settings: AdamSettings, scale: number): void {
    const { beta1, beta2, epsilon, learningRate, weightDecay } = settings;
    const stepSize = learningRate / (1 - beta1 ** settings.step);
    const inverseRootCorrection = 1 / Math.sqrt(1 - beta2 ** settings.step);
    for (const { name, dims, decay } of this.layout) {
      const keep = decay ? 1 - learningRate * weightDecay : 1;
      const step = (start: number, count: number): void => {
        const [p, g, m, v] = [0, 1, 2, 3].map((region) => this.address(region, name) + start * 4);
        this.kernel.adam(
          p,
          g,
          m,
          v,
          count,
          scale,
          1 - beta1,
          beta2,
          1 - beta2,
          epsilon,
          keep,
          stepSize,
          inverseRootCorrection,
        );
      };
      const reached = this.reached.get(name);
      // The kernel needs multiples of four, and weight decay changes every row.
      if (reached && keep === 1 && dims[1] % 4 === 0)
        this.eachRun(reached, elementCount(dims), (start, end) => step(start, end - start));
      else step(0, Math.ceil(Math.max(1, elementCount(dims)) / 4) * 4);
    }
  }
}
