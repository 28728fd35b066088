/** The one place that imports ONNX Runtime: the native build where it loads, its WebAssembly build otherwise. */
import { RunError } from "../errors.js";

/** The part of ONNX Runtime's interface that both builds share. */
export type OnnxRuntime = Pick<typeof import("onnxruntime-node"), "InferenceSession" | "Tensor">;

export interface Backend {
  readonly name: "onnxruntime-node" | "onnxruntime-web";
  readonly ort: OnnxRuntime;
  /** Why the native build could not be used, where it could not. */
  readonly fallbackReason?: string;
}

/**
 * Loads ONNX Runtime.
 * @throws RunError when neither build can be loaded
 */
export async function loadBackend(): Promise<Backend> {
  try {
    return { name: "onnxruntime-node", ort: await import("onnxruntime-node") };
  } catch (nativeError) {
    try {
      // Both builds implement onnxruntime-common, but the web build's types name browser globals.
      const web = (await import("onnxruntime-web")) as unknown as OnnxRuntime & { env: { wasm: { numThreads: number } } };
      web.env.wasm.numThreads = 1;
      return { name: "onnxruntime-web", ort: web, fallbackReason: (nativeError as Error).message.split("\n")[0] };
    } catch (cause) {
      throw new RunError("neither onnxruntime-node nor onnxruntime-web could be loaded", {
        help: "run `npm install onnxruntime-node` for your platform, or reinstall the package",
        cause,
      });
    }
  }
}
