/** Cholesky factor of a symmetric matrix whose unknowns are clearly independent. */

/**
 * Pivots below this, for a matrix scaled to unit diagonal, count as dependence: the other columns
 * explain all but 1e-10 of the column's sum of squares.
 */
const SMALLEST_PIVOT = 1e-10;

/**
 * A solver of A x = b for positive definite A, or undefined when an unknown nearly depends on the
 * others. A is scaled to unit diagonal first, so that the units of the unknowns do not matter.
 * @param a [n, n] row-major, lower triangle; not changed
 */
export function choleskySolver(a: Float64Array, n: number): ((b: Float64Array) => Float64Array) | undefined {
  const scale = Float64Array.from({ length: n }, (_, i) => 1 / Math.sqrt(a[i * n + i]));
  if (!scale.every(Number.isFinite)) return undefined;
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const rest = a[i * n + j] * scale[i] * scale[j] - inner(l, i * n, j * n, j);
      l[i * n + j] = rest / l[j * n + j];
    }
    const pivot = 1 - inner(l, i * n, i * n, i);
    if (!(pivot > SMALLEST_PIVOT)) return undefined;
    l[i * n + i] = Math.sqrt(pivot);
  }
  return (b) => {
    const x = b.map((value, i) => value * scale[i]);
    for (let i = 0; i < n; i++) {
      let rest = x[i];
      for (let k = 0; k < i; k++) rest -= l[i * n + k] * x[k];
      x[i] = rest / l[i * n + i];
    }
    for (let i = n - 1; i >= 0; i--) {
      const found = x[i] / l[i * n + i];
      x[i] = found;
      for (let k = 0; k < i; k++) x[k] -= l[i * n + k] * found;
    }
    return x.map((value, i) => value * scale[i]);
  };
}

/**
 * Inner product of `length` values from each of two offsets, with two sums for parallel additions.
 */
function inner(values: Float64Array, a: number, b: number, length: number): number {
  let even = 0;
  let odd = 0;
  let k = 0;
  for (; k + 1 < length; k += 2) {
    even += values[a + k] * values[b + k];
    odd += values[a + k + 1] * values[b + k + 1];
  }
  return k < length ? even + odd + values[a + k] * values[b + k] : even + odd;
}
