/** Matrices with one feature per row: norms and transposes. */

/** Euclidean norm of each row of w [rows, columns]. */
export function rowNorms(w: Float32Array, columns: number): Float64Array {
  return Float64Array.from({ length: w.length / columns }, (_, row) => {
    let sum = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) sum += w[i] * w[i];
    return Math.sqrt(sum);
  });
}

/** w [rows, columns] with each row divided by its norm. */
export function normalisedRows(w: Float32Array, columns: number): Float32Array {
  const norms = rowNorms(w, columns);
  return w.map((value, i) => value / norms[Math.floor(i / columns)]);
}

/** w [rows, columns] -> [columns, rows] */
export function transposed(w: Float32Array, columns: number): Float32Array {
  const rows = w.length / columns;
  const result = new Float32Array(w.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = w[row * columns + column];
  return result;
}
