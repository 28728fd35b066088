import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testWithExtra } from "../../test/support/extras.js";
import { FormatError } from "../errors.js";
import { readParquet } from "./parquet.js";

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
      { name: "score", data: Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? null : i / 4)), type: "DOUBLE" },
    ],
    // The first group is longer than a slice and no multiple of it, so that both kinds of boundary are met.
    rowGroupSize: [5000, 3000, 2000],
  });
  await writeFile(file, new Uint8Array(buffer));
});
afterAll(() => rm(folder, { recursive: true }));

test("every row once, in order, with the columns asked for", async () => {
  let i = 0;
  for await (const row of readParquet(file, ["text", "label", "score"])) {
    if (row.text !== `review ${i} é`) expect(row.text).toBe(`review ${i} é`);
    if (row.label !== BigInt(i % 2)) expect(row.label).toBe(BigInt(i % 2));
    expect(row.score ?? null).toBe(i % 3 === 0 ? null : i / 4);
    i++;
  }
  expect(i).toBe(rows);
  for await (const row of readParquet(file, ["label"])) {
    expect(row).toEqual({ label: 0n });
    break;
  }
});

test("a column that does not exist names those that do", async () => {
  await expect(readParquet(file, ["txt", "label"]).next()).rejects.toThrow(
    /corpus\.parquet: no column txt\n {2}help: Its columns are text, label, score\./,
  );
});

test("missing, foreign and truncated files are FormatErrors", async () => {
  const whole = await readFile(file);
  const damaged = join(folder, "damaged.parquet");
  await expect(readParquet(join(folder, "absent.parquet"), ["text"]).next()).rejects.toThrow(/no such file/);
  for (const bytes of [Buffer.from("no parquet at all"), whole.subarray(0, 2000), Buffer.alloc(0)]) {
    await writeFile(damaged, bytes);
    await expect(readParquet(damaged, ["text"]).next()).rejects.toThrow(FormatError);
  }
});

testWithExtra("data/imdb/plain_text/train-00000-of-00001.parquet", "IMDB's training texts", async (imdb) => {
  let count = 0;
  for await (const row of readParquet(imdb, ["text", "label"])) {
    expect(typeof row.text).toBe("string");
    count++;
  }
  expect(count).toBeGreaterThan(1000);
});
