import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FormatError } from "../../errors.js";
import { openSafetensors } from "../safetensors.js";
import { PickleFault, PickleTuple, unpickle } from "./pickle.js";
import { openTorchFile } from "./torch-file.js";

const golden = (name: string) => resolve(import.meta.dirname, "../../../test/golden/torch", name);

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rewardscope-torch-"));
  path = join(folder, "pytorch_model.bin");
});
afterEach(() => rmSync(folder, { recursive: true }));

async function failure(file = path): Promise<FormatError> {
  const error = await openTorchFile(file).then(
    (opened) => opened.close(),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FormatError);
  return error as FormatError;
}

test("views of shared storages, transposed and permuted, in every format of floats", async () => {
  const [file, expected] = [
    await openTorchFile(golden("strides.bin")),
    await openSafetensors(golden("strides.safetensors")),
  ];
  for (const [name, { shape }] of expected.tensors) {
    expect(file.tensors.get(name)!.shape).toEqual(shape);
    expect((await file.read(name)).data, name).toEqual((await expected.read(name)).data);
  }
  expect(expected.tensors.size).toBe(10);
  const formats = Object.fromEntries([...file.tensors].map(([name, { dtype }]) => [name, dtype]));
  expect(formats).toMatchObject({
    whole: "F32",
    half: "F16",
    bfloat: "BF16",
    double: "F64",
    mask: "BOOL",
    counts: "I64",
  });
  await expect(file.read("mask")).rejects.toThrow("tensor mask: expected F32, F16, BF16, F64, received BOOL");
  await expect(file.read("expanded")).rejects.toThrow("a tensor of 16 values repeats the 1 that are there");
  await expect(file.read("made up")).rejects.toThrow("no tensor made up among its 13");
  await Promise.all([file.close(), expected.close()]);
});

describe("a pickle that is more than tensors", () => {
  test.each([
    ["system", /data\.pkl, byte \d+: posix\.system is refused\n {2}help: Only tensors are read/],
    ["eval", /__builtin__\.eval is refused/],
    ["attribute", /__builtin__\.getattr is refused/],
    ["bytes", /torch\.storage\._load_from_bytes is refused/],
    ["class", /pathlib\.PosixPath is refused/],
  ])("%s: what it names is refused, and not run", async (name, message) => {
    expect((await failure(golden(`refused-${name}.bin`))).message).toMatch(message);
    expect(existsSync("/tmp/rewardscope-was-here")).toBe(false);
  });

  const run = (...codes: (number | string)[]) => {
    const known = { find: () => undefined, persistent: () => null };
    const bytes = codes.flatMap((code) => (typeof code === "string" ? [...Buffer.from(code)] : [code]));
    return () => unpickle(Uint8Array.from(bytes), known);
  };

  test.each<[string, (number | string)[], string]>([
    ["an object of a class", [0x80, 2, ")", 0x81, "."], "instruction NEWOBJ (makes an object of a class) is refused"],
    ["INST", ["(", "iposix\nsystem\n", "."], "instruction INST (makes an object of a class) is refused"],
    ["a register", [0x82, 1, "."], "instruction EXT1"],
    ["what an object holds", ["]", "}", "b."], "instruction BUILD (sets what an object holds) is refused"],
    ["an unknown instruction", [0xff], "instruction 0xff is refused"],
    ["another protocol", [0x80, 6], "has a protocol above 5"],
    ["a call of no function", ["}", ")", "R."], "calls what is no function"],
    ["a name on the stack", ["X", 1, 0, 0, 0, "a", "X", 1, 0, 0, 0, "b", 0x93], "a.b is refused"],
    ["no value", ["."], "takes a value where none is"],
    ["no mark", ["Nu"], "has no mark"],
    ["a mark as a value", ["(."], "takes a value where none is"],
    ["a place that is empty", ["h", 3], "recalls 3, which was not kept"],
    ["a text that is longer than the file", [0x8d, 255, 255, 255, 255, 255, 255, 255, 255, "a"], "ends too early"],
    ["an end that is missing", ["N"], "ends too early"],
    ["a key that is there twice", ["}", "(K", 1, "NK", 1, "Nu."], "has the key 1 twice"],
    ["items of a list", ["]", "NNs."], "sets items of what is no dict"],
    ["a number that is too large", [0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1, "."], "a whole number of 9 bytes is too large"],
  ])("%s", (_, codes, message) => {
    expect(run(...codes)).toThrow(PickleFault);
    expect(run(...codes)).toThrow(message);
  });

  test("numbers, texts, tuples, lists and dicts are read", () => {
    const text = (letter: string) => [0x8c, 1, letter];
    const pair = [0x8a, 2, 0, 255, "G", 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0x86];
    const list = ["]", "(K", 7, 0x88, "N", "M", 1, 2, "e"];
    const value = run(
      0x80,
      4,
      "}",
      0x94,
      "(",
      ...text("a"),
      "J",
      254,
      255,
      255,
      255,
      ...text("b"),
      ...list,
      ...text("c"),
      ...pair,
      "u.",
    )();
    expect(value).toEqual(
      new Map<unknown, unknown>([
        ["a", -2],
        ["b", [7, true, null, 513]],
        ["c", new PickleTuple([-256, 1.5])],
      ]),
    );
  });
});

describe("a file that is damaged", () => {
  const original = readFileSync(golden("strides.bin"));
  /** The file with some bytes changed. */
  const spoilt = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(original);
    change(bytes);
    writeFileSync(path, bytes);
  };
  const end = original.length - 22;
  /** Position of the central directory. */
  const list = (bytes: Buffer) => bytes.readUInt32LE(end + 16);
  /** Position of the entry `number` in it. */
  const entry = (bytes: Buffer, number: number) => {
    let at = list(bytes);
    for (let i = 0; i < number; i++)
      at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    return at;
  };

  test.each<[string, (bytes: Buffer) => void, RegExp]>([
    [
      "a compressed entry",
      (b) => b.writeUInt16LE(8, entry(b, 1) + 10),
      /entry strides\/\S+ is compressed, which PyTorch's never are/,
    ],
    ["an encrypted entry", (b) => b.writeUInt16LE(1, entry(b, 1) + 8), /entry strides\/\S+ is encrypted/],
    [
      "sizes of a zip bomb",
      (b) => b.writeUInt32LE(0xfffffff0, entry(b, 2) + 24),
      /entry strides\/\S+ of 4294967280 bytes is stored in \d+ from/,
    ],
    [
      "an entry that ends behind the file",
      (b) => {
        b.writeUInt32LE(1 << 30, entry(b, 2) + 24);
        b.writeUInt32LE(1 << 30, entry(b, 2) + 20);
      },
      /entry strides\/\S+ ends behind the last entry/,
    ],
    [
      "an offset into another entry",
      (b) => b.writeUInt32LE(b.readUInt32LE(entry(b, 2) + 42) + 4, entry(b, 3) + 42),
      /entry strides\/\S+ is not where the list says/,
    ],
    [
      "an offset behind the file",
      (b) => b.writeUInt32LE(0xfffffffe, entry(b, 3) + 42),
      /entry strides\/\S+ is not where the list says/,
    ],
    [
      "an entry that is listed twice",
      (b) => b.copy(b, entry(b, 4), entry(b, 3), entry(b, 4)),
      /overlaps the one before it|two entries are called|is not there/,
    ],
    [
      "a list that is elsewhere",
      (b) => b.writeUInt32LE(list(b) + 1, end + 16),
      /says twice where its list of entries is, and not the same/,
    ],
    ["more entries than there are", (b) => b.writeUInt16LE(60_000, end + 10), /says twice where its list/],
    ["a list of several disks", (b) => b.writeUInt16LE(1, end + 4), /says twice where its list/],
  ])("%s", async (_, change, message) => {
    spoilt(change);
    expect((await failure()).message).toMatch(message);
  });

  test("a list that is said to be longer than the file, in a plain zip file", async () => {
    const plain = readFileSync(golden("refused-eval.bin"));
    plain.writeUInt16LE(60_000, plain.length - 12);
    writeFileSync(path, plain);
    expect((await failure()).message).toMatch(/list of 60000 entries in \d+ bytes from \d+ on/);
  });

  test("cut short, empty, of another kind", async () => {
    copyFileSync(golden("strides.bin"), path);
    truncateSync(path, original.length - 30);
    expect((await failure()).message).toMatch(/has no end of a zip file\n {2}help: The file is truncated/);
    for (const content of ["", "version 1 of nothing"]) {
      writeFileSync(path, content);
      expect((await failure()).message).toMatch(/is no zip file, as PyTorch's are|ends too early/);
    }
    writeFileSync(path, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\n");
    expect((await failure()).message).toMatch(/is a Git LFS pointer/);
  });

  test("the format before PyTorch 1.6", async () => {
    expect((await failure(golden("old.bin"))).message).toMatch(
      /old\.bin: is of a format that PyTorch wrote before 1\.6, which is not read\n {2}help: Save it again in Python/,
    );
    const tar = Buffer.alloc(1024);
    tar.write("ustar", 257, "latin1");
    writeFileSync(path, tar);
    expect((await failure()).message).toContain("is of a format that PyTorch wrote before 1.6");
  });

  test("a tensor that reaches behind its storage, and a storage of another size", async () => {
    // "rows" is [2, 8] of 48 values from value 16 on: BININT1 16 becomes 40.
    spoilt((bytes) => {
      const at = bytes.indexOf("rows");
      const offset = bytes.indexOf(Buffer.from([0x51, 0x4b, 16]), at);
      bytes[offset + 2] = 40;
    });
    expect((await failure()).message).toMatch(/tensor rows: reaches to value 56 of data\/0, which has 48/);
    spoilt((bytes) => {
      const at = bytes.indexOf("whole");
      const count = bytes.indexOf(Buffer.from([0x4b, 48]), at);
      bytes[count + 1] = 47;
    });
    expect((await failure()).message).toMatch(/tensor whole: expected 188 bytes in data\/0, received 192/);
  });
});
