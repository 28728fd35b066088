/** The form of the plain reading in results.json. */
import { z } from "zod";
import { estimator, interval, kendall, number } from "./schema-values.js";

const wordSets = ["all", "negative", "positive", "visited", "likeliest"] as const;
const source = z.enum(["base", "tuned", "withinPrompt"]);
const contrast = z.object({ word: z.string(), base: number, tuned: number, logOdds: number, z: number });

/** results.json, section `plain` */
export const plain = z.object({
  positions: number,
  klFromBase: number,
  lexicon: z.object({
    words: number,
    visited: number,
    signAgreement: z.object({ all: interval, visited: interval }),
    kendall: z.array(z.object({ words: z.enum(wordSets), result: kendall })),
    controls: z.array(
      z.object({
        values: z.enum(["signs", "shuffledWithinPolarity", "baseMass"]),
        words: z.enum(["all", "visited"]),
        result: kendall,
      }),
    ),
  }),
  againstProbe: z.array(
    z.object({ estimator, words: z.enum(["all", "visited"]), plain: kendall, probe: kendall, difference: interval }),
  ),
  texts: z.array(
    z.object({
      source,
      rewarded: z.enum(["completion", "promptAndCompletion"]),
      pearson: interval,
      kendall: interval,
      epicDistance: interval,
      shuffled: interval,
      baseLogProb: interval,
    }),
  ),
  attribution: z.array(
    z.object({
      source,
      r2: interval,
      unexplained: interval,
      features: z.array(
        z.object({
          feature: z.enum(["reward", "length", "ended", "punctuation", "repetition", "frequentWords"]),
          coefficient: number,
          dropOne: interval,
        }),
      ),
      shuffledReward: interval,
    }),
  ),
  overRepresented: z.object({
    words: z.object({ base: number, tuned: number, different: number }),
    moreInTuned: z.array(contrast),
    moreInBase: z.array(contrast),
    beyond196: number,
    shuffled: z.object({ beyond196: number, largest: number }),
  }),
});
