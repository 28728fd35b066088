/** Sessions of the device's own graphs, each made at its first use. */
import type { Graph } from "../../../graph/builder.js";
import { lower } from "../../../graph/lower.js";
import { encodeOnnx } from "../../../onnx/encode.js";
import { elementCount } from "../../tensor.js";
import type { Device, DeviceTensor } from "./device.js";
import { adamGraph, addRowsGraph, clearRowsGraph, growGraph, squaresGraph, zeroGraph } from "./device-graphs.js";
import type { DeviceSession } from "./device-session.js";

const graphs = { zeros: zeroGraph, grow: growGraph, squares: squaresGraph, adam: adamGraph } as const;

export class DevicePrograms {
  private readonly sessions = new Map<string, DeviceSession>();

  constructor(private readonly device: Device) {}

  /** The session of one of the graphs that are the same for all tensors. */
  session(name: keyof typeof graphs): DeviceSession {
    return this.made(name, graphs[name]);
  }

  private made(key: string, graph: () => Graph): DeviceSession {
    let session = this.sessions.get(key);
    if (!session) {
      session = this.device.createSession(encodeOnnx(lower(graph(), { device: true })));
      this.sessions.set(key, session);
    }
    return session;
  }

  /** Sets all values of a tensor to 0. */
  async clear(tensor: DeviceTensor): Promise<void> {
    const flat = this.device.view(tensor, [elementCount(tensor.dims)]);
    try {
      await this.session("zeros").run({ x: flat.value }, { y: flat.value });
    } finally {
      this.device.free(flat);
    }
  }

  /** A tensor of zeros. */
  async zeros(dims: readonly number[]): Promise<DeviceTensor> {
    const tensor = this.device.allocate(dims);
    await this.clear(tensor);
    return tensor;
  }

  /**
   * Writes rows into tensors, where they are.
   * @param tensors by name, matrices
   * @param at value of int64 [k, 1]
   * @param rows by the same names, values of [k, width]
   * @param add whether they are added; else they take the place of what is there, and `at` has no row twice
   */
  async writeRows(
    tensors: Readonly<Record<string, DeviceTensor>>,
    at: bigint,
    rows: Readonly<Record<string, bigint>>,
    add: boolean,
  ): Promise<void> {
    const names = Object.keys(tensors);
    const named = (kind: string, value: (name: string) => bigint) =>
      Object.fromEntries(names.map((name) => [`${kind}/${name}`, value(name)]));
    const x = named("x", (name) => tensors[name].value);
    const y = named("y", (name) => tensors[name].value);
    const key = JSON.stringify(names);
    if (!add) await this.made(`clear ${key}`, () => clearRowsGraph(names)).run({ at, ...x }, y);
    await this.made(`add ${key}`, () => addRowsGraph(names)).run(
      { at, ...x, ...named("rows", (name) => rows[name]) },
      y,
    );
  }

  release(): void {
    for (const session of this.sessions.values()) session.release();
    this.sessions.clear();
  }
}
