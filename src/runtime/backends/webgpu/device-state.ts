/** Tensors that stay in the device's memory between runs, such as a key-value cache. */
import { InternalError } from "../../../errors.js";
import { elementCount, type FloatTensor } from "../../tensor.js";
import type { Device, DeviceTensor } from "./device.js";
import type { DevicePrograms } from "./device-programs.js";

interface Slot {
  /** At least as large as `dims` says. */
  memory: DeviceTensor;
  dims: readonly number[];
}

export class DeviceState {
  private readonly slots = new Map<string, Slot>();

  private constructor(
    private readonly device: Device,
    private readonly programs: DevicePrograms,
    /** Maximal number of elements of each tensor. */
    readonly capacity: number,
  ) {}

  /** Unlike in the CPU's memory, what is not needed yet is not reserved: it would be taken from others. */
  static async create(
    device: Device,
    programs: DevicePrograms,
    tensors: Readonly<Record<string, FloatTensor>>,
    capacity: number,
  ): Promise<DeviceState> {
    const state = new DeviceState(device, programs, capacity);
    for (const [name, { dims, data }] of Object.entries(tensors)) {
      const memory = await programs.zeros([elementCount(dims)]);
      state.slots.set(name, { memory, dims });
      if (data.length > 0) await device.upload({ dims: [data.length], data }, memory);
    }
    return state;
  }

  /** A view of the current tensor, which the caller frees. */
  current(name: string): DeviceTensor {
    const slot = this.slots.get(name);
    if (!slot) throw new InternalError(`the state has no tensor ${name}`);
    return this.device.view(slot.memory, slot.dims);
  }

  /**
   * Writes rows of the last axis' width at the rows `at`, int64 [k, 1], of tensors whose axes but the last
   * are flattened. No row may be named twice.
   * @param rows by the tensors' names, values of [k, width]
   */
  async write(at: bigint, rows: Readonly<Record<string, bigint>>): Promise<void> {
    const views = Object.fromEntries(
      Object.keys(rows).map((name) => {
        const { memory, dims } = this.slots.get(name)!;
        return [name, this.device.view(memory, [elementCount(dims.slice(0, -1)), dims[dims.length - 1]])];
      }),
    );
    try {
      await this.programs.writeRows(views, at, rows, false);
    } finally {
      this.device.free(...Object.values(views));
    }
  }

  /** Keeps the first `size` entries along every tensor's first axis. */
  shorten(size: number): void {
    for (const slot of this.slots.values()) slot.dims = [size, ...slot.dims.slice(1)];
  }

  /** Extends an axis of every tensor; new elements are 0. */
  async grow(axis: number, size: number): Promise<void> {
    for (const [name, slot] of this.slots) {
      const dims = slot.dims.map((before, i) => (i === axis ? size : before));
      if (elementCount(dims) > this.capacity)
        throw new InternalError(
          `state ${name}: expected at most ${this.capacity} elements, received ${elementCount(dims)}`,
        );
      if (size === slot.dims[axis]) continue;
      const [outer, inner] = [elementCount(dims.slice(0, axis)), elementCount(dims.slice(axis + 1))];
      const old = this.device.view(slot.memory, [outer, slot.dims[axis], inner]);
      const more = await this.programs.zeros([outer, size - slot.dims[axis], inner]);
      const memory = this.device.allocate([elementCount(dims)]);
      const target = this.device.view(memory, [outer, size, inner]);
      await this.programs.session("grow").run({ x: old.value, more: more.value }, { y: target.value });
      this.device.free(old, more, target, slot.memory);
      this.slots.set(name, { memory, dims });
    }
  }

  /** Copies of all tensors in the CPU's memory. */
  async download(): Promise<Record<string, FloatTensor>> {
    const found: Record<string, FloatTensor> = {};
    for (const [name, { dims }] of this.slots) {
      const tensor = this.current(name);
      found[name] = { dims, data: await this.device.download(tensor) };
      this.device.free(tensor);
    }
    return found;
  }

  free(): void {
    for (const { memory } of this.slots.values()) this.device.free(memory);
    this.slots.clear();
  }
}
