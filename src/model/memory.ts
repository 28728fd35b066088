/** How much memory a model takes, by what is done with it; one place for every command that tells it. */
import { totalmem } from "node:os";
import type { TensorLayout } from "../runtime/protocol.js";
import { elementCount } from "../runtime/tensor.js";
import { sum } from "../stats/moments.js";

/** Bytes of a value in memory, whatever its format on disk. */
const FLOAT_BYTES = 4;
/** Tuning has the parameters with gradients and two moments, and once more as they were at the beginning. */
const COPIES_IN_TUNING = 5;
/** A tensor on its way from a file into its place: as it is on disk, in single precision, and sent to the engine. */
const COPIES_ON_THE_WAY = 3;
/** The program itself, and the pieces of logits that are there at once. */
const PROCESS = 2 ** 29;

/** Sizes of a model in values. */
export interface ModelSize {
  readonly parameters: number;
  /** Of the largest tensor. */
  readonly largest: number;
}

/** @param layout the parameters of the model */
export function sizeOf(layout: readonly TensorLayout[]): ModelSize {
  const counts = layout.map(({ dims }) => elementCount(dims));
  return { parameters: sum(counts), largest: counts.reduce((most, count) => Math.max(most, count), 0) };
}

/** Bytes. */
export interface MemoryNeed {
  /** The parameters in single precision. */
  readonly weights: number;
  /** Peak of a process that samples, reads texts, or compares a pair by an audit, which has one model in memory at a time. */
  readonly reading: number;
  /** Of weights, gradients and moments in tuning by PPO, with the reference model; activations are not counted. */
  readonly tuning: number;
}

/** Memory by use, counted from sizes; measured peaks are in docs/models.md. */
export function memoryOf({ parameters, largest }: ModelSize): MemoryNeed {
  const weights = FLOAT_BYTES * parameters;
  return {
    weights,
    reading: weights + COPIES_ON_THE_WAY * FLOAT_BYTES * largest + PROCESS,
    tuning: COPIES_IN_TUNING * weights,
  };
}

/** Bytes of memory of the machine, or of the container if it has less. */
export function machineMemory(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}

/** "0.41 GB", as disks are measured. */
export function shownBytes(bytes: number): string {
  const [amount, unit] = bytes < 1e8 ? [bytes / 1e6, "MB"] : [bytes / 1e9, "GB"];
  return `${amount < 10 ? amount.toPrecision(2) : amount.toFixed(0)} ${unit}`;
}

/**
 * A line about work that takes so much memory: a warning where the machine has less.
 * @param what the work, e.g. "to audit this pair"
 */
export function memoryNote(what: string, bytes: number, machine = machineMemory()): string {
  const needed = `${what} takes about ${shownBytes(bytes)} of memory`;
  return bytes > machine ? `warning: ${needed}, this machine has ${shownBytes(machine)}` : needed;
}
