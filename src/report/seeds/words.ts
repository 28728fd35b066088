/** Numbers of several seeds, and names of numbers, in words. */
import type { HeadlineMetric, Identity, SeedFigure, Spread } from "../../results/results.js";
import { fixed, percent, signed, significant, whole } from "../format.js";

/** "positive in 3 of 3 seeds"; undefined where the sign is not the finding. */
export function agreement({ signs, n }: HeadlineMetric): string | undefined {
  if (!signs) return undefined;
  const { positive, negative } = signs;
  const [most, sign] = positive >= negative ? [positive, "positive"] : [negative, "negative"];
  return `${sign} in ${most} of ${n} seed${n === 1 ? "" : "s"}`;
}

/**
 * "2 of 3": the number of runs whose interval excludes zero; undefined without intervals or if the
 * sign is not the finding.
 */
export function clearOfZero({ signs, n, intervals }: HeadlineMetric): string | undefined {
  if (!signs || !intervals) return undefined;
  const clear = intervals.filter((bounds) => bounds && (bounds[0] > 0 || bounds[1] < 0));
  return `${clear.length} of ${n}`;
}

/** Agreement and intervals in a sentence. */
export function verdict(metric: HeadlineMetric): string | undefined {
  const [signs, clear] = [agreement(metric), clearOfZero(metric)];
  return clear === undefined ? signs : `${signs}; the run's interval excludes zero in ${clear}`;
}

/** One value of a headline metric. */
export function metricValue({ kind, signs }: HeadlineMetric, value: number | null): string {
  if (kind === "share") return `${signs && value !== null && value > 0 ? "+" : ""}${percent(value)}`;
  return signs ? signed(value, 3) : fixed(value, 3);
}

/** "1.423 ± 0.051": mean and standard deviation between seeds; only the value for one seed. */
export function meanWithSpread(metric: HeadlineMetric): string {
  const { kind, mean, standardDeviation } = metric;
  if (standardDeviation === null) return metricValue(metric, mean);
  return `${metricValue(metric, mean)} ± ${kind === "share" ? percent(standardDeviation) : fixed(standardDeviation, 3)}`;
}

/** "0.392 to 0.457" */
export function range(metric: HeadlineMetric): string {
  return `${metricValue(metric, metric.min)} to ${metricValue(metric, metric.max)}`;
}

/** The format of a metric's numbers: counts as whole numbers, others with three digits. */
export function figureFormat({ values }: Spread): (value: number | null) => string {
  const isCount = values.every((value) => value === null || Number.isInteger(value));
  return (value) => (isCount && Number.isInteger(value) ? whole(value) : significant(value));
}

const known: Readonly<Record<string, string>> = {
  kl: "KL",
  l0: "L0",
  l2: "L2 norm",
  mmcs: "MMCS",
  pValue: "p",
  r2: "R²",
  normalisedMse: "normalised MSE",
  randomMmcs: "MMCS of random dictionaries",
  dIn: "inputs",
  dSae: "features",
  shareAbove: "share above the threshold",
};

/**
 * A name in words: "leastSquares" becomes "least squares". Names of other forms stay as they are.
 */
export function inWords(name: string): string {
  if (Object.hasOwn(known, name)) return known[name];
  if (!/^[a-z]+(?:[A-Z][a-z]*|\d+)+$/.test(name)) return name;
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

const identityInWords = (identity: Identity) =>
  Object.entries(identity).map(([name, value]) => (typeof value === "number" ? `${name} ${value}` : inWords(value)));

/** The place of a number on the page: its table, and its row there. */
export function placeOf({ path }: SeedFigure): { table: string; row: string } {
  const last = path.findLastIndex((step) => typeof step !== "string");
  const table = path.slice(0, Math.max(last, 1)).filter((step) => typeof step === "string");
  const entry = path.flatMap((step) => (typeof step === "string" ? [] : identityInWords(step))).join(", ");
  const fields = (path.slice(Math.max(last + 1, 1)) as string[]).filter((name) => name !== "result").map(inWords);
  return { table: table.join("."), row: sentence([entry, fields.join(", ")].filter(Boolean).join(": ")) };
}

/** The text with a capital first letter. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
