/** A graph on the device. Inputs and outputs are values in the device's memory or in the CPU's. */
import { InternalError } from "../../../errors.js";
import type { DeviceContext } from "./device-context.js";

/** OrtLoggingLevel */
const FATAL = 4;
/** What a session is created with, besides the provider. */
const settings: Readonly<Record<string, string>> = {
  // Positions, ids and shapes are 64-bit integers; without their kernels each is computed on the CPU.
  "ep.webgpuexecutionprovider.enableInt64": "1",
};

/** Where an output goes: into a value, or into a new one in either memory. */
export type Target = bigint | "device" | "cpu";

export class DeviceSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  private handle: bigint | undefined;

  private constructor(
    private readonly context: DeviceContext,
    handle: bigint,
  ) {
    this.handle = handle;
    const { api, allocator } = context;
    this.inputNames = api.sessionNames(handle, "Input", allocator);
    this.outputNames = api.sessionNames(handle, "Output", allocator);
  }

  /**
   * @param cpuFallback whether operators that the provider lacks are computed on the CPU
   * @throws Error when ONNX Runtime rejects the model, or an operator is lacking without the fallback
   */
  static create(context: DeviceContext, bytes: Uint8Array, { cpuFallback = true } = {}): DeviceSession {
    const { api, environment, threads } = context;
    const options = api.make("CreateSessionOptions");
    try {
      api.call("SetSessionLogSeverityLevel", options, FATAL);
      api.call("SetIntraOpNumThreads", options, threads);
      for (const [key, value] of Object.entries(settings)) api.call("AddSessionConfigEntry", options, key, value);
      if (!cpuFallback) api.call("AddSessionConfigEntry", options, "session.disable_cpu_ep_fallback", "1");
      api.call("SessionOptionsAppendExecutionProvider", options, "WebGPU", null, null, 0);
      const handle = api.make("CreateSessionFromArray", environment, bytes, bytes.byteLength, options);
      return new DeviceSession(context, handle);
    } finally {
      api.release("ReleaseSessionOptions", options);
    }
  }

  /** The allocator of the device's memory. */
  deviceAllocator(): bigint {
    return this.context.api.make("CreateAllocator", this.handle!, this.context.deviceMemory);
  }

  /**
   * @param inputs values by the inputs' names
   * @param outputs the outputs to compute
   * @returns the new values of outputs that were given none, which the caller frees
   */
  async run(
    inputs: Readonly<Record<string, bigint>>,
    outputs: Readonly<Record<string, Target>>,
    signal?: AbortSignal,
  ): Promise<Record<string, bigint>> {
    if (this.handle === undefined) throw new InternalError("the session was released");
    signal?.throwIfAborted();
    const { api, cpuMemory, deviceMemory } = this.context;
    const options = api.make("CreateRunOptions");
    const binding = api.make("CreateIoBinding", this.handle);
    const terminate = (): void => api.call("RunOptionsSetTerminate", options);
    signal?.addEventListener("abort", terminate);
    try {
      for (const [name, value] of Object.entries(inputs)) api.call("BindInput", binding, name, value);
      for (const [name, target] of Object.entries(outputs))
        if (typeof target === "bigint") api.call("BindOutput", binding, name, target);
        else api.call("BindOutputToDevice", binding, name, target === "cpu" ? cpuMemory : deviceMemory);
      await api.callAsync("RunWithBinding", this.handle, options, binding);
      return this.made(binding, outputs);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", terminate);
      api.release("ReleaseIoBinding", binding);
      api.release("ReleaseRunOptions", options);
    }
  }

  /** The values of a binding, in the order in which outputs were bound; those that were given are released. */
  private made(binding: bigint, outputs: Readonly<Record<string, Target>>): Record<string, bigint> {
    const { api, allocator } = this.context;
    const targets = Object.entries(outputs);
    if (targets.length === 0) return {};
    const [list, count] = [
      new BigUint64Array(new ArrayBuffer(64), 0, 1),
      new BigUint64Array(new ArrayBuffer(64), 0, 1),
    ];
    api.call("GetBoundOutputValues", binding, allocator, list, count);
    const values = api.pointers(list[0], Number(count[0]));
    api.call("AllocatorFree", allocator, list[0]);
    const made: Record<string, bigint> = {};
    targets.forEach(([name, target], i) => {
      if (typeof target === "bigint") api.release("ReleaseValue", values[i]);
      else made[name] = values[i];
    });
    return made;
  }

  /** Frees the session. Further calls do nothing. */
  release(): void {
    if (this.handle !== undefined) this.context.api.release("ReleaseSession", this.handle);
    this.handle = undefined;
  }
}
