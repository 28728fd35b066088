import { expect, test } from "vitest";
import type { LanguageModel, Tokenizer } from "../model/language-model.js";
import { Rng } from "../rng.js";
import { completePrompts } from "./evaluate.js";
import { ppoDefaults } from "./ppo/settings.js";
import { rollOut } from "./rollout.js";

/** A token is a letter, a text a sequence of letters; the model continues with `ab`. */
const tokenizer = { decode: (ids: readonly number[]) => String.fromCharCode(...ids) } as unknown as Tokenizer;
const policy = {
  generate: async (prompts: readonly (readonly number[])[]) => prompts.map((prompt) => [...prompt, 97, 98]),
} as unknown as LanguageModel;
const prompts = [[99], [100]];

/** Returns the lengths, and changes its input list. */
const reward = (texts: readonly string[]) => {
  const lengths = texts.map((text) => text.length);
  (texts as string[]).fill("spoilt");
  return lengths;
};

test("a reward that overwrites its texts changes no text of a rollout", async () => {
  const settings = {
    ...ppoDefaults,
    queryTokens: [1, 1] as [number, number],
    responseTokens: [2, 2] as [number, number],
    rewardOf: "completion" as const,
  };
  const { responseTexts, scores } = await rollOut(policy, prompts, {
    tokenizer,
    reward,
    settings,
    rng: Rng.fromSeed(1),
  });
  expect({ responseTexts, scores }).toEqual({ responseTexts: ["ab", "ab"], scores: [2, 2] });
});

test("nor of an evaluation", async () => {
  const found = await completePrompts(policy, prompts, { tokenizer, reward, newTokens: 2, seed: 1 });
  expect(found).toMatchObject({ completions: ["ab", "ab"], rewards: [3, 3], completionRewards: [2, 2] });
});
