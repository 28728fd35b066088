/** Intervals of means and ratios, also for n = 0 units. */
import type { Rng } from "../rng.js";
import { bootstrap, type Interval } from "./index.js";

/** Options of bootstrap intervals; 2000 resamples by default. */
export interface Resampling {
  readonly rng: Rng;
  readonly resamples?: number;
}

export type { Interval };

/**
 * The interval of a number without units, e.g. the frequency of labelled features if none is
 * labelled.
 */
function withoutUnits(unit: Interval["unit"]): Interval {
  return { value: 0, low: 0, high: 0, n: 0, unit };
}

/** Mean of one value per unit; 0 with n = 0 without units. */
export function meanInterval(values: readonly number[], unit: Interval["unit"], resampling: Resampling): Interval {
  return ratioInterval(
    values.map((sum) => ({ sum, count: 1 })),
    unit,
    resampling,
  );
}

/** Sum of sums divided by sum of counts; resamples whole units. 0 with n = 0 without units. */
export function ratioInterval(
  units: readonly { sum: number; count: number }[],
  unit: Interval["unit"],
  resampling: Resampling,
): Interval {
  if (units.length === 0) return withoutUnits(unit);
  const statistic = (indices: Int32Array) => {
    let sum = 0;
    let count = 0;
    for (const i of indices) {
      sum += units[i].sum;
      count += units[i].count;
    }
    return sum / count;
  };
  return bootstrap(units.length, statistic, { ...resampling, unit });
}
