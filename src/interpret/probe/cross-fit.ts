/**
 * Cross-fitting: least squares and ridge regression of several label vectors on one design, leaving
 * out each fold.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { gram } from "../../stats/linear/gram.js";
import { SymmetricEigen } from "../../stats/linear/symmetric-eigen.js";

/** An affine function of the inputs. */
export interface LinearFit {
  coefficients: Float64Array;
  intercept: number;
}

export interface CrossFit {
  /** [strength][fold][labels]: fitted on all rows outside the fold. */
  folds: LinearFit[][][];
  /** [strength][labels]: fitted on all rows. */
  all: LinearFit[][];
  /**
   * Penalties of the squared norm of the coefficients, relative to the sum of squared errors; the
   * same for every fold.
   */
  strengths: number[];
}

export interface CrossFitProblem {
  /** [rows, width] */
  inputs: Float32Array;
  width: number;
  /** Each [rows]. */
  labels: readonly Float64Array[];
  /** Per fold the rows left out, ascending. A row may be left out in several folds. */
  leftOut: readonly (readonly number[])[];
  /**
   * As multiples of the mean diagonal of the centred Gram matrix of all rows. 0 is least squares of
   * minimum norm.
   */
  relativeStrengths: readonly number[];
  signal?: AbortSignal;
}

/** Directions whose eigenvalue is below this share of the largest are rounding errors. */
const NEGLIGIBLE = 1e-11;

/**
 * Minimises sum (y - X b - c)^2 + strength |b|^2 with a free intercept c, for every strength, fold
 * and label vector. Inputs that are constant over all rows have coefficient 0.
 *
 * The Gram matrix of a fold's fit is that of all rows minus that of the rows left out. One spectrum
 * per fold serves all strengths and label vectors. Memory: about five times width^2 doubles, where
 * width counts only inputs that vary.
 */
export async function crossFit(problem: CrossFitProblem): Promise<CrossFit> {
  const { inputs, width, leftOut, relativeStrengths, signal } = problem;
  const varying = varyingColumns(inputs, width);
  const read = async (rows: readonly number[]): Promise<Moments> => {
    signal?.throwIfAborted();
    await nextTurn();
    return momentsOf(problem, varying, rows);
  };
  const total = await read(Array.from({ length: inputs.length / width }, (_, row) => row));
  const scale = meanVariation(total);
  const strengths = relativeStrengths.map((relative) => relative * scale);
  const fitsOf = async (moments: Moments): Promise<LinearFit[][]> => {
    signal?.throwIfAborted();
    await nextTurn();
    return solve(moments, strengths, varying, width);
  };
  const perFold: LinearFit[][][] = [];
  for (const rows of leftOut) perFold.push(await fitsOf(without(total, await read(rows))));
  return {
    folds: strengths.map((_, s) => perFold.map((fits) => fits[s])),
    all: await fitsOf(total),
    strengths,
  };
}

/** Sums over rows that determine every regression on them. */
interface Moments {
  rows: number;
  /** Sum of x, [p]. */
  sums: Float64Array;
  /** Sum of x xT, lower triangle of [p, p]. */
  gram: Float64Array;
  /** Sum of y, [labels]. */
  labelSums: Float64Array;
  /** Sum of y x, per label vector [p]. */
  products: Float64Array[];
}

function varyingColumns(inputs: Float32Array, width: number): number[] {
  const varies = new Uint8Array(width);
  for (let i = width; i < inputs.length; i++) if (inputs[i] !== inputs[i % width]) varies[i % width] = 1;
  return Array.from(varies.keys()).filter((column) => varies[column] === 1);
}

function momentsOf(
  { inputs, width, labels }: CrossFitProblem,
  varying: readonly number[],
  rows: readonly number[],
): Moments {
  const p = varying.length;
  const sums = new Float64Array(p);
  const labelSums = new Float64Array(labels.length);
  const products = labels.map(() => new Float64Array(p));
  let active = 0;
  for (const row of rows) {
    for (const [l, y] of labels.entries()) labelSums[l] += y[row];
    for (let j = 0; j < p; j++) {
      const value = inputs[row * width + varying[j]];
      if (value === 0) continue;
      active++;
      sums[j] += value;
      for (const [l, y] of labels.entries()) products[l][j] += y[row] * value;
    }
  }
  const fillRow = (i: number, row: Float64Array) => {
    for (let j = 0; j < p; j++) row[j] = inputs[rows[i] * width + varying[j]];
  };
  const density = active / Math.max(1, rows.length * p);
  return { rows: rows.length, sums, gram: gram(rows.length, p, fillRow, density), labelSums, products };
}

function without(all: Moments, some: Moments): Moments {
  const less = (x: Float64Array, y: Float64Array) => x.map((value, i) => value - y[i]);
  return {
    rows: all.rows - some.rows,
    sums: less(all.sums, some.sums),
    gram: less(all.gram, some.gram),
    labelSums: less(all.labelSums, some.labelSums),
    products: all.products.map((product, l) => less(product, some.products[l])),
  };
}

/** Mean over inputs of the sum of squared deviations from the mean. */
function meanVariation({ rows, sums, gram }: Moments): number {
  const p = sums.length;
  let variation = 0;
  for (let i = 0; i < p; i++) variation += gram[i * p + i] - sums[i] ** 2 / rows;
  return p > 0 ? variation / p : 0;
}

/** [strength][labels] */
function solve(
  moments: Moments,
  strengths: readonly number[],
  varying: readonly number[],
  width: number,
): LinearFit[][] {
  const { rows, sums, labelSums, products } = moments;
  const p = sums.length;
  const centred = new Float64Array(p * p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j <= i; j++) centred[i * p + j] = moments.gram[i * p + j] - (sums[i] * sums[j]) / rows;
  }
  const spectrum = new SymmetricEigen(centred, p);
  const least = NEGLIGIBLE * spectrum.values.reduce((max, value) => Math.max(max, value), 0);
  const centredProducts = products.map((product, l) =>
    product.map((value, j) => value - (sums[j] * labelSums[l]) / rows),
  );
  const inverses = strengths.map((strength) => (value: number) => (value > least ? 1 / (value + strength) : 0));
  return spectrum.applyAll(inverses, centredProducts).map((solutions) =>
    solutions.map((solution, l) => {
      const coefficients = new Float64Array(width);
      let intercept = labelSums[l];
      for (let j = 0; j < p; j++) {
        coefficients[varying[j]] = solution[j];
        intercept -= solution[j] * sums[j];
      }
      return { coefficients, intercept: intercept / rows };
    }),
  );
}
