/** Numbers of several seeds in the notation of the pages: a minus sign, one unit for value and interval, mean ± standard deviation. */
import { fixed, percent as percentText } from "../../src/report/format.js";
import type { Interval } from "../../src/results/results.js";
import { mean, standardDeviation } from "../../src/stats/moments.js";

/** A number, and its 95% interval if it has one; undefined where a run has none. */
export type Measured = number | Interval | undefined;

/** How a number is written: digits behind the point, and whether it is a share in percent. */
export interface Notation {
  readonly digits: number;
  readonly percent?: boolean;
}

/** Without its interval; NaN if missing. */
export const bare = (measured: Measured): number => (typeof measured === "object" ? measured.value : (measured ?? NaN));

/** "−0.36", "24%"; a dash for a missing number. */
export function numberText(value: number, { digits, percent = false }: Notation): string {
  return (percent ? percentText(value, digits) : fixed(value, digits)).replace("-", "−");
}

/** "−0.36 [−0.53, −0.20]", "24% [20, 29]" */
export function measuredText(measured: Measured, notation: Notation): string {
  const text = numberText(bare(measured), notation);
  if (typeof measured !== "object" || !Number.isFinite(measured.low)) return text;
  const bound = (value: number) => numberText(value, notation).replace("%", "");
  return `${text} [${bound(measured.low)}, ${bound(measured.high)}]`;
}

/** "1.11 ± 0.16", "37% ± 2" */
export function spreadText(all: readonly Measured[], notation: Notation): string {
  const values = all.map(bare);
  const deviation = numberText(standardDeviation(values), notation).replace("%", "");
  return `${numberText(mean(values), notation)} ± ${deviation}`;
}

/** "−0.12 to 0.19" */
export function rangeText(all: readonly Measured[], notation: Notation): string {
  const values = all.map(bare);
  return `${numberText(Math.min(...values), notation)} to ${numberText(Math.max(...values), notation)}`;
}
