/** Intervals of the figures of this folder, which may rest on no unit at all. */
import type { Rng } from "../rng.js";
import { bootstrap, type Interval } from "./index.js";

/** How bootstrap intervals are drawn; 2000 resamples unless told otherwise. */
export interface Resampling {
  readonly rng: Rng;
  readonly resamples?: number;
}

export type { Interval };

/** The interval of a figure that has no units, e.g. the frequency of reward-related features where none is related. */
function withoutUnits(unit: Interval["unit"]): Interval {
  return { value: 0, low: 0, high: 0, n: 0, unit };
}

/** Mean of one value per unit; 0 with n = 0 where there are none. */
export function meanInterval(values: readonly number[], unit: Interval["unit"], resampling: Resampling): Interval {
  return ratioInterval(
    values.map((sum) => ({ sum, count: 1 })),
    unit,
    resampling,
  );
}

/** Sum of sums divided by sum of counts, units resampled whole; 0 with n = 0 where there are none. */
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
