/** The engine's device in its worker: opened at the first call, left for the CPU when it fails. */
import { InternalError, RunError } from "../../../errors.js";
import type { Backend } from "../../backend.js";
import { requestedLibrary } from "../../choose-backend.js";
import type { CallMessage, CallName, Calls, EngineOptions, Handlers } from "../../protocol.js";
import { DeviceCalls, type Downloaded } from "./device-calls.js";
import { openDevice, shortMessage } from "./open-device.js";

/** What the worker has on the CPU. */
interface OnCpu {
  /** The backend that runs there. */
  backend(): Promise<Backend>;
  /** A number that no program, store or state has. */
  nextHandle(): number;
  readonly handlers: Handlers;
  /** Takes over what the device held, under its numbers. */
  adopt(held: Downloaded): Promise<void>;
  notice(line: string): void;
}

/** A device, or the reason why there is none; neither where none was asked for. */
interface Chosen {
  readonly name?: string;
  readonly calls?: DeviceCalls;
  readonly reason?: string;
}

export class WorkerDevice {
  private found: Promise<Chosen> | undefined;

  constructor(
    private readonly options: EngineOptions,
    private readonly cpu: OnCpu,
  ) {}

  chosen(): Promise<Chosen> {
    this.found ??= this.find();
    return this.found;
  }

  private async find(): Promise<Chosen> {
    const { device = "cpu", backend: asked, threads } = this.options;
    if (device === "cpu") return {};
    const { name } = await this.cpu.backend();
    if (name !== "c-api") return { reason: `WebGPU needs the C API of ONNX Runtime, and ${name} runs` };
    const opened = await openDevice(device, requestedLibrary(asked), threads);
    if ("reason" in opened) return opened;
    return { name: opened.name, calls: new DeviceCalls(opened.device, this.cpu.nextHandle) };
  }

  /**
   * Answers a call on the device, or on the CPU if there is none. If the device fails, everything that it holds
   * goes to the CPU, which answers this call and all later ones.
   * @throws RunError when it fails and its memory cannot be read, or in a step of Adam, of which a part may be done
   */
  async answer(
    name: CallName,
    args: CallMessage["arguments"],
    signal: AbortSignal,
  ): Promise<Calls[CallName]["result"]> {
    type Answer = (a: CallMessage["arguments"], signal: AbortSignal) => Calls[CallName]["result"];
    const onCpu = async () => (this.cpu.handlers[name] as Answer)(args, signal);
    const { calls } = await this.chosen();
    if (!calls || name === "describe") return onCpu();
    try {
      return await (calls.handlers[name] as Answer)(args, signal);
    } catch (error) {
      if (error instanceof InternalError || signal.aborted) throw error;
      const reason = shortMessage(error);
      if (name === "adamStep") throw leaving(`in a step of Adam: ${reason}`, error);
      await this.moveToCpu(calls, reason);
      return onCpu();
    }
  }

  private async moveToCpu(calls: DeviceCalls, reason: string): Promise<void> {
    let held: Downloaded;
    try {
      held = await calls.download();
    } catch (cause) {
      throw leaving(`and its memory cannot be read: ${reason}`, cause);
    }
    calls.close();
    await this.cpu.adopt(held);
    this.found = Promise.resolve({ reason });
    this.cpu.notice(`The GPU failed (${reason}); models go on on the CPU.`);
  }

  async close(): Promise<void> {
    (await this.found)?.calls?.close();
  }
}

const leaving = (what: string, cause: unknown): RunError =>
  new RunError(`the GPU failed ${what}; REWARDSCOPE_DEVICE=cpu continues on the CPU`, { cause });
