/**
 * WebAssembly modules assembled from named instructions when they are loaded: no compiler, no binary
 * file, and code that can be reviewed. An expression is the bytes that leave its value on the stack,
 * so expressions nest like calls (WebAssembly core specification 2.0, chapter 5).
 */

export type Code = readonly number[];
export type ValueType = "i32" | "f32" | "v128";

const typeBytes: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };
const VOID = 0x40;
const END = 0x0b;

/** A whole number of at least 0 as LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

/** A whole number as signed LEB128. */
function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const done = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40);
  return done ? [low] : [low | 0x80, ...signed(rest)];
}

type Unary = (value: Code) => Code;
type Binary = (left: Code, right: Code) => Code;

const unary =
  (...opcode: number[]): Unary =>
  (value) => [...value, ...opcode];
const binary =
  (...opcode: number[]): Binary =>
  (left, right) => [...left, ...right, ...opcode];
const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
/** Alignment 4 bytes, which memory need not have. */
const at = (offset: number): number[] => [2, ...unsigned(offset)];

/** Instructions on whole numbers and addresses. */
export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  load: (address: Code, offset = 0): Code => [...address, 0x28, ...at(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x36, ...at(offset)],
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  and: binary(0x71),
  shiftLeft: binary(0x74),
  atLeast: binary(0x4e),
  trailingZeros: unary(0x68),
  bitCount: unary(0x69),
  isZero: unary(0x45),
};

/** Instructions on single numbers. */
export const f32 = {
  load: (address: Code, offset = 0): Code => [...address, 0x2a, ...at(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x38, ...at(offset)],
  add: binary(0x92),
  sub: binary(0x93),
  mul: binary(0x94),
  div: binary(0x95),
  sqrt: unary(0x91),
  atLeast: binary(0x60),
};

/** Instructions on four numbers at a time. */
export const f32x4 = {
  load: (address: Code, offset = 0): Code => [...address, ...simd(0x00), ...at(offset)],
  loadSplat: (address: Code, offset = 0): Code => [...address, ...simd(0x09), ...at(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...simd(0x0b), ...at(offset)],
  zero: [...simd(0x0c), ...Array<number>(16).fill(0)] as Code,
  splat: unary(...simd(0x13)),
  add: binary(...simd(0xe4)),
  sub: binary(...simd(0xe5)),
  mul: binary(...simd(0xe6)),
  div: binary(...simd(0xe7)),
  sqrt: unary(...simd(0xe3)),
  /** Where left >= right: all bits of a lane, which `bitmask` makes one bit. */
  atLeast: binary(...simd(0x46)),
  bitmask: unary(...simd(0xa4)),
  or: binary(...simd(0x50)),
  anyTrue: unary(...simd(0x53)),
  /** The sum of the lanes, from the first to the last. */
  sum: (value: Local): Code =>
    [0, 1, 2, 3].flatMap((lane) => [...value.get, ...simd(0x1f), lane, ...(lane > 0 ? [0x92] : [])]),
};

/** A parameter or a variable of a function. */
export class Local {
  constructor(private readonly index: number) {}

  get get(): Code {
    return [0x20, ...unsigned(this.index)];
  }

  set(value: Code): Code {
    return [...value, 0x21, ...unsigned(this.index)];
  }
}

/** Makes a value for nothing but its effect, such as a load into the caches. */
export const drop = (value: Code): Code => [...value, 0x1a];

/** Code after code. */
export const block = (...parts: readonly Code[]): Code => parts.flat();

/** The body while the condition is not zero, which is looked at before each round. */
export function whileTrue(condition: Code, ...body: readonly Code[]): Code {
  return [...[0x02, VOID, 0x03, VOID], ...condition, 0x45, ...[0x0d, 1], ...body.flat(), ...[0x0c, 0], END, END];
}

/** The body for variable = from, from + step, .. below `to`; the variable keeps its last value. */
export function countUp(variable: Local, from: Code, to: Code, step: number, ...body: readonly Code[]): Code {
  const below = i32.isZero(i32.atLeast(variable.get, to));
  return [...variable.set(from), ...whileTrue(below, ...body, variable.set(i32.add(variable.get, i32.const(step))))];
}

/** The body where the condition is not zero. */
export function ifTrue(condition: Code, ...body: readonly Code[]): Code {
  return [...condition, 0x04, VOID, ...body.flat(), END];
}

/** Parameters of one type, by their names. */
export function types<Name extends string>(names: readonly Name[], type: ValueType): Record<Name, ValueType> {
  return Object.fromEntries(names.map((name) => [name, type])) as Record<Name, ValueType>;
}

export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result: ValueType | undefined;
  readonly variables: readonly ValueType[];
  readonly body: Code;
}

/**
 * @param parameters names and types, in the order of the call
 * @param build the body; of a function with a result, the last expression leaves it on the stack.
 *   `variable` makes a variable that begins as 0
 */
export function wasmFunction<Name extends string>(
  name: string,
  parameters: Readonly<Record<Name, ValueType>>,
  result: ValueType | undefined,
  build: (parameters: Readonly<Record<Name, Local>>, variable: (type: ValueType) => Local) => Code,
): WasmFunction {
  const names = Object.keys(parameters) as Name[];
  const variables: ValueType[] = [];
  const given = Object.fromEntries(names.map((parameter, i) => [parameter, new Local(i)])) as Record<Name, Local>;
  const body = build(given, (type) => {
    variables.push(type);
    return new Local(names.length + variables.length - 1);
  });
  return { name, parameters: names.map((parameter) => parameters[parameter]), result, variables, body };
}

/** 65536 pages of 64 KiB: all that an address reaches. */
export const MOST_PAGES = 65536;

/**
 * A module whose functions are exported by their names, on a memory imported as `env.memory`.
 * @param shared whether threads share the memory, whose maximum is then MOST_PAGES
 */
export function assemble(functions: readonly WasmFunction[], shared: boolean): Uint8Array<ArrayBuffer> {
  const text = (value: string): number[] => [value.length, ...new TextEncoder().encode(value)];
  const list = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
  const section = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content];
  const sized = (code: readonly number[]): number[] => [...unsigned(code.length), ...code];
  const signatures = functions.map(({ parameters, result }) => [
    0x60,
    ...list(parameters.map((type) => [typeBytes[type]])),
    ...list(result ? [[typeBytes[result]]] : []),
  ]);
  const bodies = functions.map(({ variables, body }) =>
    sized([...list(variables.map((type) => [1, typeBytes[type]])), ...body, END]),
  );
  const limits = shared ? [0x03, 0, ...unsigned(MOST_PAGES)] : [0x00, 0];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list(signatures)),
    ...section(2, list([[...text("env"), ...text("memory"), 0x02, ...limits]])),
    ...section(3, list(functions.map((_, i) => unsigned(i)))),
    ...section(7, list(functions.map(({ name }, i) => [...text(name), 0x00, ...unsigned(i)]))),
    ...section(10, list(bodies)),
  ]);
}
