/** Threads that take turns. */

const [FREE, TAKEN] = [0, 1];

/** Work of which one thread at a time does some. */
export class Turns {
  private readonly state: Int32Array;

  /** @param memory four bytes that the threads share, initially 0 */
  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.state = new Int32Array(memory);
  }

  /** Waits for a turn and works. Work must not take a turn itself. */
  take<T>(work: () => T): T {
    while (Atomics.compareExchange(this.state, 0, FREE, TAKEN) !== FREE) Atomics.wait(this.state, 0, TAKEN);
    try {
      return work();
    } finally {
      Atomics.store(this.state, 0, FREE);
      Atomics.notify(this.state, 0, 1);
    }
  }
}
