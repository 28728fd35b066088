/** A fitted linear function, the result of least squares and ridge. */
import { ShapeError } from "../../errors.js";
import { mean } from "../moments.js";
import type { Design } from "./design.js";
import { type Matrix, type Rows, requireFinite, toMatrix } from "./matrix.js";

/** y = intercept + x coefficients. */
export interface LinearModel {
  /** [columns]; 0 for columns that are constant in the data. */
  readonly coefficients: Float64Array;
  /** 0 for a model without intercept. */
  readonly intercept: number;
  /**
   * One number per row.
   * @throws ShapeError when the rows do not have one value per coefficient
   */
  predict(rows: Rows): Float64Array;
}

/** Converts the coefficients of a centred design to the units of x and y. */
export function linearModel(design: Design, fitted: Float64Array, yMean: number): LinearModel {
  const coefficients = new Float64Array(design.x.columns);
  let intercept = yMean;
  for (let k = 0; k < fitted.length; k++) {
    coefficients[design.columns[k]] = fitted[k];
    intercept -= design.means[k] * fitted[k];
  }
  return {
    coefficients,
    intercept,
    predict(rows) {
      const { rows: n, columns, data } = toMatrix(rows);
      if (n > 0 && columns !== coefficients.length) {
        throw new ShapeError(
          `predict: expected rows of ${coefficients.length} values, one per coefficient, received ${columns}`,
        );
      }
      return Float64Array.from({ length: n }, (_, i) => {
        let sum = intercept;
        for (let j = 0; j < columns; j++) sum += data[i * columns + j] * coefficients[j];
        return sum;
      });
    },
  };
}

/** Checks x and y, and subtracts the mean of y if the model has an intercept. */
export function prepare(
  rows: Rows,
  y: ArrayLike<number>,
  intercept: boolean,
): { x: Matrix; target: Float64Array; yMean: number } {
  const x = toMatrix(rows);
  if (x.rows !== y.length || x.rows === 0) {
    throw new ShapeError(`linear model: expected one y per row, at least 1, received ${y.length} for ${x.rows} rows`);
  }
  requireFinite("y", y);
  const target = Float64Array.from(y);
  const yMean = intercept ? mean(target) : 0;
  return { x, target: target.map((value) => value - yMean), yMean };
}
