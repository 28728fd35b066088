import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commitOf, type FakeHub, type FakeRepository, startHub } from "../../test/support/hub-server.js";
import { type HubSettings, hubSettings } from "../io/hub/settings.js";
import { type CorpusOptions, loadCorpus } from "./corpus.js";
import { resolveCorpus } from "./resolve-corpus.js";

let hub: FakeHub;
let folder: string;
let settings: HubSettings;
beforeEach(async () => {
  hub = await startHub();
  folder = await mkdtemp(join(tmpdir(), "rewardscope-corpora-"));
  settings = hubSettings({ HF_ENDPOINT: hub.endpoint, HF_HOME: folder });
});
afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

function parquet(texts: string[]): Buffer {
  const label = texts.map((_, i) => BigInt(i % 2));
  const columnData = [
    { name: "text", data: texts, type: "STRING" as const },
    { name: "label", data: label, type: "INT64" as const },
  ];
  return Buffer.from(parquetWriteBuffer({ columnData }));
}

function publish(files: FakeRepository["files"]): void {
  hub.repositories[0] = { type: "dataset", id: "made-up/reviews", revisions: { main: commitOf("reviews") }, files };
}

async function texts(options: CorpusOptions = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const { text } of loadCorpus("made-up/reviews", { settings, ...options })) found.push(text);
  return found;
}

const downloaded = () =>
  hub.seen.flatMap(({ host, url }) => (host === "hub" ? (/\/resolve\/\w+\/(.*)/.exec(url)?.[1] ?? []) : []));

test("a data set of Parquet shards: the wanted split alone, then the cache", async () => {
  publish({
    "README.md": Buffer.from("reviews"),
    "plain_text/train-00000-of-00002.parquet": parquet(["good", "bad"]),
    "plain_text/train-00001-of-00002.parquet": parquet(["fine"]),
    "plain_text/test-00000-of-00001.parquet": parquet(["a test"]),
    "plain_text/unsupervised-00000-of-00001.parquet": parquet(["no label"]),
  });
  expect(await texts()).toEqual(["good", "bad", "fine"]);
  expect(downloaded()).toEqual(["plain_text/train-00000-of-00002.parquet", "plain_text/train-00001-of-00002.parquet"]);
  hub.seen.length = 0;
  expect(await texts({ offline: true, minCharacters: 4 })).toEqual(["good", "fine"]);
  await expect(texts({ offline: true, split: "test" })).rejects.toThrow(
    /made-up\/reviews: file of the split test is not in the cache: looked for .*datasets--made-up--reviews.snapshots/,
  );
  expect(hub.seen).toEqual([]);
  await resolveCorpus("made-up/reviews", ["train", "test"], { settings });
  expect(downloaded()).toEqual(["plain_text/test-00000-of-00001.parquet"]);
  await expect(texts({ split: "tset" })).rejects.toThrow(
    /the repository has no file of the split tset\n {2}help: Its splits are test, train, unsupervised/,
  );
});

test.each([
  ["train.jsonl", Buffer.from('{"text":"good"}\n{"text":"bad"}\n')],
  ["data/train.csv", Buffer.from("text,label\ngood,1\nbad,0\n")],
  ["train.csv.gz", gzipSync("text\ngood\nbad\n")],
  ["data/train-00000-of-00001.txt.gz", gzipSync("good\nbad\n")],
])("a data set as %s", async (path, data) => {
  publish({ [path]: data });
  expect(await texts()).toEqual(["good", "bad"]);
});

test.each(["data/train-00000-of-00001-a09b74b3ef9c3b56.parquet", "train/0000.parquet", "data/imdb_train.parquet"])(
  "a data set as %s, which says its split in its own way; then the cache",
  async (path) => {
    publish({
      [path]: parquet(["good", "bad"]),
      "dataset_infos.json": Buffer.from("{}"),
      "README.txt": Buffer.from("x"),
    });
    expect(await texts()).toEqual(["good", "bad"]);
    hub.seen.length = 0;
    expect(await texts({ offline: true })).toEqual(["good", "bad"]);
    expect(hub.seen).toEqual([]);
  },
);

test("what lies in the cache does not take the place of the file that is called so", async () => {
  publish({ "train-small.jsonl": Buffer.from('{"text":"small"}\n'), "train.jsonl": Buffer.from('{"text":"whole"}\n') });
  expect(await texts({ split: "train-small" })).toEqual(["small"]);
  const found: string[] = [];
  for await (const { text } of loadCorpus(`made-up/reviews@${commitOf("reviews")}`, { settings })) found.push(text);
  expect(found).toEqual(["whole"]);
});

test("a shard that the repository lacks is not passed over", async () => {
  publish({ "data/train-00000-of-00002.parquet": parquet(["good"]) });
  await expect(texts()).rejects.toThrow(/has no file of the split train/);
});
