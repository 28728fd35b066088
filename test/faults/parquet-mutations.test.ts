/** One changed byte of a Parquet file is an error or another text, and never a crash, a wait or gigabytes of memory. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { readParquetTexts } from "../../src/io/parquet.js";
import { Rng } from "../../src/rng.js";
import { mutationCount } from "../support/mutations.js";

const ROWS = 300;
/** Changed bytes per kind of file, and how many files are read at once. */
const CHANGES = mutationCount(40, 250);
const AT_ONCE = 4;
/** One file is read, or refused, within this: the thread's limit is 5 seconds without progress, and some wait for others. */
const LONGEST_MS = 10_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mutations-"));
});
afterAll(() => rm(folder, { recursive: true }));

const rows = (text: (i: number) => string | null) => Array.from({ length: ROWS }, (_, i) => text(i));

const kinds = {
  plain: { codec: "SNAPPY", data: rows((i) => `review ${i} é`) },
  optional: { codec: "GZIP", data: rows((i) => (i % 5 === 0 ? null : `review ${i} é`)) },
  dictionary: { codec: "UNCOMPRESSED", data: rows((i) => (i % 7 === 0 ? null : `review ${i % 20}`)) },
  delta: { codec: "BROTLI", data: rows((i) => `review ${i} é`), encoding: "DELTA_BYTE_ARRAY" },
} as const;

test.each(Object.entries(kinds))(
  "%s",
  async (kind, { codec, data, ...rest }) => {
    const whole = parquetWriteBuffer({
      columnData: [{ name: "text", data: [...data], type: "STRING", ...rest }],
      codec,
      compressors: {
        GZIP: (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes)),
        BROTLI: (bytes: Uint8Array) => new Uint8Array(brotliCompressSync(bytes)),
      },
    });
    const rng = Rng.fromSeed(1, kind);
    const changes = Array.from({ length: CHANGES }, () => {
      const bytes = new Uint8Array(whole.slice(0));
      bytes[rng.integer(bytes.length)] = [0, 1, 0x7f, 0x80, 0xff, rng.integer(256)][rng.integer(6)];
      return bytes;
    });
    const before = process.memoryUsage.rss();
    let peak = before;
    const watching = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 20);
    const wrong: string[] = [];
    const found = { read: 0, refused: 0, longest: 0 };
    const next = async (): Promise<void> => {
      for (let bytes = changes.pop(); bytes; bytes = changes.pop()) {
        const path = join(folder, `${kind}-${changes.length}.parquet`);
        await writeFile(path, bytes);
        let count = 0;
        const started = performance.now();
        try {
          for await (const _ of readParquetTexts(path, "text")) count++;
          found.read++;
          if (count !== ROWS) wrong.push(`${path}: ${count} rows`);
        } catch (error) {
          found.refused++;
          if (!(error instanceof FormatError && error.message.includes(path))) wrong.push(`${path}: ${error}`);
        }
        found.longest = Math.max(found.longest, Math.round(performance.now() - started));
        if (found.longest > LONGEST_MS) wrong.push(`${path}: ${found.longest} ms`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    clearInterval(watching);
    expect(wrong).toEqual([]);
    expect(peak - before).toBeLessThan(1 << 30);
    const megabytes = Math.round((peak - before) / 2 ** 20);
    console.log(`parquet, ${kind}: ${CHANGES} mutations, ${JSON.stringify(found)} ms, ${megabytes} MiB more`);
  },
  1_800_000,
);
