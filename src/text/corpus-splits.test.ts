import { expect, test } from "vitest";
import { findSplit, formatOf } from "./corpus-splits.js";

test("formats by their endings", () => {
  expect(["a.parquet", "A.CSV", "a.b.jsonl.gz", "a.ndjson", "a.tsv", "a.TXT.GZ", "a.json"].map(formatOf)).toEqual([
    "parquet",
    "csv",
    "jsonl",
    "ndjson",
    "tsv",
    "txt",
    "json",
  ]);
  expect(["a.parquet.gz", "a", "a.doc", "csv", "a.gz"].map(formatOf)).toEqual(Array(5).fill(undefined));
});

/**
 * The requested split, the paths, and the expected result: indices of paths, or words of the
 * problem.
 */
test.each<[string, string[], number[] | RegExp]>([
  ["train", ["train.jsonl", "test.jsonl"], [0]],
  ["reviews", ["reviews.csv", "train.csv"], [0]],
  ["train", ["plain_text/train-00000-of-00001.parquet", "plain_text/test-00000-of-00001.parquet"], [0]],
  ["train", ["data/train-00001-of-00002.parquet", "data/train-00000-of-00002.parquet"], [1, 0]],
  ["train", ["data/train-00000-of-00001-a09b74b3ef9c3b56.parquet", "dataset_infos.json", "README.txt"], [0]],
  ["test", ["train/0.parquet", "test/1.parquet", "test/0.parquet", "test/.hidden.parquet", "test/README.md"], [2, 1]],
  ["train", ["data/train/part/0.jsonl.gz", "data/validation/0.jsonl.gz"], [0]],
  ["train", ["imdb_train.csv", "imdb_test.csv", "pretrained.csv", "constraint-list.csv"], [0]],
  ["train", ["TRAIN.CSV", "TEST.CSV"], [0]],
  ["train", ["train_0.jsonl", "train_1.jsonl", "test.jsonl"], [0, 1]],
  ["validation", ["train.json", "dev.json"], [1]],
  ["valid", ["train.json", "validation-00000-of-00001.parquet"], [1]],
  ["test", ["my-eval-set.txt", "training.txt"], [0]],
  ["train", ["training.txt", "train.txt"], [1]],
  ["train", ["data/train.txt", "train.txt"], [1]],
  ["test", ["train.jsonl", "unsupervised.jsonl"], /is not there/],
  ["train", ["train_test_split.csv", "contest.csv"], /is not there/],
  ["unsupervised", ["all_unsupervised.csv"], /is not there/],
  ["train", ["train-small.csv", "train-large.csv"], /could be train-large or train-small/],
  ["train", ["train.csv", "train/0.csv"], /could be train or train\//],
  ["train", ["train.csv", "train.txt"], /two formats, train.csv and train.txt/],
  ["train", ["train-00000-of-00002.csv"], /has 1 of its 2 shards/],
  ["train", ["train.csv", "train-00000-of-00001.csv"], /mixes/],
  ["train", ["train-00000-of-00001-aaaaaaaa.csv", "train-00000-of-00001-bbbbbbbb.csv"], /has a shard twice/],
])("%s among %s", (split, paths, expected) => {
  const found = findSplit(paths, split);
  if (expected instanceof RegExp) expect(found).toEqual({ problem: expect.stringMatching(expected) });
  else expect("files" in found && found.files.map(({ path }) => path)).toEqual(expected.map((i) => paths[i]));
});
