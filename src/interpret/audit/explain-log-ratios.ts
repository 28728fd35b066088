/** Linear regression of texts' log-ratios on properties of the texts. */
import type { Rng } from "../../rng.js";
import {
  bootstrapAll,
  type Interval,
  pearsonCorrelation,
  quantile,
  ridge,
  valuesOf,
  varianceShares,
} from "../../stats/index.js";
import type { Resampling } from "../../stats/interval.js";
import type { TextMeasure } from "./audited-text.js";
import type { PropertyColumn } from "./properties.js";

/** How much of the log-ratios' variance the properties explain. */
export interface LogRatioExplanation {
  /** Share of the variance that all properties together explain, in sample. */
  r2: Interval;
  /**
   * Share of the variance that they do not explain out of fold (prompts or texts that were left
   * out), between 0 and 1; 0 if all log-ratios are equal.
   */
  unexplained: Interval;
  /**
   * Chance level of `unique`: the highest unique share of any property, exceeded in 5% of the
   * permutations of the log-ratios.
   */
  chance: number;
  /** The largest unique share first. */
  properties: ExplainingProperty[];
}

/** How much of the log-ratios one property explains. */
export interface ExplainingProperty {
  name: string;
  /**
   * Standard deviations of the log-ratio per standard deviation of the property, others held fixed.
   */
  coefficient: Interval;
  /** Pearson correlation with the log-ratio; NaN for a constant property. */
  correlation: Interval;
  /** The decrease of R-squared without the property. */
  unique: Interval;
}

const FOLDS = 5;
const PERMUTATIONS = 200;
/** Penalties of ridge regression as shares of the number of texts, for standardised properties. */
const STRENGTHS = [1e-4, 1e-3, 1e-2, 0.1, 1, 10];

export interface ExplainOptions {
  /** Draws folds and permutations. */
  rng: Rng;
  resampling: Resampling;
  unit: Interval["unit"];
}

/**
 * A property as a regressor of a measure: for log-ratios per token, counts are per token too.
 * @param tokens per text
 */
export function columnFor({ kind, values }: PropertyColumn, measure: TextMeasure, tokens: readonly number[]) {
  if (measure === "total" || kind === "whole") return values;
  return values.map((value, i) => (tokens[i] === 0 ? 0 : value / tokens[i]));
}

/**
 * Least squares of log-ratios on properties, with intercept, both standardised. Intervals resample
 * units (prompts with the texts of both models, or single texts). The unexplained share is measured
 * out of fold by ridge regression, whose penalty is chosen per fold among its training units.
 * @param values log-ratio of each text
 * @param columns properties, one number per text each
 * @param units the unit of each text
 * @throws ShapeError when lengths differ or there are fewer than 2 texts
 */
export function explainLogRatios(
  values: Float64Array,
  columns: readonly { name: string; values: Float64Array }[],
  units: readonly number[],
  { rng, resampling, unit }: ExplainOptions,
): LogRatioExplanation {
  const rows = rowsOfUnits(units);
  const lists = columns.map((column) => column.values);
  if (values.every((value) => value === values[0])) return nothingToExplain(columns, rows.length, unit);
  const statistics = (drawn: Int32Array): number[] => {
    const texts = Array.from(drawn).flatMap((i) => rows[i]);
    const y = valuesOf(texts, values);
    const x = lists.map((list) => valuesOf(texts, list));
    const { r2, coefficients, dropOne } = varianceShares(x, y);
    return [r2, ...coefficients, ...dropOne, ...x.map((column) => pearsonCorrelation(column, y))];
  };
  const [r2, ...ofColumns] = bootstrapAll(rows.length, statistics, { ...resampling, unit });
  const count = columns.length;
  const properties = columns.map(
    ({ name }, k): ExplainingProperty => ({
      name,
      coefficient: ofColumns[k],
      unique: ofColumns[count + k],
      correlation: ofColumns[2 * count + k],
    }),
  );
  return {
    r2,
    unexplained: unexplainedShare(values, lists, rows, { rng, resampling, unit }),
    chance: chanceLevel(values, lists, rng),
    properties: properties.sort((a, b) => b.unique.value - a.unique.value || (a.name < b.name ? -1 : 1)),
  };
}

/** The texts of each unit, in the order of their first text. */
function rowsOfUnits(units: readonly number[]): number[][] {
  const rows = new Map<number, number[]>();
  for (const [i, unit] of units.entries()) rows.set(unit, [...(rows.get(unit) ?? []), i]);
  return [...rows.values()];
}

/** For equal log-ratios, such as those of two equal models: every share is 0. */
function nothingToExplain(
  columns: readonly { name: string }[],
  n: number,
  unit: Interval["unit"],
): LogRatioExplanation {
  const none: Interval = { value: 0, low: 0, high: 0, n, unit };
  const properties = columns.map(({ name }) => ({ name, coefficient: none, correlation: none, unique: none }));
  return { r2: none, unexplained: none, chance: 0, properties };
}

/**
 * The 95% quantile, over permutations of the values, of the highest unique share of any property.
 */
function chanceLevel(values: Float64Array, columns: readonly Float64Array[], rng: Rng): number {
  const largest = Array.from({ length: PERMUTATIONS }, () => {
    const order = rng.permutation(values.length);
    const { dropOne } = varianceShares(
      columns,
      values.map((_, i) => values[order[i]]),
    );
    return Math.max(...dropOne);
  });
  return quantile(largest, 0.95);
}

/** Squared errors out of fold, divided by squared distances from the mean of the other folds. */
function unexplainedShare(
  values: Float64Array,
  columns: readonly Float64Array[],
  units: readonly (readonly number[])[],
  { rng, resampling, unit }: ExplainOptions,
): Interval {
  const folds = Math.min(FOLDS, units.length);
  const foldOf = new Int32Array(units.length);
  for (const [place, i] of rng.permutation(units.length).entries()) foldOf[i] = place % folds;
  const scaled = columns.map(toUnitVariance);
  const rowOf = (text: number) => scaled.map((column) => column[text]);
  const missed = new Float64Array(units.length);
  const total = new Float64Array(units.length);
  for (let fold = 0; fold < folds; fold++) {
    const inside = units.flatMap((texts, i) => (foldOf[i] === fold ? [] : texts.map((text) => ({ text, unit: i }))));
    const y = inside.map(({ text }) => values[text]);
    const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
    const model = ridge(
      inside.map(({ text }) => rowOf(text)),
      y,
      { strengths: STRENGTHS.map((share) => share * y.length), folds: inside.map((one) => foldOf[one.unit]) },
    );
    for (const [i, texts] of units.entries()) {
      if (foldOf[i] !== fold) continue;
      const predicted = model.predict(texts.map(rowOf));
      for (const [k, text] of texts.entries()) {
        missed[i] += (values[text] - predicted[k]) ** 2;
        total[i] += (values[text] - mean) ** 2;
      }
    }
  }
  const share = (drawn: Int32Array): number[] => {
    let [error, whole] = [0, 0];
    for (const i of drawn) {
      error += missed[i];
      whole += total[i];
    }
    return [Math.min(1, error / whole)];
  };
  return bootstrapAll(units.length, share, { ...resampling, unit })[0];
}

/** The column divided by its standard deviation; a constant one is 0. */
function toUnitVariance(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return values.map((value) => (variance > 0 ? (value - mean) / Math.sqrt(variance) : 0));
}
