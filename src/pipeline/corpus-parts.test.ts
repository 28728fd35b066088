import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseConfig } from "./config.js";
import { type Part, partTexts } from "./corpus-parts.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-parts-"));
  const lines = (count: number) =>
    Array.from({ length: count }, (_, i) => `${JSON.stringify({ text: `text ${i}` })}\n`).join("");
  await writeFile(join(folder, "train.jsonl"), lines(8));
  await writeFile(join(folder, "test.jsonl"), lines(30));
});
afterAll(() => rm(folder, { recursive: true }));

async function parts(splits: { tune: string; rest: string }, source = folder): Promise<Record<Part, string[]>> {
  const texts = { tune: 5, dictionaries: 10, triples: 20, evaluate: 5, frequency: 5 };
  const config = parseConfig(
    {
      corpus: { source, splits, minCharacters: 0, texts },
      ppo: { evaluation: { prompts: 5 } },
      ablation: { prompts: 5 },
    },
    "test",
  );
  const result = {} as Record<Part, string[]>;
  for (const part of Object.keys(texts) as Part[]) {
    result[part] = [];
    for await (const text of partTexts(config, part)) result[part].push(text);
  }
  return result;
}

it("shares the texts out in proportion to the sizes, none twice", async () => {
  const { tune, ...rest } = await parts({ tune: "train", rest: "test" });
  expect(tune).toEqual(["text 0", "text 1", "text 2", "text 3", "text 4"]);
  // 30 texts for sizes 10, 20, 5, 5: three quarters of each.
  expect(Object.values(rest).map(({ length }) => length)).toEqual([8, 14, 4, 4]);
  expect(new Set(Object.values(rest).flat()).size).toBe(30);
});

it("lets tuning take part where all come from one split", async () => {
  const all = await parts({ tune: "test", rest: "test" });
  expect(new Set(Object.values(all).flat()).size).toBe(30);
  expect(all.tune.length).toBeGreaterThanOrEqual(3);
});

it("cuts all parts from a single file, which has no splits", async () => {
  const all = await parts({ tune: "train", rest: "test" }, join(folder, "test.jsonl"));
  expect(new Set(Object.values(all).flat()).size).toBe(30);
  expect(Object.values(all).flat()).toHaveLength(30);
});
