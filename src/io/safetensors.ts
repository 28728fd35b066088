/**
 * Model files in the safetensors format (github.com/huggingface/safetensors, "Format"): read tensor
 * by tensor, written with the same bytes as the reference implementation.
 */
import { type FileHandle, open } from "node:fs/promises";
import { FormatError, ShapeError } from "../errors.js";
import { elementCount, type Tensor } from "../runtime/tensor.js";
import { checkIsFile, unreadable, writeAtomically } from "./atomic.js";
import { FLOAT_FORMATS, floatsOf } from "./float-values.js";
import { float32ToBfloat16, float32ToFloat16 } from "./float16.js";
import { lfsPointerError } from "./lfs-pointer.js";
import { readRange } from "./read-range.js";
import { DTYPE_BYTES, type DType, type HeaderTensor, MAX_HEADER_BYTES, parseHeader } from "./safetensors-header.js";
import { shownName } from "./shown-value.js";
import type { TensorFile } from "./tensor-file.js";

/** One system call writes less than 2 GiB. */
const MAX_BYTES_PER_CALL = 1 << 30;

/**
 * An open safetensors file; only the header is in memory. Tensors are in the order of their bytes.
 */
export interface SafetensorsFile extends TensorFile {
  /** The texts of `__metadata__`; empty if it is absent. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * The values of an integer or BOOL tensor, row-major: bigint for I64, else numbers (BOOL as 0 and
   * 1).
   * @throws FormatError when there is no such tensor or its values are floats or unsigned of 32
   *   bits and more
   */
  readInts(name: string): Promise<BigInt64Array | Int32Array>;
}

/**
 * Opens a safetensors file and checks its header against the format and the file's size; close it
 * after use.
 * @throws FormatError with the byte offset when the file is missing, truncated or malformed, or a
 *   Git LFS pointer
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  await checkIsFile(path);
  const handle = await open(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  try {
    const { dataStart, metadata, tensors } = await readHeader(path, handle);
    const bytesOf = async (name: string, wanted: readonly DType[]) => {
      const tensor = tensors.get(name);
      if (!tensor) throw new FormatError(path, `no tensor ${shownName(name)} among its ${tensors.size}`);
      if (!wanted.includes(tensor.dtype)) {
        throw new FormatError(
          path,
          `tensor ${shownName(name)}: expected ${wanted.join(", ")}, received ${tensor.dtype}`,
        );
      }
      const buffer = await readRange(path, handle, dataStart + tensor.begin, tensor.end - tensor.begin);
      return { ...tensor, buffer };
    };
    return {
      path,
      metadata,
      tensors,
      async read(name) {
        const { dtype, shape, buffer } = await bytesOf(name, FLOAT_FORMATS);
        return { dims: shape, data: floatsOf(dtype, buffer) };
      },
      async readInts(name) {
        const { dtype, buffer } = await bytesOf(name, ["I64", "I32", "I16", "U16", "I8", "U8", "BOOL"]);
        return integersOf(dtype, buffer);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readHeader(path: string, handle: FileHandle) {
  const { size } = await handle.stat();
  if (size < 8) throw new FormatError(path, `expected at least 8 bytes, received ${size}`, { offset: 0 });
  const beginning = await readRange(path, handle, 0, Math.min(size, 64));
  const pointer = lfsPointerError(path, new Uint8Array(beginning));
  if (pointer) throw pointer;
  const length = new DataView(beginning).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES || Number(length) > size - 8) {
    throw new FormatError(path, `header of ${length} bytes in a file of ${size} (at most ${MAX_HEADER_BYTES})`, {
      offset: 0,
      help: "The file is truncated, or it is not a safetensors file.",
    });
  }
  const dataStart = 8 + Number(length);
  const header = parseHeader(path, new Uint8Array(await readRange(path, handle, 8, Number(length))), size - dataStart);
  const tensors = new Map<string, HeaderTensor>(header.tensors.map((tensor) => [tensor.name, tensor]));
  return { dataStart, metadata: header.metadata, tensors };
}

function integersOf(dtype: DType, buffer: ArrayBuffer): BigInt64Array | Int32Array {
  if (dtype === "I64") return new BigInt64Array(buffer);
  if (dtype === "I32") return new Int32Array(buffer);
  if (dtype === "I16") return Int32Array.from(new Int16Array(buffer));
  if (dtype === "U16") return Int32Array.from(new Uint16Array(buffer));
  return Int32Array.from(dtype === "I8" ? new Int8Array(buffer) : new Uint8Array(buffer));
}

/** A tensor and, for float32 data, the format to store it in (default F32). */
export type StoredTensor = Tensor & { readonly dtype?: "F32" | "F16" | "BF16" };

/**
 * Tensors of the same width are stored in this order, that of the reference implementation, so that
 * files have equal bytes.
 */
const STORAGE_ORDER: readonly DType[] = ["I64", "F32", "BF16", "F16", "U8"];

/**
 * Writes tensors to one file, atomically: widest dtype first, then by name. BigInt64Array becomes
 * I64, Uint8Array U8; 16-bit formats round to nearest, ties to even.
 * @param metadata texts besides `format: "pt"`, which Python loaders expect
 * @throws ShapeError when data and dims disagree, FormatError when two tensors have one name
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, StoredTensor>> | Iterable<readonly [string, StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const entries = isIterable(tensors) ? [...tensors] : Object.entries(tensors);
  const names = entries.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new FormatError(path, `two tensors are called ${twice}`);
  const stored = entries.map(([name, tensor]) => ({ name, tensor, dtype: dtypeOf(tensor) }));
  stored.sort((a, b) => STORAGE_ORDER.indexOf(a.dtype) - STORAGE_ORDER.indexOf(b.dtype) || (a.name < b.name ? -1 : 1));
  const header: [string, unknown][] = [["__metadata__", { format: "pt", ...metadata }]];
  let end = 0;
  for (const { name, tensor, dtype } of stored) {
    const count = elementCount(tensor.dims);
    if (count !== tensor.data.length) {
      throw new ShapeError(`${name}: [${tensor.dims.join(", ")}] is ${count} values, received ${tensor.data.length}`);
    }
    const begin = end;
    end += count * DTYPE_BYTES[dtype];
    header.push([name, { dtype, shape: tensor.dims, data_offsets: [begin, end] }]);
  }
  await writeAtomically(path, async (file) => {
    await file.writeFile(encodeHeader(header));
    for (const { tensor, dtype } of stored) await writeBytes(file, storedBytes(tensor, dtype));
  });
}

function dtypeOf({ data, dtype }: StoredTensor): DType {
  if (data instanceof Float32Array) return dtype ?? "F32";
  return data instanceof BigInt64Array ? "I64" : "U8";
}

/** Length, then JSON padded with spaces so that the tensors begin at a multiple of 8. */
function encodeHeader(entries: readonly [string, unknown][]): Uint8Array {
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const bytes = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, " ");
  bytes.writeBigUInt64LE(BigInt(bytes.length - 8));
  json.copy(bytes, 8);
  return bytes;
}

function storedBytes({ data }: StoredTensor, dtype: DType): Uint8Array {
  const view =
    data instanceof Float32Array && dtype === "F16"
      ? float32ToFloat16(data)
      : data instanceof Float32Array && dtype === "BF16"
        ? float32ToBfloat16(data)
        : data;
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

async function writeBytes(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, Math.min(bytes.length - done, MAX_BYTES_PER_CALL));
    done += bytesWritten;
  }
}

function isIterable<T>(value: object): value is Iterable<T> {
  return Symbol.iterator in value;
}
