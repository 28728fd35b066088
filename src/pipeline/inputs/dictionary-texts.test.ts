import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConfig } from "../../config/check-config.js";
import type { Tokenizer } from "../../model/language-model.js";
import { loadTokenizer } from "../../model/tokenizer/tokenizer.js";
import { dictionaryTexts, trainedTokens } from "./dictionary-texts.js";

let folder: string;
let tokenizer: Tokenizer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dictionary-texts-"));
  tokenizer = await loadTokenizer("embedded");
});
afterAll(() => rm(folder, { recursive: true }));

test("the last quarter of the texts is held out, and no text is cut longer than asked", async () => {
  const source = join(folder, "texts.txt");
  const lines = Array.from({ length: 104 }, (_, i) => `Number ${i} of the films of a long and merry evening.\n`);
  await writeFile(source, lines.join(""));
  // Each of the four other parts takes one text.
  const texts = { tune: 1, dictionaries: 100, triples: 1, evaluate: 1, frequency: 1 };
  const config = parseConfig(
    {
      corpus: { source, minCharacters: 0, texts },
      dictionaries: { maxTokens: 5 },
      ppo: { evaluation: { prompts: 1 } },
      ablation: { prompts: 1 },
    },
    "test",
  );
  const { training, heldOut } = await dictionaryTexts(config, tokenizer);
  expect([training.length, heldOut.length]).toEqual([75, 25]);
  expect([...training, ...heldOut].every(({ length }) => length === 5)).toBe(true);
  expect(new Set([...training, ...heldOut].map(String)).size).toBe(100);
});

test("training ends with its epochs or at its limit", () => {
  expect(trainedTokens({ epochs: 3, tokenVisits: 1000 }, 200)).toBe(600);
  expect(trainedTokens({ epochs: 3, tokenVisits: 500 }, 200)).toBe(500);
});
