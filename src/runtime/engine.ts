/**
 * The engine as the rest of the project sees it: programs made from graphs, stores of parameters, and runs.
 * The work happens in a worker thread, one call at a time in the order of the calls.
 */
import type { Worker } from "node:worker_threads";
import { RunError } from "../errors.js";
import type { Graph } from "../graph/builder.js";
import { encodeOnnx } from "../onnx/encode.js";
import { startThread } from "../worker-thread.js";
import type { BackendName } from "./backend.js";
import type { ParameterStore } from "./parameter-store.js";
import type { CallName, Calls, ReplyMessage, TensorLayout } from "./protocol.js";
import type { FloatTensor, Tensor } from "./tensor.js";
import { WorkerStore } from "./worker-store.js";

interface Pending {
  resolve(result: never): void;
  reject(error: Error): void;
}

/** A loaded graph. */
export interface Program {
  /**
   * Runs the graph once.
   * @param feeds  a tensor for every input that is neither `parameters/..` nor `state/..`
   * @param stores where `parameters/NAME` is read and `gradients/NAME` is written; of `gradientRows/NAME` [.., size], the rows of a
   *   table at `gradientIndices/NAME` [.., 1] are added to it, or to 0 where the graph gives no `gradients/NAME`
   * @param fetch  outputs to bring back; those named above and `next/..` stay where they are
   * @throws RunError when ONNX Runtime fails
   */
  run<Name extends string>(options: {
    feeds: Readonly<Record<string, Tensor>>;
    stores?: readonly ParameterStore[];
    state?: State;
    fetch?: readonly Name[];
    signal?: AbortSignal;
  }): Promise<Record<Name, Tensor>>;
  /** Frees the session and its memory. */
  drop(): Promise<void>;
}

/** Tensors that stay in the worker between runs, such as a key-value cache. */
export interface State {
  readonly handle: number;
  /** Makes an axis of every tensor longer; what is new is 0. */
  grow(axis: number, size: number): Promise<void>;
  /** Keeps the first `size` entries along every tensor's first axis. */
  shorten(size: number): Promise<void>;
  drop(): Promise<void>;
}

export interface EngineOptions {
  /** Which build of ONNX Runtime to run. Default: the native one, or its WebAssembly build where that does not load. */
  readonly backend?: BackendName;
}

export class Engine {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private ended: Error | undefined;

  constructor(options: EngineOptions = {}) {
    this.worker = startThread(new URL("./worker.js", import.meta.url), { workerData: options });
    this.worker.unref();
    this.worker.on("message", (reply: ReplyMessage) => {
      const call = this.pending.get(reply.id)!;
      this.pending.delete(reply.id);
      if (this.pending.size === 0) this.worker.unref();
      if ("error" in reply) call.reject(new RunError(reply.error.message));
      else call.resolve(reply.result as never);
    });
    const fail = (error: Error): void => {
      this.ended = error;
      for (const call of this.pending.values()) call.reject(error);
      this.pending.clear();
    };
    this.worker.on("error", (cause) => fail(new RunError(`the engine's worker failed: ${cause.message}`, { cause })));
    this.worker.on("exit", (code) => fail(new RunError(`the engine's worker ended with code ${code}`)));
  }

  /** One call of the worker; see protocol.ts. The process stays alive while a call is under way. */
  call<K extends CallName>(name: K, args: Calls[K]["arguments"]): Promise<Calls[K]["result"]> {
    if (this.ended) return Promise.reject(this.ended);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      if (this.pending.size === 0) this.worker.ref();
      this.pending.set(id, { resolve, reject });
      this.worker.postMessage({ id, name, arguments: args });
    });
  }

  /** Which build of ONNX Runtime runs, and why it is not the native one if it is not. */
  describe(): Promise<{ backend: string; fallbackReason?: string }> {
    return this.call("describe", {});
  }

  /** Memory for parameters of these sizes, zero at first; with gradients and Adam moments where trainable. */
  async createStore(layout: readonly TensorLayout[], { trainable = false } = {}): Promise<ParameterStore> {
    const handle = await this.call("createStore", { layout, trainable });
    return new WorkerStore((name, args) => this.call(name, args), handle, layout, trainable);
  }

  /** Loads a graph. Named sizes stay open: one program serves every batch and length. */
  async load(graph: Graph): Promise<Program> {
    const program = await this.call("loadProgram", { name: graph.name, bytes: encodeOnnx(graph) });
    return {
      run: async <Name extends string>({
        feeds,
        stores = [],
        state,
        fetch = [],
        signal,
      }: Parameters<Program["run"]>[0]) => {
        signal?.throwIfAborted();
        const result = await this.call("run", {
          program,
          feeds,
          stores: stores.map((store) => store.handle),
          state: state?.handle,
          fetch,
        });
        return result as Record<Name, Tensor>;
      },
      drop: async () => {
        await this.call("dropProgram", { program });
      },
    };
  }

  /**
   * Tensors of at least two axes for the inputs `state/NAME` of a program. Its outputs `next/NAME` [rows, last axis] are written
   * into them after a run: the feed `slots`, int64 [rows, 1], says which rows each takes, all axes but the last made one.
   * A graph that gave back all of NAME would have it copied: ONNX Runtime's Node binding copies whatever a run returns.
   * @param capacity the most elements that each of them will have
   */
  async createState(tensors: Readonly<Record<string, FloatTensor>>, capacity: number): Promise<State> {
    const handle = await this.call("createState", { tensors, capacity });
    return {
      handle,
      grow: async (axis, size) => {
        await this.call("growState", { state: handle, axis, size });
      },
      shorten: async (size) => {
        await this.call("shortenState", { state: handle, size });
      },
      drop: async () => {
        await this.call("dropState", { state: handle });
      },
    };
  }

  /** Ends the worker; calls under way fail. Without it the worker ends with the process. */
  async close(): Promise<void> {
    await this.worker.terminate();
  }
}

/** What a reader should know when the native build is not there: why, and what to do. Undefined where it is. */
export function fallbackNotice({ fallbackReason }: { fallbackReason?: string }): string | undefined {
  if (!fallbackReason) return undefined;
  return `The native build of ONNX Runtime could not be loaded (${fallbackReason}), so its WebAssembly build runs, several times slower. \`npm install onnxruntime-node\` on a platform that it supports (Linux, Windows, macOS on Apple silicon) mends this.`;
}

let shared: Engine | undefined;

/** The engine that everything of a process shares unless told otherwise: sessions and threads are dear. */
export function sharedEngine(): Engine {
  shared ??= new Engine();
  return shared;
}
