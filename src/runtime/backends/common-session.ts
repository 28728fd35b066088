/**
 * Backends with the interface of onnxruntime-common: the Node binding and the WebAssembly build.
 */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { InternalError } from "../../errors.js";
import type { Backend, BackendName, Session } from "../backend.js";
import type { Tensor, TensorArray } from "../tensor.js";
import { checkRun } from "./check-run.js";

/** The used part of the interface. */
export type CommonRuntime = Pick<typeof import("onnxruntime-node"), "InferenceSession" | "Tensor">;

/** @param fillsOutputs whether a run writes into given output tensors */
export function commonBackend(
  name: BackendName,
  runtime: CommonRuntime,
  { fillsOutputs }: { fillsOutputs: boolean },
): Backend {
  return {
    name,
    async createSession(bytes, intraOpNumThreads = 0) {
      // 3 = errors only, since the warnings (about inferred shapes) are harmless.
      const session = await runtime.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads });
      return new CommonSession(runtime, session, fillsOutputs);
    },
  };
}

class CommonSession implements Session {
  private released = false;

  constructor(
    private readonly runtime: CommonRuntime,
    private readonly session: InferenceSession,
    private readonly fillsOutputs: boolean,
  ) {}

  get inputNames(): readonly string[] {
    return this.session.inputNames;
  }

  get outputNames(): readonly string[] {
    return this.session.outputNames;
  }

  async run(
    feeds: Readonly<Record<string, Tensor>>,
    fetches: Readonly<Record<string, Tensor | null>>,
    signal?: AbortSignal,
  ): Promise<Record<string, Tensor>> {
    if (this.released) throw new InternalError("the session was released");
    signal?.throwIfAborted();
    checkRun(this, feeds, fetches);
    const given = Object.entries(fetches);
    const results = await this.session.run(
      Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, this.wrapped(tensor)])),
      Object.fromEntries(
        given.map(([name, tensor]) => [name, tensor && this.fillsOutputs ? this.wrapped(tensor) : null]),
      ) as InferenceSession.NullableOnnxValueMapType,
    );
    return Object.fromEntries(
      given.map(([name, tensor]) => {
        const result = unwrapped(results[name] as OrtTensor);
        if (!tensor) return [name, result];
        if (!this.fillsOutputs) overwrite(name, tensor, result);
        return [name, tensor];
      }),
    );
  }

  private wrapped({ dims, data }: Tensor): OrtTensor {
    if (data instanceof Float32Array) return new this.runtime.Tensor("float32", data, dims);
    if (data instanceof BigInt64Array) return new this.runtime.Tensor("int64", data, dims);
    return new this.runtime.Tensor("bool", data, dims);
  }

  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    await this.session.release();
  }
}

function unwrapped(tensor: OrtTensor): Tensor {
  return { dims: tensor.dims, data: tensor.data as TensorArray };
}

function overwrite(name: string, target: Tensor, { dims, data }: Tensor): void {
  if (dims.join() !== target.dims.join())
    throw new Error(`output ${name} has the sizes [${dims.join(", ")}], given were [${target.dims.join(", ")}]`);
  if (target.data instanceof BigInt64Array) target.data.set(data as BigInt64Array);
  else target.data.set(data as Float32Array | Uint8Array);
}
