/** The share of variance that a linear model explains, and the loss without each column. */
import { ShapeError } from "../errors.js";
import { innerProduct, standardised } from "./pearson.js";

/**
 * A column with less than this share of its variance left by the previous ones is dependent and
 * skipped.
 */
const SMALLEST_PIVOT = 1e-10;

/** R² of a linear model, and what is lost without each of its columns. */
export interface VarianceShares {
  /** R-squared of the least squares fit with intercept on all columns; NaN when y is constant. */
  r2: number;
  /**
   * Per column, in standard deviations of y per standard deviation of the column; 0 for constant or
   * dependent columns.
   */
  coefficients: Float64Array;
  /** Per column, the loss of R-squared without the column. */
  dropOne: Float64Array;
}

/**
 * Least squares with intercept from the correlations of the columns, for few columns and many
 * calls, as in a bootstrap.
 * @param columns one list per column, all of y's length
 * @throws ShapeError when lengths differ or there are fewer than 2 rows
 */
export function varianceShares(columns: readonly ArrayLike<number>[], y: ArrayLike<number>): VarianceShares {
  const wrong = columns.findIndex((column) => column.length !== y.length);
  if (wrong >= 0 || y.length < 2)
    throw new ShapeError(
      `varianceShares: expected columns and y of equal length, at least 2; y has ${y.length}${wrong >= 0 ? `, column ${wrong} has ${columns[wrong].length}` : ""}`,
    );
  const correlations = correlationMatrix([...columns, y]);
  const all = columns.map((_, column) => column);
  const whole = sweep(correlations, all);
  const unexplained = (used: readonly number[]) => sweep(correlations, used).unexplained;
  return {
    r2: 1 - whole.unexplained,
    coefficients: whole.coefficients,
    dropOne: Float64Array.from(all, (column) =>
      Math.max(0, unexplained(all.filter((other) => other !== column)) - whole.unexplained),
    ),
  };
}

/** Row-major; the row of a constant column is 0 throughout, that of a constant y, the last, NaN. */
function correlationMatrix(columns: readonly ArrayLike<number>[]): Float64Array {
  const size = columns.length;
  const scaled = columns.map(standardised);
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const [a, b] = [scaled[i], scaled[j]];
      const value = a && b ? innerProduct(a, b) : 0;
      matrix[i * size + j] = value;
      matrix[j * size + i] = value;
    }
  }
  if (!scaled[size - 1]) matrix.fill(Number.NaN, size * (size - 1));
  return matrix;
}

/**
 * Regresses the last variable of a correlation matrix on the `used` ones by sweeping them one after
 * the other.
 * @see Goodnight 1979, "A Tutorial on the SWEEP Operator"
 */
function sweep(correlations: Float64Array, used: readonly number[]) {
  const size = Math.sqrt(correlations.length);
  const last = size - 1;
  const a = correlations.slice();
  const coefficients = new Float64Array(last);
  const swept: number[] = [];
  for (const k of used) {
    const pivot = a[k * size + k];
    if (!(pivot > SMALLEST_PIVOT)) continue;
    swept.push(k);
    for (let j = 0; j < size; j++) a[k * size + j] /= pivot;
    for (let i = 0; i < size; i++) {
      if (i === k) continue;
      const factor = a[i * size + k];
      for (let j = 0; j < size; j++) if (j !== k) a[i * size + j] -= factor * a[k * size + j];
      a[i * size + k] = -factor / pivot;
    }
    a[k * size + k] = 1 / pivot;
  }
  for (const k of swept) coefficients[k] = a[k * size + last];
  return { coefficients, unexplained: a[last * size + last] };
}
