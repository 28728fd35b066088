/**
 * Statistics on plain arrays of numbers.
 *
 * @module
 */

export { type Assignment, assignment } from "./assignment.js";
export {
  type BootstrapOptions,
  bootstrap,
  bootstrapAll,
  bootstrapDifference,
  bootstrapMean,
  type Interval,
  valuesOf,
} from "./bootstrap.js";
export { type KendallTau, kendallTau, tauOfDraws } from "./kendall-tau.js";
export { type LeastSquares, leastSquares } from "./linear/least-squares.js";
export type { LinearModel } from "./linear/linear-model.js";
export type { Matrix, Rows } from "./linear/matrix.js";
export { type Ridge, type RidgeOptions, ridge } from "./linear/ridge.js";
export { pearsonCorrelation } from "./pearson.js";
export { quantile } from "./quantile.js";
export { type VarianceShares, varianceShares } from "./variance-shares.js";
