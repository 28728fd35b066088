/** Parameters in the device's memory, with gradients and Adam moments if they are trainable. */
import type { AdamSettings, Region, TensorLayout } from "../../protocol.js";
import { elementCount } from "../../tensor.js";
import type { Device, DeviceTensor } from "./device.js";
import { adamScalars } from "./device-graphs.js";
import type { DevicePrograms } from "./device-programs.js";

const regionsOf = (trainable: boolean): readonly Region[] =>
  trainable ? ["parameters", "gradients", "firstMoment", "secondMoment"] : ["parameters"];

export class DeviceStore {
  private readonly tensors = new Map<Region, Map<string, DeviceTensor>>();

  private constructor(
    private readonly device: Device,
    private readonly programs: DevicePrograms,
    readonly layout: readonly TensorLayout[],
    readonly trainable: boolean,
  ) {}

  /** All values are 0. */
  static async create(
    device: Device,
    programs: DevicePrograms,
    layout: readonly TensorLayout[],
    trainable: boolean,
  ): Promise<DeviceStore> {
    const store = new DeviceStore(device, programs, layout, trainable);
    for (const region of store.regions) {
      const tensors = new Map<string, DeviceTensor>();
      store.tensors.set(region, tensors);
      for (const { name, dims } of layout) tensors.set(name, await programs.zeros(dims));
    }
    return store;
  }

  get regions(): readonly Region[] {
    return regionsOf(this.trainable);
  }

  /** Undefined if it is not in this store. */
  tensor(region: Region, name: string): DeviceTensor | undefined {
    return this.tensors.get(region)?.get(name);
  }

  /**
   * Adds looked-up rows to the gradient of a table.
   * @param at value of int64 [k, 1]
   * @param rows value of [k, size]
   * @param clear whether the gradient is 0 before
   */
  async addRows(name: string, at: bigint, rows: bigint, clear: boolean): Promise<void> {
    const table = this.tensor("gradients", name)!;
    if (clear) await this.programs.clear(table);
    await this.programs.writeRows({ table }, at, { table: rows }, true);
  }

  /** As `ParameterMemory.adamStep`. */
  async adamStep(settings: AdamSettings): Promise<number> {
    const norm = Math.sqrt(await this.gradientSquares());
    if (!Number.isFinite(norm)) return norm;
    const { beta1, beta2, epsilon, learningRate, weightDecay, maxGradNorm, step } = settings;
    const scalars: Readonly<Record<(typeof adamScalars)[number], number>> = {
      // PyTorch's clip_grad_norm_: the factor is max / (norm + 1e-6), at most 1.
      scale: maxGradNorm > 0 ? Math.min(1, maxGradNorm / (norm + 1e-6)) : 1,
      oneMinusBeta1: 1 - beta1,
      beta2,
      oneMinusBeta2: 1 - beta2,
      epsilon,
      keep: 1,
      stepSize: learningRate / (1 - beta1 ** step),
      inverseRootCorrection: 1 / Math.sqrt(1 - beta2 ** step),
    };
    const plain = await this.scalars(scalars);
    const decaying = await this.scalars({ ...scalars, keep: 1 - learningRate * weightDecay });
    try {
      for (const { name, dims, decay } of this.layout) await this.update(name, dims, decay ? decaying : plain);
    } finally {
      this.device.free(plain, decaying);
    }
    return norm;
  }

  private scalars(values: Readonly<Record<(typeof adamScalars)[number], number>>): Promise<DeviceTensor> {
    const data = Float32Array.from(adamScalars, (name) => values[name]);
    return this.device.upload({ dims: [data.length], data });
  }

  /** A tensor is written into new memory, since a graph may not write where it still reads. */
  private async update(name: string, dims: readonly number[], scalars: DeviceTensor): Promise<void> {
    const flat = [elementCount(dims)];
    const views = this.regions.map((region) => this.device.view(this.tensor(region, name)!, flat));
    const [p, g, m, v] = views.map(({ value }) => value);
    const next = (["parameters", "firstMoment", "secondMoment"] as const).map((region) => ({
      region,
      tensor: this.device.allocate(dims),
    }));
    const targets = next.map(({ tensor }) => this.device.view(tensor, flat));
    const [nextP, nextM, nextV] = targets.map(({ value }) => value);
    try {
      await this.programs.session("adam").run({ p, g, m, v, scalars: scalars.value }, { nextP, nextM, nextV });
    } finally {
      this.device.free(...views, ...targets);
    }
    for (const { region, tensor } of next) {
      this.device.free(this.tensor(region, name)!);
      this.tensors.get(region)!.set(name, tensor);
    }
  }

  /** Sum of squares of all gradients, in single precision, added up by rows and then by tensors. */
  private async gradientSquares(): Promise<number> {
    let total = await this.programs.zeros([1]);
    for (const { name, dims } of this.layout) {
      const width = dims[dims.length - 1] ?? 1;
      const rows = this.device.view(this.tensor("gradients", name)!, [elementCount(dims) / width, width]);
      const inputs = { total: total.value, x: rows.value };
      const { sum } = await this.programs.session("squares").run(inputs, { sum: "device" });
      this.device.free(rows, total);
      total = { dims: [1], value: sum };
    }
    const [squares] = await this.device.download(total);
    this.device.free(total);
    return squares;
  }

  free(): void {
    for (const tensors of this.tensors.values()) this.device.free(...tensors.values());
    this.tensors.clear();
  }
}
