import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pretrainModel } from "./pretrain.js";
import { parsePretrainConfig } from "./pretrain-config.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pretrain-"));
  const line = (i: number) => `${JSON.stringify({ text: `Film ${i} was good, and the next one was not.` })}\n`;
  await writeFile(join(folder, "texts.jsonl"), Array.from({ length: 60 }, (_, i) => line(i)).join(""));
});
afterAll(() => rm(folder, { recursive: true }));

/** Makes or continues a tiny model, and returns the log lines. */
async function pretrained(): Promise<string[]> {
  const config = parsePretrainConfig(
    {
      ...{ out: join(folder, "model"), work: join(folder, "work"), corpus: join(folder, "texts.jsonl") },
      ...{ splits: { train: "all", heldOut: "all" }, vocabSize: 270 },
      model: { nLayers: 1, dModel: 16, nHeads: 2, dMlp: 8, maxPositions: 96 },
      training: { steps: 2, batchSize: 1, length: 8 },
    },
    "test",
  );
  const lines: string[] = [];
  const progress = { start() {}, update() {}, end() {} };
  const log = (line: string) => void lines.push(line);
  await pretrainModel(config, { progress, signal: new AbortController().signal, log });
  return lines;
}

test("a corpus is encoded once, and again when its tokens or the tokenizer are not those of before", async () => {
  expect(await pretrained()).toContain("encoding the corpus");
  const tokens = join(folder, "work", "train.tokens");
  const whole = await readFile(tokens);
  expect((await pretrained()).join()).not.toContain("encod");
  const damaged = Buffer.from(whole);
  damaged[4] ^= 1;
  await writeFile(tokens, damaged);
  expect(await pretrained()).toContainEqual(
    expect.stringMatching(/^the corpus is encoded again: .*tokens\.json: it is of/),
  );
  expect((await readFile(tokens)).equals(whole)).toBe(true);
  const counts = join(folder, "work", "tokens.json");
  await writeFile(counts, (await readFile(counts, "utf8")).replace(/"train": \d/, '"train": 7'));
  expect(await pretrained()).toContainEqual(expect.stringMatching(/encoded again: .*tokens\.json: was changed/));
  expect((await pretrained()).join()).not.toContain("encod");
});
