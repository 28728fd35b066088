/**
 * Section `frequency` of results.json: frequency of activation where R predicts a high reward
 * (paper, Table 6).
 */
import { z } from "zod";
import { interval, modelRole, number } from "../values.js";

export const frequencyResults = z.object({
  models: z.array(
    z.object({
      model: modelRole,
      /** Number of positions at which R was computed. */
      positions: number,
      /**
       * The lowest high reward, and whether it is the given threshold, or the top decile since no
       * prediction exceeds that.
       */
      threshold: number,
      criterion: z.enum(["above the threshold", "top decile"]),
      /** Share of positions with R above the given threshold. */
      shareAbove: number,
      highPositions: number,
      /**
       * Share of high positions at which a labelled feature is active, mean over features; n is 0
       * when none is labelled.
       */
      related: interval,
      /** The same for all features of the dictionaries. */
      average: interval,
      /**
       * The same for the ten unlabelled features of the layer nearest to each labelled one in
       * frequency over all tokens.
       */
      matchedFrequency: interval,
    }),
  ),
});

/** Section `frequency` of results.json. */
export interface FrequencyResults extends z.output<typeof frequencyResults> {}
