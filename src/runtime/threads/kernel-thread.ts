/** A thread that computes a part of the rows of a memory; see `divided-kernel.ts`. */
import { workerData } from "node:worker_threads";
import { Exchange } from "./exchange.js";
import { kernelOn } from "./kernel.js";

export interface KernelThreadData {
  readonly memory: WebAssembly.Memory;
  readonly exchange: SharedArrayBuffer;
}

const { memory, exchange } = workerData as KernelThreadData;
new Exchange(exchange).answer(kernelOn(memory, true));
