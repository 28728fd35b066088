import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadTextRows } from "./text-rows.js";
import { loadTokenizer } from "./tokenizer.js";

const golden = fileURLToPath(new URL("../../../test/golden/tokenizer", import.meta.url));
const roberta = join(golden, "roberta");
const { texts, tokens } = JSON.parse(readFileSync(join(roberta, "golden.json"), "utf8")) as {
  texts: string[];
  tokens: number[][];
};

let old: string;
beforeAll(() => {
  old = mkdtempSync(join(tmpdir(), "rewardscope-rows-"));
  for (const name of ["vocab.json", "merges.txt"]) cpSync(join(roberta, name), join(old, name));
});
afterAll(() => rmSync(old, { recursive: true }));

test("RoBERTa's tokens, cut to 12, from tokenizer.json and from the two files of older folders", async () => {
  for (const folder of [roberta, old]) {
    const { encode } = await loadTextRows(folder);
    expect(texts.map((text) => encode(text, 12))).toEqual(tokens);
  }
});

test("what stands before a text is kept, and nothing is put behind it", async () => {
  const { encode } = await loadTextRows(join(golden, "llama3"));
  const whole = (await loadTokenizer(join(golden, "llama3"))).encode("A fine film, was it not?");
  expect(whole[0]).toBe((await loadTokenizer(join(golden, "llama3"))).encode("")[0]);
  expect(encode("A fine film, was it not?", 4)).toEqual(whole.slice(0, 4));
});

test("a text without tokens is one that has just begun", async () => {
  const { eosTokenId } = await loadTokenizer(join(golden, "small"));
  expect((await loadTextRows(join(golden, "small"))).encode("", 4)).toEqual([eosTokenId]);
});
