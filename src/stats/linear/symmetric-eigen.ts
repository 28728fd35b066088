/**
 * Spectrum of a symmetric matrix in factored form: any function of the matrix times a vector costs
 * O(n^2).
 * Householder reduction to tridiagonal form, then implicit QL (EISPACK's tred and tql; Golub and
 * Van Loan, 4th edition, section 8.3). Eigenvectors are never formed: the reflections and rotations
 * are stored and applied to vectors, which saves four fifths of the usual work. A = Q S
 * diag(values) S' Q', with Q the reflections and S the rotations.
 */
import { InternalError, ShapeError } from "../../errors.js";

/**
 * One QL sweep: rotations of the planes (first + i, first + i + 1), as (cosine, sine) pairs, in
 * order of application.
 */
interface Sweep {
  readonly last: number;
  readonly rotations: Float64Array;
}

export class SymmetricEigen {
  /** Eigenvalues, not sorted, with an absolute error of about 1e-15 times the largest. */
  readonly values: Float64Array;
  private readonly n: number;
  /**
   * Row i holds Householder vector i in its first i entries, and half its squared length in
   * `halfSquares`.
   */
  private readonly vectors: Float64Array;
  private readonly halfSquares: Float64Array;
  private readonly sweeps: Sweep[] = [];

  /** @param matrix [n, n] row-major, of which the lower triangle is read; it is overwritten */
  constructor(matrix: Float64Array, n: number) {
    if (matrix.length !== n * n)
      throw new ShapeError(`symmetric matrix: expected ${n * n} values for [${n}, ${n}], received ${matrix.length}`);
    this.n = n;
    this.vectors = matrix;
    this.halfSquares = new Float64Array(n);
    this.values = new Float64Array(n);
    const offDiagonal = this.tridiagonalise();
    for (let i = 0; i < n; i++) this.values[i] = matrix[i * n + i];
    this.diagonalise(offDiagonal);
  }

  /** f(A) b, where f acts on the eigenvalues: `(v) => 1 / v` solves A x = b. */
  apply(f: (eigenvalue: number) => number, b: ArrayLike<number>): Float64Array {
    return this.applyAll([f], [b])[0][0];
  }

  /**
   * f(A) b for every function and every vector: [functions][vectors]. The factors, tens of
   * megabytes for a large matrix, are read twice in total instead of twice per vector.
   */
  applyAll(
    functions: readonly ((eigenvalue: number) => number)[],
    vectors: readonly ArrayLike<number>[],
  ): Float64Array[][] {
    const { n, values } = this;
    const given = vectors.length;
    const x = new Float64Array(n * given);
    for (let i = 0; i < n; i++) for (let v = 0; v < given; v++) x[i * given + v] = vectors[v][i];
    this.reflect(x, given, false);
    this.rotate(x, given, false);
    // [n, functions, vectors]
    const width = functions.length * given;
    const y = new Float64Array(n * width);
    for (let i = 0; i < n; i++) {
      for (const [f, of] of functions.entries()) {
        const factor = of(values[i]);
        for (let v = 0; v < given; v++) y[i * width + f * given + v] = factor * x[i * given + v];
      }
    }
    this.rotate(y, width, true);
    this.reflect(y, width, true);
    return functions.map((_, f) =>
      vectors.map((_, v) => Float64Array.from({ length: n }, (_, i) => y[i * width + f * given + v])),
    );
  }

  /** Leaves T's diagonal on the matrix's own; returns T[i, i + 1] at i. */
  private tridiagonalise(): Float64Array {
    const { n, vectors: a, halfSquares } = this;
    const offDiagonal = new Float64Array(n);
    // The update A -= u q' + q u' of the last reflection is done together with the next product:
    // one pass over the matrix instead of two.
    let u = new Float64Array(n);
    let q = new Float64Array(n);
    let [nextU, nextQ] = [new Float64Array(n), new Float64Array(n)];
    for (let i = n - 1; i >= 1; i--) {
      const row = i * n;
      for (let k = 0; k <= i; k++) a[row + k] -= u[i] * q[k] + q[i] * u[k];
      let rest = 0;
      for (let k = 0; k < i - 1; k++) rest += a[row + k] * a[row + k];
      const pivot = a[row + i - 1];
      offDiagonal[i - 1] = pivot;
      nextU.fill(0);
      let h = 0;
      if (rest > 0) {
        const length = Math.sqrt(rest + pivot * pivot);
        const image = pivot >= 0 ? -length : length;
        offDiagonal[i - 1] = image;
        a[row + i - 1] = pivot - image;
        h = rest + pivot * pivot - pivot * image;
        halfSquares[i] = h;
        nextU.set(a.subarray(row, row + i));
      }
      nextQ.fill(0);
      updateAndMultiply(a, n, i, u, q, nextU, nextQ);
      if (h > 0) {
        let inner = 0;
        for (let k = 0; k < i; k++) inner += nextU[k] * nextQ[k];
        const share = inner / (2 * h * h);
        for (let k = 0; k < i; k++) nextQ[k] = nextQ[k] / h - share * nextU[k];
      }
      [u, nextU] = [nextU, u];
      [q, nextQ] = [nextQ, q];
    }
    a[0] -= 2 * u[0] * q[0];
    return offDiagonal;
  }

  private diagonalise(e: Float64Array): void {
    const { n, values: d } = this;
    let norm = 0;
    for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(d[i]) + Math.abs(e[i]));
    const negligible = 2 ** -53 * norm;
    for (let l = 0; l < n; l++) {
      for (let turn = 0; ; turn++) {
        let m = l;
        while (m < n - 1 && Math.abs(e[m]) > negligible) m++;
        if (m === l) break;
        if (turn === 100) throw new InternalError("eigenvalues: QL does not converge");
        this.sweep(e, l, m);
      }
    }
  }

  /** One implicit QL step with Wilkinson's shift on rows l..m. */
  private sweep(e: Float64Array, l: number, m: number): void {
    const d = this.values;
    const rotations = new Float64Array(2 * (m - l));
    const slope = (d[l + 1] - d[l]) / (2 * e[l]);
    let g = d[m] - d[l] + e[l] / (slope + (slope >= 0 ? 1 : -1) * Math.sqrt(slope * slope + 1));
    let sine = 1;
    let cosine = 1;
    let shift = 0;
    let count = 0;
    for (let i = m - 1; i >= l; i--) {
      const f = sine * e[i];
      const b = cosine * e[i];
      const r = Math.sqrt(f * f + g * g);
      e[i + 1] = r;
      if (r === 0) {
        d[i + 1] -= shift;
        break;
      }
      sine = f / r;
      cosine = g / r;
      const next = d[i + 1] - shift;
      const t = (d[i] - next) * sine + 2 * cosine * b;
      shift = sine * t;
      d[i + 1] = next + shift;
      g = cosine * t - b;
      rotations[2 * count] = cosine;
      rotations[2 * count + 1] = sine;
      count++;
    }
    if (count === m - l) {
      d[l] -= shift;
      e[l] = g;
    }
    e[m] = 0;
    this.sweeps.push({ last: m - 1, rotations: rotations.subarray(0, 2 * count) });
  }

  /** x [n, width] becomes Q' x, or Q x when `back`. */
  private reflect(x: Float64Array, width: number, back: boolean): void {
    const { n, vectors, halfSquares } = this;
    const inner = new Float64Array(width);
    for (let step = 1; step < n; step++) {
      const i = back ? step : n - step;
      if (halfSquares[i] === 0) continue;
      const row = i * n;
      inner.fill(0);
      for (let k = 0; k < i; k++) {
        const value = vectors[row + k];
        for (let v = 0; v < width; v++) inner[v] += value * x[k * width + v];
      }
      for (let v = 0; v < width; v++) inner[v] /= halfSquares[i];
      for (let k = 0; k < i; k++) {
        const value = vectors[row + k];
        for (let v = 0; v < width; v++) x[k * width + v] -= inner[v] * value;
      }
    }
  }

  /** x [n, width] becomes S' x, or S x when `back`. */
  private rotate(x: Float64Array, width: number, back: boolean): void {
    for (let step = 0; step < this.sweeps.length; step++) {
      const { last, rotations } = this.sweeps[back ? this.sweeps.length - 1 - step : step];
      const count = rotations.length / 2;
      for (let turn = 0; turn < count; turn++) {
        const k = back ? count - 1 - turn : turn;
        const cosine = rotations[2 * k];
        const sine = back ? -rotations[2 * k + 1] : rotations[2 * k + 1];
        const start = (last - k) * width;
        for (let i = start; i < start + width; i++) {
          const low = x[i];
          const high = x[i + width];
          x[i] = cosine * low - sine * high;
          x[i + width] = sine * low + cosine * high;
        }
      }
    }
  }
}

/**
 * A -= u q' + q u' on the leading `size` rows of a symmetric matrix stored as its lower triangle,
 * and product += A w with the updated A; two rows at a time.
 */
function updateAndMultiply(
  a: Float64Array,
  n: number,
  size: number,
  u: Float64Array,
  q: Float64Array,
  w: Float64Array,
  product: Float64Array,
): void {
  for (let j = 0; j < size; j += 2) {
    const row = j * n;
    const [u0, q0, w0] = [u[j], q[j], w[j]];
    if (j + 1 === size) {
      let dot = 0;
      for (let k = 0; k < j; k++) {
        const value = a[row + k] - u0 * q[k] - q0 * u[k];
        a[row + k] = value;
        dot += value * w[k];
        product[k] += value * w0;
      }
      a[row + j] -= 2 * u0 * q0;
      product[j] += dot + a[row + j] * w0;
      return;
    }
    const below = row + n;
    const [u1, q1, w1] = [u[j + 1], q[j + 1], w[j + 1]];
    let dot0 = 0;
    let dot1 = 0;
    for (let k = 0; k < j; k++) {
      const uk = u[k];
      const qk = q[k];
      const wk = w[k];
      const a0 = a[row + k] - u0 * qk - q0 * uk;
      const a1 = a[below + k] - u1 * qk - q1 * uk;
      a[row + k] = a0;
      a[below + k] = a1;
      dot0 += a0 * wk;
      dot1 += a1 * wk;
      product[k] += a0 * w0 + a1 * w1;
    }
    a[row + j] -= 2 * u0 * q0;
    a[below + j] -= u1 * q0 + q1 * u0;
    a[below + j + 1] -= 2 * u1 * q1;
    product[j] += dot0 + a[row + j] * w0 + a[below + j] * w1;
    product[j + 1] += dot1 + a[below + j] * w0 + a[below + j + 1] * w1;
  }
}
