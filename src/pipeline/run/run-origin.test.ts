import { execFileSync } from "node:child_process";
import { appendFile, cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfig } from "../../config/check-config.js";
import { ConfigError } from "../../errors.js";
import { hashInputs } from "./run-origin.js";

const golden = fileURLToPath(new URL("../../../test/golden/models/neox-sharded", import.meta.url));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-origin-"));
});
afterEach(() => rm(folder, { recursive: true }));

const hashes = (input: unknown) => hashInputs(parseConfig(input, "test"));

/**
 * Files that are not read: notes, weights in other formats, hidden files, folders, pipes, links to
 * folders, broken links.
 */
async function addStrangers(where: string): Promise<void> {
  await writeFile(join(where, "README.md"), "read me");
  await writeFile(join(where, "pytorch_model.bin"), "a pickle");
  await mkdir(join(where, ".cache"));
  execFileSync("mkfifo", [join(where, "pipe")]);
  await symlink(tmpdir(), join(where, "folder"));
  await symlink(join(where, "nothing"), join(where, "dangling"));
}

test("of a model's folder the files that loading reads count, and nothing beside them", async () => {
  const model = join(folder, "model");
  await cp(golden, model, { recursive: true });
  const before = await hashes({ model });
  await addStrangers(model);
  expect(await hashes({ model })).toEqual(before);
  await writeFile(join(model, "tokenizer.json"), "{}");
  for (const name of [
    "config.json",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
    "tokenizer.json",
  ]) {
    const earlier = await hashes({ model });
    await appendFile(join(model, name), " ");
    expect((await hashes({ model }))["model.name"]).not.toBe(earlier["model.name"]);
  }
});

test("of a corpus the files of its splits count", async () => {
  const corpus = join(folder, "corpus");
  await mkdir(join(corpus, "test"), { recursive: true });
  await writeFile(join(corpus, "train.jsonl"), '{"text":"a"}\n');
  await writeFile(join(folder, "elsewhere.jsonl"), '{"text":"b"}\n');
  await symlink(join(folder, "elsewhere.jsonl"), join(corpus, "test", "0.jsonl"));
  const before = await hashes({ corpus });
  await addStrangers(corpus);
  await writeFile(join(corpus, "validation.jsonl"), "{}");
  expect(await hashes({ corpus })).toEqual(before);
  await appendFile(join(folder, "elsewhere.jsonl"), "\n");
  const after = await hashes({ corpus });
  expect(after["corpus.source"]).not.toBe(before["corpus.source"]);
  expect({ ...after, "corpus.source": "" }).toEqual({ ...before, "corpus.source": "" });
  await expect(hashes({ corpus: { source: corpus, splits: { rest: "dev" } } })).resolves.toBeDefined();
  await expect(hashes({ corpus: { source: corpus, splits: { rest: "none" } } })).rejects.toThrow(ConfigError);
});

test("what cannot be a file is refused at once, with its name", async () => {
  const corpus = join(folder, "corpus");
  await mkdir(corpus);
  await writeFile(join(corpus, "test.txt"), "a\n");
  execFileSync("mkfifo", [join(corpus, "train.txt")]);
  await expect(hashes({ corpus })).rejects.toThrow(/corpus.splits.tune: expected one of test .*received train/);
  const model = join(folder, "model");
  await cp(golden, model, { recursive: true });
  execFileSync("mkfifo", [join(model, "tokenizer.json")]);
  await expect(hashes({ model })).rejects.toThrow(/tokenizer.json: expected a file, received a pipe/);
  await rm(join(model, "tokenizer.json"));
  await writeFile(join(model, "tokenizer.json"), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n");
  await expect(hashes({ model })).rejects.toThrow(/tokenizer.json: is a Git LFS pointer/);
});
