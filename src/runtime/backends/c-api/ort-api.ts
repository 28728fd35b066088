/**
 * ONNX Runtime's C API as functions: objects are pointers; a status other than null is an error.
 */
import {
  type Argument,
  GET_ERROR_CODE,
  GET_ERROR_MESSAGE,
  type ReleaseFunction,
  releaseFunctions,
  type StatusFunction,
  statusFunctions,
} from "./functions.js";

export type Koffi = typeof import("koffi")["default"];

interface BoundFunction {
  (...args: Argument[]): bigint | null;
  async(...args: [...Argument[], (error: Error | null, status: bigint | null) => void]): void;
}

/** The functions of one loaded library. */
export class OrtApi {
  private readonly functions = {} as Record<StatusFunction, BoundFunction>;
  private readonly releases = {} as Record<ReleaseFunction, (pointer: bigint) => void>;
  private readonly errorCode: (status: bigint) => number;
  private readonly errorMessage: (status: bigint) => string;
  private readonly out = new BigUint64Array(new ArrayBuffer(64), 0, 1);

  /** @param table the pointers of the struct OrtApi */
  constructor(
    private readonly koffi: Koffi,
    table: readonly (bigint | null)[],
  ) {
    const bind = (place: number, result: string, parameters: readonly string[]) =>
      koffi.decode(table[place], koffi.proto(result, [...parameters]));
    for (const [name, [place, parameters]] of Object.entries(statusFunctions))
      this.functions[name as StatusFunction] = bind(place, "void *", parameters);
    for (const [name, place] of Object.entries(releaseFunctions))
      this.releases[name as ReleaseFunction] = bind(place, "void", ["void *"]);
    this.errorCode = bind(GET_ERROR_CODE, "int", ["void *"]);
    this.errorMessage = bind(GET_ERROR_MESSAGE, "str", ["void *"]);
    this.check();
  }

  /** Creates and reads a status: checks four functions by known results. */
  private check(): void {
    const status = this.functions.CreateStatus(7, "a status");
    const read = status ? [this.errorCode(status), this.errorMessage(status)] : [];
    if (read[0] !== 7 || read[1] !== "a status")
      throw new Error("the library's table of functions is not the expected one");
    this.releases.ReleaseStatus(status!);
  }

  private throwIf(status: bigint | null): void {
    if (!status) return;
    const message = this.errorMessage(status);
    this.releases.ReleaseStatus(status);
    throw new Error(message);
  }

  /** @throws Error with ONNX Runtime's message */
  call(name: StatusFunction, ...args: Argument[]): void {
    this.throwIf(this.functions[name](...args));
  }

  /**
   * Calls a function in another thread. The memory of the arguments must not move until it ends.
   */
  callAsync(name: StatusFunction, ...args: Argument[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.functions[name].async(...args, (error, status) => {
        try {
          if (error) throw error;
          this.throwIf(status);
          resolve();
        } catch (failure) {
          reject(failure);
        }
      });
    });
  }

  /** The value that a function writes to its last parameter, a pointer to a pointer or a size_t. */
  make(name: StatusFunction, ...args: Argument[]): bigint {
    this.call(name, ...args, this.out);
    return this.out[0];
  }

  release(name: ReleaseFunction, pointer: bigint): void {
    this.releases[name](pointer);
  }

  text(pointer: bigint): string {
    return this.koffi.decode(pointer, "char", -1) as string;
  }

  /** A copy of the library's memory. */
  copy(pointer: bigint, bytes: number): ArrayBuffer {
    return this.koffi.view(pointer, bytes).slice(0);
  }

  /** `count` pointers at an address. */
  pointers(address: bigint, count: number): bigint[] {
    return this.koffi.decode(address, this.koffi.array("void *", count)) as bigint[];
  }

  /**
   * The names of a session's inputs or outputs, in their order.
   * @param allocator the one that the library makes them with, which frees them
   */
  sessionNames(session: bigint, of: "Input" | "Output", allocator: bigint): string[] {
    return Array.from({ length: Number(this.make(`SessionGet${of}Count`, session)) }, (_, index) => {
      const pointer = this.make(`SessionGet${of}Name`, session, index, allocator);
      const text = this.text(pointer);
      this.call("AllocatorFree", allocator, pointer);
      return text;
    });
  }

  address(array: NodeJS.ArrayBufferView): bigint {
    return this.koffi.address(array) as bigint;
  }
}
