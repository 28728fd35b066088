/**
 * Products with few active codes, as a WebAssembly SIMD module. Sparse matrices are lists: `starts`
 * [rows + 1] says where the entries of each row begin in `index` (a row of the dense matrix) and in
 * the values beside it. Dense matrices have rows of `width` floats, a multiple of 4. Every function
 * adds in a fixed order, and without fused multiply-add, whose results depend on the processor.
 */
import {
  assemble,
  block,
  type Code,
  countUp,
  f32,
  f32x4,
  i32,
  ifTrue,
  type Local,
  types,
  wasmFunction,
  whileTrue,
} from "../wasm/assembler.js";

/** Addresses are in bytes; counts, widths and indices in elements. */
export interface SparseKernel {
  /**
   * Entries of values [.., features] that are at least `least`, which is above 0, in order.
   * With `index` 0 they are only counted.
   * @param starts int32 [rows + 1], written from `from` to `to`
   * @returns how many entries there are
   */
  list(
    values: number,
    starts: number,
    index: number,
    kept: number,
    from: number,
    to: number,
    features: number,
    least: number,
  ): number;
  /** out[row] += sum of coefficient * dense[index] over the row's entries. */
  multiply(
    starts: number,
    index: number,
    coefficient: number,
    dense: number,
    out: number,
    count: number,
    width: number,
  ): void;
  /** result = factor * (dense[index] . left[row]) + summand, for every entry. */
  dots(
    starts: number,
    index: number,
    result: number,
    dense: number,
    left: number,
    count: number,
    width: number,
    factor: number,
    summand: number,
  ): void;
  /** out[row] = bias - x[row] */
  difference(bias: number, x: number, out: number, count: number, width: number): void;
  /** unit[row] = rows[row] / norm, norms[row] = its Euclidean norm; rows have `columns` floats. */
  normalise(rows: number, unit: number, norms: number, count: number, columns: number, width: number): void;
  /**
   * The gradient by rows [.., columns] of the one by rows of norm 1 [.., width]:
   * (gradient - unit (unit . gradient)) / norm.
   */
  project(
    gradient: number,
    unit: number,
    norms: number,
    out: number,
    count: number,
    columns: number,
    width: number,
  ): void;
}

const bytes = (count: Code): Code => i32.shiftLeft(count, i32.const(2));
const advanced = (address: Local, offset: Code): Code => i32.add(address.get, offset);
/** The largest multiple of a power of two that is not above the value. */
const downTo = (value: Code, multiple: number): Code => i32.and(value, i32.const(-multiple));
const list = wasmFunction(
  "list",
  {
    ...types(["values", "starts", "index", "kept", "from", "to", "features"], "i32"),
    ...types(["least"], "f32"),
  },
  "i32",
  ({ values, starts, index, kept, from, to, features, least }, variable) => {
    const [count, row, place, base, mask, feature] = Array.from({ length: 6 }, () => variable("i32"));
    const limit = variable("v128");
    const keep = (which: Code): Code =>
      block(
        ifTrue(
          index.get,
          feature.set(which),
          i32.store(advanced(index, bytes(count.get)), feature.get),
          f32.store(advanced(kept, bytes(count.get)), f32.load(advanced(base, bytes(feature.get)))),
        ),
        count.set(i32.add(count.get, i32.const(1))),
      );
    const withoutLowestBit = i32.and(mask.get, i32.sub(mask.get, i32.const(1)));
    const large = (vector: number): Code =>
      f32x4.atLeast(f32x4.load(advanced(base, bytes(place.get)), 16 * vector), limit.get);
    const four = (vector: number): Code =>
      block(
        mask.set(f32x4.bitmask(large(vector))),
        whileTrue(
          mask.get,
          keep(i32.add(i32.add(place.get, i32.const(4 * vector)), i32.trailingZeros(mask.get))),
          mask.set(withoutLowestBit),
        ),
      );
    return block(
      limit.set(f32x4.splat(least.get)),
      countUp(
        row,
        from.get,
        to.get,
        1,
        i32.store(advanced(starts, bytes(row.get)), count.get),
        base.set(advanced(values, bytes(i32.mul(row.get, features.get)))),
        // Sixteen at a time, most of which are too small.
        countUp(
          place,
          i32.const(0),
          downTo(features.get, 16),
          16,
          ifTrue(
            f32x4.anyTrue([0, 1, 2, 3].map(large).reduce((left, right) => f32x4.or(left, right))),
            ...[0, 1, 2, 3].map((vector) => four(vector)),
          ),
        ),
        countUp(place, downTo(features.get, 16), downTo(features.get, 4), 4, four(0)),
        countUp(
          place,
          downTo(features.get, 4),
          features.get,
          1,
          ifTrue(f32.atLeast(f32.load(advanced(base, bytes(place.get))), least.get), keep(place.get)),
        ),
      ),
      i32.store(advanced(starts, bytes(to.get)), count.get),
      count.get,
    );
  },
);

const multiply = wasmFunction(
  "multiply",
  types(["starts", "index", "coefficient", "dense", "out", "count", "width"], "i32"),
  undefined,
  ({ starts, index, coefficient, dense, out, count, width }, variable) => {
    const [row, column, entry, first, last, stride, target, source] = Array.from({ length: 8 }, () => variable("i32"));
    const sums = Array.from({ length: 8 }, () => variable("v128"));
    const factor = variable("v128");
    // So many columns stay in registers while the row's entries are added.
    const columns = (vectors: number): Code =>
      block(
        target.set(i32.add(advanced(out, i32.mul(row.get, stride.get)), column.get)),
        ...sums.slice(0, vectors).map((sum, i) => sum.set(f32x4.load(target.get, 16 * i))),
        countUp(
          entry,
          first.get,
          last.get,
          4,
          factor.set(f32x4.loadSplat(advanced(coefficient, entry.get))),
          source.set(i32.add(advanced(dense, i32.mul(i32.load(advanced(index, entry.get)), stride.get)), column.get)),
          ...sums
            .slice(0, vectors)
            .map((sum, i) => sum.set(f32x4.add(sum.get, f32x4.mul(factor.get, f32x4.load(source.get, 16 * i))))),
        ),
        ...sums.slice(0, vectors).map((sum, i) => f32x4.store(target.get, sum.get, 16 * i)),
      );
    const rows = (vectors: number): Code =>
      countUp(
        row,
        i32.const(0),
        count.get,
        1,
        first.set(bytes(i32.load(advanced(starts, bytes(row.get))))),
        last.set(bytes(i32.load(advanced(starts, bytes(row.get)), 4))),
        ifTrue(i32.sub(last.get, first.get), columns(vectors)),
      );
    // All rows before the next columns, so that the part of the dense matrix in use stays in the caches.
    return block(
      stride.set(bytes(width.get)),
      countUp(column, i32.const(0), downTo(stride.get, 128), 128, rows(8)),
      countUp(column, downTo(stride.get, 128), stride.get, 16, rows(1)),
    );
  },
);

const dots = wasmFunction(
  "dots",
  {
    ...types(["starts", "index", "result", "dense", "left", "count", "width"], "i32"),
    ...types(["factor", "summand"], "f32"),
  },
  undefined,
  ({ starts, index, result, dense, left, count, width, factor, summand }, variable) => {
    const [row, column, entry, last, stride, source, other] = Array.from({ length: 7 }, () => variable("i32"));
    const sums = Array.from({ length: 4 }, () => variable("v128"));
    const columns = (vectors: number): Code[] =>
      sums
        .slice(0, vectors)
        .map((sum, i) =>
          sum.set(
            f32x4.add(
              sum.get,
              f32x4.mul(
                f32x4.load(i32.add(source.get, column.get), 16 * i),
                f32x4.load(i32.add(other.get, column.get), 16 * i),
              ),
            ),
          ),
        );
    const [a, b, c, d] = sums;
    return block(
      stride.set(bytes(width.get)),
      countUp(
        row,
        i32.const(0),
        count.get,
        1,
        other.set(advanced(left, i32.mul(row.get, stride.get))),
        last.set(bytes(i32.load(advanced(starts, bytes(row.get)), 4))),
        countUp(
          entry,
          bytes(i32.load(advanced(starts, bytes(row.get)))),
          last.get,
          4,
          source.set(advanced(dense, i32.mul(i32.load(advanced(index, entry.get)), stride.get))),
          ...sums.map((sum) => sum.set(f32x4.zero)),
          countUp(column, i32.const(0), downTo(stride.get, 64), 64, ...columns(4)),
          countUp(column, downTo(stride.get, 64), stride.get, 16, ...columns(1)),
          a.set(f32x4.add(f32x4.add(a.get, b.get), f32x4.add(c.get, d.get))),
          f32.store(advanced(result, entry.get), f32.add(f32.mul(f32x4.sum(a), factor.get), summand.get)),
        ),
      ),
    );
  },
);

const difference = wasmFunction(
  "difference",
  types(["bias", "x", "out", "count", "width"], "i32"),
  undefined,
  ({ bias, x, out, count, width }, variable) => {
    const [row, column, start, stride] = Array.from({ length: 4 }, () => variable("i32"));
    const here = i32.add(start.get, column.get);
    return block(
      stride.set(bytes(width.get)),
      countUp(
        row,
        i32.const(0),
        count.get,
        1,
        start.set(i32.mul(row.get, stride.get)),
        countUp(
          column,
          i32.const(0),
          stride.get,
          16,
          f32x4.store(
            advanced(out, here),
            f32x4.sub(f32x4.load(advanced(bias, column.get)), f32x4.load(advanced(x, here))),
          ),
        ),
      ),
    );
  },
);

/** Walks along a row of `size` bytes: four numbers at a time up to `whole`, then one by one. */
const alongRow = (column: Local, whole: Local, size: Local) => ({
  /** The address of the column in a row that starts there. */
  at: (start: Local): Code => i32.add(start.get, column.get),
  vectors: (...body: readonly Code[]): Code => countUp(column, i32.const(0), whole.get, 16, ...body),
  rest: (...body: readonly Code[]): Code => countUp(column, whole.get, size.get, 4, ...body),
});

const normalise = wasmFunction(
  "normalise",
  types(["rows", "unit", "norms", "count", "columns", "width"], "i32"),
  undefined,
  ({ rows, unit, norms, count, columns, width }, variable) => {
    const [row, column, source, target, whole, size] = Array.from({ length: 6 }, () => variable("i32"));
    const [x, sum] = [variable("v128"), variable("v128")];
    const [value, norm] = [variable("f32"), variable("f32")];
    const { at, vectors, rest } = alongRow(column, whole, size);
    return block(
      size.set(bytes(columns.get)),
      whole.set(downTo(size.get, 16)),
      countUp(
        row,
        i32.const(0),
        count.get,
        1,
        source.set(advanced(rows, i32.mul(row.get, size.get))),
        target.set(advanced(unit, bytes(i32.mul(row.get, width.get)))),
        sum.set(f32x4.zero),
        vectors(x.set(f32x4.load(at(source))), sum.set(f32x4.add(sum.get, f32x4.mul(x.get, x.get)))),
        norm.set(f32x4.sum(sum)),
        rest(value.set(f32.load(at(source))), norm.set(f32.add(norm.get, f32.mul(value.get, value.get)))),
        norm.set(f32.sqrt(norm.get)),
        f32.store(advanced(norms, bytes(row.get)), norm.get),
        vectors(f32x4.store(at(target), f32x4.div(f32x4.load(at(source)), f32x4.splat(norm.get)))),
        rest(f32.store(at(target), f32.div(f32.load(at(source)), norm.get))),
      ),
    );
  },
);

const project = wasmFunction(
  "project",
  types(["gradient", "unit", "norms", "out", "count", "columns", "width"], "i32"),
  undefined,
  ({ gradient, unit, norms, out, count, columns, width }, variable) => {
    const [row, column, g, u, target, whole, size, stride] = Array.from({ length: 8 }, () => variable("i32"));
    const sum = variable("v128");
    const [along, norm] = [variable("f32"), variable("f32")];
    const { at, vectors, rest } = alongRow(column, whole, size);
    return block(
      size.set(bytes(columns.get)),
      whole.set(downTo(size.get, 16)),
      stride.set(bytes(width.get)),
      countUp(
        row,
        i32.const(0),
        count.get,
        1,
        g.set(advanced(gradient, i32.mul(row.get, stride.get))),
        u.set(advanced(unit, i32.mul(row.get, stride.get))),
        target.set(advanced(out, i32.mul(row.get, size.get))),
        sum.set(f32x4.zero),
        countUp(
          column,
          i32.const(0),
          stride.get,
          16,
          sum.set(f32x4.add(sum.get, f32x4.mul(f32x4.load(at(g)), f32x4.load(at(u))))),
        ),
        along.set(f32x4.sum(sum)),
        norm.set(f32.load(advanced(norms, bytes(row.get)))),
        vectors(
          f32x4.store(
            at(target),
            f32x4.div(
              f32x4.sub(f32x4.load(at(g)), f32x4.mul(f32x4.load(at(u)), f32x4.splat(along.get))),
              f32x4.splat(norm.get),
            ),
          ),
        ),
        rest(f32.store(at(target), f32.div(f32.sub(f32.load(at(g)), f32.mul(f32.load(at(u)), along.get)), norm.get))),
      ),
    );
  },
);

const functions = [list, multiply, dots, difference, normalise, project];

/** The module's functions on a memory. */
export function instantiateSparseKernel(memory: WebAssembly.Memory): SparseKernel {
  const module = new WebAssembly.Module(assemble(functions));
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as SparseKernel;
}
