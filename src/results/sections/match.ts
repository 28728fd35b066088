/**
 * Section `match` of results.json: mean max cosine similarity of small in large dictionaries
 * (paper, Eq. 2), or of a one-to-one matching.
 */
import { z } from "zod";
import { modelRole, number } from "../values.js";

/** A dictionary of a layer. */
const dictionaryName = z.enum(["base small", "base large", "tuned small", "tuned large"]);

export const matchResults = z.object({
  topK: number,
  /** Default: each feature with its best match, which several may share. */
  matching: z.literal("oneToOne").optional(),
  pairs: z.array(
    z.object({
      model: modelRole,
      layer: z.number(),
      mmcs: number,
      /** The same for random dictionaries of the same sizes. */
      randomMmcs: number,
      /**
       * Cosine of each of the small dictionary's features with its match, in the order of its
       * features.
       */
      cosines: z.array(number),
      /** The topK features with the highest cosine, highest first. */
      top: z.array(z.object({ feature: number, cosine: number, partner: number })),
    }),
  ),
  /**
   * MMCS between every two dictionaries of a layer, in each direction; absent in runs of earlier
   * versions.
   */
  between: z.array(z.object({ layer: z.number(), from: dictionaryName, to: dictionaryName, mmcs: number })).optional(),
});

/** A dictionary of a run by model and size, such as `tuned small`. */
export type DictionaryName = z.output<typeof dictionaryName>;
/** Section `match` of results.json. */
export interface MatchResults extends z.output<typeof matchResults> {}
