/** What the engine needs of ONNX Runtime: sessions made from bytes, and runs. The builds that offer it lie in `backends`. */
import type { Tensor } from "./tensor.js";

/**
 * How ONNX Runtime is called. `c-api`: the native build by its C API, which writes outputs in place;
 * `node`: the native build by its Node binding, which copies them; `web`: the WebAssembly build.
 */
export const backendNames = ["c-api", "node", "web"] as const;

export type BackendName = (typeof backendNames)[number];

/** A loaded graph. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Runs the graph once. No array that is given may be detached before the run ends.
   * @param feeds   one tensor per input
   * @param fetches the outputs to compute: null for a new tensor, or a tensor of the output's sizes
   *   that is written to and returned
   * @param signal  ends a run early where the backend can; the run fails then, with `fetches` half written
   * @throws Error of ONNX Runtime, of a backend's own checks, or of the signal
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    fetches: Readonly<Record<string, Tensor | null>>,
    signal?: AbortSignal,
  ): Promise<Record<string, Tensor>>;
  /** Frees the session, after the run that is going on if there is one. A second call does nothing. */
  release(): Promise<void>;
}

export interface Backend {
  readonly name: BackendName;
  /**
   * @param bytes an ONNX model; may be changed after the call
   * @param threads of its runs; default: one per core
   * @throws Error when it is not accepted
   */
  createSession(bytes: Uint8Array, threads?: number): Promise<Session>;
}
