/**
 * The thread that runs the engine: sessions, parameter memories and resident state. A run blocks
 * this thread, never the main one.
 */
import { availableParallelism } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { ConfigError, InternalError, RunError } from "../errors.js";
import { WorkerDevice } from "./backends/webgpu/worker-device.js";
import { copyParameters, gradientAlong, setBetween } from "./between-memories.js";
import { type ChosenBackend, chooseBackend } from "./choose-backend.js";
import { lookUp } from "./handles.js";
import { boundName, isBoundOutput, nameIn, STATE_SLOTS } from "./names.js";
import type { ParameterBlock } from "./parameter-block.js";
import { ParameterMemory } from "./parameter-memory.js";
import { loadProgram, type Program, sessionOf } from "./program.js";
import type {
  AbortMessage,
  CallMessage,
  Calls,
  CloseMessage,
  Handlers,
  NoticeMessage,
  ReplyMessage,
  RunRequest,
  SparseSums,
  WorkerOptions,
} from "./protocol.js";
import { ResidentState } from "./resident-state.js";
import { SparseStep } from "./sparse/sparse-step.js";
import type { Tensor } from "./tensor.js";
import { Turns } from "./turns.js";

const stores = new Map<number, ParameterMemory>();
const programs = new Map<number, Program>();
const states = new Map<number, ResidentState>();
/** By the blocks of parameters, from the first use on. */
const sparseSteps = new WeakMap<ParameterBlock, SparseStep>();
/** Of the kernel. More have not been measured. */
const MOST_THREADS = 4;
let nextHandle = 1;
let chosen: Promise<ChosenBackend> | undefined;

function chosenBackend(): Promise<ChosenBackend> {
  const { backend, turns } = workerData as WorkerOptions;
  chosen ??= chooseBackend(backend, process.env, new Turns(turns));
  return chosen;
}

function keep<T>(table: Map<number, T>, value: T): number {
  table.set(nextHandle, value);
  return nextHandle++;
}

/** Threads that compute on the memory of one store. */
async function kernelThreads(): Promise<number> {
  const { takesSharedMemory } = (await chosenBackend()).backend;
  const { threads = availableParallelism() } = workerData as WorkerOptions;
  return takesSharedMemory ? Math.min(MOST_THREADS, threads) : 1;
}

function existing(found: Float32Array | undefined, { store, region, name }: Calls["read"]["arguments"]): Float32Array {
  if (!found) throw new InternalError(`store ${store} has no ${region} of ${name}`);
  return found;
}

async function sparseGradients({
  store,
  x,
  errorWeight,
  members,
}: Calls["sparseGradients"]["arguments"]): Promise<Calls["sparseGradients"]["result"]> {
  const memory = lookUp(stores, store, "store");
  const results: (SparseSums | undefined)[] = [];
  const begun = new Set<SparseStep>();
  for (const { program, autoencoder } of members) {
    const tensors = ["encoder", "encoderBias", "decoderBias", ...(autoencoder.tied ? [] : ["decoder"])];
    const block = memory.blockWith(tensors.map((tensor) => `${autoencoder.name}.${tensor}`));
    const step = sparseSteps.get(block) ?? new SparseStep(block);
    sparseSteps.set(block, step);
    if (!begun.has(step)) step.begin(x);
    begun.add(step);
    const session = await sessionOf(lookUp(programs, program, "program"));
    results.push(await step.gradients(session, errorWeight, autoencoder));
  }
  return results;
}

async function run(request: RunRequest, signal: AbortSignal): Promise<Record<string, Tensor>> {
  const program = lookUp(programs, request.program, "program");
  const { name: programName } = program;
  const session = await sessionOf(program);
  const memories = request.stores.map((store) => lookUp(stores, store, "store"));
  const state = request.state === undefined ? undefined : lookUp(states, request.state, "state");
  const holder = (name: string): ParameterMemory => {
    const memory = memories.find((candidate) => candidate.view("parameters", name));
    if (!memory) throw new InternalError(`${programName}: no store holds ${name}`);
    return memory;
  };
  const tensor = (name: string, data: Float32Array): Tensor => ({ dims: holder(name).dims(name), data });

  const feeds: Record<string, Tensor> = {};
  for (const name of session.inputNames) {
    const parameter = nameIn("parameters", name);
    const resident = nameIn("state", name);
    if (parameter) feeds[name] = tensor(parameter, holder(parameter).view("parameters", parameter)!);
    else if (resident) feeds[name] = state!.current(resident);
    else if (request.feeds[name]) feeds[name] = request.feeds[name];
    else throw new InternalError(`${programName}: input ${name} was not fed`);
  }
  const fetches: Record<string, Tensor | null> = {};
  for (const name of session.outputNames) {
    const gradient = nameIn("gradients", name);
    if (gradient) fetches[name] = tensor(gradient, holder(gradient).overwrite("gradients", gradient)!);
    else if (request.fetch.includes(name) || isBoundOutput(name)) fetches[name] = null;
  }
  let results: Record<string, Tensor>;
  try {
    results = await session.run(feeds, fetches, signal);
  } catch (cause) {
    throw new RunError(`${programName}: ONNX Runtime failed: ${(cause as Error).message}`, { cause });
  }
  for (const name of session.outputNames) {
    const resident = nameIn("next", name);
    if (!resident) continue;
    const slots = request.feeds[STATE_SLOTS].data as BigInt64Array;
    state!.write(resident, slots, results[name].data as Float32Array);
  }
  for (const name of session.outputNames) {
    const table = nameIn("gradientRows", name);
    if (!table) continue;
    if (!session.outputNames.includes(boundName("gradients", table))) holder(table).clearRows(table);
    const indices = results[boundName("gradientIndices", table)].data as BigInt64Array;
    holder(table).addRows(table, indices, results[name].data as Float32Array);
  }
  return Object.fromEntries(request.fetch.map((name) => [name, alone(results[name])]));
}

/** A tensor whose buffer has no other data, since the buffer is transferred to another thread. */
function alone({ dims, data }: Tensor): Tensor {
  return { dims, data: data.byteLength === data.buffer.byteLength ? data : data.slice() };
}

const handlers: Handlers = {
  describe: async () => {
    const { backend, fallbackReason } = await chosenBackend();
    const { name, reason } = await device.chosen();
    const holdsConstants = !name && (backend.holdsConstants ?? false);
    return { backend: backend.name, holdsConstants, fallbackReason, device: name, deviceReason: reason };
  },
  createStore: async ({ layout, trainable, onThreads }) => {
    const threads = trainable && onThreads ? await kernelThreads() : 1;
    return keep(stores, new ParameterMemory(layout, trainable, { threads }));
  },
  dropStore: ({ store }) => {
    stores.get(store)?.close();
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
  copyParameters: ({ from, to, names }) => {
    copyParameters(lookUp(stores, from, "store"), lookUp(stores, to, "store"), names);
    return null;
  },
  setBetween: ({ store, start, end, dose }) => {
    setBetween(lookUp(stores, store, "store"), lookUp(stores, start, "store"), lookUp(stores, end, "store"), dose);
    return null;
  },
  gradientAlong: ({ store, start, end, name }) =>
    gradientAlong(lookUp(stores, store, "store"), lookUp(stores, start, "store"), lookUp(stores, end, "store"), name),
  sparseGradients,
  adamStep: ({ store, settings }) => lookUp(stores, store, "store").adamStep(settings),
  loadProgram: async ({ name, bytes, constants }) => {
    const { backend } = await chosenBackend();
    const { threads } = workerData as WorkerOptions;
    const held = constants && { memory: lookUp(stores, constants.store, "store"), names: constants.names };
    return keep(programs, await loadProgram(backend, { name, bytes, threads, held }));
  },
  dropProgram: async ({ program }) => {
    await lookUp(programs, program, "program").session.release();
    programs.delete(program);
    return null;
  },
  createState: ({ tensors, capacity }) => keep(states, new ResidentState(tensors, capacity)),
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

/** Where calls are answered if the engine was told to use a GPU and there is one. */
const device = new WorkerDevice(workerData as WorkerOptions, {
  backend: async () => (await chosenBackend()).backend,
  nextHandle: () => nextHandle++,
  handlers,
  adopt: async ({ stores: heldStores, states: heldStates, programs: heldPrograms }) => {
    for (const [handle, { layout, trainable, values }] of heldStores) {
      const memory = new ParameterMemory(layout, trainable);
      for (const [region, tensors] of values)
        for (const [name, data] of tensors) memory.overwrite(region, name)!.set(data);
      stores.set(handle, memory);
    }
    for (const [handle, { tensors, capacity }] of heldStates) states.set(handle, new ResidentState(tensors, capacity));
    const { backend } = await chosenBackend();
    const { threads } = workerData as WorkerOptions;
    for (const [handle, { name, bytes }] of heldPrograms)
      programs.set(handle, await loadProgram(backend, { name, bytes, threads }));
  },
  notice: (notice) => parentPort!.postMessage({ notice } satisfies NoticeMessage),
});

let queue: Promise<void> = Promise.resolve();
/** Waiting and running calls, by id. */
const calls = new Map<number, AbortController>();

async function answer(message: CallMessage, signal: AbortSignal): Promise<void> {
  const reply = (content: ReplyMessage): void => {
    const buffers: ArrayBuffer[] = [];
    if ("result" in content && content.result && typeof content.result === "object")
      // The values of an array are its elements, of which there may be hundreds of millions.
      for (const part of ArrayBuffer.isView(content.result) ? [content.result] : Object.values(content.result)) {
        const array = ArrayBuffer.isView(part) ? part : (part as { data?: unknown } | null)?.data;
        if (ArrayBuffer.isView(array)) buffers.push(array.buffer as ArrayBuffer);
      }
    parentPort!.postMessage(content, [...new Set(buffers)]);
  };
  try {
    reply({ id: message.id, result: await device.answer(message.name, message.arguments, signal) });
  } catch (error) {
    const issues = error instanceof ConfigError ? error.issues : undefined;
    reply({ id: message.id, error: { message: (error as Error).message, issues } });
  } finally {
    calls.delete(message.id);
  }
}

/** Frees all sessions: their threads would outlive this one. */
async function close(): Promise<void> {
  for (const controller of calls.values()) controller.abort();
  await queue;
  for (const { session } of programs.values()) await session.release();
  await device.close();
  process.exit();
}

// In sequence, since a run may depend on the previous write.
parentPort!.on("message", (message: CallMessage | AbortMessage | CloseMessage) => {
  if ("close" in message) return void close();
  if ("abort" in message) return calls.get(message.abort)?.abort();
  const controller = new AbortController();
  calls.set(message.id, controller);
  queue = queue.then(() => answer(message, controller.signal));
});
