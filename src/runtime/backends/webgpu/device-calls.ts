/** The engine's calls on a device: parameters, gradients, moments and states stay in its memory. */
import { InternalError, RunError } from "../../../errors.js";
import { putBetween, sumsAlong } from "../../between-memories.js";
import { lookUp } from "../../handles.js";
import { boundName, isBoundOutput, nameIn, STATE_SLOTS } from "../../names.js";
import type { Calls, Handlers, Region, RunRequest, TensorLayout } from "../../protocol.js";
import { elementCount, type FloatTensor, type Tensor } from "../../tensor.js";
import { checkRun } from "../check-run.js";
import type { Device } from "./device.js";
import { DevicePrograms } from "./device-programs.js";
import type { DeviceSession, Target } from "./device-session.js";
import { DeviceState } from "./device-state.js";
import { DeviceStore } from "./device-store.js";

interface DeviceProgram {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly session: DeviceSession;
}

interface DownloadedStore {
  readonly layout: readonly TensorLayout[];
  readonly trainable: boolean;
  readonly values: ReadonlyMap<Region, ReadonlyMap<string, Float32Array>>;
}

interface DownloadedState {
  readonly tensors: Readonly<Record<string, FloatTensor>>;
  readonly capacity: number;
}

/** By the engine's numbers. */
export interface Downloaded {
  readonly stores: readonly (readonly [number, DownloadedStore])[];
  readonly states: readonly (readonly [number, DownloadedState])[];
  readonly programs: readonly (readonly [number, Pick<DeviceProgram, "name" | "bytes">])[];
}

export class DeviceCalls {
  private readonly stores = new Map<number, DeviceStore>();
  private readonly programs = new Map<number, DeviceProgram>();
  private readonly states = new Map<number, DeviceState>();
  private readonly own: DevicePrograms;

  /** @param nextHandle gives a number that no program, store or state has */
  constructor(
    private readonly device: Device,
    private readonly nextHandle: () => number,
  ) {
    this.own = new DevicePrograms(device);
  }

  private keep<T>(table: Map<number, T>, value: T): number {
    const handle = this.nextHandle();
    table.set(handle, value);
    return handle;
  }

  private place({ store, region, name }: Calls["read"]["arguments"]) {
    const found = lookUp(this.stores, store, "store").tensor(region, name);
    if (!found) throw new InternalError(`store ${store} has no ${region} of ${name}`);
    return found;
  }

  private readonly parameter = (store: number, name: string) => this.place({ store, region: "parameters", name });

  private readonly valuesOf = (store: number, name: string) => this.device.download(this.parameter(store, name));

  readonly handlers: Omit<Handlers, "describe"> = {
    createStore: async ({ layout, trainable }) =>
      this.keep(this.stores, await DeviceStore.create(this.device, this.own, layout, trainable)),
    dropStore: ({ store }) => {
      this.stores.get(store)?.free();
      this.stores.delete(store);
      return null;
    },
    write: async ({ data, ...place }) => {
      const target = this.place(place);
      const count = elementCount(target.dims);
      if (count !== data.length)
        throw new InternalError(`${place.name} has ${count} elements, received ${data.length}`);
      await this.device.upload({ dims: target.dims, data }, target);
      return null;
    },
    read: (place) => this.device.download(this.place(place)),
    copyParameters: async ({ from, to, names }) => {
      const source = lookUp(this.stores, from, "store");
      const common = () =>
        lookUp(this.stores, to, "store").layout.filter(({ name }) => source.tensor("parameters", name));
      for (const name of names ?? common().map(({ name }) => name))
        await this.device.copy(this.parameter(from, name), this.parameter(to, name));
      return null;
    },
    // Differences are summed in double precision, which the device does not have.
    setBetween: async ({ store, start, end, dose }) => {
      for (const { name, dims } of lookUp(this.stores, store, "store").layout) {
        const [from, to] = [await this.valuesOf(start, name), await this.valuesOf(end, name)];
        const data = new Float32Array(from.length);
        putBetween(from, to, dose, data);
        await this.device.upload({ dims, data }, this.parameter(store, name));
      }
      return null;
    },
    gradientAlong: async ({ store, start, end, name }) => {
      const gradient = this.place({ store, region: "gradients", name });
      const [from, to] = [await this.valuesOf(start, name), await this.valuesOf(end, name)];
      return sumsAlong(await this.device.download(gradient), from, to, gradient.dims[0]);
    },
    // The kernel for few active codes works in the CPU's memory; here the dense graph has all of them.
    sparseGradients: ({ members }) => members.map(() => undefined),
    adamStep: ({ store, settings }) => lookUp(this.stores, store, "store").adamStep(settings),
    loadProgram: ({ name, bytes }) => {
      try {
        return this.keep(this.programs, { name, bytes, session: this.device.createSession(bytes) });
      } catch (cause) {
        throw new RunError(`${name}: ONNX Runtime does not accept the graph: ${(cause as Error).message}`, { cause });
      }
    },
    dropProgram: ({ program }) => {
      lookUp(this.programs, program, "program").session.release();
      this.programs.delete(program);
      return null;
    },
    createState: async ({ tensors, capacity }) =>
      this.keep(this.states, await DeviceState.create(this.device, this.own, tensors, capacity)),
    growState: async ({ state, axis, size }) => {
      await lookUp(this.states, state, "state").grow(axis, size);
      return null;
    },
    shortenState: ({ state, size }) => {
      lookUp(this.states, state, "state").shorten(size);
      return null;
    },
    dropState: ({ state }) => {
      this.states.get(state)?.free();
      this.states.delete(state);
      return null;
    },
    run: (request, signal) => this.run(request, signal),
  };

  private async run(request: RunRequest, signal: AbortSignal): Promise<Record<string, Tensor>> {
    const { name: programName, session } = lookUp(this.programs, request.program, "program");
    const stores = request.stores.map((store) => lookUp(this.stores, store, "store"));
    const state = request.state === undefined ? undefined : lookUp(this.states, request.state, "state");
    const holder = (name: string): DeviceStore => {
      const store = stores.find((candidate) => candidate.tensor("parameters", name));
      if (!store) throw new InternalError(`${programName}: no store holds ${name}`);
      return store;
    };
    /** Values that are freed after the run. */
    const passing: bigint[] = [];
    const pass = (value: bigint): bigint => {
      passing.push(value);
      return value;
    };
    const fed = Object.fromEntries(
      session.inputNames.filter((name) => request.feeds[name]).map((name) => [name, request.feeds[name]]),
    );
    checkRun({ inputNames: Object.keys(fed), outputNames: [] }, fed, {});
    try {
      const inputs: Record<string, bigint> = {};
      for (const name of session.inputNames) {
        const parameter = nameIn("parameters", name);
        const resident = nameIn("state", name);
        if (parameter) inputs[name] = holder(parameter).tensor("parameters", parameter)!.value;
        else if (resident) inputs[name] = pass(state!.current(resident).value);
        else if (request.feeds[name]) inputs[name] = pass(this.device.wrap(request.feeds[name]));
        else throw new InternalError(`${programName}: input ${name} was not fed`);
      }
      const outputs: Record<string, Target> = {};
      for (const name of session.outputNames) {
        const gradient = nameIn("gradients", name);
        if (gradient) outputs[name] = holder(gradient).tensor("gradients", gradient)!.value;
        else if (nameIn("gradientIndices", name)) outputs[name] = "cpu";
        else if (isBoundOutput(name)) outputs[name] = "device";
        else if (request.fetch.includes(name)) outputs[name] = "cpu";
      }
      let made: Record<string, bigint>;
      try {
        made = await session.run(inputs, outputs, signal);
      } catch (cause) {
        throw new RunError(`${programName}: ONNX Runtime failed: ${(cause as Error).message}`, { cause });
      }
      passing.push(...Object.values(made));
      if (state) await this.writeState(state, request.feeds[STATE_SLOTS], made);
      for (const [name, rows] of Object.entries(made)) {
        const table = nameIn("gradientRows", name);
        if (!table) continue;
        const whole = session.outputNames.includes(boundName("gradients", table));
        const { data } = this.device.unwrap(made[boundName("gradientIndices", table)]);
        const at = pass(this.device.wrap({ dims: [data.length, 1], data }));
        await holder(table).addRows(table, at, pass(this.device.matrix(rows)), !whole);
      }
      return Object.fromEntries(request.fetch.map((name) => [name, this.device.unwrap(made[name])]));
    } finally {
      this.device.freeValues(passing);
    }
  }

  private async writeState(state: DeviceState, slots: Tensor, made: Readonly<Record<string, bigint>>): Promise<void> {
    const rows = Object.fromEntries(
      Object.entries(made).flatMap(([name, value]) => {
        const resident = nameIn("next", name);
        return resident === undefined ? [] : [[resident, value]];
      }),
    );
    if (Object.keys(rows).length === 0) return;
    const at = this.device.wrap(slots);
    try {
      await state.write(at, rows);
    } finally {
      this.device.freeValues([at]);
    }
  }

  /** A copy in the CPU's memory of everything that the device holds. */
  async download(): Promise<Downloaded> {
    const stores: [number, DownloadedStore][] = [];
    for (const [handle, store] of this.stores) {
      const { layout, trainable } = store;
      const values = new Map<Region, Map<string, Float32Array>>();
      for (const region of store.regions) {
        const tensors = new Map<string, Float32Array>();
        for (const { name } of layout) tensors.set(name, await this.device.download(store.tensor(region, name)!));
        values.set(region, tensors);
      }
      stores.push([handle, { layout, trainable, values }]);
    }
    const states: [number, DownloadedState][] = [];
    for (const [handle, state] of this.states)
      states.push([handle, { tensors: await state.download(), capacity: state.capacity }]);
    const programs = [...this.programs].map(([handle, { name, bytes }]) => [handle, { name, bytes }] as const);
    return { stores, states, programs };
  }

  /** Frees all sessions and memory of the device. */
  close(): void {
    for (const { session } of this.programs.values()) session.release();
    for (const held of [...this.stores.values(), ...this.states.values()]) held.free();
    this.own.release();
    this.device.close();
  }
}
