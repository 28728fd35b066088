/** One process of a bench: prepares its work, then does it once for every line that it receives, and answers with seconds. */
import { createInterface } from "node:readline";

/**
 * Says `ready`, then times the work.
 * @param work one repetition; may answer with the seconds that count, where not all of it does
 */
export async function serve(work: () => Promise<unknown>): Promise<never> {
  await work(); // What is done once (loading programs, first touch of memory) does not count.
  console.log("ready");
  for await (const _ of createInterface({ input: process.stdin })) {
    const started = performance.now();
    const own = await work();
    console.log(typeof own === "number" ? own : (performance.now() - started) / 1000);
  }
  process.exit(0);
}

/** Numbers that both sides draw alike: a linear congruential generator. */
export class Draws {
  constructor(private state: number) {}

  /** A whole number from low to high, both included. */
  integer(low: number, high: number): number {
    this.state = (this.state * 1103515245 + 12345) % 2147483648;
    return low + Math.floor((this.state / 2147483648) * (high - low + 1));
  }

  integers(count: number, low: number, high: number): number[] {
    return Array.from({ length: count }, () => this.integer(low, high));
  }
}

/** The model folder that the driver made. */
export function modelFolder(): string {
  return process.argv[2];
}
