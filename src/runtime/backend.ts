/**
 * The engine's interface to ONNX Runtime: sessions and runs. `backends` has the implementations.
 */
import type { Tensor } from "./tensor.js";

/**
 * Builds and bindings of ONNX Runtime. `c-api`: the native build by its C API, which writes outputs
 * in place; `node`: the native build by its Node binding, which copies outputs; `web`: the
 * WebAssembly build.
 */
export const backendNames = ["c-api", "node", "web"] as const;

export type BackendName = (typeof backendNames)[number];

/** A loaded graph. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Runs the graph once. No given array may be detached before the run ends.
   * @param feeds   one tensor per input
   * @param fetches the outputs to compute: null for a new tensor, or a tensor of the output's
   *   sizes, which is overwritten and returned
   * @param signal  aborts a run if the backend supports it; `fetches` are then undefined
   * @throws Error of ONNX Runtime, of the backend's checks, or of the signal
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    fetches: Readonly<Record<string, Tensor | null>>,
    signal?: AbortSignal,
  ): Promise<Record<string, Tensor>>;
  /** Frees the session, after a running run. Further calls do nothing. */
  release(): Promise<void>;
}

export interface Backend {
  readonly name: BackendName;
  /** Whether sessions can hold constants. Default false. */
  readonly holdsConstants?: boolean;
  /** Whether feeds and fetches can be in memory that threads share. Default false. */
  readonly takesSharedMemory?: boolean;
  /**
   * @param bytes an ONNX model; may be changed after the call
   * @param threads of its runs; default: one per core
   * @param constants values of the model's constants that it does not have itself, by name. They stay
   *   where they are, and must not change; matrices are kept a second time, in the order of the products
   * @throws Error when ONNX Runtime rejects it
   */
  createSession(bytes: Uint8Array, threads?: number, constants?: Readonly<Record<string, Tensor>>): Promise<Session>;
}
