import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseConfig } from "../../config/check-config.js";
import { type Part, partTexts } from "./corpus-parts.js";

const lines = (name: string, count: number): string =>
  Array.from({ length: count }, (_, i) => `${JSON.stringify({ text: `${name} ${i}` })}\n`).join("");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-parts-"));
  await writeFile(join(folder, "train.jsonl"), lines("tune", 8));
  await writeFile(join(folder, "test.jsonl"), lines("text", 30));
});
afterAll(() => rm(folder, { recursive: true }));

async function parts(
  splits: { tune: string; rest: string },
  source = folder,
  onRepeats?: (rows: number) => void,
): Promise<Record<Part, string[]>> {
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
    for await (const text of partTexts(config, part, undefined, onRepeats)) result[part].push(text);
  }
  return result;
}

it("shares the texts out in proportion to the sizes, none twice", async () => {
  const { tune, ...rest } = await parts({ tune: "train", rest: "test" });
  expect(new Set(tune).size).toBe(5);
  // 30 texts for sizes 10, 20, 5, 5: three quarters of each.
  expect(Object.values(rest).map(({ length }) => length)).toEqual([8, 14, 4, 4]);
  expect(new Set(Object.values(rest).flat()).size).toBe(30);
});

it("draws from the whole of a sorted corpus, the same texts every time", async () => {
  const lines = Array.from(
    { length: 2000 },
    (_, i) => `${JSON.stringify({ text: `${i < 1000 ? "bad" : "good"} ${i}` })}\n`,
  );
  const source = join(folder, "sorted.jsonl");
  await writeFile(source, lines.join(""));
  const sizes = { tune: 100, dictionaries: 100, triples: 100, evaluate: 100, frequency: 100 };
  const config = parseConfig(
    {
      corpus: { source, minCharacters: 0, texts: sizes },
      ppo: { evaluation: { prompts: 5 } },
      ablation: { prompts: 5 },
    },
    "test",
  );
  const take = async (seed: number) => {
    const texts: string[] = [];
    for await (const text of partTexts({ ...config, seed }, "tune")) texts.push(text);
    return texts;
  };
  const texts = await take(1);
  expect(texts).toHaveLength(100);
  // 50 of each expected, with a standard deviation of 5; the halves of the order are mixed as well.
  const good = (list: string[]) => list.filter((text) => text.startsWith("good")).length;
  expect(Math.abs(good(texts) - 50)).toBeLessThan(15);
  expect(Math.abs(good(texts.slice(0, 50)) - 25)).toBeLessThan(12);
  expect(await take(2)).toEqual(texts);
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

it("takes a text that stands several times once, the first of its places in the order that is drawn", async () => {
  const once = await parts({ tune: "all", rest: "all" }, join(folder, "test.jsonl"));
  const source = join(folder, "twice.jsonl");
  await writeFile(source, lines("text", 30) + lines("text", 30));
  const repeats: number[] = [];
  const twice = await parts({ tune: "all", rest: "all" }, source, (rows) => repeats.push(rows));
  expect(Object.values(twice).flat().sort()).toEqual(Object.values(once).flat().sort());
  expect(Object.values(twice).map(({ length }) => length)).toEqual(Object.values(once).map(({ length }) => length));
  expect(new Set(repeats)).toEqual(new Set([30]));
});

it("keeps a text of both splits out of tuning, and the other parts as they are without it", async () => {
  const source = join(folder, "both");
  await mkdir(source);
  await writeFile(join(source, "test.jsonl"), lines("text", 30));
  await writeFile(join(source, "train.jsonl"), lines("text", 30) + lines("tune", 3));
  const { tune, ...rest } = await parts({ tune: "train", rest: "test" }, source);
  expect(tune.sort()).toEqual(["tune 0", "tune 1", "tune 2"]);
  const { tune: _, ...without } = await parts({ tune: "train", rest: "test" });
  expect(rest).toEqual(without);
  await writeFile(join(source, "train.jsonl"), lines("text", 30));
  await expect(parts({ tune: "train", rest: "test" }, source)).rejects.toThrow(
    /corpus.splits.tune: expected .*, received train of .*, whose 30 texts are all there/,
  );
});

it("draws different texts from a long stream although few are kept on the way", async () => {
  const source = join(folder, "long.jsonl");
  await writeFile(
    source,
    Array.from({ length: 3000 }, (_, i) => `${JSON.stringify({ text: `text ${i % 1000}` })}\n`).join(""),
  );
  const all = Object.values(await parts({ tune: "all", rest: "all" }, source)).flat();
  expect([all.length, new Set(all).size]).toEqual([45, 45]);
});
