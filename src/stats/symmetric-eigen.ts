/**
 * Spectrum of a symmetric matrix in factored form: any function of the matrix times a vector costs O(n^2).
 *
 * Householder reduction to tridiagonal form, then implicit QL (EISPACK's tred and tql; Golub and Van Loan, 4th edition,
 * section 8.3). Eigenvectors are never formed: the reflections and rotations are kept and applied to vectors, which
 * saves four fifths of the usual work. A = Q S diag(values) S' Q', with Q the reflections and S the rotations.
 */
import { InternalError, ShapeError } from "../errors.js";

/** One QL sweep: rotations of the planes (first + i, first + i + 1), as (cosine, sine) pairs, in order of application. */
interface Sweep {
  readonly last: number;
  readonly rotations: Float64Array;
}

export class SymmetricEigen {
  /** Eigenvalues in no order, with absolute error of about 1e-15 times the largest. */
  readonly values: Float64Array;
  private readonly n: number;
  /** Row i holds Householder vector i in its first i entries, and half its squared length in `halfSquares`. */
  private readonly vectors: Float64Array;
  private readonly halfSquares: Float64Array;
  private readonly sweeps: Sweep[] = [];

  /** @param matrix [n, n] row-major, of which the lower triangle is read; it is overwritten */
  constructor(matrix: Float64Array, n: number) {
    if (matrix.length !== n * n) throw new ShapeError(`symmetric matrix [${n}, ${n}] with ${matrix.length} values`);
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
    const x = Float64Array.from(b);
    this.reflect(x, false);
    this.rotate(x, false);
    for (let i = 0; i < this.n; i++) x[i] *= f(this.values[i]);
    this.rotate(x, true);
    this.reflect(x, true);
    return x;
  }

  /** Leaves T's diagonal on the matrix's own; returns T[i, i + 1] at i. */
  private tridiagonalise(): Float64Array {
    const { n, vectors: a, halfSquares } = this;
    const offDiagonal = new Float64Array(n);
    const u = new Float64Array(n);
    const p = new Float64Array(n);
    for (let i = n - 1; i >= 1; i--) {
      const row = i * n;
      let rest = 0;
      for (let k = 0; k < i - 1; k++) rest += a[row + k] * a[row + k];
      const pivot = a[row + i - 1];
      offDiagonal[i - 1] = pivot;
      if (rest === 0) continue;
      const length = Math.sqrt(rest + pivot * pivot);
      const image = pivot >= 0 ? -length : length;
      offDiagonal[i - 1] = image;
      a[row + i - 1] = pivot - image;
      const h = rest + pivot * pivot - pivot * image;
      halfSquares[i] = h;
      u.set(a.subarray(row, row + i));
      multiplyLower(a, n, i, u, p);
      let inner = 0;
      for (let k = 0; k < i; k++) inner += u[k] * p[k];
      const share = inner / (2 * h * h);
      for (let k = 0; k < i; k++) p[k] = p[k] / h - share * u[k];
      subtractOuter(a, n, i, u, p);
    }
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

  /** x becomes Q' x, or Q x when `back`. */
  private reflect(x: Float64Array, back: boolean): void {
    const { n, vectors, halfSquares } = this;
    for (let step = 1; step < n; step++) {
      const i = back ? step : n - step;
      if (halfSquares[i] === 0) continue;
      const row = i * n;
      let inner = 0;
      for (let k = 0; k < i; k++) inner += vectors[row + k] * x[k];
      inner /= halfSquares[i];
      for (let k = 0; k < i; k++) x[k] -= inner * vectors[row + k];
    }
  }

  /** x becomes S' x, or S x when `back`. */
  private rotate(x: Float64Array, back: boolean): void {
    for (let step = 0; step < this.sweeps.length; step++) {
      const { last, rotations } = this.sweeps[back ? this.sweeps.length - 1 - step : step];
      const count = rotations.length / 2;
      for (let turn = 0; turn < count; turn++) {
        const k = back ? count - 1 - turn : turn;
        const i = last - k;
        const cosine = rotations[2 * k];
        const sine = back ? -rotations[2 * k + 1] : rotations[2 * k + 1];
        const [low, high] = [x[i], x[i + 1]];
        x[i] = cosine * low - sine * high;
        x[i + 1] = sine * low + cosine * high;
      }
    }
  }
}

/** p = A u for the leading `size` rows of a symmetric matrix kept in its lower triangle; two rows at a time. */
function multiplyLower(a: Float64Array, n: number, size: number, u: Float64Array, p: Float64Array): void {
  p.fill(0, 0, size);
  let j = 0;
  for (; j + 1 < size; j += 2) {
    const row = j * n;
    const below = row + n;
    const [u0, u1] = [u[j], u[j + 1]];
    let dot0 = 0;
    let dot1 = 0;
    for (let k = 0; k < j; k++) {
      const a0 = a[row + k];
      const a1 = a[below + k];
      const uk = u[k];
      dot0 += a0 * uk;
      dot1 += a1 * uk;
      p[k] += a0 * u0 + a1 * u1;
    }
    const corner = a[below + j];
    p[j] += dot0 + a[row + j] * u0 + corner * u1;
    p[j + 1] += dot1 + corner * u0 + a[below + j + 1] * u1;
  }
  if (j === size) return;
  const row = j * n;
  let dot = a[row + j] * u[j];
  for (let k = 0; k < j; k++) {
    dot += a[row + k] * u[k];
    p[k] += a[row + k] * u[j];
  }
  p[j] += dot;
}

/** A -= u q' + q u' on the lower triangle of the leading `size` rows. */
function subtractOuter(a: Float64Array, n: number, size: number, u: Float64Array, q: Float64Array): void {
  for (let j = 0; j < size; j++) {
    const row = j * n;
    const [uj, qj] = [u[j], q[j]];
    for (let k = 0; k <= j; k++) a[row + k] -= uj * q[k] + qj * u[k];
  }
}
