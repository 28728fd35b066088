/** The group `audit` of the configuration: what the command of the same name reads beside models and corpus. */
import { z } from "zod";
import { count } from "../settings/numbers.js";

const path = () => z.string().min(1);

export const auditFields = z.strictObject({
  prompts: z.int().min(20).default(300).describe("Number of prompts that both models complete"),
  promptTokens: count()
    .default(24)
    .describe("Tokens of each prompt, the first of a text; shorter texts are kept whole"),
  newTokens: count().default(64).describe("Maximal tokens per completion"),
  chat: z
    .enum(["auto", "never"])
    .default("auto")
    .describe(
      "auto: where model.tuned, or else model.base, has a chat template, each prompt is a user's message in it; never: prompts are given as they stand",
    ),
  chatTokens: count().default(256).describe("Tokens of each user's message, instead of promptTokens, with a template"),
  texts: z.int().min(20).default(300).describe("Number of texts of the corpus that both models read"),
  textTokens: z.int().min(2).default(128).describe("Tokens read of each of these texts"),
  property: path()
    .optional()
    .describe("A property of your own: a module (.js, .mjs) that exports texts => numbers, as a reward does"),
  partPrompts: z
    .int()
    .nonnegative()
    .default(24)
    .describe("Completed prompts that are read again with each part of one model put into the other; 0: no such map"),
  preferences: path()
    .optional()
    .describe("Preference data (rows of prompt, chosen, rejected, or TRL's other forms): a file, a folder, a Hub id"),
  preferenceSplit: z.string().min(1).default("test").describe("Their split, where they have splits"),
  preferenceRows: z.int().min(20).default(500).describe("Maximal number of preferences that both models read"),
  preferenceTokens: count()
    .default(512)
    .describe("Preferences with a longer answer, prompt included, are left out; so are those beyond the positions"),
});
