/** Log-ratios of texts explained by properties of the texts. */
import type { Rng } from "../../rng.js";
import { bootstrapAll, type Interval, pearsonCorrelation, quantile, ridge, varianceShares } from "../../stats/index.js";
import type { Resampling } from "../../stats/interval.js";
import type { TextMeasure } from "./audited-text.js";
import type { PropertyColumn } from "./properties.js";

/** How much of the log-ratios of some texts the properties explain. */
export interface LogRatioExplanation {
  /** Share of the variance that all properties explain together, on the texts that they are fitted on. */
  r2: Interval;
  /**
   * The share of the variance that they do not explain in prompts or texts left out of the fit,
   * between 0 and 1; 0 where there is nothing to explain.
   */
  unexplained: Interval;
  /**
   * The share that the best property explains alone of the others, exceeded in 5% of the
   * permutations of the log-ratios: chance level of `unique`.
   */
  chance: number;
  /** The largest unique share first. */
  properties: ExplainingProperty[];
}

export interface ExplainingProperty {
  name: string;
  /** In standard deviations of the log-ratio per standard deviation of the property, all others held. */
  coefficient: Interval;
  /** Pearson correlation with the log-ratio, others not held; NaN for a property that does not vary. */
  correlation: Interval;
  /** The loss of R-squared without the property: what it explains and no other does. */
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
 * A property as the regression of a measure sees it: counts are per token where the log-ratio is.
 * @param tokens per text
 */
export function columnFor({ kind, values }: PropertyColumn, measure: TextMeasure, tokens: readonly number[]) {
  if (measure === "total" || kind === "whole") return values;
  return values.map((value, i) => (tokens[i] === 0 ? 0 : value / tokens[i]));
}

/**
 * Least squares of log-ratios on properties, with intercept, both standardised. Units (prompts with
 * the texts of both models, or single texts) are resampled whole. What is left unexplained is
 * measured out of fold by ridge regression, whose penalty each fold chooses among its own units.
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
    const y = Float64Array.from(texts, (i) => values[i]);
    const x = lists.map((list) => Float64Array.from(texts, (i) => list[i]));
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

/** All log-ratios are equal, as those of two equal models are: every share is 0. */
function nothingToExplain(
  columns: readonly { name: string }[],
  n: number,
  unit: Interval["unit"],
): LogRatioExplanation {
  const none: Interval = { value: 0, low: 0, high: 0, n, unit };
  const properties = columns.map(({ name }) => ({ name, coefficient: none, correlation: none, unique: none }));
  return { r2: none, unexplained: none, chance: 0, properties };
}

/** The largest unique share of any property, in 95% of the permutations of the values not exceeded. */
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

/** Squared errors out of fold as a share of the squared distances from the mean of the other folds. */
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
