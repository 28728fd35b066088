import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FormatError } from "../errors.js";
import { readCsv, writeCsv } from "./csv.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "csv-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

test("quotes, commas, line breaks and a byte order mark", async () => {
  const path = join(folder, "quoted.csv");
  await writeFile(path, '\uFEFFtext,label\r\n"one, ""two""\nthree",1\r\n\r\nplain,\r\n');
  expect(await collect(readCsv(path))).toEqual([
    { text: 'one, "two"\nthree', label: "1" },
    { text: "plain", label: "" },
  ]);
});

test("what is written is read again as text", async () => {
  const path = join(folder, "new/out.csv");
  await writeCsv(path, [
    { word: 'a "b", c', valence: -1.5, known: true },
    { word: "d\ne", valence: null, known: false },
  ]);
  expect(await readFile(path, "utf8")).toBe('word,valence,known\n"a ""b"", c",-1.5,true\n"d\ne",,false\n');
  expect(await collect(readCsv(path))).toEqual([
    { word: 'a "b", c', valence: "-1.5", known: "true" },
    { word: "d\ne", valence: "", known: "false" },
  ]);
});

test("a row that does not fit the header names its line; a missing file is a FormatError", async () => {
  const path = join(folder, "ragged.csv");
  await writeFile(path, "a,b\n1,2\n3\n");
  const error = await collect(readCsv(path)).catch((reason) => reason);
  expect(error).toBeInstanceOf(FormatError);
  expect(error).toMatchObject({ file: path, offset: 3 });
  await expect(collect(readCsv(join(folder, "absent.csv")))).rejects.toThrow(/no such file/);
});

test("a reader that stops early closes the file", async () => {
  const path = join(folder, "many.csv");
  await writeCsv(
    path,
    Array.from({ length: 100_000 }, (_, i) => ({ i })),
  );
  for await (const row of readCsv(path)) {
    expect(row).toEqual({ i: "0" });
    break;
  }
});
