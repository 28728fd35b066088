/** Tail of the normal distribution. */

/** The 97.5% quantile: a 95% interval reaches so many standard errors to each side. To six decimals. */
export const Z_95 = 1.959964;

/** P(|Z| >= |z|) for a standard normal Z, to about 1e-13 of its value. */
export function normalTwoSidedP(z: number): number {
  return complementaryError(Math.abs(z) / Math.SQRT2);
}

/**
 * erfc(x) for x >= 0: power series near 0, Laplace's continued fraction in the tail (Abramowitz and
 * Stegun 7.1.6, 7.1.14).
 */
function complementaryError(x: number): number {
  const gauss = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (x < 2) {
    let term = 2 * x;
    let sum = term;
    for (let k = 1; term > sum * 1e-17; k++) {
      term *= (2 * x * x) / (2 * k + 1);
      sum += term;
    }
    return 1 - gauss * sum;
  }
  let fraction = x;
  for (let k = 150; k >= 1; k--) fraction = x + k / 2 / fraction;
  return gauss / fraction;
}
