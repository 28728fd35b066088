/** Sessions by the C API, which writes outputs in place and can abort a run. */
import { InternalError } from "../../../errors.js";
import type { Backend, Session } from "../../backend.js";
import type { Tensor } from "../../tensor.js";
import type { Turns } from "../../turns.js";
import { checkRun } from "../check-run.js";
import type { OrtApi } from "./ort-api.js";
import { readValue, valueOn } from "./tensor-values.js";

/** OrtLoggingLevel: errors only, since the warnings (about inferred shapes) are harmless. */
const ERRORS = 3;
/** OrtDeviceAllocator, OrtArenaAllocator, OrtMemTypeDefault */
const [DEVICE_ALLOCATOR, ARENA_ALLOCATOR, DEFAULT_MEMORY] = [0, 1, 0];
/** Of an arena: no upper limit; the library's strategy of growth, size of the first chunk, and waste of a chunk. */
const [UNLIMITED, ARENA_DEFAULTS] = [0, [-1, -1, -1]] as const;

/** Objects that a thread's sessions share, as long as the process lives. */
interface Shared {
  readonly api: OrtApi;
  readonly environment: bigint;
  readonly memoryInfo: bigint;
  readonly allocator: bigint;
  /** Those that are not released. */
  readonly sessions: Set<CApiSession>;
  readonly turns: Turns;
}

/**
 * The backend of a loaded library; its sessions share environment and allocator.
 * @param turns of all threads with sessions: the library has one environment for all, and a new session reads its list of
 *   arenas without a lock
 */
export function cApiBackend(api: OrtApi, turns: Turns): Backend {
  const shared: Shared = {
    api,
    environment: api.make("CreateEnv", ERRORS, "rewardscope"),
    memoryInfo: api.make("CreateCpuMemoryInfo", DEVICE_ALLOCATOR, DEFAULT_MEMORY),
    allocator: api.make("GetAllocatorWithDefaultOptions"),
    sessions: new Set(),
    turns,
  };
  turns.take(() => renewArena(shared));
  return {
    name: "c-api",
    holdsConstants: true,
    takesSharedMemory: true,
    createSession: async (bytes, threads = 0, constants = {}) => {
      const handle = turns.take(() => createSession(shared, bytes, threads, constants));
      return new CApiSession(shared, handle, constants);
    },
  };
}

/**
 * Gives the sessions to come one arena: each with its own would keep the memory of its largest run as long as it lives. The arena
 * before is freed with its last session.
 */
function renewArena({ api, environment }: Shared): void {
  const info = api.make("CreateCpuMemoryInfo", ARENA_ALLOCATOR, DEFAULT_MEMORY);
  const settings = api.make("CreateArenaCfg", UNLIMITED, ...ARENA_DEFAULTS);
  api.call("CreateAndRegisterAllocator", environment, info, settings);
  api.release("ReleaseArenaCfg", settings);
  api.release("ReleaseMemoryInfo", info);
}

/** @param threads 0: as many as the library thinks fit */
function createSession(
  { api, environment, memoryInfo }: Shared,
  bytes: Uint8Array,
  threads: number,
  constants: Readonly<Record<string, Tensor>>,
): bigint {
  const options = api.make("CreateSessionOptions");
  const names = Object.keys(constants);
  const values: bigint[] = [];
  try {
    api.call("SetSessionLogSeverityLevel", options, ERRORS);
    api.call("SetIntraOpNumThreads", options, threads);
    // After a run, its threads would keep a core for some milliseconds, which the project's own kernels use.
    api.call("AddSessionConfigEntry", options, "session.force_spinning_stop", "1");
    api.call("AddSessionConfigEntry", options, "session.use_env_allocators", "1");
    if (names.length > 0) {
      for (const tensor of Object.values(constants)) values.push(valueOn(api, memoryInfo, tensor));
      api.call("AddExternalInitializers", options, names, pointerArray(values), values.length);
    }
    return api.make("CreateSessionFromArray", environment, bytes, bytes.byteLength, options);
  } finally {
    for (const value of values) api.release("ReleaseValue", value);
    api.release("ReleaseSessionOptions", options);
  }
}

/** Names as C strings, whose memory lives as long as this object. */
class Names {
  readonly all: readonly string[];
  private readonly pointers = new Map<string, bigint>();
  /** The strings' memory. */
  private readonly memory: Uint8Array[] = [];

  constructor(api: OrtApi, names: readonly string[]) {
    this.all = names;
    for (const name of names) {
      const encoded = new TextEncoder().encode(`${name}\0`);
      // V8 may move the memory of a short array.
      const memory = new Uint8Array(new ArrayBuffer(encoded.length + 64));
      memory.set(encoded);
      this.memory.push(memory);
      this.pointers.set(name, api.address(memory));
    }
  }

  /** @param names some of these names */
  pointersOf(names: readonly string[]): BigUint64Array {
    return pointerArray(names.map((name) => this.pointers.get(name)!));
  }
}

/** Pointers in memory that V8 does not move. */
function pointerArray(pointers: readonly bigint[]): BigUint64Array {
  const array = new BigUint64Array(new ArrayBuffer(8 * pointers.length + 64), 0, pointers.length);
  array.set(pointers);
  return array;
}

class CApiSession implements Session {
  private readonly inputs: Names;
  private readonly outputs: Names;
  private handle: bigint | undefined;
  private releaseAsked = false;
  private running = 0;

  constructor(
    private readonly shared: Shared,
    handle: bigint,
    /** Here so that their memory lives as long as the session, which reads it. */
    readonly constants: Readonly<Record<string, Tensor>>,
  ) {
    this.handle = handle;
    shared.sessions.add(this);
    const { api, allocator } = shared;
    this.inputs = new Names(api, api.sessionNames(handle, "Input", allocator));
    this.outputs = new Names(api, api.sessionNames(handle, "Output", allocator));
  }

  get inputNames(): readonly string[] {
    return this.inputs.all;
  }

  get outputNames(): readonly string[] {
    return this.outputs.all;
  }

  async run(
    feeds: Readonly<Record<string, Tensor>>,
    fetches: Readonly<Record<string, Tensor | null>>,
    signal?: AbortSignal,
  ): Promise<Record<string, Tensor>> {
    if (this.handle === undefined || this.releaseAsked) throw new InternalError("the session was released");
    signal?.throwIfAborted();
    checkRun(this, feeds, fetches);
    const { api, memoryInfo } = this.shared;
    const given = Object.entries(fetches);
    const inputNames = this.inputs.pointersOf(Object.keys(feeds));
    const outputNames = this.outputs.pointersOf(Object.keys(fetches));
    const values: bigint[] = [];
    const kept = (tensor: Tensor): bigint => {
      values.push(valueOn(api, memoryInfo, tensor));
      return values[values.length - 1];
    };
    const options = api.make("CreateRunOptions");
    const terminate = (): void => api.call("RunOptionsSetTerminate", options);
    this.running++;
    signal?.addEventListener("abort", terminate);
    try {
      const inputs = pointerArray(Object.values(feeds).map(kept));
      const outputs = pointerArray(given.map(([, tensor]) => (tensor ? kept(tensor) : 0n)));
      const [ins, outs] = [inputs.length, outputs.length];
      try {
        await api.callAsync("Run", this.handle, options, inputNames, inputs, ins, outputNames, outs, outputs);
      } finally {
        given.forEach(([, tensor], i) => {
          if (!tensor && outputs[i] !== 0n) values.push(outputs[i]);
        });
      }
      return Object.fromEntries(given.map(([name, tensor], i) => [name, tensor ?? readValue(api, outputs[i])]));
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", terminate);
      for (const value of values) api.release("ReleaseValue", value);
      api.release("ReleaseRunOptions", options);
      this.running--;
      if (this.releaseAsked) this.releaseNow();
    }
  }

  private releaseNow(): void {
    if (this.running > 0 || this.handle === undefined) return;
    const { api, sessions, turns } = this.shared;
    api.release("ReleaseSession", this.handle);
    this.handle = undefined;
    sessions.delete(this);
    // Nothing is computed for now, so the memory goes back to the system.
    if (sessions.size === 0) turns.take(() => renewArena(this.shared));
  }

  async release(): Promise<void> {
    this.releaseAsked = true;
    this.releaseNow();
  }
}
