/**
 * Parameters in one WebAssembly memory of at most 4 GiB, with gradients and Adam moments at matching
 * offsets if they are trainable. The optimiser's kernel uses the same memory. Used in the worker.
 */
import { RunError } from "../errors.js";
import type { AdamSettings, Region, TensorLayout } from "./protocol.js";
import { elementCount } from "./tensor.js";
import { DividedKernel } from "./threads/divided-kernel.js";
import { type Kernel, kernelOn } from "./threads/kernel.js";
import { MOST_PAGES } from "./wasm/assembler.js";

const PAGE = 65536;
/** Every tensor begins at a multiple of 64 bytes, one cache line. */
const ALIGNMENT_FLOATS = 16;
/**
 * Number of floats summed in single precision before the partial sum is added in double precision.
 */
const SUM_STRETCH = 4096;

const regionIndex: Record<Region, number> = { parameters: 0, gradients: 1, firstMoment: 2, secondMoment: 3 };

/** "1.5 GiB" */
export const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** Floats that a tensor takes of a block, once per region. */
export function floatsOfTensor({ dims }: TensorLayout): number {
  return Math.ceil(Math.max(1, elementCount(dims)) / ALIGNMENT_FLOATS) * ALIGNMENT_FLOATS;
}

/** Regions of a block: parameters alone, or gradients and moments too. */
export const regionsOf = (trainable: boolean): number => (trainable ? 4 : 1);

export class ParameterBlock {
  private views: Map<string, Float32Array>[] = [];
  private readonly memory: WebAssembly.Memory;
  /** The functions that compute on this memory. */
  readonly kernel: Kernel;
  private readonly regionFloats: number;
  private readonly regions: number;
  private readonly offsets = new Map<string, number>();
  /**
   * Tables [rows, size] whose gradients are given as rows: 1 for every row that ever had one.
   * Gradient and moments of other rows are 0, so steps do not change them.
   */
  private readonly reached = new Map<string, Uint8Array>();

  /** @param threads of the kernel; with more than one, the memory is shared among them */
  constructor(
    private readonly layout: readonly TensorLayout[],
    trainable: boolean,
    threads = 1,
  ) {
    let floats = 0;
    for (const tensor of layout) {
      this.offsets.set(tensor.name, floats);
      floats += floatsOfTensor(tensor);
    }
    this.regionFloats = floats;
    this.regions = regionsOf(trainable);
    const pages = Math.max(1, Math.ceil((floats * 4 * this.regions) / PAGE));
    const shared = threads > 1;
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: MOST_PAGES, shared });
    this.kernel = shared ? new DividedKernel(this.memory, threads) : kernelOn(this.memory, false);
    this.makeViews();
  }

  private makeViews(): void {
    this.views = Array.from({ length: this.regions }, (_, region) => {
      const view = ({ name, dims }: TensorLayout) =>
        new Float32Array(this.memory.buffer, this.address(region, name), elementCount(dims));
      return new Map(this.layout.map((entry) => [entry.name, view(entry)]));
    });
  }

  /** The whole memory, until it grows. */
  get buffer(): ArrayBufferLike {
    return this.memory.buffer;
  }

  /**
   * The address of working space behind the regions, of at least so many bytes. It begins there at
   * every call and keeps its contents; arrays on the memory are detached if it grows.
   * @throws RunError when the memory would have more than 4 GiB
   */
  workingSpace(bytes: number): number {
    const start = this.regionFloats * 4 * this.regions;
    const missing = Math.ceil((start + bytes - this.memory.buffer.byteLength) / PAGE);
    if (missing <= 0) return start;
    // A quarter more, so that it does not grow at every batch that is a little larger.
    const wanted = Math.ceil((start + 1.25 * bytes - this.memory.buffer.byteLength) / PAGE);
    const room = MOST_PAGES - this.memory.buffer.byteLength / PAGE;
    if (missing > room)
      throw new RunError(
        `memory of parameters: expected at most 4 GiB with working space, received ${gib(start + bytes)}`,
        { help: "Train smaller autoencoders, or fewer tokens at a time." },
      );
    this.memory.grow(Math.min(wanted, room));
    this.makeViews();
    return start;
  }

  /** The address of a tensor, in bytes. */
  addressOf(region: Region, name: string): number {
    return this.address(regionIndex[region], name);
  }

  /** The address of a gradient, for a caller who overwrites all of it. */
  gradientAddress(name: string): number {
    this.reached.delete(name);
    return this.addressOf("gradients", name);
  }

  /** Ends the kernel's threads. */
  close(): void {
    if (this.kernel instanceof DividedKernel) this.kernel.close();
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

  /** Sum of squares of `count` floats, a multiple of 4. */
  sumOfSquares(address: number, count: number): number {
    let total = 0;
    for (let offset = 0; offset < count; offset += SUM_STRETCH)
      total += this.kernel.sumOfSquares(address + offset * 4, Math.min(SUM_STRETCH, count - offset));
    return total;
  }

  /** Sum of squares of all gradients. */
  gradientSquares(): number {
    return this.sumOfSquares(this.regionFloats * 4, this.regionFloats);
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
