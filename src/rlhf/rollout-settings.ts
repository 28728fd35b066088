/** The settings of sampling texts to learn from, which every algorithm shares. */
import { z } from "zod";

const tokenRange = () => z.tuple([z.int().positive(), z.int().positive()]);

/** Fields for an algorithm's schema. Both ranges are drawn from uniformly. */
export const rolloutFields = {
  queryTokens: tokenRange().default([2, 10]).describe("Least and most tokens of a query (section 4.1)"),
  responseTokens: tokenRange()
    .default([8, 20])
    .describe("Least and most tokens of a response; an end-of-text token ends it early (section 4.1)"),
  rewardOf: z
    .enum(["prefixAndCompletion", "completion"])
    .default("prefixAndCompletion")
    .describe("The text that is rewarded in tuning (section 4.1)"),
};

const schema = z.object(rolloutFields);
export type RolloutSettings = Readonly<z.output<typeof schema>>;
