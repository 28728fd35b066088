/**
 * Settings of rollouts, shared by all algorithms: lengths of queries and responses, and the text
 * that is rewarded.
 */
import { z } from "zod";

const tokenRange = () => z.tuple([z.int().positive(), z.int().positive()]);

/** Fields for an algorithm's schema. Lengths are drawn uniformly from both ranges. */
export const rolloutFields = {
  queryTokens: tokenRange().default([2, 10]).describe("Minimal and maximal tokens of a query (section 4.1)"),
  responseTokens: tokenRange()
    .default([8, 20])
    .describe("Minimal and maximal tokens of a response; an end-of-text token ends it early (section 4.1)"),
  rewardOf: z
    .enum(["prefixAndCompletion", "completion"])
    .default("prefixAndCompletion")
    .describe("The text that is rewarded in tuning: query and response, or the response only (section 4.1)"),
};

const schema = z.object(rolloutFields);
export interface RolloutSettings extends Readonly<z.output<typeof schema>> {}
