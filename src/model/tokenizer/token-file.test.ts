import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fakeTokenizer } from "../../../test/support/fake-language-model.js";
import { FormatError } from "../../errors.js";
import { TokenFile, writeTokenFile } from "./token-file.js";

const scratch = mkdtempSync(join(tmpdir(), "rewardscope-tokens-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const path = join(scratch, "tokens.bin");

async function* texts(...all: string[]) {
  for (const text of all) yield { text };
}

test("texts become ids with the end of text behind each, two bytes a token", async () => {
  const tokenizer = { ...fakeTokenizer(["<end>", "a", "b", "ab"]), eosTokenId: 0 };
  const seen: number[] = [];
  const written = await writeTokenFile(path, texts("ab", "ba", ""), tokenizer, (tokens) => seen.push(tokens));
  expect(written).toEqual({ tokens: 6, characters: 4 });
  expect(seen).toEqual([2, 5, 6]);
  expect(statSync(path).size).toBe(12);
  const file = await TokenFile.open(path);
  expect(file.tokens).toBe(6);
  expect(await file.window(0, 6)).toEqual(Uint16Array.of(3, 0, 2, 1, 0, 0));
  expect(await file.window(2, 2)).toEqual(Uint16Array.of(2, 1));
  await file.close();
});

test("ids up to 65,535 are kept, larger vocabularies refused", async () => {
  const tokenizer = fakeTokenizer(["a"]);
  await writeTokenFile(path, texts("x"), { ...tokenizer, vocabSize: 65536, encode: () => [65535, 256] });
  const file = await TokenFile.open(path);
  expect(await file.window(0, 3)).toEqual(Uint16Array.of(65535, 256, 0));
  await file.close();
  await expect(writeTokenFile(path, texts("x"), { ...tokenizer, vocabSize: 65537 })).rejects.toThrow(
    "ids below 65536, the vocabulary has 65537",
  );
});

test("a window outside the file, and a file that is not there", async () => {
  writeFileSync(path, new Uint8Array(7));
  const file = await TokenFile.open(path);
  expect(file.tokens).toBe(3);
  await expect(file.window(2, 2)).rejects.toThrow(`${path}: 2 tokens from 2 on were asked for, the file holds 3`);
  await expect(file.window(-1, 2)).rejects.toBeInstanceOf(FormatError);
  await file.close();
  await expect(TokenFile.open(join(scratch, "none"))).rejects.toThrow("none: cannot be read");
});
