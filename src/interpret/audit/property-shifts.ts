/** Changes of the sampled texts' properties by tuning. */
import { bootstrapDifference, bootstrapMean, type Interval } from "../../stats/index.js";
import type { Resampling } from "../../stats/interval.js";
import { mean } from "../../stats/moments.js";
import type { AuditedText } from "./audited-text.js";
import type { PropertyColumn } from "./properties.js";

/** A property of completions before and after tuning. */
export interface PropertyShift {
  name: string;
  summary: string;
  /** Means over the completions of each model. */
  base: Interval;
  tuned: Interval;
  /** tuned - base of the same prompt. */
  difference: Interval;
  /** The difference in pooled standard deviations of completions; 0 for a constant property. */
  effect: number;
}

/**
 * Means of each property in both models' completions of the same prompts; intervals resample
 * prompts.
 * @param texts those of `columns`, in the same order; only completions are used
 */
export function propertyShifts(
  texts: readonly Pick<AuditedText, "origin" | "unit">[],
  columns: readonly PropertyColumn[],
  resampling: Resampling,
): PropertyShift[] {
  const tunedOf = new Map(texts.flatMap(({ origin, unit }, i) => (origin === "tuned" ? [[unit, i] as const] : [])));
  const pairs = texts.flatMap(({ origin, unit }, base) => {
    const tuned = tunedOf.get(unit);
    return origin === "base" && tuned !== undefined ? [{ base, tuned }] : [];
  });
  const options = { ...resampling, unit: "prompt" as const };
  return columns.map(({ name, summary, values }) => {
    const base = pairs.map((pair) => values[pair.base]);
    const tuned = pairs.map((pair) => values[pair.tuned]);
    const difference = bootstrapDifference(tuned, base, options);
    const deviation = standardDeviation([...base, ...tuned]);
    return {
      name,
      summary,
      base: bootstrapMean(base, options),
      tuned: bootstrapMean(tuned, options),
      difference,
      effect: deviation > 0 ? difference.value / deviation : 0,
    };
  });
}

function standardDeviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
