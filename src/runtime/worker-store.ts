/**
 * A parameter store in the memory of the engine's worker, which ONNX Runtime reads and writes in
 * place.
 */
import { InternalError } from "../errors.js";
import type { ParameterStore } from "./parameter-store.js";
import type { AdamSettings, Call, GradientAlong, Region, SparseMember, SparseSums, TensorLayout } from "./protocol.js";
import type { FloatTensor } from "./tensor.js";

export class WorkerStore implements ParameterStore {
  private readonly dimsOf: ReadonlyMap<string, readonly number[]>;

  constructor(
    private readonly call: Call,
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
    if (!dims) throw new InternalError(`parameter ${name} does not exist`);
    return dims;
  }

  async read(name: string, region: Region = "parameters"): Promise<FloatTensor> {
    return { dims: this.dims(name), data: await this.call("read", { store: this.handle, region, name }) };
  }

  async write(name: string, data: Float32Array, region: Region = "parameters"): Promise<void> {
    this.dims(name);
    await this.call("write", { store: this.handle, region, name, data });
  }

  async copyFrom(other: ParameterStore, names?: readonly string[]): Promise<void> {
    await this.call("copyParameters", { from: other.handle, to: this.handle, names });
  }

  async setBetween(start: ParameterStore, end: ParameterStore, dose: number): Promise<void> {
    await this.call("setBetween", { store: this.handle, start: start.handle, end: end.handle, dose });
  }

  gradientAlong(name: string, start: ParameterStore, end: ParameterStore): Promise<GradientAlong> {
    return this.call("gradientAlong", { store: this.handle, start: start.handle, end: end.handle, name });
  }

  sparseGradients(
    x: FloatTensor,
    errorWeight: number,
    members: readonly SparseMember[],
  ): Promise<readonly (SparseSums | undefined)[]> {
    return this.call("sparseGradients", { store: this.handle, x, errorWeight, members });
  }

  adamStep(settings: AdamSettings): Promise<number> {
    return this.call("adamStep", { store: this.handle, settings });
  }

  async drop(): Promise<void> {
    await this.call("dropStore", { store: this.handle });
  }
}
