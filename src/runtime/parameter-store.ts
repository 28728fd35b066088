/** Where parameters live, seen from the main thread: a handle on memory that the engine owns. */
import { InternalError } from "../errors.js";
import type { Engine } from "./engine.js";
import type { AdamSettings, Region, TensorLayout } from "./protocol.js";
import type { FloatTensor } from "./tensor.js";

export class ParameterStore {
  private readonly dimsOf: ReadonlyMap<string, readonly number[]>;

  constructor(
    private readonly engine: Engine,
    readonly handle: number,
    readonly layout: readonly TensorLayout[],
    readonly trainable: boolean,
  ) {
    this.dimsOf = new Map(layout.map(({ name, dims }) => [name, dims]));
  }

  get names(): string[] {
    return [...this.dimsOf.keys()];
  }

  has(name: string): boolean {
    return this.dimsOf.has(name);
  }

  dims(name: string): readonly number[] {
    const dims = this.dimsOf.get(name);
    if (!dims) throw new InternalError(`there is no parameter ${name}`);
    return dims;
  }

  /** A copy of one tensor of a region; gradients and moments exist in trainable stores only. */
  async read(name: string, region: Region = "parameters"): Promise<FloatTensor> {
    return { dims: this.dims(name), data: await this.engine.call("read", { store: this.handle, region, name }) };
  }

  async write(name: string, data: Float32Array, region: Region = "parameters"): Promise<void> {
    this.dims(name);
    await this.engine.call("write", { store: this.handle, region, name, data });
  }

  /** Takes over the values of every parameter that `other` has too. */
  async copyFrom(other: ParameterStore): Promise<void> {
    await this.engine.call("copyParameters", { from: other.handle, to: this.handle });
  }

  /** One Adam step with the gradients of the last run; returns their norm before clipping. Nothing moves when it is not finite. */
  adamStep(settings: AdamSettings): Promise<number> {
    return this.engine.call("adamStep", { store: this.handle, settings });
  }

  async drop(): Promise<void> {
    await this.engine.call("dropStore", { store: this.handle });
  }
}
