/**
 * Section `divergence` of results.json: L2 norms of parameter differences (paper, section 4.2 and
 * Figure 4).
 */
import { z } from "zod";
import { number } from "../values.js";

const tensor = z.object({
  name: z.string(),
  /** L2 norm of tuned - base over all elements. */
  l2: number,
});

export const divergenceResults = z.object({
  layers: z.array(z.object({ layer: number, divergence: number, tensors: z.array(tensor) })),
  /** Embeddings, unembedding and final norm: listed, never chosen. */
  others: z.array(tensor),
  /** The chosen layers, in ascending order. */
  chosen: z.array(z.number()),
});

/** Section `divergence` of results.json. */
export interface DivergenceResults extends z.output<typeof divergenceResults> {}
