import { execFileSync } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FormatError } from "../errors.js";
import { textLines } from "./text-blocks.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "text-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function linesOf(name: string, content: string | Uint8Array): Promise<string[]> {
  await writeFile(join(folder, name), content);
  const lines: string[] = [];
  for await (const { text } of textLines(join(folder, name))) lines.push(text);
  return lines;
}

test("lines end in LF, CRLF or CR, mixed, also where a block of the file ends", async () => {
  expect(await linesOf("mixed.txt", "a\r\nb\nc\rd\r\r\ne\u2028f\n\ng\r")).toEqual([
    "a",
    "b",
    "c",
    "d",
    "",
    "e\u2028f",
    "",
    "g",
  ]);
  // Blocks are 2^18 bytes: for any length of the first line, one CRLF crosses their border.
  const long = "x".repeat(2 ** 18 - 1);
  expect(await linesOf("edge.txt", `${long}\r\nb\r\n`)).toEqual([long, "b"]);
  expect(await linesOf("crs.txt", `${long}\rb\r`)).toEqual([long, "b"]);
  expect(await linesOf("empty.txt", "")).toEqual([]);
});

test("UTF-8 and UTF-16 by their byte order marks, characters across the edges of blocks", async () => {
  const text = `é😀\n${"é😀".repeat(100_000)}`;
  expect(await linesOf("utf8.txt", `\uFEFF${text}`)).toEqual(text.split("\n"));
  const little = Buffer.from(`\uFEFF${text}`, "utf16le");
  expect(await linesOf("little.txt", little)).toEqual(text.split("\n"));
  expect(await linesOf("big.txt", Buffer.from(little).swap16())).toEqual(text.split("\n"));
  expect(await linesOf("zipped.txt.GZ", gzipSync(little))).toEqual(text.split("\n"));
});

test("any other encoding is an error that names the line and how to convert the file", async () => {
  const latin = Buffer.from("caf\u00e9\n".repeat(3), "latin1");
  const wrong = linesOf("latin.txt", Buffer.concat([Buffer.from("ok\n".repeat(200_000)), latin]));
  await expect(wrong).rejects.toThrow(
    /latin\.txt: line 200001 is not UTF-8\n {2}help: Convert it: iconv -f WINDOWS-1252/,
  );
  await expect(wrong).rejects.toMatchObject({ offset: 200_001 });
  await expect(linesOf("cut.txt", Buffer.from("aé").subarray(0, 2))).rejects.toThrow(/line 1 is not UTF-8/);
  const bare = Buffer.from("review,label\n", "utf16le");
  await expect(linesOf("bare.txt", bare)).rejects.toThrow(/seems to be UTF-16LE without a byte order mark/);
  await expect(linesOf("bare.txt", Buffer.from(bare).swap16())).rejects.toThrow(/UTF-16BE without/);
  const wide = Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]);
  await expect(linesOf("wide.txt", wide)).rejects.toThrow(/is UTF-32/);
  await expect(linesOf("half.txt", Buffer.from([0xff, 0xfe, 0, 0xd8, 0x61, 0]))).rejects.toThrow(/not the UTF-16LE/);
  expect(await linesOf("nul.txt", "a\0b\n")).toEqual(["a\0b"]);
});

test("what would hold its reader for ever is not opened", async () => {
  execFileSync("mkfifo", [join(folder, "pipe.txt")]);
  const reading = textLines(join(folder, "pipe.txt")).next();
  await expect(reading).rejects.toThrow(/expected a file, received a pipe/);
  await symlink(folder, join(folder, "link.txt"));
  await expect(textLines(join(folder, "link.txt")).next()).rejects.toThrow(/received a folder/);
  await symlink(join(folder, "loop.txt"), join(folder, "loop.txt"));
  await expect(textLines(join(folder, "loop.txt")).next()).rejects.toThrow(FormatError);
});

test("a line that never ends is given up, however small the file", async () => {
  const path = join(folder, "bomb.txt.gz");
  await writeFile(path, gzipSync(Buffer.alloc(2 ** 27, "x"), { level: 1 }));
  await expect(textLines(path).next()).rejects.toThrow(/line 1 has more than 67108864 characters/);
});
