import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FormatError } from "../errors.js";
import { isTemporary, readJson, removeTemporaries, writeAtomically, writeFileAtomic, writeJson } from "./atomic.js";
import { sha256File, sha256Text } from "./hash.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atomic-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("writes text and bytes into folders that did not exist, and leaves no temporary file", async () => {
  await writeFileAtomic(join(folder, "a/b/text"), "héllo");
  await writeFileAtomic(join(folder, "a/b/bytes"), Uint8Array.of(1, 2));
  expect(await readFile(join(folder, "a/b/text"), "utf8")).toBe("héllo");
  expect(await readdir(join(folder, "a/b"))).toEqual(["bytes", "text"]);
});

test("a failed write leaves the older file and nothing else", async () => {
  const path = join(folder, "kept/file");
  await writeFileAtomic(path, "old");
  const failing = writeAtomically(path, async (file) => {
    await file.writeFile("half of the n");
    throw new Error("killed");
  });
  await expect(failing).rejects.toThrow("killed");
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(join(folder, "kept"))).toEqual(["file"]);
});

test("what a killed process left is found by its name and removed, other hidden files stay", async () => {
  const left = join(folder, "left");
  let temporary = "";
  await writeAtomically(join(left, "deep", "run.json"), async () => {
    [temporary] = await readdir(join(left, "deep"));
  });
  expect([isTemporary(temporary), isTemporary("run.json"), isTemporary(".run.json.tmp")]).toEqual([true, false, false]);
  for (const name of [temporary, ".DS_Store", ".run.lock-x", `deep/${temporary}`])
    await writeFile(join(left, name), "");
  await removeTemporaries(left, { recursive: false });
  expect((await readdir(left, { recursive: true })).sort()).toEqual(
    [".DS_Store", ".run.lock-x", "deep", join("deep", temporary), join("deep", "run.json")].sort(),
  );
  await removeTemporaries(left, { recursive: true });
  expect(await readdir(join(left, "deep"))).toEqual(["run.json"]);
});

test("JSON has two spaces and a newline, and is read again", async () => {
  const path = join(folder, "value.json");
  await writeJson(path, { a: [1, "ü"] });
  expect(await readFile(path, "utf8")).toBe('{\n  "a": [\n    1,\n    "ü"\n  ]\n}\n');
  expect(await readJson(path)).toEqual({ a: [1, "ü"] });
});

test("JSON that is missing or malformed is a FormatError with file and cause", async () => {
  const path = join(folder, "broken.json");
  await writeFile(path, '{"a": 1,}');
  const error = await readJson(path).catch((reason) => reason);
  expect(error).toBeInstanceOf(FormatError);
  expect(error).toMatchObject({ file: path, cause: expect.any(SyntaxError) });
  await expect(readJson(join(folder, "absent.json"))).rejects.toThrow(/absent\.json: no such file/);
  await expect(readJson(folder)).rejects.toThrow(/expected a file, received a folder/);
});

test("SHA-256 of a file and a text (FIPS 180-4, 'abc')", async () => {
  const digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  await writeFile(join(folder, "abc"), "abc");
  expect(await sha256File(join(folder, "abc"))).toBe(digest);
  expect(sha256Text("abc")).toBe(digest);
  await expect(sha256File(join(folder, "absent"))).rejects.toThrow(FormatError);
});

test.each([
  ["bytes that are no UTF-8", Buffer.from([0x22, 0xc3, 0x28, 0x22]), "expected text in UTF-8, received other bytes"],
  [
    "lists within lists beyond reason",
    `${"[".repeat(501)}${"]".repeat(501)}`,
    "expected JSON: more than 500 lists and objects within each other",
  ],
])("JSON with %s is refused", async (_, content, message) => {
  const path = join(folder, "odd.json");
  await writeFile(path, content);
  await expect(readJson(path)).rejects.toThrow(`${path}: ${message}`);
});
