import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testWithExtra } from "../../test/support/extras.js";
import { FormatError } from "../errors.js";
import { readParquetTexts } from "./parquet.js";

const rows = 10_000;
let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "parquet-"));
  file = join(folder, "corpus.parquet");
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: "text", data: Array.from({ length: rows }, (_, i) => `review ${i} é`), type: "STRING" },
      { name: "label", data: Array.from({ length: rows }, (_, i) => BigInt(i % 2)), type: "INT64" },
      {
        name: "title",
        data: Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? null : `${i % 7}`)),
        type: "STRING",
      },
    ],
    // The first row group is longer than a slice and not a multiple of it, so that both kinds of
    // boundary occur.
    rowGroupSize: [5000, 3000, 2000],
  });
  await writeFile(file, new Uint8Array(buffer));
});
afterAll(() => rm(folder, { recursive: true }));

async function all(path: string, column = "text"): Promise<(string | null)[]> {
  const texts: (string | null)[] = [];
  for await (const text of readParquetTexts(path, column)) texts.push(text);
  return texts;
}

test("every text once, in order; a missing one is null", async () => {
  expect(await all(file)).toEqual(Array.from({ length: rows }, (_, i) => `review ${i} é`));
  expect(await all(file, "title")).toEqual(Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? null : `${i % 7}`)));
});

test("a column that does not exist names those that do; one of numbers is none of texts", async () => {
  await expect(all(file, "txt")).rejects.toThrow(
    /corpus\.parquet: no column txt\n {2}help: Its columns are text, label, title\./,
  );
  await expect(all(file, "label")).rejects.toThrow(
    /column label holds INT64, expected texts\n {2}help: Its columns are text, label, title\./,
  );
});

test("missing, foreign and truncated files are FormatErrors", async () => {
  const whole = await readFile(file);
  const damaged = join(folder, "damaged.parquet");
  await expect(all(join(folder, "absent.parquet"))).rejects.toThrow(/no such file/);
  for (const bytes of [
    Buffer.from("no parquet at all"),
    whole.subarray(0, 2000),
    Buffer.alloc(0),
    Buffer.from("PAR1"),
  ]) {
    await writeFile(damaged, bytes);
    await expect(all(damaged)).rejects.toThrow(FormatError);
  }
});

testWithExtra("data/imdb/plain_text/train-00000-of-00001.parquet", "IMDB's training texts", async (imdb) => {
  const texts = await all(imdb);
  expect(texts.length).toBeGreaterThan(1000);
  expect(texts.every((text) => typeof text === "string")).toBe(true);
});

test("a reader that stops early, or is stopped, ends the thread at once", async () => {
  for await (const text of readParquetTexts(file, "text")) {
    expect(text).toBe("review 0 é");
    break;
  }
  const controller = new AbortController();
  const reading = (async () => {
    for await (const text of readParquetTexts(file, "text", controller.signal))
      if (text === "review 1 é") controller.abort(new Error("enough"));
  })();
  await expect(reading).rejects.toThrow("enough");
  await expect(readParquetTexts(file, "text", AbortSignal.abort()).next()).rejects.toThrow(/abort/);
});

test.each(["hang47", "bad67"])("%s: a changed byte in a column that nobody reads does no harm", async (name) => {
  const path = fileURLToPath(new URL(`../../test/golden/parquet/${name}.parquet`, import.meta.url));
  expect(await all(path)).toHaveLength(300);
});

test("a text that is not UTF-8 is an error, never replaced", async () => {
  const columnData = [{ name: "text", data: ["fine", "café"], type: "STRING" as const }];
  const bytes = Buffer.from(parquetWriteBuffer({ columnData, codec: "UNCOMPRESSED", statistics: false }));
  bytes[bytes.indexOf("café") + 3] = 0xff;
  const path = join(folder, "latin.parquet");
  await writeFile(path, bytes);
  await expect(all(path)).rejects.toThrow(/latin\.parquet: row group 1 of 1: a text of column text is not UTF-8/);
});
