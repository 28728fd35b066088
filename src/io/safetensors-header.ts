/** The header of a safetensors file: JSON with type, shape and position of every tensor. */
import { FormatError } from "../errors.js";
import { elementCount } from "../runtime/tensor.js";
import { messageOf } from "./atomic.js";
import { isObject } from "./json-object.js";
import { shown, shownName } from "./shown-value.js";

/** The reference implementation's limit on the header. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Bytes per element. */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

export type DType = keyof typeof DTYPE_BYTES;

/** A tensor of the header; `begin` and `end` are bytes from the end of the header. */
export interface HeaderTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Parses and checks the header: known dtypes, sizes that match shapes, and byte ranges without gap
 * or overlap from 0 to `dataBytes`, as the format requires. Tensors are in the order of their
 * bytes.
 * @throws FormatError; `offset` is the byte in the file
 */
export function parseHeader(
  path: string,
  bytes: Uint8Array,
  dataBytes: number,
): { metadata: Record<string, string>; tensors: HeaderTensor[] } {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new FormatError(path, `header is not JSON: ${messageOf(cause)}`, { offset: 8, cause });
  }
  if (!isObject(json)) throw new FormatError(path, "header is not a JSON object", { offset: 8 });
  const metadata: Record<string, string> = {};
  const tensors: HeaderTensor[] = [];
  for (const [name, entry] of Object.entries(json)) {
    if (name !== "__metadata__") tensors.push(parseTensor(path, name, entry));
    else if (isObject(entry) && Object.values(entry).every((value) => typeof value === "string")) {
      Object.assign(metadata, entry);
    } else throw new FormatError(path, "__metadata__ is not an object of texts", { offset: 8 });
  }
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(path, tensors, 8 + bytes.length, dataBytes);
  return { metadata, tensors };
}

function parseTensor(path: string, name: string, entry: unknown): HeaderTensor {
  const wrong = (expected: string, received: unknown) =>
    new FormatError(path, `tensor ${shownName(name)}: expected ${expected}, received ${shown(received)}`, {
      offset: 8,
    });
  if (!isObject(entry)) throw wrong("{ dtype, shape, data_offsets }", entry);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(DTYPE_BYTES, dtype)) {
    throw wrong(`dtype ${Object.keys(DTYPE_BYTES).join(", ")}`, dtype);
  }
  if (!isListOfSizes(shape)) throw wrong("shape of sizes", shape);
  if (!isListOfSizes(offsets) || offsets.length !== 2) throw wrong("data_offsets [begin, end]", offsets);
  const [begin, end] = offsets;
  const expected = elementCount(shape) * DTYPE_BYTES[dtype as DType];
  if (end - begin !== expected) {
    throw wrong(`data_offsets of ${expected} bytes for ${dtype} ${shownDims(shape)}`, offsets);
  }
  return { name, dtype: dtype as DType, shape, begin, end };
}

function checkLayout(path: string, tensors: readonly HeaderTensor[], dataStart: number, dataBytes: number): void {
  let reached = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== reached) {
      const fault = begin < reached ? "overlaps the tensor before it" : "leaves a gap behind the tensor before it";
      throw new FormatError(path, `tensor ${shownName(name)} ${fault}: begins at ${begin}, expected ${reached}`, {
        offset: dataStart + begin,
      });
    }
    reached = end;
  }
  if (reached === dataBytes) return;
  throw new FormatError(path, `header describes ${reached} bytes of tensors, the file holds ${dataBytes}`, {
    offset: dataStart + Math.min(reached, dataBytes),
    help: dataBytes < reached ? "The file is truncated: fetch it again." : undefined,
  });
}

function shownDims(shape: readonly number[]): string {
  return shape.length > 8 ? `of ${shape.length} dimensions` : `[${shape.join(", ")}]`;
}

function isListOfSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
