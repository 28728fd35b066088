import { expect, it } from "vitest";
import type { LanguageModel, Tokenizer } from "../model/language-model.js";
import { sampleCorpus } from "./synthetic-corpus.js";

const words = "one two three four five six seven eight nine ten".split(" ");

/** Every second text repeats the training text; the others count backwards. */
const model = {
  generate: async (prompts: readonly (readonly number[])[]) =>
    prompts.map((_, row) => [0, ...(row % 2 === 0 ? [1, 2, 3, 4, 5] : [5, 4, 3, 2, 1])]),
} as unknown as LanguageModel;
const tokenizer = {
  eosTokenId: 0,
  decode: (ids: readonly number[]) => ids.flatMap((id) => (id === 0 ? [] : words[id])).join(" "),
} as unknown as Tokenizer;

async function* training() {
  yield { text: "zero ONE, two -- three four five six" };
  yield { text: "Two, three; four five. Six!" };
}

const options = { count: 40, maxTokens: 5, minCharacters: 3, temperature: 1, seed: 1 };

it("drops texts that share consecutive words with a training text, whatever their case and punctuation", async () => {
  const { texts, droppedShare } = await sampleCorpus(model, tokenizer, training(), { ...options, sharedWords: 5 });
  expect(droppedShare).toBe(0.5);
  expect(new Set(texts)).toEqual(new Set(["six five four three two"]));
});

it("keeps them when the shared stretch is shorter than asked for", async () => {
  const { texts, droppedShare } = await sampleCorpus(model, tokenizer, training(), { ...options, sharedWords: 6 });
  expect(droppedShare).toBe(0);
  expect(texts).toHaveLength(40);
});
