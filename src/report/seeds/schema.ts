/** The form of seeds.json. The types of results.ts are checked against it. */
import { z } from "zod";
import type { HeadFigureId, SeedsResults } from "../../results/results.js";

const spread = z.object({
  values: z.array(z.number().nullable()),
  intervals: z.array(z.tuple([z.number(), z.number()]).nullable()).optional(),
  n: z.number(),
  mean: z.number(),
  standardDeviation: z.number().nullable(),
  min: z.number(),
  max: z.number(),
});

/** seeds.json */
export const seedsSchema: z.ZodType<SeedsResults> = z.object({
  seeds: z.array(z.number()).min(1),
  chosenLayers: z.array(z.array(z.number()).nullable()),
  heads: z.array(
    spread.extend({
      id: z.custom<HeadFigureId>((id) => typeof id === "string", "expected a text"),
      name: z.string(),
      kind: z.enum(["number", "share"]),
      signs: z.object({ positive: z.number(), negative: z.number() }).optional(),
    }),
  ),
  dictionaryMatches: z.array(
    z.object({
      model: z.enum(["base", "tuned"]),
      layer: z.number(),
      seeds: z.tuple([z.number(), z.number()]),
      mmcs: z.number(),
      randomMmcs: z.number(),
    }),
  ),
  figures: z.array(
    spread.extend({ path: z.array(z.union([z.string(), z.record(z.string(), z.union([z.string(), z.number()]))])) }),
  ),
});
