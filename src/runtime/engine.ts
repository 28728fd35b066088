/**
 * The interface of the engine: programs made from graphs, stores of parameters, and runs. A worker
 * thread does the work, one call at a time in the order of the calls. Without it, other backends
 * than the C API would block the main thread during runs; and Adam's step, loading a graph and
 * growing a cache take tens of milliseconds. A call to the worker costs about 0.1 ms.
 */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { ConfigError, type ConfigIssue, RunError } from "../errors.js";
import type { Graph } from "../graph/builder.js";
import { lower } from "../graph/lower.js";
import { neededInputs } from "../graph/prune.js";
import { encodeOnnx } from "../onnx/encode.js";
import { startThread } from "../worker-thread.js";
import { LIBRARY_VERSION } from "./backends/c-api/library.js";
import { asksForBackend } from "./choose-backend.js";
import { deviceIssues, deviceNotice, namedDevice } from "./device-setting.js";
import { boundName } from "./names.js";
import type { ParameterStore } from "./parameter-store.js";
import type {
  CallName,
  Calls,
  CloseMessage,
  DeviceName,
  EngineDescription,
  EngineOptions,
  NoticeMessage,
  ReplyMessage,
  TensorLayout,
  WorkerOptions,
} from "./protocol.js";
import type { FloatTensor, Tensor } from "./tensor.js";
import { WorkerStore } from "./worker-store.js";

interface Pending {
  resolve(result: never): void;
  reject(error: Error): void;
}

/** A loaded graph. */
export interface Program {
  /** The engine's number of the program. */
  readonly handle: number;
  /**
   * Runs the graph once.
   *
   * `feeds` has a tensor for every input that is neither `parameters/..` nor `state/..`. `stores` are
   * the stores with `parameters/NAME`, which is read, and `gradients/NAME`, which is written. Rows
   * `gradientRows/NAME` [.., size] of a table are added to the gradient at `gradientIndices/NAME`
   * [.., 1], or to 0 if the graph has no `gradients/NAME`. `fetch` names the outputs to return; those
   * named above and `next/..` stay in the engine. `signal` aborts the run if the backend supports it;
   * gradients are then undefined.
   * @throws RunError when ONNX Runtime fails; the signal's reason when aborted
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
  /** Extends an axis of every tensor; new elements are 0. */
  grow(axis: number, size: number): Promise<void>;
  /** Keeps the first `size` entries along every tensor's first axis. */
  shorten(size: number): Promise<void>;
  /** Frees their memory. */
  drop(): Promise<void>;
}

/** Of the workers of all engines, as they make sessions. */
const turns = new SharedArrayBuffer(4);

/** A worker thread with ONNX Runtime: it loads graphs, runs them, and keeps parameters and states. */
export class Engine {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private ended: Error | undefined;

  private readonly mayUseDevice: boolean;
  /** Is given a line when the engine leaves a GPU that failed. */
  onNotice: ((line: string) => void) | undefined;

  constructor(options: EngineOptions = {}) {
    this.mayUseDevice = (options.device ?? "cpu") !== "cpu";
    this.worker = startThread(new URL("./worker.js", import.meta.url), {
      workerData: { ...options, turns } satisfies WorkerOptions,
    });
    this.worker.on("message", (reply: ReplyMessage | NoticeMessage) => {
      if ("notice" in reply) return this.onNotice?.(reply.notice);
      // Calls that run when the engine is closed fail once the worker has ended.
      if (this.ended) return;
      const call = this.pending.get(reply.id)!;
      this.pending.delete(reply.id);
      if (this.pending.size === 0) this.worker.unref();
      if ("error" in reply) {
        const { message, issues } = reply.error;
        call.reject(issues ? new ConfigError("rewardscope", issues) : new RunError(message));
      } else call.resolve(reply.result as never);
    });
    this.worker.on("error", (cause) =>
      this.end(new RunError(`the engine's worker failed: ${cause.message}`, { cause })),
    );
    this.worker.on("exit", (code) => this.end(new RunError(`the engine's worker ended with code ${code}`)));
    // After the listeners: adding one for messages keeps the process alive.
    this.worker.unref();
  }

  private end(error: Error): void {
    this.ended ??= error;
    for (const call of this.pending.values()) call.reject(this.ended);
    this.pending.clear();
  }

  /** One call of the worker; see protocol.ts. The process stays alive during a call. */
  async call<K extends CallName>(
    name: K,
    args: Calls[K]["arguments"],
    signal?: AbortSignal,
  ): Promise<Calls[K]["result"]> {
    if (this.ended) throw this.ended;
    const id = this.nextId++;
    const abort = (): void => this.worker.postMessage({ abort: id });
    signal?.addEventListener("abort", abort);
    try {
      return await new Promise<Calls[K]["result"]>((resolve, reject) => {
        if (this.pending.size === 0) this.worker.ref();
        this.pending.set(id, { resolve, reject });
        this.worker.postMessage({ id, name, arguments: args });
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** The backend, and the reason why a preferred one is not used, if any. */
  describe(): Promise<EngineDescription> {
    return this.call("describe", {});
  }

  /**
   * Memory for parameters of these sizes, initially zero; with gradients and Adam moments if
   * trainable.
   * @param onThreads whether sparse products and Adam are divided among the engine's threads, if the backend
   *   takes memory that they share; V8 gives such memory back later than other memory
   */
  async createStore(
    layout: readonly TensorLayout[],
    { trainable = false, onThreads = false } = {},
  ): Promise<ParameterStore> {
    const handle = await this.call("createStore", { layout, trainable, onThreads });
    return new WorkerStore((name, args) => this.call(name, args), handle, layout, trainable);
  }

  /**
   * Loads a graph. Named sizes are variable: one program serves every batch and length.
   * @param atRest a store without gradients whose parameters the graph reads: the program holds them
   *   as constants, if the backend can. Products are faster then, and differ in their last digits.
   *   Their weights are in memory once more; after a change of the store, the next run makes another
   *   session. The store is also given to each run.
   */
  async load(graph: Graph, { atRest }: { atRest?: ParameterStore } = {}): Promise<Program> {
    const { device, holdsConstants } = atRest || this.mayUseDevice ? await this.describe() : {};
    const names = atRest && holdsConstants ? parametersIn(graph, atRest) : [];
    const program = await this.call("loadProgram", {
      name: graph.name,
      bytes: encodeOnnx(
        lower(graph, { device: device !== undefined }),
        names.map((name) => boundName("parameters", name)),
      ),
      constants: atRest && names.length > 0 ? { store: atRest.handle, names } : undefined,
    });
    return {
      handle: program,
      run: async <Name extends string>({
        feeds,
        stores = [],
        state,
        fetch = [],
        signal,
      }: Parameters<Program["run"]>[0]) => {
        signal?.throwIfAborted();
        const handles = stores.map((store) => store.handle);
        const request = { program, feeds, stores: handles, state: state?.handle, fetch };
        const result = await this.call("run", request, signal);
        return result as Record<Name, Tensor>;
      },
      drop: async () => {
        await this.call("dropProgram", { program });
      },
    };
  }

  /**
   * Tensors of at least two axes for the inputs `state/NAME` of a program. Its outputs `next/NAME`
   * [rows, last axis] are written into them after a run, at the rows of the feed `slots`, int64
   * [rows, 1], where all axes but the last are flattened. Returning all of NAME would copy it,
   * since ONNX Runtime allocates every output.
   * @param capacity maximal number of elements of each tensor
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

  /**
   * Ends the worker and frees its memory; running calls fail. Default: at the end of the process.
   */
  async close(): Promise<void> {
    if (this.ended) return;
    this.ended = new RunError("the engine was closed");
    this.worker.ref();
    const ended = once(this.worker, "exit");
    this.worker.postMessage({ close: true } satisfies CloseMessage);
    await ended;
  }
}

/** The parameters of a store that the graph's outputs depend on. */
function parametersIn(graph: Graph, store: ParameterStore): string[] {
  const needed = new Set(neededInputs(graph));
  return store.names.filter((name) => needed.has(boundName("parameters", name)));
}

/** A message for a fallback to the WebAssembly build, with the reason and the solution. */
export function fallbackNotice({
  backend,
  fallbackReason,
}: Pick<EngineDescription, "backend" | "fallbackReason">): string | undefined {
  if (backend !== "web" || !fallbackReason) return undefined;
  return `The native build of ONNX Runtime could not be loaded (${fallbackReason}), so its WebAssembly build runs, several times slower. On Linux with glibc, Windows, and macOS on Apple silicon, \`ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@${LIBRARY_VERSION}\` brings it; musl (Alpine) and Intel Macs have WebAssembly alone.`;
}

/** Problems of the backend, library or device that the environment names; empty, at no cost, if none. */
export async function environmentIssues(): Promise<readonly ConfigIssue[]> {
  const issues = deviceIssues(process.env);
  if (issues.length > 0 || !asksForBackend(process.env)) return issues;
  try {
    await sharedEngine().describe();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
}

let shared: Engine | undefined;
/** What a configuration says of it; of the device the environment goes before, since it knows the machine. */
let sharedOptions: Pick<EngineOptions, "device" | "threads"> = {};

/** The engine that a process shares by default, since sessions and threads are expensive. */
export function sharedEngine(): Engine {
  shared ??= new Engine({ ...sharedOptions, device: namedDevice(process.env) ?? sharedOptions.device });
  return shared;
}

/**
 * Sets where the shared engine computes, unless REWARDSCOPE_DEVICE says it, and by how many threads.
 * @param threads default: one per core
 * @param log is told of cores that are not used; which GPU computes, or why none does; and later if it fails
 */
export async function configureSharedEngine(
  { device, threads }: { device: DeviceName; threads: number | undefined },
  log: (line: string) => void,
): Promise<void> {
  if (device !== (sharedOptions.device ?? "cpu") || threads !== sharedOptions.threads) {
    await shared?.close();
    shared = undefined;
  }
  sharedOptions = { device, threads };
  const cores = availableParallelism();
  if (threads !== undefined && threads < cores)
    log(`Models run on ${threads} of ${cores} cores, for the same numbers on every machine; threads=all is faster.`);
  const wanted = namedDevice(process.env) ?? device;
  if (wanted === "cpu") return;
  const engine = sharedEngine();
  engine.onNotice = log;
  log(deviceNotice(await engine.describe(), wanted));
}

let sharedSingle: readonly Engine[] | undefined;

/**
 * Engines of one thread each, which work at the same time: for many small steps that do not need each
 * other, two are faster than one of two threads. Their number changes no result.
 */
export function sharedSingleThreads(): readonly Engine[] {
  sharedSingle ??= Array.from({ length: Math.min(2, availableParallelism()) }, () => new Engine({ threads: 1 }));
  return sharedSingle;
}
