/**
 * Python's pickles (protocols 2 to 5; instructions as listed in pickletools.py), restricted to what
 * PyTorch needs for state dicts. A pickle is a program. This machine only creates numbers, texts,
 * tuples, lists, dicts, and values of `Known`; it never runs code of the file or of Python.
 */

import { shown } from "../shown-value.js";

/** The value of a pickle. Lists are arrays, dicts are maps. */
export type PickleValue = null | boolean | number | string | PickleTuple | PickleValue[] | PickleDict | object;
export type PickleDict = Map<PickleValue, PickleValue>;

export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** The reason why a pickle is rejected; `offset` is the byte. */
export class PickleFault extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

/** Names outside of the pickle that it may use. */
export interface Known {
  /**
   * The meaning of a name; undefined if it is rejected. REDUCE calls a function; other values may
   * only be passed as arguments.
   */
  find(module: string, name: string): object | ((args: readonly PickleValue[]) => PickleValue) | undefined;
  /** The value that is stored outside of the pickle under an id. */
  persistent(id: PickleValue): PickleValue;
}

/** Marks where a tuple, or the items of a list or dict, begin. */
const MARK = Symbol("mark");

/** Rejected instructions, with their names for errors. */
const REFUSED: ReadonlyMap<number, string> = new Map([
  [0x69, "INST (makes an object of a class)"],
  [0x6f, "OBJ (makes an object of a class)"],
  [0x81, "NEWOBJ (makes an object of a class)"],
  [0x92, "NEWOBJ_EX (makes an object of a class)"],
  [0x82, "EXT1 (a name of a register)"],
  [0x83, "EXT2 (a name of a register)"],
  [0x84, "EXT4 (a name of a register)"],
  [0x50, "PERSID (of protocol 0)"],
]);

class Unpickler {
  private readonly view: DataView;
  private readonly stack: (PickleValue | typeof MARK)[] = [];
  private readonly memo = new Map<number, PickleValue>();
  private at = 0;
  /** Byte of the current instruction. */
  private began = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly known: Known,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): PickleValue {
    for (;;) {
      this.began = this.at;
      const code = this.byte();
      if (code === 0x2e) return this.pop();
      const instruction = instructions.get(code);
      if (!instruction)
        this.fail(`instruction ${REFUSED.get(code) ?? `0x${code.toString(16).padStart(2, "0")}`} is refused`);
      instruction!(this);
    }
  }

  fail(message: string): never {
    throw new PickleFault(message, this.began);
  }

  /** The position of the next `count` bytes. @throws PickleFault when there are fewer */
  take(count: number): number {
    const from = this.at;
    if (!(count <= this.bytes.length - from)) this.fail("ends too early");
    this.at = from + count;
    return from;
  }

  byte = (): number => this.bytes[this.take(1)];
  uint16 = (): number => this.view.getUint16(this.take(2), true);
  uint32 = (): number => this.view.getUint32(this.take(4), true);
  int32 = (): number => this.view.getInt32(this.take(4), true);
  float64 = (): number => this.view.getFloat64(this.take(8), false);
  uint64 = (): number => Number(this.view.getBigUint64(this.take(8), true));

  text(length: number): string {
    const from = this.take(length);
    return new TextDecoder().decode(this.bytes.subarray(from, from + length));
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) this.fail("ends too early");
    const text = this.text(end - this.at);
    this.at = end + 1;
    return text;
  }

  /** An integer of any length; only values up to 2^53 can be sizes. */
  long(length: number): number {
    const from = this.take(length);
    let value = 0n;
    for (let i = Math.min(length, 9) - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[from + i]);
    const number = Number(BigInt.asIntN(8 * length, value));
    if (length > 8 || !Number.isSafeInteger(number)) this.fail(`a whole number of ${length} bytes is too large`);
    return number;
  }

  push(value: PickleValue | typeof MARK): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined || value === MARK) this.fail("takes a value where none is");
    return value as PickleValue;
  }

  /** The values above the last mark. */
  popMarked(): PickleValue[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) this.fail("has no mark for the values that it uses");
    return this.stack.splice(mark).slice(1) as PickleValue[];
  }

  popTuple(count: number): void {
    const items = Array.from({ length: count }, () => this.pop()).reverse();
    this.push(new PickleTuple(items));
  }

  private top(): PickleValue {
    const value = this.pop();
    this.push(value);
    return value;
  }

  remember(place: number): void {
    this.memo.set(place, this.top());
  }

  memoize(): void {
    this.remember(this.memo.size);
  }

  recall(place: number): void {
    const value = this.memo.get(place);
    if (value === undefined) this.fail(`recalls ${place}, which was not kept`);
    this.push(value!);
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) this.fail("appends to a value that is not a list");
    for (const item of items) (list as PickleValue[]).push(item);
  }

  setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) this.fail("sets items of what is no dict");
    for (let i = 0; i < items.length; i += 2) {
      if ((dict as PickleDict).has(items[i])) this.fail(`has the key ${shown(items[i])} twice`);
      (dict as PickleDict).set(items[i], items[i + 1]);
    }
  }

  /** Attributes of a dict are dropped: those of state dicts are versions of modules. */
  build(): void {
    const attributes = this.pop();
    if (!(attributes instanceof Map && this.top() instanceof Map))
      this.fail("instruction BUILD (sets what an object holds) is refused");
  }

  global(module: string, name: string): void {
    const found = this.known.find(module, name);
    if (found === undefined) this.fail(`${module}.${name} is refused`);
    this.push(found as object);
  }

  globalOnStack(): void {
    const [name, module] = [this.pop(), this.pop()];
    if (typeof name !== "string" || typeof module !== "string") this.fail("names something by what is no text");
    this.global(module as string, name as string);
  }

  reduce(): void {
    const [args, call] = [this.pop(), this.pop()];
    if (typeof call !== "function" || !(args instanceof PickleTuple)) this.fail("calls what is no function");
    this.guarded(() => (call as (args: readonly PickleValue[]) => PickleValue)((args as PickleTuple).items));
  }

  persistent(): void {
    const id = this.pop();
    this.guarded(() => this.known.persistent(id));
  }

  private guarded(make: () => PickleValue): void {
    try {
      this.push(make());
    } catch (error) {
      if (error instanceof PickleFault || !(error instanceof Error)) throw error;
      this.fail(error.message);
    }
  }
}

/** The effect of each instruction, by its code. */
const instructions = new Map<number, (machine: Unpickler) => void>([
  [0x80, (m) => void (m.byte() > 5 && m.fail("has a protocol above 5"))],
  [0x95, (m) => void m.uint64()],
  [0x28, (m) => m.push(MARK)],
  [0x30, (m) => void m.pop()],
  [0x4e, (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  [0x4b, (m) => m.push(m.byte())],
  [0x4d, (m) => m.push(m.uint16())],
  [0x4a, (m) => m.push(m.int32())],
  [0x8a, (m) => m.push(m.long(m.byte()))],
  [0x47, (m) => m.push(m.float64())],
  [0x8c, (m) => m.push(m.text(m.byte()))],
  [0x58, (m) => m.push(m.text(m.uint32()))],
  [0x8d, (m) => m.push(m.text(m.uint64()))],
  [0x29, (m) => m.push(new PickleTuple([]))],
  [0x85, (m) => m.popTuple(1)],
  [0x86, (m) => m.popTuple(2)],
  [0x87, (m) => m.popTuple(3)],
  [0x74, (m) => m.push(new PickleTuple(m.popMarked()))],
  [0x5d, (m) => m.push([])],
  [0x61, (m) => m.append([m.pop()])],
  [0x65, (m) => m.append(m.popMarked())],
  [0x7d, (m) => m.push(new Map())],
  [0x73, (m) => m.setItems([m.pop(), m.pop()].reverse())],
  [0x75, (m) => m.setItems(m.popMarked())],
  [0x62, (m) => m.build()],
  [0x71, (m) => m.remember(m.byte())],
  [0x72, (m) => m.remember(m.uint32())],
  [0x94, (m) => m.memoize()],
  [0x68, (m) => m.recall(m.byte())],
  [0x6a, (m) => m.recall(m.uint32())],
  [0x63, (m) => m.global(m.line(), m.line())],
  [0x93, (m) => m.globalOnStack()],
  [0x52, (m) => m.reduce()],
  [0x51, (m) => m.persistent()],
]);

/**
 * The value of a pickle.
 * @throws PickleFault when it is damaged, or uses a rejected instruction or name; the message has
 *   the name
 */
export function unpickle(bytes: Uint8Array, known: Known): PickleValue {
  return new Unpickler(bytes, known).run();
}
