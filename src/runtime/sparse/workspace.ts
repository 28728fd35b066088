/** Working space behind the parameters of a memory, taken piece by piece and given back as a whole. */
import type { ParameterBlock } from "../parameter-block.js";

/** Every piece begins at a multiple of 64 bytes, one cache line. */
const ALIGNMENT = 64;

/**
 * Pieces stay where they are and keep their contents while others are taken, but arrays on them are
 * detached when the memory grows: ask for the array after the last piece was taken.
 */
export class Workspace {
  private used = 0;
  private kept = 0;
  constructor(private readonly memory: ParameterBlock) {}

  /** The address of so many elements of four bytes, whose values are undefined. */
  take(count: number): number {
    const start = this.used;
    this.used += Math.ceil((4 * Math.max(1, count)) / ALIGNMENT) * ALIGNMENT;
    return this.memory.workingSpace(this.used) + start;
  }

  /** So many elements that are 0. */
  takeZeros(count: number): number {
    const address = this.take(count);
    this.floats(address, count).fill(0);
    return address;
  }

  takeInts(values: ArrayLike<number>): number {
    const address = this.take(values.length);
    this.ints(address, values.length).set(values);
    return address;
  }

  takeFloats(values: ArrayLike<number>): number {
    const address = this.take(values.length);
    this.floats(address, values.length).set(values);
    return address;
  }

  floats(address: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, count);
  }

  ints(address: number, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, count);
  }

  /** Keeps the pieces that are taken now when others are given back. */
  keep(): void {
    this.kept = this.used;
  }

  /** Gives back all pieces but those that are kept. */
  reset(): void {
    this.used = this.kept;
  }

  /** Gives all pieces back. */
  clear(): void {
    this.kept = 0;
    this.used = 0;
  }
}
