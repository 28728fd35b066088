/**
 * State dicts in the format of `torch.save` since PyTorch 1.6 (docs.pytorch.org, "Serialization
 * semantics"): a zip file with a pickle of the tensors' sizes, and one entry per storage.
 */
import { type FileHandle, open } from "node:fs/promises";
import { FormatError } from "../../errors.js";
import { elementCount, type FloatTensor } from "../../runtime/tensor.js";
import { checkIsFile, unreadable } from "../atomic.js";
import { FLOAT_FORMATS, floatsOf } from "../float-values.js";
import { lfsPointerError } from "../lfs-pointer.js";
import { readRange } from "../read-range.js";
import { DTYPE_BYTES, type DType } from "../safetensors-header.js";
import { shownName } from "../shown-value.js";
import type { TensorFile } from "../tensor-file.js";
import { type Known, PickleFault, PickleTuple, type PickleValue, unpickle } from "./pickle.js";
import { readZipEntries, type ZipEntry } from "./zip-entries.js";

/** Maximal size of the pickle in bytes; a tensor needs about 200. */
const MOST_PICKLE_BYTES = 1 << 23;

/** Storage classes of `torch`, with the format of their values. */
const STORAGES: Readonly<Record<string, DType>> = {
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  DoubleStorage: "F64",
  BoolStorage: "BOOL",
  ByteStorage: "U8",
  CharStorage: "I8",
  ShortStorage: "I16",
  IntStorage: "I32",
  LongStorage: "I64",
};

/** A storage class of `torch`. */
class StorageClass {
  constructor(readonly dtype: DType) {}
}

/** The values under one key of the file; several tensors may share them. */
class Storage {
  constructor(
    readonly dtype: DType,
    readonly key: string,
    /** Number of values. */
    readonly count: number,
  ) {}
}

/** A tensor as a view of a storage; `strides` and `offset` count values. */
class StoredTensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}

  get dtype(): DType {
    return this.storage.dtype;
  }
}

/** Number of the storage's values from the tensor's first to its last one. */
function spanOf({ shape, strides }: StoredTensor): number {
  return shape.includes(0) ? 0 : 1 + shape.reduce((last, size, axis) => last + (size - 1) * strides[axis], 0);
}

/**
 * Opens a file of `torch.save` with a dict of tensors; close it after use. Only tensors are read
 * from its pickle: any other name is rejected, and no code of it is run.
 * @throws FormatError when the file is missing, damaged, a Git LFS pointer, in the format before
 *   PyTorch 1.6, or not a dict of tensors, or when its pickle uses another name, which the message
 *   has
 */
export async function openTorchFile(path: string): Promise<TensorFile> {
  await checkIsFile(path);
  const handle = await open(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  try {
    await checkKind(path, handle);
    const entries = await readZipEntries(path, handle);
    const root = rootOf(path, entries);
    await checkByteOrder(path, handle, entries.get(`${root}byteorder`));
    const tensors = await readPickle(path, handle, entries.get(`${root}data.pkl`)!);
    const values = new Map<Storage, ZipEntry>();
    for (const [name, tensor] of tensors) values.set(tensor.storage, checkTensor(path, name, tensor, entries, root));
    return {
      path,
      tensors,
      async read(name) {
        const tensor = tensors.get(name);
        if (!tensor) throw new FormatError(path, `no tensor ${shownName(name)} among its ${tensors.size}`);
        if (!FLOAT_FORMATS.includes(tensor.dtype))
          throw new FormatError(
            path,
            `tensor ${shownName(name)}: expected ${FLOAT_FORMATS.join(", ")}, received ${tensor.dtype}`,
          );
        return readTensor(path, handle, tensor, values.get(tensor.storage)!);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** @throws FormatError for a file that does not begin like a zip file */
async function checkKind(path: string, handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  const head = new Uint8Array(await readRange(path, handle, 0, Math.min(size, 512)));
  const pointer = lfsPointerError(path, head.subarray(0, 64));
  if (pointer) throw pointer;
  if (head.length >= 4 && new DataView(head.buffer).getUint32(0, true) === 0x04034b50) return;
  const isTar = Buffer.from(head.subarray(257, 262)).toString("latin1") === "ustar";
  const isOld = isTar || head[0] === 0x80;
  throw new FormatError(
    path,
    isOld ? "is of a format that PyTorch wrote before 1.6, which is not read" : "is no zip file, as PyTorch's are",
    {
      offset: 0,
      help: isOld
        ? "Save it again in Python, torch.save(torch.load(FILE, weights_only=True), FILE), or convert the model to safetensors."
        : undefined,
    },
  );
}

/** The common prefix of all entries' names. */
function rootOf(path: string, entries: ReadonlyMap<string, ZipEntry>): string {
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1)
    throw new FormatError(
      path,
      `expected one entry data.pkl, as files of torch.save have it, received ${pickles.length}`,
    );
  const root = pickles[0].slice(0, -"data.pkl".length);
  if (entries.has(`${root}constants.pkl`))
    throw new FormatError(path, "is a program (TorchScript), expected a dict of tensors");
  return root;
}

async function checkByteOrder(path: string, handle: FileHandle, entry: ZipEntry | undefined): Promise<void> {
  if (!entry) return;
  const order = new TextDecoder().decode(await readRange(path, handle, entry.start, Math.min(entry.length, 16)));
  if (order !== "little") throw new FormatError(path, `byte order: expected little, received ${JSON.stringify(order)}`);
}

async function readPickle(path: string, handle: FileHandle, entry: ZipEntry): Promise<Map<string, StoredTensor>> {
  if (entry.length > MOST_PICKLE_BYTES)
    throw new FormatError(path, `data.pkl has ${entry.length} bytes, at most ${MOST_PICKLE_BYTES} are read`);
  const bytes = new Uint8Array(await readRange(path, handle, entry.start, entry.length));
  let value: PickleValue;
  try {
    value = unpickle(bytes, known);
  } catch (cause) {
    if (!(cause instanceof PickleFault)) throw cause;
    throw new FormatError(path, `data.pkl, byte ${cause.offset}: ${cause.message}`, {
      offset: entry.start + cause.offset,
      help: "Only tensors are read from a pickle: other content could run any code on this machine.",
      cause,
    });
  }
  if (!(value instanceof Map)) throw new FormatError(path, "expected a dict of tensors, received another value");
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of value) {
    if (typeof name !== "string")
      throw new FormatError(path, "expected tensors by their names, received a key that is not a text");
    if (!(tensor instanceof StoredTensor))
      throw new FormatError(path, `${shownName(name)}: expected a tensor, received another value`, {
        help: "A checkpoint of a trainer has the weights in a nested dict: save only this dict with torch.save.",
      });
    tensors.set(name, tensor);
  }
  return tensors;
}

/** The names that the pickle of a state dict uses. */
const known: Known = {
  find: (module, name) => {
    if (module === "torch" && Object.hasOwn(STORAGES, name)) return new StorageClass(STORAGES[name]);
    if (module === "collections" && name === "OrderedDict") return orderedDict;
    if (module === "torch._utils" && name === "_rebuild_tensor_v2") return rebuildTensor;
    return module === "torch._utils" && name === "_rebuild_parameter" ? rebuildParameter : undefined;
  },
  persistent: (id) => {
    const [kind, type, key, , count] = id instanceof PickleTuple ? id.items : [];
    if (kind !== "storage" || !(type instanceof StorageClass) || typeof key !== "string" || !isSize(count))
      throw new Error("refers to a value that is not a storage");
    return new Storage(type.dtype, key, count);
  },
};

function orderedDict(args: readonly PickleValue[]): PickleValue {
  if (args.length > 0) throw new Error("collections.OrderedDict with arguments is refused");
  return new Map();
}

function rebuildTensor([storage, offset, shape, strides]: readonly PickleValue[]): PickleValue {
  const [sizes, steps] = [sizesOf(shape), sizesOf(strides)];
  if (!(storage instanceof Storage) || !isSize(offset) || !sizes || sizes.length !== steps?.length)
    throw new Error("torch._utils._rebuild_tensor_v2: expected a storage, an offset, sizes and strides");
  return new StoredTensor(storage, offset, sizes, steps);
}

function rebuildParameter([tensor]: readonly PickleValue[]): PickleValue {
  if (tensor instanceof StoredTensor) return tensor;
  throw new Error("torch._utils._rebuild_parameter: expected a tensor");
}

function isSize(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function sizesOf(value: PickleValue): number[] | undefined {
  return value instanceof PickleTuple && value.items.every(isSize) ? ([...value.items] as number[]) : undefined;
}

/**
 * @returns the entry of a tensor's storage
 * @throws FormatError when it does not contain all values of the tensor
 */
function checkTensor(
  path: string,
  name: string,
  tensor: StoredTensor,
  entries: ReadonlyMap<string, ZipEntry>,
  root: string,
): ZipEntry {
  const { storage, offset } = tensor;
  const entry = entries.get(`${root}data/${storage.key}`);
  const bytes = storage.count * DTYPE_BYTES[storage.dtype];
  if (entry?.length !== bytes)
    throw new FormatError(
      path,
      `tensor ${shownName(name)}: expected ${bytes} bytes in data/${shownName(storage.key)}, received ${entry?.length ?? "none"}`,
    );
  if (!(offset + spanOf(tensor) <= storage.count))
    throw new FormatError(
      path,
      `tensor ${shownName(name)}: reaches to value ${offset + spanOf(tensor)} of data/${shownName(storage.key)}, which has ${storage.count}`,
    );
  return entry;
}

/** Reads a tensor; the result is row-major, regardless of the strides. */
async function readTensor(
  path: string,
  handle: FileHandle,
  tensor: StoredTensor,
  entry: ZipEntry,
): Promise<FloatTensor> {
  const { dtype, offset, shape, strides, storage } = tensor;
  const count = elementCount(shape);
  if (count > storage.count)
    throw new FormatError(path, `a tensor of ${count} values repeats the ${storage.count} that are there`);
  const width = DTYPE_BYTES[dtype];
  const values = floatsOf(dtype, await readRange(path, handle, entry.start + offset * width, spanOf(tensor) * width));
  return { dims: shape, data: isContiguous(shape, strides) ? values : gathered(values, shape, strides) };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

function gathered(values: Float32Array, shape: readonly number[], strides: readonly number[]): Float32Array {
  const data = new Float32Array(elementCount(shape));
  const place = shape.map(() => 0);
  let from = 0;
  for (let i = 0; i < data.length; i++) {
    data[i] = values[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++place[axis] < shape[axis]) break;
      from -= shape[axis] * strides[axis];
      place[axis] = 0;
    }
  }
  return data;
}
