import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FormatError, ShapeError } from "../errors.js";
import { openSafetensors, type StoredTensor, writeSafetensors } from "./safetensors.js";

const golden = fileURLToPath(new URL("../../test/golden/safetensors/mixed.safetensors", import.meta.url));
let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "safetensors-"));
  file = join(folder, "model.safetensors");
});
afterAll(() => rm(folder, { recursive: true }));

async function writeRaw(header: string | Uint8Array, data: Uint8Array, length?: bigint): Promise<void> {
  const json = Buffer.from(header);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(json.length));
  await writeFile(file, Buffer.concat([size, json, data]));
}

async function failureOf(promise: Promise<unknown>): Promise<FormatError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(FormatError);
  return error;
}

describe("a file of the reference implementation", () => {
  test("is read value for value", async () => {
    const opened = await openSafetensors(golden);
    expect(opened.metadata).toEqual({ format: "pt" });
    expect([...opened.tensors.keys()]).toEqual(["ids", "empty", "floats", "scalar", "halves", "mask"]);
    const floats = await opened.read("floats");
    expect(floats.dims).toEqual([4, 5]);
    expect([...floats.data.slice(0, 5)]).toEqual([0, -0, 1, -2.5, 65504]);
    expect([...floats.data.slice(-4)]).toEqual([Infinity, -Infinity, NaN, Math.fround(0.1)]);
    expect([...(await opened.read("halves")).data.slice(0, 8)]).toEqual([
      0,
      -0,
      1,
      -2.5,
      65504,
      65504,
      Infinity,
      2 ** -14,
    ]);
    expect(await opened.read("scalar")).toEqual({ dims: [], data: Float32Array.of(7.5) });
    expect((await opened.read("empty")).dims).toEqual([0, 3]);
    expect(await opened.readInts("ids")).toEqual(BigInt64Array.of(1n, -2n, 2n ** 53n + 1n, -(2n ** 63n)));
    expect(await opened.readInts("mask")).toEqual(Int32Array.of(0, 1, 255));
    await opened.close();
  });

  test("is written byte for byte, half precision included", async () => {
    const opened = await openSafetensors(golden);
    const floats = await opened.read("floats");
    const tensors: Record<string, StoredTensor> = {
      mask: { dims: [3], data: Uint8Array.of(0, 1, 255) },
      halves: { dims: [5, 4], data: floats.data, dtype: "F16" },
      scalar: await opened.read("scalar"),
      floats,
      empty: await opened.read("empty"),
      ids: { dims: [2, 2], data: (await opened.readInts("ids")) as BigInt64Array },
    };
    await opened.close();
    await writeSafetensors(file, tensors);
    expect((await readFile(file)).equals(await readFile(golden))).toBe(true);
  });
});

test("what is written is read again", async () => {
  const tensor = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }).chain((dims) => {
    const length = dims.reduce((a, b) => a * b, 1);
    const floats = fc.float32Array({ minLength: length, maxLength: length });
    const integers = fc.bigInt64Array({ minLength: length, maxLength: length });
    return fc.oneof(floats, integers).map((data) => ({ dims, data }));
  });
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string(), tensor),
      fc.dictionary(fc.string(), fc.string()),
      async (tensors, texts) => {
        fc.pre(!("__metadata__" in tensors) && !("__proto__" in texts));
        await writeSafetensors(file, Object.entries(tensors), texts);
        const opened = await openSafetensors(file);
        expect({ ...opened.metadata }).toEqual({ format: "pt", ...texts });
        expect(opened.tensors.size).toBe(Object.keys(tensors).length);
        for (const [name, { dims, data }] of Object.entries(tensors)) {
          expect(opened.tensors.get(name)?.shape).toEqual(dims);
          const values = data instanceof Float32Array ? (await opened.read(name)).data : await opened.readInts(name);
          expect(values).toEqual(data);
        }
        await opened.close();
      },
    ),
    { seed: 3, numRuns: 60 },
  );
});

describe("faults", () => {
  const one = (entry: object) => JSON.stringify({ w: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...entry } });
  const cases: [string, string, RegExp][] = [
    ["no JSON", "{oops", /not JSON/],
    ["no object", "[1]", /not a JSON object/],
    ["no dtype", one({ dtype: "F33" }), /tensor w: expected dtype/],
    ["a dtype of the prototype", one({ dtype: "toString" }), /tensor w: expected dtype/],
    ["negative sizes", one({ shape: [-2] }), /expected shape/],
    ["sizes that overflow", one({ shape: [2 ** 40, 2 ** 40] }), /data_offsets of/],
    ["negative offsets", one({ data_offsets: [-8, 0] }), /expected data_offsets/],
    ["offsets in reverse", one({ data_offsets: [8, 0] }), /expected data_offsets/],
    ["offsets beside the shape", one({ shape: [3] }), /data_offsets of 12 bytes for F32 \[3\]/],
    [
      "offsets beyond the file",
      one({ shape: [4], data_offsets: [0, 16] }),
      /describes 16 bytes of tensors, the file holds 8/,
    ],
    ["a gap", one({ shape: [1], data_offsets: [4, 8] }), /leaves a gap/],
    ["bytes of no tensor", one({ shape: [1], data_offsets: [0, 4] }), /describes 4 bytes of tensors, the file holds 8/],
    ["metadata of numbers", '{"__metadata__":{"a":1}}', /__metadata__/],
    [
      "an overlap",
      '{"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}',
      /tensor b overlaps/,
    ],
  ];
  test.each(cases)("%s", async (_, header, message) => {
    await writeRaw(header, new Uint8Array(8));
    const error = await failureOf(openSafetensors(file));
    expect(error.message).toMatch(message);
    expect(error.file).toBe(file);
    expect(error.offset).toBeGreaterThanOrEqual(8);
  });

  test("a header longer than the file, or than 100 MB", async () => {
    await writeRaw("{}", new Uint8Array(0), 3n);
    expect((await failureOf(openSafetensors(file))).offset).toBe(0);
    await writeRaw("{}", new Uint8Array(0), 2n ** 63n);
    expect((await failureOf(openSafetensors(file))).offset).toBe(0);
  });

  test("a file cut short at any byte", async () => {
    const whole = await readFile(golden);
    for (let length = 0; length < whole.length; length += 7) {
      await writeFile(file, whole.subarray(0, length));
      await failureOf(openSafetensors(file));
    }
  });

  test("a missing file, tensor, or the wrong reader", async () => {
    expect((await failureOf(openSafetensors(join(folder, "absent")))).message).toMatch(/no such file/);
    const opened = await openSafetensors(golden);
    expect((await failureOf(opened.read("absent"))).message).toMatch(/no tensor absent among its 6/);
    expect((await failureOf(opened.read("ids"))).message).toMatch(/expected F32, F16, BF16, F64, received I64/);
    expect((await failureOf(opened.readInts("floats"))).message).toMatch(/received F32/);
    await opened.close();
  });

  test("changed header bytes: opened or refused with a FormatError, never anything else", async () => {
    const whole = await readFile(golden);
    const headerEnd = 8 + Number(whole.readBigUInt64LE());
    const changes = fc.array(fc.tuple(fc.integer({ min: 0, max: headerEnd - 1 }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(changes, async (edits) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of edits) bytes[at] = value;
        await writeFile(file, bytes);
        const opened = await openSafetensors(file).catch((error) => {
          expect(error).toBeInstanceOf(FormatError);
        });
        await opened?.close();
      }),
      { seed: 4, numRuns: 400 },
    );
  });
});

test("dims that do not hold the data, and two tensors of one name, are refused before anything is written", async () => {
  const target = join(folder, "never.safetensors");
  await expect(writeSafetensors(target, { w: { dims: [3], data: new Float32Array(2) } })).rejects.toThrow(ShapeError);
  const scalar = { dims: [], data: Float32Array.of(1) };
  await expect(
    writeSafetensors(target, [
      ["w", scalar],
      ["w", scalar],
    ]),
  ).rejects.toThrow(/two tensors are called w/);
  await failureOf(openSafetensors(target));
});
