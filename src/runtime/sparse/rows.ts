/** Functions of the kernel on each row of dense matrices. */
import { block, type Code, countUp, f32, f32x4, i32, type Local, types, wasmFunction } from "../wasm/assembler.js";
import { advanced, bytes, downTo } from "./addresses.js";

export const difference = wasmFunction(
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

export const normalise = wasmFunction(
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

export const project = wasmFunction(
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
