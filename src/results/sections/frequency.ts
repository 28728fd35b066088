/**
 * Section `frequency` of results.json: how often features fire where R predicts a high reward
 * (paper, Table 6).
 */
import { z } from "zod";
import { interval, modelRole, number } from "../values.js";

export const frequencyResults = z.object({
  models: z.array(
    z.object({
      model: modelRole,
      /** Positions that R was applied to. */
      positions: number,
      /**
       * Where "high" begins, and whether it is the one asked for or the top decile because nothing
       * exceeded that.
       */
      threshold: number,
      criterion: z.enum(["above the threshold", "top decile"]),
      /** Share of positions with R above the threshold asked for. */
      shareAbove: number,
      highPositions: number,
      /**
       * Share of high positions at which a related feature is active, mean over features; n is 0
       * when none is related.
       */
      related: interval,
      /** The same over all features of the dictionaries. */
      average: interval,
      /**
       * The same over, for each related feature, the ten unrelated ones of its layer that are
       * active about as often on all tokens.
       */
      matchedFrequency: interval,
    }),
  ),
});

export type FrequencyResults = z.output<typeof frequencyResults>;
