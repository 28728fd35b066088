/**
 * Ridge regression (Hoerl and Kennard 1970) with a given strength, or one chosen by
 * cross-validation.
 */
import { ConfigError, ShapeError } from "../../errors.js";
import { Design } from "./design.js";
import { type LinearModel, linearModel, prepare } from "./linear-model.js";
import type { Matrix, Rows } from "./matrix.js";
import { SymmetricEigen } from "./symmetric-eigen.js";

/**
 * One strength, or several to choose from with the fold of every row (any numbers, one per fold).
 */
export type RidgeOptions = { readonly intercept?: boolean } & (
  | { readonly strength: number }
  | { readonly strengths: readonly number[]; readonly folds: ArrayLike<number> }
);

export interface Ridge extends LinearModel {
  /** The strength that was used. */
  readonly strength: number;
  /**
   * Out-of-fold mean squared error of every strength, in the given order; empty for a single
   * strength.
   */
  readonly validation: readonly { readonly strength: number; readonly meanSquaredError: number }[];
}

/**
 * The coefficients with the least sum of squared residuals + strength * sum of squared
 * coefficients; the intercept is not penalised. All strengths share one spectrum per fold. Of
 * several strengths the one with the least out-of-fold squared error is used (ties: the first).
 * @param x [n, p], finite
 * @param y [n], finite
 * @throws ShapeError when x, y and folds disagree, ConfigError for values or strengths that are not
 *   as described
 */
export function ridge(x: Rows, y: ArrayLike<number>, options: RidgeOptions): Ridge {
  const { intercept = true } = options;
  if ("strength" in options) {
    requirePositive([options.strength]);
    return { ...fitAll(x, y, [options.strength], intercept)[0], strength: options.strength, validation: [] };
  }
  requirePositive(options.strengths);
  const validation = crossValidate(x, y, options.strengths, options.folds, intercept);
  const { strength } = validation.reduce((best, next) => (next.meanSquaredError < best.meanSquaredError ? next : best));
  return { ...fitAll(x, y, [strength], intercept)[0], strength, validation };
}

/** One model per strength. */
function fitAll(x: Rows, y: ArrayLike<number>, strengths: readonly number[], intercept: boolean): LinearModel[] {
  const { x: matrix, target, yMean } = prepare(x, y, intercept);
  const design = new Design(matrix, intercept);
  const solve = solverOf(design);
  return strengths.map((strength) => linearModel(design, solve(target, strength), yMean));
}

/**
 * (Z'Z + strength I)^-1 Z'b = Z'(ZZ' + strength I)^-1 b, from the spectrum of the smaller of Z'Z
 * and ZZ'; time and memory grow with the cube and the square of its size. Corrected once by the
 * residuals of Z, since the normal equations square its condition number.
 */
function solverOf(design: Design): (b: Float64Array, strength: number) => Float64Array {
  const { rows } = design.x;
  const size = design.columns.length;
  const tall = size <= rows;
  const eigen = new SymmetricEigen(tall ? design.gram() : design.outerGram(), tall ? size : rows);
  return (b, strength) => {
    // The unknowns are the coefficients, or the weights of the rows of which the coefficients are a
    // sum.
    const unknowns = new Float64Array(tall ? size : rows);
    const coefficients = () => (tall ? unknowns : design.multiplyTransposed(unknowns));
    for (let turn = 0; turn < 2; turn++) {
      const fitted = design.multiply(coefficients());
      const missed = b.map((value, i) => value - fitted[i]);
      const residual = tall ? design.multiplyTransposed(missed) : missed;
      for (let k = 0; k < unknowns.length; k++) residual[k] -= strength * unknowns[k];
      // Rounding can leave an eigenvalue slightly below 0.
      const change = eigen.apply((value) => 1 / (Math.max(0, value) + strength), residual);
      for (let k = 0; k < unknowns.length; k++) unknowns[k] += change[k];
    }
    return coefficients();
  };
}

function crossValidate(
  rows: Rows,
  y: ArrayLike<number>,
  strengths: readonly number[],
  folds: ArrayLike<number>,
  intercept: boolean,
): { strength: number; meanSquaredError: number }[] {
  const { x } = prepare(rows, y, intercept);
  const names = new Set(Array.from(folds));
  if (folds.length !== x.rows || names.size < 2) {
    throw new ShapeError(
      `ridge: expected the fold of each of ${x.rows} rows, at least two different ones, received ${folds.length} folds, ${names.size} different`,
      {
        help: "Give every row the number of its fold.",
      },
    );
  }
  const squares = strengths.map(() => 0);
  const all = Array.from({ length: x.rows }, (_, i) => i);
  for (const fold of names) {
    const inside = all.filter((i) => folds[i] !== fold);
    const outside = all.filter((i) => folds[i] === fold);
    const trainingY = inside.map((i) => y[i]);
    const held = selectRows(x, outside);
    for (const [s, model] of fitAll(selectRows(x, inside), trainingY, strengths, intercept).entries()) {
      const predicted = model.predict(held);
      for (const [k, i] of outside.entries()) squares[s] += (predicted[k] - y[i]) ** 2;
    }
  }
  return strengths.map((strength, s) => ({ strength, meanSquaredError: squares[s] / x.rows }));
}

function selectRows({ columns, data }: Matrix, indices: readonly number[]): Matrix {
  const selected = new Float64Array(indices.length * columns);
  for (const [k, i] of indices.entries()) selected.set(data.subarray(i * columns, (i + 1) * columns), k * columns);
  return { rows: indices.length, columns, data: selected };
}

function requirePositive(strengths: readonly number[]): void {
  const issues = strengths.flatMap((strength, i) =>
    strength > 0 && Number.isFinite(strength)
      ? []
      : [{ path: `strengths[${i}]`, expected: "a number above 0", received: String(strength) }],
  );
  if (strengths.length === 0) issues.push({ path: "strengths", expected: "at least one", received: "none" });
  if (issues.length > 0) throw new ConfigError("ridge", issues);
}
