/** The figures of dictionaries of one size, one way of training and one number of visits, over seeds. */
import { mean, standardDeviation } from "../../src/stats/moments.js";
import type { MeasuredDetection } from "./detection.js";
import type { MeasuredDictionary, MeasuredGroup } from "./measure.js";

/** A mean over seeds; `deviation` is NaN for fewer than two. */
export interface OverSeeds {
  readonly mean: number;
  readonly deviation: number;
}

/** What is not measured is NaN. */
export interface Summary {
  readonly recipe: string;
  readonly visits: number;
  /** Number of features. */
  readonly features: number;
  readonly seeds: number;
  readonly l0: OverSeeds;
  readonly explainedVariance: OverSeeds;
  readonly lossRecovered: OverSeeds;
  readonly detection: OverSeeds;
  /** Detection by the explanation of another feature. */
  readonly control: number;
  /** Features with a detection score. */
  readonly scored: number;
  readonly dead: number;
  readonly pursued: number;
  /** Of the smallest dictionary in the next larger one. */
  readonly smallInLarge: number;
  readonly betweenSeeds: number;
  readonly random: number;
  /** Processor seconds of the dictionaries of all sizes together. */
  readonly cpuSeconds: number;
}

function overSeeds(values: readonly number[]): OverSeeds {
  return { mean: mean(values), deviation: values.length < 2 ? Number.NaN : standardDeviation(values) };
}

/** One row per size, the smallest first. */
export function summarise({ recipe, visits, cells, smallInLarge, betweenSeeds, random }: MeasuredGroup): Summary[] {
  return cells[0].measured.map(({ name, dSae }) => {
    const of = (figure: (one: MeasuredDictionary) => number) =>
      overSeeds(cells.flatMap(({ measured }) => measured.filter((one) => one.name === name).map(figure)));
    const detection = (figure: (one: MeasuredDetection) => number) =>
      overSeeds(cells.flatMap(({ detection: scores }) => (scores ? [figure(scores[name])] : [])));
    return {
      ...{ recipe: recipe.name, visits, features: dSae, seeds: cells.length },
      l0: of(({ l0 }) => l0),
      explainedVariance: of(({ explainedVariance }) => explainedVariance),
      lossRecovered: of(({ lossRecovered }) => lossRecovered),
      detection: detection(({ balancedAccuracy }) => balancedAccuracy),
      control: detection(({ control }) => control).mean,
      scored: detection(({ scored }) => scored).mean,
      dead: of(({ dead }) => dead).mean,
      pursued: of(({ pursued }) => pursued).mean,
      smallInLarge: name === "small" ? mean(smallInLarge) : Number.NaN,
      betweenSeeds: mean(betweenSeeds[name]),
      random: random[name],
      cpuSeconds: mean(cells.map(({ cpuSeconds }) => cpuSeconds)),
    };
  });
}

/** The sizes of one way of training and one number of visits, the smallest first. */
export type Sizes = readonly Summary[];

/** Rows by visits and recipe, in the order in which they first come. */
export function groupsOf(rows: readonly Summary[]): Sizes[] {
  const groups = new Map<string, Summary[]>();
  for (const row of rows) {
    const key = `${row.visits} ${row.recipe}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()];
}

export const largestOf = (sizes: Sizes): Summary => sizes[sizes.length - 1];

export const fixed = (value: number, digits: number) => (Number.isFinite(value) ? value.toFixed(digits) : "-");

/** Mean ± s.d., without the latter for one seed. */
export function plusMinus({ mean, deviation }: OverSeeds, digits: number): string {
  return `${fixed(mean, digits)}${Number.isFinite(deviation) ? ` ± ${deviation.toFixed(digits)}` : ""}`;
}

export const millions = (visits: number) => `${visits / 1e6} M`;

/** Dictionaries with more active features per token are not compared by explained variance alone: it grows with them. */
export const MOST_ACTIVE = 20;

/** Whether few features are active. */
export const isSparse = ({ l0 }: Summary): boolean => l0.mean <= MOST_ACTIVE;
