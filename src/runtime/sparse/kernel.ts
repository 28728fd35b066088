/**
 * Products with few active codes, as a WebAssembly SIMD module. Sparse matrices are lists: `starts`
 * [rows + 1] says where the entries of each row begin in `index` (a row of the dense matrix) and in
 * the values beside it. Dense matrices have rows of `width` floats, a multiple of 4; in products they
 * are in panels of columns, each of which comes into the caches as a whole and stays there. Every
 * function adds in a fixed order, and without fused multiply-add, whose results depend on the processor.
 */
import { count, list } from "./large-values.js";
import { dots, multiply, panels } from "./products.js";
import { difference, normalise, project } from "./rows.js";

/** Addresses are in bytes; counts, widths and indices in elements. */
export interface SparseKernel {
  /**
   * Counts the values [.., features] of every row that are at least `least`, which is above 0.
   * @param starts int32 [rows + 1]: the count of a row, from `from` to `to`, is written behind its place
   */
  count(values: number, starts: number, from: number, to: number, features: number, least: number): void;
  /** Writes these values to `kept` and their places in the row to `index`, from where the row starts. */
  list(
    values: number,
    starts: number,
    index: number,
    kept: number,
    from: number,
    to: number,
    features: number,
    least: number,
  ): void;
  /** Rows [count, width] in panels of 32 columns, one after the other; the rows from `from` to `to`. */
  panels(rows: number, panels: number, from: number, to: number, count: number, width: number): void;
  /**
   * out[row] += sum of coefficient * dense[index] over the row's entries.
   * @param dense [denseRows, width] in panels, of which the rows from `from` to `to` are used
   */
  multiply(
    starts: number,
    index: number,
    coefficient: number,
    dense: number,
    denseRows: number,
    from: number,
    to: number,
    out: number,
    count: number,
    width: number,
  ): void;
  /** result = factor * (dense[index] . left[row]) + summand, for every entry. */
  dots(
    starts: number,
    index: number,
    result: number,
    dense: number,
    left: number,
    count: number,
    width: number,
    factor: number,
    summand: number,
  ): void;
  /** out[row] = bias - x[row] */
  difference(bias: number, x: number, out: number, count: number, width: number): void;
  /** unit[row] = rows[row] / norm, norms[row] = its Euclidean norm; rows have `columns` floats. */
  normalise(rows: number, unit: number, norms: number, count: number, columns: number, width: number): void;
  /**
   * The gradient by rows [.., columns] of the one by rows of norm 1 [.., width]:
   * (gradient - unit (unit . gradient)) / norm.
   */
  project(
    gradient: number,
    unit: number,
    norms: number,
    out: number,
    count: number,
    columns: number,
    width: number,
  ): void;
}

export const sparseFunctions = [count, list, panels, multiply, dots, difference, normalise, project];
