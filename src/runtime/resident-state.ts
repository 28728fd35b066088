/**
 * Tensors that stay in the worker between runs, such as a key-value cache; a run writes a few of their rows. All memory that one
 * will ever need is set aside at first: pages that are never written cost nothing.
 */
import type { Tensor as OrtTensor } from "onnxruntime-node";
import { InternalError } from "../errors.js";
import type { OnnxRuntime } from "./backend.js";
import { elementCount, type FloatTensor } from "./tensor.js";

interface Slot {
  readonly memory: Float32Array;
  dims: readonly number[];
}

export class ResidentState {
  private readonly slots = new Map<string, Slot>();

  /** @param capacity the most elements that each tensor will have */
  constructor(
    private readonly ort: OnnxRuntime,
    tensors: Readonly<Record<string, FloatTensor>>,
    capacity: number,
  ) {
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

  /** The tensor as it is now. */
  current(name: string): OrtTensor {
    const { memory, dims } = this.slot(name);
    return new this.ort.Tensor("float32", memory.subarray(0, elementCount(dims)), dims);
  }

  /** Writes rows of the last axis' width: slots [rows, 1] says which rows of the tensor, all axes but the last made one. */
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

  /** Makes an axis of every tensor longer; what is new is 0. */
  grow(axis: number, size: number): void {
    for (const [name, slot] of this.slots) {
      const dims = slot.dims.map((before, i) => (i === axis ? size : before));
      if (elementCount(dims) > slot.memory.length)
        throw new InternalError(
          `state ${name} was given room for ${slot.memory.length} elements and needs ${elementCount(dims)}`,
        );
      const before = elementCount(slot.dims.slice(axis));
      const after = elementCount(dims.slice(axis));
      // From the last stretch to the first, so that none is overwritten before it has moved.
      for (let stretch = elementCount(dims.slice(0, axis)) - 1; stretch >= 0; stretch--) {
        slot.memory.copyWithin(stretch * after, stretch * before, (stretch + 1) * before);
        slot.memory.fill(0, stretch * after + before, (stretch + 1) * after);
      }
      slot.dims = dims;
    }
  }
}
