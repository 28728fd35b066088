/** The design matrix of a linear model, its columns centred. */
import { mean } from "../moments.js";
import { gram } from "./gram.js";
import type { Matrix } from "./matrix.js";

/**
 * Z = X - mean, over the columns that vary. Columns that are mostly zero keep their zeros in the
 * loops and are centred by a correction of the result; at most half of such a column's sum of
 * squares is in its mean, so there is no cancellation. Other columns are centred value by value.
 */
export class Design {
  /** The columns of X that vary; without intercept, those that are not all zero. */
  readonly columns: Int32Array;
  /** Of `columns`; zeros without intercept. */
  readonly means: Float64Array;
  /** Subtracted from every value before the loops: the mean of dense columns, 0 for sparse ones. */
  private readonly shifts: Float64Array;
  private readonly density: number;

  constructor(
    readonly x: Matrix,
    private readonly intercept: boolean,
  ) {
    const { varying, sums, nonZeros } = survey(x);
    const used = (j: number) => (intercept ? varying[j] === 1 : nonZeros[j] > 0);
    this.columns = Int32Array.from({ length: x.columns }, (_, j) => j).filter(used);
    this.means = Float64Array.from(this.columns, (j) => (intercept ? sums[j] / x.rows : 0));
    const sparse = Array.from(this.columns, (j) => nonZeros[j] <= x.rows / 2);
    this.shifts = this.means.map((mean, k) => (sparse[k] ? 0 : mean));
    const stored = this.columns.reduce((total, j, k) => total + (sparse[k] ? nonZeros[j] : x.rows), 0);
    this.density = stored / Math.max(1, x.rows * this.columns.length);
  }

  /** Z'Z [columns, columns], lower triangle. */
  gram(): Float64Array {
    const { x, columns, shifts, means } = this;
    const size = columns.length;
    const fill = (i: number, row: Float64Array) => {
      for (let k = 0; k < size; k++) row[k] = x.data[i * x.columns + columns[k]] - shifts[k];
    };
    const product = gram(x.rows, size, fill, this.density);
    for (let a = 0; a < size; a++) {
      const rest = x.rows * (means[a] - shifts[a]);
      if (rest === 0) continue;
      for (let b = 0; b <= a; b++) product[a * size + b] -= rest * (means[b] - shifts[b]);
    }
    return product;
  }

  /** ZZ' [rows, rows], lower triangle. */
  outerGram(): Float64Array {
    const { x, columns, shifts } = this;
    const fill = (k: number, row: Float64Array) => {
      for (let i = 0; i < x.rows; i++) row[i] = x.data[i * x.columns + columns[k]] - shifts[k];
    };
    const product = gram(columns.length, x.rows, fill, this.density);
    if (this.intercept) centreBothWays(product, x.rows);
    return product;
  }

  /** Z column after column, [columns, rows]. */
  byColumn(): Float64Array {
    const { x, columns, means } = this;
    const values = new Float64Array(columns.length * x.rows);
    for (let i = 0; i < x.rows; i++) {
      for (let k = 0; k < columns.length; k++) {
        values[k * x.rows + i] = x.data[i * x.columns + columns[k]] - means[k];
      }
    }
    return values;
  }

  /** Z coefficients, [rows]. */
  multiply(coefficients: Float64Array): Float64Array {
    const { x, columns, shifts, means } = this;
    let rest = 0;
    for (let k = 0; k < columns.length; k++) rest += (means[k] - shifts[k]) * coefficients[k];
    const result = new Float64Array(x.rows);
    for (let i = 0; i < x.rows; i++) {
      let sum = -rest;
      for (let k = 0; k < columns.length; k++) {
        sum += (x.data[i * x.columns + columns[k]] - shifts[k]) * coefficients[k];
      }
      result[i] = sum;
    }
    return result;
  }

  /** Z' residuals, [columns]. */
  multiplyTransposed(residuals: Float64Array): Float64Array {
    const { x, columns, shifts, means } = this;
    const result = new Float64Array(columns.length);
    let total = 0;
    for (let i = 0; i < x.rows; i++) {
      const residual = residuals[i];
      total += residual;
      for (let k = 0; k < columns.length; k++) {
        result[k] += (x.data[i * x.columns + columns[k]] - shifts[k]) * residual;
      }
    }
    for (let k = 0; k < columns.length; k++) result[k] -= (means[k] - shifts[k]) * total;
    return result;
  }
}

/**
 * Per column of X: 1 if it has two different values, its sum, and the number of non-zero values.
 */
function survey(x: Matrix): { varying: Uint8Array; sums: Float64Array; nonZeros: Int32Array } {
  const varying = new Uint8Array(x.columns);
  const sums = new Float64Array(x.columns);
  const nonZeros = new Int32Array(x.columns);
  for (let i = 0; i < x.rows; i++) {
    for (let j = 0; j < x.columns; j++) {
      const value = x.data[i * x.columns + j];
      if (value !== x.data[j]) varying[j] = 1;
      if (value === 0) continue;
      sums[j] += value;
      nonZeros[j]++;
    }
  }
  return { varying, sums, nonZeros };
}

/** Subtracts the means of rows and columns from a symmetric matrix stored as its lower triangle. */
function centreBothWays(product: Float64Array, n: number): void {
  const means = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      means[i] += product[i * n + j] / n;
      means[j] += product[i * n + j] / n;
    }
    means[i] += product[i * n + i] / n;
  }
  const ofAll = mean(means);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) product[i * n + j] += ofAll - means[i] - means[j];
  }
}
