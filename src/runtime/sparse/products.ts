/** Functions of the kernel that multiply lists and dense matrices. */
import {
  block,
  type Code,
  countUp,
  drop,
  f32,
  f32x4,
  i32,
  ifTrue,
  type Local,
  types,
  wasmFunction,
} from "../wasm/assembler.js";
import { advanced, bytes, downTo } from "./addresses.js";

/** Bytes of a row of a panel: as many columns as stay in registers while a row's entries are added. */
const PANEL = 128;
const CACHE_LINE = 64;

/** The address of a column in a row of panels; columns behind `whole` bytes are a narrower panel. */
const inPanels = (start: Local, count: Local, row: Code, column: Local, whole: Local, stride: Local) => ({
  whole: i32.add(advanced(start, i32.mul(column.get, count.get)), i32.mul(row, i32.const(PANEL))),
  rest: i32.add(
    advanced(start, i32.mul(whole.get, count.get)),
    i32.add(i32.mul(row, i32.sub(stride.get, whole.get)), i32.sub(column.get, whole.get)),
  ),
});

export const panels = wasmFunction(
  "panels",
  types(["rows", "target", "from", "to", "count", "width"], "i32"),
  undefined,
  ({ rows, target, from, to, count, width }, variable) => {
    const [row, column, stride, whole, source, place] = Array.from({ length: 6 }, () => variable("i32"));
    const at = inPanels(target, count, row.get, column, whole, stride);
    const copy = (vectors: number): Code[] =>
      Array.from({ length: vectors }, (_, i) => f32x4.store(place.get, f32x4.load(source.get, 16 * i), 16 * i));
    const part = (address: Code, vectors: number): Code[] => [
      source.set(i32.add(advanced(rows, i32.mul(row.get, stride.get)), column.get)),
      place.set(address),
      ...copy(vectors),
    ];
    return block(
      stride.set(bytes(width.get)),
      whole.set(downTo(stride.get, PANEL)),
      countUp(
        row,
        from.get,
        to.get,
        1,
        countUp(column, i32.const(0), whole.get, PANEL, ...part(at.whole, 8)),
        countUp(column, whole.get, stride.get, 16, ...part(at.rest, 1)),
      ),
    );
  },
);

export const multiply = wasmFunction(
  "multiply",
  types(["starts", "index", "coefficient", "dense", "denseRows", "from", "to", "out", "count", "width"], "i32"),
  undefined,
  ({ starts, index, coefficient, dense, denseRows, from, to, out, count, width }, variable) => {
    const [row, column, entry, first, last, stride, whole, target, source] = Array.from({ length: 9 }, () =>
      variable("i32"),
    );
    const sums = Array.from({ length: 8 }, () => variable("v128"));
    const factor = variable("v128");
    const at = inPanels(dense, denseRows, i32.load(advanced(index, entry.get)), column, whole, stride);
    const columns = (vectors: number, address: Code): Code =>
      block(
        target.set(i32.add(advanced(out, i32.mul(row.get, stride.get)), column.get)),
        ...sums.slice(0, vectors).map((sum, i) => sum.set(f32x4.load(target.get, 16 * i))),
        countUp(
          entry,
          first.get,
          last.get,
          4,
          factor.set(f32x4.loadSplat(advanced(coefficient, entry.get))),
          source.set(address),
          ...sums
            .slice(0, vectors)
            .map((sum, i) => sum.set(f32x4.add(sum.get, f32x4.mul(factor.get, f32x4.load(source.get, 16 * i))))),
        ),
        ...sums.slice(0, vectors).map((sum, i) => f32x4.store(target.get, sum.get, 16 * i)),
      );
    const rows = (vectors: number, address: Code): Code =>
      countUp(
        row,
        i32.const(0),
        count.get,
        1,
        first.set(bytes(i32.load(advanced(starts, bytes(row.get))))),
        last.set(bytes(i32.load(advanced(starts, bytes(row.get)), 4))),
        ifTrue(i32.sub(last.get, first.get), columns(vectors, address)),
      );
    // Entries come in no order that the processor foresees: it fetches the panel faster from first to last.
    const [line, panel] = [variable("i32"), variable("i32")];
    const fetch = block(
      panel.set(i32.add(advanced(dense, i32.mul(column.get, denseRows.get)), i32.mul(from.get, i32.const(PANEL)))),
      countUp(
        line,
        i32.const(0),
        i32.mul(i32.sub(to.get, from.get), i32.const(PANEL)),
        CACHE_LINE,
        drop(i32.load(advanced(panel, line.get))),
      ),
    );
    // All rows before the next columns, so that the panel in use stays in the caches.
    return block(
      stride.set(bytes(width.get)),
      whole.set(downTo(stride.get, PANEL)),
      countUp(column, i32.const(0), whole.get, PANEL, fetch, rows(8, at.whole)),
      countUp(column, whole.get, stride.get, 16, rows(1, at.rest)),
    );
  },
);

export const dots = wasmFunction(
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
