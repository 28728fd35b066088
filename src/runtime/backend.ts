/** The one place that imports ONNX Runtime: the native build where it loads, its WebAssembly build otherwise. */
import { RunError } from "../errors.js";

/** The part of ONNX Runtime's interface that both builds share. */
export type OnnxRuntime = Pick<typeof import("onnxruntime-node"), "InferenceSession" | "Tensor">;

export interface Backend {
  readonly name: "onnxruntime-node" | "onnxruntime-web";
  readonly ort: OnnxRuntime;
  /** Whether a run writes into the output tensors that it is given; the WebAssembly build leaves them as they are. */
  readonly fillsOutputs: boolean;
  /** Why the native build could not be used, where it could not. */
  readonly fallbackReason?: string;
}

/** A build of ONNX Runtime that can be asked for by name. */
export type BackendName = "native" | "web";

async function loadNative(): Promise<Backend> {
  return { name: "onnxruntime-node", ort: await import("onnxruntime-node"), fillsOutputs: true };
}

async function loadWeb(fallbackReason?: string): Promise<Backend> {
  // Both builds implement onnxruntime-common, but the web build's types name browser globals.
  const ort = (await import("onnxruntime-web")) as unknown as OnnxRuntime & { env: { wasm: { numThreads: number } } };
  ort.env.wasm.numThreads = 1;
  return { name: "onnxruntime-web", ort, fillsOutputs: false, fallbackReason };
}

/**
 * Loads ONNX Runtime.
 * @param wanted one build and no other; default: native, or web where that does not load
 * @throws RunError when neither build can be loaded
 */
export async function loadBackend(wanted?: BackendName): Promise<Backend> {
  if (wanted) return wanted === "web" ? loadWeb() : loadNative();
  try {
    return await loadNative();
  } catch (nativeError) {
    try {
      return await loadWeb((nativeError as Error).message.split("\n")[0]);
    } catch (cause) {
      throw new RunError("neither onnxruntime-node nor onnxruntime-web could be loaded", {
        help: "run `npm install onnxruntime-node` for your platform, or reinstall the package",
        cause,
      });
    }
  }
}
