/**
 * The assignment problem: pairs of rows and columns with the best total (Kuhn 1955, Munkres 1957).
 */
import { munkres } from "munkres";
import { ShapeError } from "../errors.js";

/** The pairs of an assignment and their total weight. */
export interface Assignment {
  /** For every row its column, -1 for rows left over when there are more rows than columns. */
  readonly columns: Int32Array;
  /** The sum of the weights of all pairs. */
  readonly total: number;
}

/**
 * Pairs every row with at most one column and vice versa, in min(rows, columns) pairs with the
 * smallest or largest sum of weights. O(rows^2 columns) for rows <= columns.
 * @param weights [rows][columns], finite
 * @throws ShapeError when rows differ in length or a weight is not finite
 */
export function assignment(
  weights: readonly ArrayLike<number>[],
  { maximise = false }: { readonly maximise?: boolean } = {},
): Assignment {
  const width = weights[0]?.length ?? 0;
  const costs = weights.map((row, i) => {
    const cost = Float64Array.from(row, (weight) => (maximise ? -weight : weight));
    if (cost.length !== width) {
      throw new ShapeError(`assignment: row ${i} has ${cost.length} weights, row 0 has ${width}`);
    }
    const fault = cost.findIndex((weight) => !Number.isFinite(weight));
    if (fault !== -1) throw new ShapeError(`assignment: weight [${i}, ${fault}] is ${row[fault]}, expected finite`);
    return cost;
  });
  const columns = new Int32Array(weights.length).fill(-1);
  let total = 0;
  if (width === 0) return { columns, total };
  for (const [row, column] of munkres(costs)) {
    columns[row] = column;
    total += weights[row][column];
  }
  return { columns, total };
}
