/** Formats of numbers in the report. A missing number (NaN, null) is a dash. */
import type { Interval } from "../results/results.js";

const missing = "–";

/** With a fixed number of decimals, and never "-0.00". */
export function fixed(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

/** Fixed decimals with a sign before positive numbers: for differences. */
export function signed(value: number | null | undefined, digits = 2): string {
  const text = fixed(value, digits);
  return typeof value === "number" && Number(text) > 0 ? `+${text}` : text;
}

/** Three significant digits, for quantities of unknown magnitude. */
export function significant(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 10 ** digits) return whole(value);
  if (size < 1e-4) return value.toExponential(digits - 1);
  return value.toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(size))));
}

/** A count with thousands separators. */
export function whole(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  return Math.round(value).toLocaleString("en-US");
}

export function percent(value: number | null | undefined, digits = 1): string {
  const text = fixed(typeof value === "number" ? 100 * value : value, digits);
  return text === missing ? text : `${text}%`;
}

/** "1.23 [1.10, 1.36]": the value and its 95% interval; a dash for n = 0. */
export function interval(estimate: Interval | undefined, digits = 2): string {
  if (!estimate || estimate.n === 0) return missing;
  const { value, low, high } = estimate;
  if (!Number.isFinite(low)) return fixed(value, digits);
  return `${fixed(value, digits)} [${fixed(low, digits)}, ${fixed(high, digits)}]`;
}

/** "19.0% [17.8%, 20.3%]" */
export function percentInterval(estimate: Interval | undefined, digits = 1): string {
  if (!estimate || estimate.n === 0) return missing;
  const { value, low, high } = estimate;
  if (!Number.isFinite(low)) return percent(value, digits);
  return `${percent(value, digits)} [${percent(low, digits)}, ${percent(high, digits)}]`;
}

/** The units that an interval was resampled over: "1,000 prompts". */
export function sample(estimate: Interval | undefined): string {
  if (!estimate) return missing;
  return `${whole(estimate.n)} ${estimate.unit}${estimate.n === 1 ? "" : "s"}`;
}

/** Whether the interval lies on one side of zero. */
export function excludesZero({ low, high, n }: Interval): boolean {
  return n > 0 && (low > 0 || high < 0);
}

/** A p-value: "0.26", "0.014", "< 0.0001". */
export function pValue(p: number | undefined): string {
  if (p === undefined || !Number.isFinite(p)) return missing;
  return p < 1e-4 ? "< 0.0001" : significant(p, 2);
}

/** "8.2 s", "3 min 05 s", "1 h 12 min" */
export function duration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.round(seconds) % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
