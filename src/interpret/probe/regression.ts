/** Ridge regression for several penalties and label vectors, from sums over the rows. */
import { SymmetricEigen } from "../../stats/linear/symmetric-eigen.js";

/** An affine function of the inputs. */
export interface LinearFit {
  coefficients: Float64Array;
  intercept: number;
}

/** Sums over rows that determine every regression on them. */
export interface Moments {
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

/** What is solved: one spectrum serves all penalties and label vectors. */
export interface Regression {
  moments: Moments;
  /** Penalties of the squared norm of the coefficients. */
  strengths: readonly number[];
  /** The inputs that vary, which are those of the moments, among all `width` inputs. */
  varying: readonly number[];
  width: number;
}

/** Directions whose eigenvalue is below this share of the largest are rounding errors. */
const NEGLIGIBLE = 1e-11;

/** The fits of a regression: [strength][labels]. */
export function solve({ moments, strengths, varying, width }: Regression): LinearFit[][] {
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
