/** What two threads exchange over one shared buffer: a call of a function of the kernel, and whether it is done. */
import { type Kernel, kernelFunctions } from "./kernel.js";

/** Places of whole numbers. */
const [READY, CALLED, ANSWERED, FUNCTION, FAILED] = [0, 1, 2, 3, 4];
/** Arguments are behind them. */
const ARGUMENTS_AT = 64;
const MOST_ARGUMENTS = 16;

export class Exchange {
  readonly buffer: SharedArrayBuffer;
  private readonly states: Int32Array;
  private readonly args: Float64Array;

  constructor(buffer = new SharedArrayBuffer(ARGUMENTS_AT + 8 * MOST_ARGUMENTS)) {
    this.buffer = buffer;
    this.states = new Int32Array(buffer, 0, ARGUMENTS_AT / 4);
    this.args = new Float64Array(buffer, ARGUMENTS_AT, MOST_ARGUMENTS);
  }

  /** Whether the other thread answers calls by now. */
  get ready(): boolean {
    return Atomics.load(this.states, READY) === 1;
  }

  /** Asks the other thread for a call. */
  call(name: keyof Kernel, args: readonly number[]): void {
    this.args.set(args);
    Atomics.store(this.states, FUNCTION, kernelFunctions.indexOf(name));
    Atomics.add(this.states, CALLED, 1);
    Atomics.notify(this.states, CALLED);
  }

  /** Waits until the last call is done; whether it did not fail. */
  succeeded(): boolean {
    const { states } = this;
    const called = Atomics.load(states, CALLED);
    for (let answered = Atomics.load(states, ANSWERED); answered !== called; ) {
      Atomics.wait(states, ANSWERED, answered);
      answered = Atomics.load(states, ANSWERED);
    }
    return Atomics.load(states, FAILED) === 0;
  }

  /** Answers calls for ever, on the other thread. */
  answer(kernel: Kernel): never {
    const { states, args } = this;
    Atomics.store(states, READY, 1);
    for (let answered = 0; ; ) {
      Atomics.wait(states, CALLED, answered);
      if (Atomics.load(states, CALLED) === answered) continue;
      const call = kernel[kernelFunctions[Atomics.load(states, FUNCTION)]] as (...args: number[]) => void;
      try {
        call(...args);
        Atomics.store(states, FAILED, 0);
      } catch {
        Atomics.store(states, FAILED, 1);
      }
      answered = Atomics.add(states, ANSWERED, 1) + 1;
      Atomics.notify(states, ANSWERED);
    }
  }
}
