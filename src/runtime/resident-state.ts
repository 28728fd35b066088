/**
 * Tensors that stay in the worker between runs and grow, such as a key-value cache. Each has two buffers that take turns as
 * input and output: fresh memory for every output would be paged in anew and wait for the garbage collector.
 */
import type { Tensor as OrtTensor } from "onnxruntime-node";
import { InternalError } from "../errors.js";
import type { OnnxRuntime } from "./backend.js";
import { elementCount, type FloatTensor } from "./tensor.js";

interface Slot {
  tensor: OrtTensor;
  readonly buffers: readonly [Float32Array, Float32Array];
  /** The buffer that the next output goes to. */
  next: 0 | 1;
}

export class ResidentState {
  private readonly slots = new Map<string, Slot>();

  /** @param capacity the most elements that each tensor will have */
  constructor(
    private readonly ort: OnnxRuntime,
    tensors: Readonly<Record<string, FloatTensor>>,
    capacity: number,
  ) {
    for (const [name, { dims, data }] of Object.entries(tensors))
      this.slots.set(name, {
        tensor: new ort.Tensor("float32", data, dims),
        buffers: [new Float32Array(capacity), new Float32Array(capacity)],
        next: 0,
      });
  }

  private slot(name: string): Slot {
    const slot = this.slots.get(name);
    if (!slot) throw new InternalError(`the state has no tensor ${name}`);
    return slot;
  }

  /** The tensor as it is now. */
  current(name: string): OrtTensor {
    return this.slot(name).tensor;
  }

  /** Room for what the tensor will be after the run. */
  room(name: string, dims: readonly number[]): OrtTensor {
    const { buffers, next } = this.slot(name);
    const count = elementCount(dims);
    if (count > buffers[next].length)
      throw new InternalError(`state ${name} was given room for ${buffers[next].length} elements and needs ${count}`);
    return new this.ort.Tensor("float32", buffers[next].subarray(0, count), dims);
  }

  /** Takes over what a run put into the room, or gave back in memory of its own. */
  advance(name: string, result: OrtTensor): void {
    const slot = this.slot(name);
    const room = this.room(name, result.dims);
    const data = result.data as Float32Array;
    if (data.buffer !== slot.buffers[slot.next].buffer) (room.data as Float32Array).set(data);
    slot.tensor = room;
    slot.next = slot.next === 0 ? 1 : 0;
  }
}
