import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { FormatError } from "../errors.js";
import { readTextFile, readTextFileNow } from "./text-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-text-"));
});

test("text comes without its mark, up to the last byte that may be", async () => {
  const path = join(folder, "text");
  await writeFile(path, "\ufeffa\r\né\u001b[0m");
  expect(await readTextFile(path, 12)).toBe("a\r\né\u001b[0m");
  await expect(readTextFile(path, 11)).rejects.toThrow("expected at most 11 bytes, received 12");
  expect(readTextFileNow(path, 12)).toBe("a\r\né\u001b[0m");
  expect(() => readTextFileNow(path, 11)).toThrow("expected at most 11 bytes, received 12");
});

test.each<[string, Uint8Array | string, string]>([
  ["latin-1", Buffer.from("caf\xe9", "latin1"), "expected text in UTF-8, received other bytes"],
  ["utf-16", Buffer.from("\ufeffa", "utf16le"), "expected text in UTF-8, received UTF-16\n  help: iconv"],
  ["a NUL", "a\nb\0", "line 2: expected text, received the control character U+0000"],
  ["a form of gzip", Buffer.from([0x1f, 0x8b, 8, 0]), "expected text in UTF-8"],
])("%s is refused", async (name, content, message) => {
  const path = join(folder, name.replaceAll(" ", "-"));
  await writeFile(path, content);
  const read = readTextFile(path, 1000);
  await expect(read).rejects.toThrow(FormatError);
  await expect(read).rejects.toThrow(`${path}: ${message}`);
  expect(() => readTextFileNow(path, 1000)).toThrow(`${path}: ${message}`);
});

test("what is no file is refused, and not waited for", async () => {
  const [inner, pipe] = [join(folder, "inner"), join(folder, "pipe")];
  await mkdir(inner);
  execFileSync("mkfifo", [pipe]);
  await expect(readTextFile(inner, 10)).rejects.toThrow("inner: expected a file, received a folder");
  await expect(readTextFile(pipe, 10)).rejects.toThrow("pipe: expected a file, received a pipe");
  await expect(readTextFile("/dev/zero", 10)).rejects.toThrow("/dev/zero: expected a file, received a device");
  await expect(readTextFile(join(folder, "none"), 10)).rejects.toThrow("none: no such file");
  await expect(readTextFile(join(folder, "text", "none"), 10)).rejects.toThrow(FormatError);
  expect(() => readTextFileNow(pipe, 10)).toThrow("pipe: expected a file, received a pipe");
  expect(() => readTextFileNow(join(folder, "none"), 10)).toThrow("none: no such file");
});
