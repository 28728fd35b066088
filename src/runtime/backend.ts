/**
 * The only file that imports ONNX Runtime: the native build if it loads, else the WebAssembly
 * build.
 */
import { RunError } from "../errors.js";

/** The part of ONNX Runtime's interface that both builds share. */
export type OnnxRuntime = Pick<typeof import("onnxruntime-node"), "InferenceSession" | "Tensor">;

export interface Backend {
  readonly name: "onnxruntime-node" | "onnxruntime-web";
  readonly ort: OnnxRuntime;
  /** Whether a run writes into given output tensors; the WebAssembly build does not. */
  readonly fillsOutputs: boolean;
  /** The reason why the native build is not used, if it is not. */
  readonly fallbackReason?: string;
}

/** A build of ONNX Runtime, by name. */
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
 * @param wanted only this build; default: native, or web if that does not load
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
        help: "Run `npm install onnxruntime-node` for your platform, or reinstall the package.",
        cause,
      });
    }
  }
}
