/** Means over the seeds of a group. */
import { mean, standardDeviation } from "../../src/stats/moments.js";
import type { MeasuredDetection } from "./detection.js";
import type { MeasuredDictionary, MeasuredGroup } from "./measure.js";

/** A mean over seeds; `deviation` is NaN for fewer than two. */
export interface OverSeeds {
  readonly mean: number;
  readonly deviation: number;
}

function overSeeds(values: readonly number[]): OverSeeds {
  return { mean: mean(values), deviation: values.length < 2 ? Number.NaN : standardDeviation(values) };
}

/** One measure of the dictionary of this name. */
export function over({ cells }: MeasuredGroup, name: string, of: (one: MeasuredDictionary) => number): OverSeeds {
  return overSeeds(cells.flatMap(({ measured }) => measured.filter((one) => one.name === name).map(of)));
}

/** The same of detection; NaN where no seed has it. */
export function detectionOver(
  { cells }: MeasuredGroup,
  name: string,
  of: (one: MeasuredDetection) => number,
): OverSeeds {
  return overSeeds(cells.flatMap(({ detection }) => (detection ? [of(detection[name])] : [])));
}

export function secondsOver({ cells }: MeasuredGroup): OverSeeds {
  return overSeeds(cells.map(({ cpuSeconds }) => cpuSeconds));
}

export const fixed = (value: number, digits: number) => (Number.isFinite(value) ? value.toFixed(digits) : "-");

/** Mean ± s.d., without the latter for one seed. */
export function plusMinus({ mean, deviation }: OverSeeds, digits: number): string {
  return `${fixed(mean, digits)}${Number.isFinite(deviation) ? ` ± ${deviation.toFixed(digits)}` : ""}`;
}

export const millions = (visits: number) => `${visits / 1e6} M`;

/** Dictionaries with more active features per token are not compared by explained variance alone: it grows with them. */
export const MOST_ACTIVE = 20;

/** Whether the largest dictionaries have few active features. */
export function isSparse(group: MeasuredGroup): boolean {
  return over(group, group.cells[0].measured.at(-1)!.name, ({ l0 }) => l0).mean <= MOST_ACTIVE;
}
