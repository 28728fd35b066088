/** Functions of the kernel that find large values. */
import {
  block,
  type Code,
  countUp,
  f32,
  f32x4,
  i32,
  ifTrue,
  type Local,
  types,
  type ValueType,
  wasmFunction,
  whileTrue,
} from "../wasm/assembler.js";
import { advanced, bytes, downTo } from "./addresses.js";

/** What is done at each row, and for values that are large enough. */
interface RowSteps {
  readonly before: (row: Local) => Code;
  /** @param mask the bits of up to four values from `place` on that are large enough; may be changed */
  readonly large: (mask: Local, place: Code, base: Local) => Code;
  readonly after: (row: Local) => Code;
}

/** Walks along the values of rows, to find those that are at least `least`. */
function alongLarge(
  { values, from, to, features, least }: Readonly<Record<"values" | "from" | "to" | "features" | "least", Local>>,
  variable: (type: ValueType) => Local,
  { before, large, after }: RowSteps,
): Code {
  const [row, place, base, mask] = Array.from({ length: 4 }, () => variable("i32"));
  const limit = variable("v128");
  const compared = (vector: number): Code =>
    f32x4.atLeast(f32x4.load(advanced(base, bytes(place.get)), 16 * vector), limit.get);
  const four = (vector: number): Code =>
    block(mask.set(f32x4.bitmask(compared(vector))), large(mask, i32.add(place.get, i32.const(4 * vector)), base));
  const columns = block(
    // Sixteen at a time, most of which are too small.
    countUp(
      place,
      i32.const(0),
      downTo(features.get, 16),
      16,
      ifTrue(
        f32x4.anyTrue([0, 1, 2, 3].map(compared).reduce((left, right) => f32x4.or(left, right))),
        ...[0, 1, 2, 3].map(four),
      ),
    ),
    countUp(place, downTo(features.get, 16), downTo(features.get, 4), 4, four(0)),
    countUp(
      place,
      downTo(features.get, 4),
      features.get,
      1,
      mask.set(f32.atLeast(f32.load(advanced(base, bytes(place.get))), least.get)),
      large(mask, place.get, base),
    ),
  );
  return block(
    limit.set(f32x4.splat(least.get)),
    countUp(
      row,
      from.get,
      to.get,
      1,
      base.set(advanced(values, bytes(i32.mul(row.get, features.get)))),
      before(row),
      columns,
      after(row),
    ),
  );
}

export const count = wasmFunction(
  "count",
  { ...types(["values", "starts", "from", "to", "features"], "i32"), ...types(["least"], "f32") },
  undefined,
  ({ starts, values, from, to, features, least }, variable) => {
    const found = variable("i32");
    return alongLarge({ values, from, to, features, least }, variable, {
      before: () => found.set(i32.const(0)),
      large: (mask) => found.set(i32.add(found.get, i32.bitCount(mask.get))),
      after: (row) => i32.store(advanced(starts, bytes(row.get)), found.get, 4),
    });
  },
);

export const list = wasmFunction(
  "list",
  {
    ...types(["values", "starts", "index", "kept", "from", "to", "features"], "i32"),
    ...types(["least"], "f32"),
  },
  undefined,
  ({ values, starts, index, kept, from, to, features, least }, variable) => {
    const [entry, feature] = [variable("i32"), variable("i32")];
    return alongLarge({ values, from, to, features, least }, variable, {
      before: (row) => entry.set(bytes(i32.load(advanced(starts, bytes(row.get))))),
      large: (mask, place, base) =>
        whileTrue(
          mask.get,
          feature.set(i32.add(place, i32.trailingZeros(mask.get))),
          i32.store(advanced(index, entry.get), feature.get),
          f32.store(advanced(kept, entry.get), f32.load(advanced(base, bytes(feature.get)))),
          entry.set(i32.add(entry.get, i32.const(4))),
          // Without its lowest bit.
          mask.set(i32.and(mask.get, i32.sub(mask.get, i32.const(1)))),
        ),
      after: () => [],
    });
  },
);
