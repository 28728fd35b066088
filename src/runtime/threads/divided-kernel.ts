/**
 * The kernel on several threads. Rows, or elements for Adam, are divided among them, and each is
 * computed as by one thread: results are equal to the last bit, for any number of threads.
 */
import type { Worker } from "node:worker_threads";
import { InternalError } from "../../errors.js";
import { startThread } from "../../worker-thread.js";
import { Exchange } from "./exchange.js";
import { type Kernel, kernelOn } from "./kernel.js";
import type { KernelThreadData } from "./kernel-thread.js";

/** Multiplications below which a call is not worth dividing: some tenths of a millisecond. */
const FEWEST_PRODUCTS = 2 ** 20;
/** Adam's elements below which it is not, for the same reason. */
const FEWEST_ELEMENTS = 2 ** 18;

interface Helper {
  readonly thread: Worker;
  readonly exchange: Exchange;
}

type Range = readonly [from: number, to: number];

/** The arguments of a call for a part of the rows. */
type ArgumentsOf = (from: number, to: number) => number[];

export class DividedKernel implements Kernel {
  private readonly own: Kernel;
  private helpers: readonly Helper[] | undefined;
  readonly sumOfSquares: Kernel["sumOfSquares"];

  /** @param threads with that of the caller; the others start when there is first work for them */
  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly threads: number,
  ) {
    this.own = kernelOn(memory, true);
    this.sumOfSquares = this.own.sumOfSquares;
  }

  adam(...args: Parameters<Kernel["adam"]>): void {
    const [p, g, m, v, count, ...settings] = args;
    // The kernel takes multiples of four.
    const ranges = count < FEWEST_ELEMENTS ? [[0, count / 4] as const] : this.equal(count / 4);
    const parts = ranges.map(([from, to]) => {
      const addresses = [p, g, m, v].map((address) => address + 16 * from);
      return [...addresses, 4 * (to - from), ...settings];
    });
    this.run("adam", parts);
  }

  count(...args: Parameters<Kernel["count"]>): void {
    const [values, starts, from, to, features, least] = args;
    this.byRows(from, to, features, "count", (begin, end) => [values, starts, begin, end, features, least]);
  }

  list(...args: Parameters<Kernel["list"]>): void {
    const [values, starts, index, kept, from, to, features, least] = args;
    this.byRows(from, to, features, "list", (begin, end) => [
      ...[values, starts, index, kept],
      ...[begin, end, features, least],
    ]);
  }

  panels(...args: Parameters<Kernel["panels"]>): void {
    const [rows, panels, from, to, count, width] = args;
    this.byRows(from, to, width, "panels", (begin, end) => [rows, panels, begin, end, count, width]);
  }

  multiply(...args: Parameters<Kernel["multiply"]>): void {
    const [starts, index, coefficient, dense, denseRows, denseFrom, denseTo, out, count, width] = args;
    this.byEntries(starts, count, width, "multiply", (from, to) => [
      ...[starts + 4 * from, index, coefficient, dense, denseRows, denseFrom, denseTo],
      ...[out + 4 * width * from, to - from, width],
    ]);
  }

  dots(...args: Parameters<Kernel["dots"]>): void {
    const [starts, index, result, dense, left, count, width, factor, summand] = args;
    this.byEntries(starts, count, width, "dots", (from, to) => [
      ...[starts + 4 * from, index, result, dense],
      ...[left + 4 * width * from, to - from, width, factor, summand],
    ]);
  }

  difference(...args: Parameters<Kernel["difference"]>): void {
    const [bias, x, out, count, width] = args;
    this.byRows(0, count, width, "difference", (from, to) => {
      const begin = 4 * width * from;
      return [bias, x + begin, out + begin, to - from, width];
    });
  }

  normalise(...args: Parameters<Kernel["normalise"]>): void {
    const [rows, unit, norms, count, columns, width] = args;
    this.byRows(0, count, width, "normalise", (from, to) => [
      ...[rows + 4 * columns * from, unit + 4 * width * from, norms + 4 * from],
      ...[to - from, columns, width],
    ]);
  }

  project(...args: Parameters<Kernel["project"]>): void {
    const [gradient, unit, norms, out, count, columns, width] = args;
    this.byRows(0, count, width, "project", (from, to) => [
      ...[gradient + 4 * width * from, unit + 4 * width * from, norms + 4 * from, out + 4 * columns * from],
      ...[to - from, columns, width],
    ]);
  }

  /** Threads that take part by now, with that of the caller. */
  get taking(): number {
    return 1 + (this.helpers ?? []).filter(({ exchange }) => exchange.ready).length;
  }

  /** Ends the threads. */
  close(): void {
    for (const { thread } of this.helpers ?? []) void thread.terminate();
    this.helpers = [];
  }

  /** Equally many rows for each thread. */
  private byRows(from: number, to: number, width: number, name: keyof Kernel, argsOf: ArgumentsOf): void {
    if ((to - from) * width < FEWEST_PRODUCTS) return void this.run(name, [argsOf(from, to)]);
    this.run(
      name,
      this.equal(to - from).map(([begin, end]) => argsOf(from + begin, from + end)),
    );
  }

  /** Rows with about as many entries for each thread. */
  private byEntries(starts: number, count: number, width: number, name: keyof Kernel, argsOf: ArgumentsOf): void {
    const begins = new Int32Array(this.memory.buffer, starts, count + 1);
    const entries = begins[count] - begins[0];
    if (entries * width < FEWEST_PRODUCTS) return void this.run(name, [argsOf(0, count)]);
    const cuts = Array.from({ length: this.threads + 1 }, (_, i) =>
      i === this.threads ? count : firstAtLeast(begins, begins[0] + (entries * i) / this.threads),
    );
    this.run(
      name,
      rangesOf(cuts).map(([from, to]) => argsOf(from, to)),
    );
  }

  private equal(count: number): Range[] {
    return rangesOf(Array.from({ length: this.threads + 1 }, (_, i) => Math.round((count * i) / this.threads)));
  }

  /** Calls a function once for each part. */
  private run(name: keyof Kernel, parts: readonly (readonly number[])[]): void {
    const call = this.own[name] as (...args: readonly number[]) => void;
    if (parts.length > 1) this.helpers ??= this.start();
    const asked: Exchange[] = [];
    const here = parts.filter((args, i) => {
      // A thread that is still starting does not keep the others waiting.
      const exchange = i > 0 ? this.helpers?.[i - 1]?.exchange : undefined;
      if (!exchange?.ready) return true;
      exchange.call(name, args);
      asked.push(exchange);
      return false;
    });
    for (const args of here) call(...args);
    if (asked.map((exchange) => exchange.succeeded()).includes(false))
      throw new InternalError(`the kernel's function ${name} failed in a thread`);
  }

  private start(): Helper[] {
    return Array.from({ length: this.threads - 1 }, () => {
      const exchange = new Exchange();
      const workerData: KernelThreadData = { memory: this.memory, exchange: exchange.buffer };
      const thread = startThread(new URL("./kernel-thread.js", import.meta.url), { workerData });
      // Without it, its part is computed here.
      thread.on("error", () => {});
      thread.unref();
      return { thread, exchange };
    });
  }
}

/** The first place whose value is at least `value`; values ascend. */
function firstAtLeast(values: Int32Array, value: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

const rangesOf = (cuts: readonly number[]): Range[] => cuts.slice(1).map((to, i) => [cuts[i], to]);
