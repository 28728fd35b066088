import { expect, test } from "vitest";
import { Rng } from "../../rng.js";
import { SymmetricEigen } from "./symmetric-eigen.js";

const sorted = (values: Float64Array) => [...values].sort((a, b) => a - b);

test("eigenvalues of the second difference matrix: 2 - 2 cos(pi k / (n + 1))", () => {
  const n = 40;
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    a[i * n + i] = 2;
    if (i > 0) a[i * n + i - 1] = -1;
  }
  const values = sorted(new SymmetricEigen(a, n).values);
  for (const [k, value] of values.entries()) {
    expect(value).toBeCloseTo(2 - 2 * Math.cos((Math.PI * (k + 1)) / (n + 1)), 13);
  }
});

test("functions of a random matrix: A b, A^-1 A b = b, and a projection", () => {
  const n = 61;
  const rng = Rng.fromSeed(5, "eigen");
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = rng.normal();
  const b = Float64Array.from({ length: n }, () => rng.normal());
  const eigen = new SymmetricEigen(a.slice(), n);
  const product = eigen.apply((value) => value, b);
  for (let i = 0; i < n; i++) {
    expect(product[i]).toBeCloseTo(
      b.reduce((sum, value, j) => sum + a[i * n + j] * value, 0),
      11,
    );
  }
  const back = eigen.apply((value) => 1 / value, product);
  for (let i = 0; i < n; i++) expect(back[i]).toBeCloseTo(b[i], 11);
  const step = (value: number) => (value > 0 ? 1 : 0);
  const once = eigen.apply(step, b);
  const twice = eigen.apply(step, once);
  for (let i = 0; i < n; i++) expect(twice[i]).toBeCloseTo(once[i], 12);
});

test("zero, diagonal, and 1 by 1 matrices", () => {
  expect(sorted(new SymmetricEigen(new Float64Array(9), 3).values)).toEqual([0, 0, 0]);
  expect(sorted(new SymmetricEigen(Float64Array.of(3, 0, 0, 0, 1, 0, 0, 0, 2), 3).values)).toEqual([1, 2, 3]);
  const one = new SymmetricEigen(Float64Array.of(4), 1);
  expect(one.apply(Math.sqrt, [3])).toEqual(Float64Array.of(6));
});

test("a matrix of rank 1 has one eigenvalue that is not 0", () => {
  const u = Float64Array.from({ length: 50 }, (_, i) => Math.sin(i));
  const a = Float64Array.from({ length: 2500 }, (_, k) => u[Math.floor(k / 50)] * u[k % 50]);
  const values = sorted(new SymmetricEigen(a, 50).values);
  expect(values[49]).toBeCloseTo(
    u.reduce((sum, value) => sum + value * value, 0),
    12,
  );
  for (const value of values.slice(0, 49)) expect(Math.abs(value)).toBeLessThan(1e-13);
});
