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

test("only the rows that are wanted are read: one behind them may be malformed", async () => {
  const path = join(folder, "first.csv");
  await writeFile(path, "a,b\n1,2\n3,4\n5\n");
  expect(await collect(readCsv(path, { mostRows: 2 }))).toEqual([
    { a: "1", b: "2" },
    { a: "3", b: "4" },
  ]);
  await expect(collect(readCsv(path))).rejects.toThrow(FormatError);
});

test.each([
  ["the same everywhere", "\r\n", "\r\n"],
  ["CRLF behind the header only", "\r\n", "\n"],
  ["CRLF behind rows only", "\n", "\r\n"],
  ["CR alone", "\r", "\r"],
  ["CR and LF", "\r", "\n"],
])("ends of lines: %s", async (_, header, row) => {
  const path = join(folder, "ends.csv");
  await writeFile(path, `text,label${header}one,1${row}"two\r\nlines",0${row}three,1${row}`);
  expect(await collect(readCsv(path))).toEqual([
    { text: "one", label: "1" },
    { text: "two\r\nlines", label: "0" },
    { text: "three", label: "1" },
  ]);
});

test("a CRLF that two blocks of the file share is one end", async () => {
  const path = join(folder, "edge.csv");
  const rows = Array.from({ length: 300_000 }, (_, i) => `${i % 10}`);
  await writeFile(path, `text\r\n${rows.join("\r\n")}\r\n`);
  expect((await collect(readCsv(path))).map(({ text }) => text)).toEqual(rows);
});

test("the header tells what separates fields, where it can", async () => {
  const separators = [",", ";", "\t"];
  const first = async (content: string) => {
    const path = join(folder, "separated.csv");
    await writeFile(path, content);
    return (await readCsv(path, { separators, column: "text" }).next()).value;
  };
  expect(await first("id;text\n1;a, b\n")).toEqual({ id: "1", text: "a, b" });
  expect(await first('id\ttext\n1\t"a\tb"\n')).toEqual({ id: "1", text: "a\tb" });
  expect(await first('"id; old",text\n1,a;b\n')).toEqual({ "id; old": "1", text: "a;b" });
  expect(await first("text;size, in m\na;2\n")).toEqual({ text: "a", "size, in m": "2" });
  expect(await first("\n\ntext\na;b\n")).toEqual({ text: "a;b" });
  await expect(first("text;a,text\n1;2,3\n")).rejects.toThrow(/the header can be divided at "," and at ";"/);
  await expect(first("text,text\n1,2\n")).rejects.toThrow(/two columns text/);
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
