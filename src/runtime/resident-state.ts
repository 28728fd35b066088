/**
 * Tensors that stay in the worker between runs, such as a key-value cache; a run writes a few of
 * their rows. The maximal memory is reserved first, since pages that are never written cost
 * nothing.
 */
import { InternalError } from "../errors.js";
import { elementCount, type FloatTensor } from "./tensor.js";

interface Slot {
  readonly memory: Float32Array;
  dims: readonly number[];
}

export class ResidentState {
  private readonly slots = new Map<string, Slot>();

  /** @param capacity maximal number of elements of each tensor */
  constructor(tensors: Readonly<Record<string, FloatTensor>>, capacity: number) {
    for (const [name, { dims, data }] of Object.entries(tensors)) {
      const memory = new Float32Array(capacity);
      memory.set(data);
      this.slots.set(name, { memory, dims });
    }
  }

  private slot(name: string): Slot {
    const slot = this.slots.get(name);
    if (!slot) throw new InternalError(`the state has no tensor ${name}`);
    return slot;
  }

  /** The current tensor. */
  current(name: string): FloatTensor {
    const { memory, dims } = this.slot(name);
    return { dims, data: memory.subarray(0, elementCount(dims)) };
  }

  /**
   * Writes rows of the last axis' width at the rows `slots` [rows, 1] of the tensor, whose axes but
   * the last are flattened.
   */
  write(name: string, slots: BigInt64Array, rows: Float32Array): void {
    const { memory, dims } = this.slot(name);
    const width = dims[dims.length - 1];
    for (let row = 0; row < slots.length; row++)
      memory.set(rows.subarray(row * width, (row + 1) * width), Number(slots[row]) * width);
  }

  /** Keeps the first `size` entries along every tensor's first axis. */
  shorten(size: number): void {
    for (const slot of this.slots.values()) slot.dims = [size, ...slot.dims.slice(1)];
  }

  /** Extends an axis of every tensor; new elements are 0. */
  grow(axis: number, size: number): void {
    for (const [name, slot] of this.slots) {
      const dims = slot.dims.map((before, i) => (i === axis ? size : before));
      if (elementCount(dims) > slot.memory.length)
        throw new InternalError(
          `state ${name}: expected at most ${slot.memory.length} elements, received ${elementCount(dims)}`,
        );
      const before = elementCount(slot.dims.slice(axis));
      const after = elementCount(dims.slice(axis));
      // From the last block to the first, so that none is overwritten before it is moved.
      for (let stretch = elementCount(dims.slice(0, axis)) - 1; stretch >= 0; stretch--) {
        slot.memory.copyWithin(stretch * after, stretch * before, (stretch + 1) * before);
        slot.memory.fill(0, stretch * after + before, (stretch + 1) * after);
      }
      slot.dims = dims;
    }
  }
}
