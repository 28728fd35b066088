import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folderProblem, makeFolder } from "./make-folder.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-folder-"));
  await writeFile(join(folder, "file"), "");
});
afterAll(() => rm(folder, { recursive: true }));

test("a folder is made with those above it, also if it is there", async () => {
  const path = join(folder, "a", "b");
  expect(folderProblem(path)).toBeUndefined();
  await makeFolder(path);
  await makeFolder(path);
  expect((await stat(path)).isDirectory()).toBe(true);
});

test("a file in its place or above it is named", () => {
  expect(folderProblem(join(folder, "file"))).toBe(`${join(folder, "file")}, which is a file`);
  expect(folderProblem(join(folder, "file", "x"))).toBe(
    `${join(folder, "file", "x")}, below ${join(folder, "file")}, which is a file`,
  );
});

test.skipIf(process.platform !== "linux")("where the file system refuses, it ends with an error", async () => {
  await expect(makeFolder("/proc/none/x")).rejects.toThrow(/\/proc\/none: the folder cannot be made/);
});
