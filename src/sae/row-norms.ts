/** Matrices with one feature per row: norms and transposes. */

/** Norms closer to 1 than this count as 1, since weights are in single precision. */
const NORM_TOLERANCE = 1e-4;

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

/**
 * Divides the decoder's rows by their norms and multiplies the features' pre-activations by them,
 * in place.
 * @returns the factors [dSae], 1 for unchanged rows; undefined if no row changed
 */
export function foldDecoderNorms(
  { wEnc, bEnc, wDec }: Readonly<Record<"wEnc" | "bEnc" | "wDec", Float32Array>>,
  dIn: number,
): Float64Array | undefined {
  const factors = rowNorms(wDec, dIn).map((norm) => (norm === 0 || Math.abs(norm - 1) < NORM_TOLERANCE ? 1 : norm));
  if (factors.every((factor) => factor === 1)) return undefined;
  factors.forEach((factor, feature) => {
    if (factor === 1) return;
    bEnc[feature] *= factor;
    for (let i = 0; i < dIn; i++) {
      wDec[feature * dIn + i] /= factor;
      wEnc[i * factors.length + feature] *= factor;
    }
  });
  return factors;
}
