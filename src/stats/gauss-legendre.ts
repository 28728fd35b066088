/** Gauss-Legendre quadrature. */
import { ShapeError } from "../errors.js";

/** A point of a quadrature, and its weight. */
export interface QuadraturePoint {
  readonly at: number;
  readonly weight: number;
}

/**
 * The points of n-point Gauss-Legendre quadrature on [0, 1], ascending: exact for polynomials of
 * degree 2n - 1. Newton's method on the Legendre polynomial, from the usual cosine start.
 * @throws ShapeError unless n is a positive integer
 * @see Abramowitz, Stegun 1964, "Handbook of Mathematical Functions", 25.4.29
 */
export function gaussLegendre(n: number): QuadraturePoint[] {
  if (!Number.isInteger(n) || n < 1) throw new ShapeError(`points: expected a positive integer, received ${n}`);
  return Array.from({ length: n }, (_, i) => {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let step = 0; step < 100; step++) {
      // P_n(x) and P_{n-1}(x) by the three-term recurrence.
      let [value, before] = [x, 1];
      for (let k = 2; k <= n; k++) [value, before] = [((2 * k - 1) * x * value - (k - 1) * before) / k, value];
      slope = (n * (x * value - before)) / (x * x - 1);
      const change = value / slope;
      x -= change;
      if (Math.abs(change) < 1e-15) break;
    }
    return { at: (1 + x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
}
