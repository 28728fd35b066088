/** The forms of the numbers that all results are made of. */
import { z } from "zod";

/** JSON writes NaN as null. */
export const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

export const estimator = z.enum(["leastSquares", "ridge"]);

export const interval = z.object({
  value: number,
  low: number,
  high: number,
  n: z.number(),
  unit: z.enum(["prompt", "word", "text", "feature", "token"]),
});

export const kendall = z.object({ tau: interval, pValue: number, distance: number });
