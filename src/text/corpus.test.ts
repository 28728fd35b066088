import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigError, FormatError } from "../errors.js";
import { type CorpusOptions, type CorpusText, loadCorpus } from "./corpus.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "corpus-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, content);
  return path;
}

function parquet(texts: string[], labels?: bigint[]): Uint8Array {
  const columnData = [{ name: "text", data: texts, type: "STRING" as const }];
  const buffer = labels
    ? parquetWriteBuffer({ columnData: [...columnData, { name: "label", data: labels, type: "INT64" as const }] })
    : parquetWriteBuffer({ columnData });
  return new Uint8Array(buffer);
}

async function all(source: string, options?: CorpusOptions): Promise<CorpusText[]> {
  const texts: CorpusText[] = [];
  for await (const text of loadCorpus(source, options)) texts.push(text);
  return texts;
}

describe("loadCorpus", () => {
  const rows = [
    { text: "good", id: 0 },
    { text: "bad", id: 1 },
  ];

  it("reads a folder in the layout of the Hub, shards in order", async () => {
    await put("plain_text/train-00001-of-00002.parquet", parquet(["bad"], [0n]));
    await put("plain_text/train-00000-of-00002.parquet", parquet(["good"], [1n]));
    await put("plain_text/test-00000-of-00001.parquet", parquet(["unlabelled"]));
    expect(await all(folder)).toEqual(rows);
    expect(await all(folder, { split: "test" })).toEqual([{ text: "unlabelled", id: 0 }]);
  });

  it("reads single files of every format", async () => {
    const jsonl = '{"text":"good","label":1}\n\n{"text":"bad","label":0}\n';
    expect(await all(await put("a.jsonl", jsonl))).toEqual(rows);
    expect(await all(await put("a.jsonl.gz", gzipSync(jsonl)))).toEqual(rows);
    expect(await all(await put("a.csv", 'label,text\n1,good\n0,"bad"\n'))).toEqual(rows);
    expect(await all(await put("a.csv.gz", gzipSync("text,label\ngood,1\nbad,0\n")))).toEqual(rows);
    expect(await all(await put("a.parquet", parquet(["good", "bad"], [1n, 0n])))).toEqual(rows);
    expect(await all(await put("a.json", '[{"text":"good"}, {"text":"bad"}]'))).toEqual(rows);
    expect(await all(await put("b.json", jsonl))).toEqual(rows);
    expect(await all(await put("a.tsv", "text\tlabel\ngood\t1\nbad\t0\n"))).toEqual(rows);
    expect(await all(await put("a.txt", "good\r\nbad"))).toEqual(rows);
    expect(await all(await put("a.txt.gz", gzipSync("good\nbad\n")))).toEqual(rows);
    expect(await all(await put("REVIEWS.CSV", "text\ngood\nbad\n"))).toEqual(rows);
    expect(await all(await put("REVIEWS.JSONL.GZ", gzipSync(jsonl)))).toEqual(rows);
  });

  it("leaves out blank and short texts, whose rows still count for the ids", async () => {
    const path = await put("a.txt", "ab\n\n   \nabc\n😀😀\n😀😀😀\nabcdefg\n");
    expect((await all(path)).map(({ id }) => id)).toEqual([0, 3, 4, 5, 6]);
    expect((await all(path, { minCharacters: 3 })).map(({ id }) => id)).toEqual([3, 5, 6]);
    expect((await all(path, { minCharacters: 3, limit: 2 })).map(({ id }) => id)).toEqual([3, 5]);
    expect(await all(path, { limit: 0 })).toEqual([]);
    const zipped = await put("long.txt.gz", gzipSync("a text\n".repeat(300_000)));
    expect(await all(zipped, { limit: 1 })).toEqual([{ text: "a text", id: 0 }]);
  });

  it("takes a null text as blank", async () => {
    expect(await all(await put("a.jsonl", '{"text":null}\n{"text":"x","label":null}\n'))).toEqual([
      { text: "x", id: 1 },
    ]);
  });

  it("turns runs of <br /> into one line break when asked", async () => {
    const path = await put("a.txt", "One.<br /><br />Two <BR> three<br/>\n");
    expect((await all(path))[0].text).toBe("One.<br /><br />Two <BR> three<br/>");
    expect((await all(path, { lineBreaks: true }))[0].text).toBe("One.\nTwo\nthree\n");
  });

  it("stops when told to", async () => {
    const path = await put("a.txt", "a\nb\nc\n");
    const controller = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { text } of loadCorpus(path, { signal: controller.signal })) {
        seen.push(text);
        if (seen.length === 2) controller.abort();
      }
    })();
    await expect(reading).rejects.toThrow(/abort/);
    expect(seen).toEqual(["a", "b"]);
  });

  it("says what exists when source or split do not", async () => {
    await put("train.jsonl", "");
    await put("validation-00000-of-00001.txt", "");
    const wrongSplit = all(folder, { split: "test" });
    await expect(wrongSplit).rejects.toThrow(ConfigError);
    await expect(wrongSplit).rejects.toThrow(/split: expected one of train, validation .*received test/);
    await expect(all(join(folder, "none"))).rejects.toThrow(/none, which does not exist/);
    await expect(all(await put("a.doc", "x"))).rejects.toThrow(/expected a file that ends in .parquet, .jsonl/);
    await mkdir(join(folder, "empty"));
    await expect(all(join(folder, "empty"))).rejects.toThrow(/expected a folder with files such as train.parquet/);
    await put("train.txt", "");
    await expect(all(folder)).rejects.toThrow(
      /received train, which is there in two formats, train.jsonl and train.txt/,
    );
  });

  it("reads the column that is named, whatever stands beside it", async () => {
    const reviews = rows.map(({ text, id }) => ({ text, id }));
    const options = { textColumn: "review" };
    const jsonl =
      '{"review":"good","sentiment":"positive","score":NaN}\n{"review":"bad","sentiment":["x"],"score":-Infinity}\n';
    expect(await all(await put("a.jsonl", jsonl), options)).toEqual(reviews);
    expect(await all(await put("a.json", `[${jsonl.trim().replace("\n", ",")}]`), options)).toEqual(reviews);
    expect(await all(await put("a.csv", "review;sentiment\ngood;positive\nbad;negative\n"), options)).toEqual(reviews);
    const columnData = [
      { name: "review", data: ["good", "bad"], type: "STRING" as const },
      { name: "label", data: [Number.NaN, 1], type: "DOUBLE" as const },
    ];
    const path = await put("a.parquet", new Uint8Array(parquetWriteBuffer({ columnData })));
    expect(await all(path, options)).toEqual(reviews);
    expect(await all(await put("a.csv", "text,label\ngood,NaN\nbad,negative\n"))).toEqual(reviews);
    const missing =
      /there is no column text\n {2}help: Its columns are review, (sentiment|label)[\s\S]*corpus.textColumn=NAME/;
    await expect(all(path)).rejects.toThrow(missing);
    await expect(all(await put("b.csv", "review,sentiment\ngood,1\n"))).rejects.toThrow(missing);
    await expect(all(await put("b.jsonl", '{"review":"x","label":1}\n'))).rejects.toThrow(missing);
  });

  it("names file and row of what is malformed", async () => {
    const list = all(await put("list.jsonl", '{"text":"x"}\n5\n'));
    await expect(list).rejects.toThrow(FormatError);
    await expect(list).rejects.toThrow(/list.jsonl: row 2: expected an object with a field text, received number/);
    await expect(all(await put("number.jsonl", '{"text":5}\n'))).rejects.toThrow(
      /row 1: expected a text in column text/,
    );
    await expect(all(await put("proto.jsonl", '{"a":5}\n'), { textColumn: "toString" })).rejects.toThrow(
      /no column toString/,
    );
    await expect(all(await put("broken.jsonl", '{"text":'))).rejects.toThrow(/broken.jsonl: line 1/);
    await expect(all(await put("broken.parquet", "PAR1?"))).rejects.toThrow(FormatError);
    await expect(all(await put("plain.txt.gz", "not gzip"))).rejects.toThrow(/is not gzip/);
    await expect(all(await put("zipped.txt", gzipSync("text")))).rejects.toThrow(/its name must end in .gz/);
    await expect(all(await put("latin.txt", Buffer.from([0x61, 0x0a, 0xff, 0x0a])))).rejects.toThrow(
      /line 2 is not UTF-8/,
    );
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    for (const name of ["lfs.parquet", "lfs.jsonl.gz", "lfs.csv", "lfs.txt"])
      await expect(all(await put(name, pointer))).rejects.toThrow(/Git LFS pointer[\s\S]*git lfs pull/);
  });
});
