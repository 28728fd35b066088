/** Matrices of the linear models. */
import { ConfigError, ShapeError } from "../../errors.js";

/** Row-major: the value of row i, column j is `data[i * columns + j]`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array | Float32Array;
}

/** A matrix, or one array per row. */
export type Rows = Matrix | readonly ArrayLike<number>[];

/**
 * Converts either form to a matrix.
 * @throws ShapeError when rows differ in length or data and sizes disagree, ConfigError when a
 *   value is not finite
 */
export function toMatrix(rows: Rows): Matrix {
  const matrix = isMatrix(rows) ? rows : stack(rows);
  if (matrix.data.length !== matrix.rows * matrix.columns) {
    throw new ShapeError(`matrix [${matrix.rows}, ${matrix.columns}] with ${matrix.data.length} values`);
  }
  requireFinite("x", matrix.data);
  return matrix;
}

/** @throws ConfigError that names the first value that is NaN or infinite */
export function requireFinite(name: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const issue = { path: `${name}[${i}]`, expected: "a finite number", received: String(values[i]) };
    throw new ConfigError("linear model", [issue]);
  }
}

function isMatrix(rows: Rows): rows is Matrix {
  return "data" in rows;
}

function stack(rows: readonly ArrayLike<number>[]): Matrix {
  const columns = rows[0]?.length ?? 0;
  const data = new Float64Array(rows.length * columns);
  for (const [i, row] of rows.entries()) {
    if (row.length !== columns) throw new ShapeError(`row ${i} has ${row.length} values, row 0 has ${columns}`);
    data.set(row, i * columns);
  }
  return { rows: rows.length, columns, data };
}
