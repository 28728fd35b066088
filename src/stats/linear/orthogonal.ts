/**
 * Least squares of least norm by orthogonal transformations, for dependent columns or more columns
 * than rows.
 */

export interface OrthogonalSolver {
  /** Number of independent columns. */
  readonly rank: number;
  /** The x of least norm among those with the least |A x - b|. */
  solve(b: Float64Array): Float64Array;
}

/**
 * Householder QR with column pivoting, whose trailing columns are then reduced to a triangle from
 * the right (complete orthogonal decomposition; Golub and Van Loan, 4th edition, sections 5.4.2 and
 * 5.5.2). A column counts as dependent if its remainder after projecting out the previous columns
 * is less than max(rows, columns) 2^-52 of the longest: the threshold that NumPy applies to
 * singular values.
 * @param a [columns, rows]: the matrix column after column; it is overwritten
 */
export function orthogonalSolver(a: Float64Array, rows: number, columns: number): OrthogonalSolver {
  const column = Array.from({ length: columns }, (_, j) => a.subarray(j * rows, (j + 1) * rows));
  const order = column.map((_, j) => j);
  const factors: number[] = [];
  const diagonal: number[] = [];
  const steps = Math.min(rows, columns);
  const rest = Float64Array.from(column, (values) => squares(values, 0));
  for (let k = 0; k < steps; k++) {
    let longest = k;
    for (let j = k + 1; j < columns; j++) if (rest[j] > rest[longest]) longest = j;
    [column[k], column[longest]] = [column[longest], column[k]];
    [order[k], order[longest]] = [order[longest], order[k]];
    rest[longest] = rest[k];
    const v = column[k];
    const length = Math.sqrt(squares(v, k));
    if (length <= Math.abs(diagonal[0] ?? 0) * Number.EPSILON * Math.max(rows, columns)) break;
    const image = v[k] > 0 ? -length : length;
    v[k] -= image;
    factors.push(-1 / (image * v[k]));
    diagonal.push(image);
    for (let j = k + 1; j < columns; j++) {
      // Summed again over the remainder, since subtracting squares from the total would keep its
      // rounding errors.
      rest[j] = reflect(column[j], v, k, factors[k]);
    }
  }
  const rank = diagonal.length;
  // Row k of the triangle: diagonal[k] and the entries k of the columns after it. Those from
  // `rank` on fold into the diagonal.
  const tails: { values: Float64Array; head: number; factor: number }[] = [];
  for (let k = rank - 1; k >= 0 && rank < columns; k--) {
    const values = Float64Array.from({ length: columns - rank }, (_, j) => column[rank + j][k]);
    const length = Math.sqrt(squares(values, 0) + diagonal[k] ** 2);
    const image = diagonal[k] > 0 ? -length : length;
    const head = diagonal[k] - image;
    const factor = -1 / (image * head);
    for (let i = 0; i < k; i++) {
      let inner = head * column[k][i];
      for (let j = 0; j < values.length; j++) inner += values[j] * column[rank + j][i];
      inner *= factor;
      column[k][i] -= inner * head;
      for (let j = 0; j < values.length; j++) column[rank + j][i] -= inner * values[j];
    }
    diagonal[k] = image;
    tails[k] = { values, head, factor };
  }
  return {
    rank,
    solve(b) {
      const rotated = b.slice();
      for (let k = 0; k < rank; k++) reflect(rotated, column[k], k, factors[k]);
      const x = new Float64Array(columns);
      for (let k = rank - 1; k >= 0; k--) {
        x[k] = rotated[k] / diagonal[k];
        for (let i = 0; i < k; i++) rotated[i] -= x[k] * column[k][i];
      }
      for (const [k, { values, head, factor }] of tails.entries()) {
        let inner = head * x[k];
        for (let j = 0; j < values.length; j++) inner += values[j] * x[rank + j];
        inner *= factor;
        x[k] -= inner * head;
        for (let j = 0; j < values.length; j++) x[rank + j] -= inner * values[j];
      }
      const ordered = new Float64Array(columns);
      for (const [k, j] of order.entries()) ordered[j] = x[k];
      return ordered;
    },
  };
}

/**
 * y -= factor v (v'y), over the entries from `start` on; returns the sum of squares of those after
 * it.
 */
function reflect(y: Float64Array, v: Float64Array, start: number, factor: number): number {
  let inner = 0;
  for (let i = start; i < y.length; i++) inner += v[i] * y[i];
  inner *= factor;
  y[start] -= inner * v[start];
  let rest = 0;
  for (let i = start + 1; i < y.length; i++) {
    const value = y[i] - inner * v[i];
    y[i] = value;
    rest += value * value;
  }
  return rest;
}

function squares(values: Float64Array, start: number): number {
  let sum = 0;
  for (let i = start; i < values.length; i++) sum += values[i] * values[i];
  return sum;
}
