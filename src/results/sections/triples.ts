/**
 * Section `triples` of results.json: number and words of the contrastive triples (paper, section
 * 4.3).
 */
import { z } from "zod";
import { number } from "../values.js";

export const triplesResults = z.object({
  triples: number,
  distinctPositives: number,
  distinctNegatives: number,
  distinctNeutrals: number,
  /** Largest share that one word has of the negatives (neutrals). */
  largestNegativeShare: number,
  largestNeutralShare: number,
  samples: z.array(z.object({ context: z.string(), positive: z.string(), neutral: z.string(), negative: z.string() })),
  /**
   * With proposed substitutes: the number of proposals in the triples. The others were sampled.
   */
  proposed: z.object({ negatives: number, neutrals: number }).optional(),
});

/** Section `triples` of results.json. */
export interface TriplesResults extends z.output<typeof triplesResults> {}
