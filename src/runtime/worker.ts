/**
 * The thread that runs the engine: sessions, parameter memories and resident state. A run blocks
 * this thread, never the main one.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { InternalError, RunError } from "../errors.js";
import { type Backend, type BackendName, loadBackend } from "./backend.js";
import { boundName, isBoundOutput, nameIn, STATE_SLOTS } from "./names.js";
import { ParameterMemory } from "./parameter-memory.js";
import type { CallMessage, CallName, Calls, ReplyMessage, RunRequest } from "./protocol.js";
import { ResidentState } from "./resident-state.js";
import type { Tensor } from "./tensor.js";

interface Program {
  readonly name: string;
  readonly session: InferenceSession;
}

const stores = new Map<number, ParameterMemory>();
const programs = new Map<number, Program>();
const states = new Map<number, ResidentState>();
let nextHandle = 1;
let backend: Promise<Backend> | undefined;

function loadedBackend(): Promise<Backend> {
  backend ??= loadBackend((workerData as { backend?: BackendName }).backend);
  return backend;
}

function lookUp<T>(table: ReadonlyMap<number, T>, handle: number, kind: string): T {
  const found = table.get(handle);
  if (found === undefined) throw new InternalError(`${kind} ${handle} does not exist or was dropped`);
  return found;
}

function keep<T>(table: Map<number, T>, value: T): number {
  table.set(nextHandle, value);
  return nextHandle++;
}

function existing(found: Float32Array | undefined, { store, region, name }: Calls["read"]["arguments"]): Float32Array {
  if (!found) throw new InternalError(`store ${store} has no ${region} of ${name}`);
  return found;
}

async function run(request: RunRequest): Promise<Record<string, Tensor>> {
  const { ort, fillsOutputs } = await loadedBackend();
  const { name: programName, session } = lookUp(programs, request.program, "program");
  const memories = request.stores.map((store) => lookUp(stores, store, "store"));
  const state = request.state === undefined ? undefined : lookUp(states, request.state, "state");
  const holder = (name: string): ParameterMemory => {
    const memory = memories.find((candidate) => candidate.view("parameters", name));
    if (!memory) throw new InternalError(`${programName}: no store holds ${name}`);
    return memory;
  };
  const tensor = (name: string, values: Float32Array): OrtTensor =>
    new ort.Tensor("float32", values, holder(name).layout.find((entry) => entry.name === name)!.dims);

  const feeds: Record<string, OrtTensor> = {};
  for (const name of session.inputNames) {
    const parameter = nameIn("parameters", name);
    const resident = nameIn("state", name);
    if (parameter) feeds[name] = tensor(parameter, holder(parameter).view("parameters", parameter)!);
    else if (resident) feeds[name] = state!.current(resident);
    else if (request.feeds[name]) feeds[name] = toOrt(ort, request.feeds[name]);
    else throw new InternalError(`${programName}: input ${name} was not fed`);
  }
  const fetches: Record<string, OrtTensor | null> = {};
  for (const name of session.outputNames) {
    const gradient = nameIn("gradients", name);
    if (gradient && fillsOutputs) fetches[name] = tensor(gradient, holder(gradient).overwrite("gradients", gradient)!);
    else if (request.fetch.includes(name) || isBoundOutput(name)) fetches[name] = null;
  }
  let results: InferenceSession.OnnxValueMapType;
  try {
    results = await session.run(feeds, fetches as InferenceSession.NullableOnnxValueMapType);
  } catch (cause) {
    throw new RunError(`${programName}: ONNX Runtime failed: ${(cause as Error).message}`, { cause });
  }
  const values = (name: string) => (results[name] as OrtTensor).data;
  for (const name of session.outputNames) {
    const gradient = nameIn("gradients", name);
    const resident = nameIn("next", name);
    if (gradient && !fillsOutputs)
      holder(gradient)
        .overwrite("gradients", gradient)!
        .set(values(name) as Float32Array);
    if (resident)
      state!.write(resident, request.feeds[STATE_SLOTS].data as BigInt64Array, values(name) as Float32Array);
  }
  for (const name of session.outputNames) {
    const table = nameIn("gradientRows", name);
    if (!table) continue;
    if (!session.outputNames.includes(boundName("gradients", table))) holder(table).clearRows(table);
    const indices = values(boundName("gradientIndices", table)) as BigInt64Array;
    holder(table).addRows(table, indices, values(name) as Float32Array);
  }
  return Object.fromEntries(request.fetch.map((name) => [name, fromOrt(results[name] as OrtTensor)]));
}

function toOrt(ort: Backend["ort"], { dims, data }: Tensor): OrtTensor {
  if (data instanceof Float32Array) return new ort.Tensor("float32", data, dims);
  if (data instanceof BigInt64Array) return new ort.Tensor("int64", data, dims);
  return new ort.Tensor("bool", data, dims);
}

function fromOrt(tensor: OrtTensor): Tensor {
  const data = tensor.data as Float32Array | BigInt64Array | Uint8Array;
  // The buffer is transferred to another thread, so it must contain nothing else.
  return { dims: tensor.dims, data: data.byteLength === data.buffer.byteLength ? data : data.slice() };
}

const handlers: {
  readonly [K in CallName]: (a: Calls[K]["arguments"]) => Calls[K]["result"] | Promise<Calls[K]["result"]>;
} = {
  describe: async () => {
    const { name, fallbackReason } = await loadedBackend();
    return { backend: name, fallbackReason };
  },
  createStore: ({ layout, trainable }) => keep(stores, new ParameterMemory(layout, trainable)),
  dropStore: ({ store }) => {
    stores.delete(store);
    return null;
  },
  write: ({ store, region, name, data }) => {
    const target = existing(lookUp(stores, store, "store").overwrite(region, name), { store, region, name });
    if (target.length !== data.length)
      throw new InternalError(`${name} has ${target.length} elements, received ${data.length}`);
    target.set(data);
    return null;
  },
  read: (place) => existing(lookUp(stores, place.store, "store").view(place.region, place.name), place).slice(),
  copyParameters: ({ from, to }) => {
    for (const { name } of lookUp(stores, to, "store").layout) {
      const source = lookUp(stores, from, "store").view("parameters", name);
      if (source) lookUp(stores, to, "store").overwrite("parameters", name)!.set(source);
    }
    return null;
  },
  adamStep: ({ store, settings }) => lookUp(stores, store, "store").adamStep(settings),
  loadProgram: async ({ name, bytes }) => {
    const { ort } = await loadedBackend();
    try {
      // 3 = errors only, since the warnings (about inferred shapes) are harmless.
      const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
      return keep(programs, { name, session });
    } catch (cause) {
      throw new RunError(`${name}: ONNX Runtime does not accept the graph: ${(cause as Error).message}`, { cause });
    }
  },
  dropProgram: async ({ program }) => {
    await lookUp(programs, program, "program").session.release();
    programs.delete(program);
    return null;
  },
  createState: async ({ tensors, capacity }) => {
    const { ort } = await loadedBackend();
    return keep(states, new ResidentState(ort, tensors, capacity));
  },
  growState: ({ state, axis, size }) => {
    lookUp(states, state, "state").grow(axis, size);
    return null;
  },
  shortenState: ({ state, size }) => {
    lookUp(states, state, "state").shorten(size);
    return null;
  },
  dropState: ({ state }) => {
    states.delete(state);
    return null;
  },
  run,
};

let queue: Promise<void> = Promise.resolve();

async function answer(message: CallMessage): Promise<void> {
  const reply = (content: ReplyMessage): void => {
    const buffers: ArrayBuffer[] = [];
    if ("result" in content && content.result && typeof content.result === "object")
      for (const part of [content.result, ...Object.values(content.result)]) {
        const array = ArrayBuffer.isView(part) ? part : (part as { data?: unknown } | null)?.data;
        if (ArrayBuffer.isView(array)) buffers.push(array.buffer as ArrayBuffer);
      }
    parentPort!.postMessage(content, [...new Set(buffers)]);
  };
  try {
    const handler = handlers[message.name] as (a: CallMessage["arguments"]) => Promise<Calls[CallName]["result"]>;
    reply({ id: message.id, result: await handler(message.arguments) });
  } catch (error) {
    reply({ id: message.id, error: { message: (error as Error).message } });
  }
}

// One call at a time in order, since a run may depend on the previous write.
parentPort!.on("message", (message: CallMessage) => {
  queue = queue.then(() => answer(message));
});
