/**
 * Rotary positions (Su et al. 2021, arXiv:2104.09864): queries and keys are rotated by angles that
 * grow with the position.
 */
import type { Graph } from "../../graph/builder.js";
import type { Value } from "../../graph/value.js";
import type { PassInputs } from "./architecture.js";

/** Maximal number of values of a table: 16 MB for cos and for sin, in every graph of the model. */
const LARGEST_TABLE = 1 << 22;

/** Maximal number of positions of the tables when `size` dimensions of a head rotate. */
export function mostPositions(size: number): number {
  return size > 0 ? Math.floor(LARGEST_TABLE / size) : Number.POSITIVE_INFINITY;
}

export interface Rotary {
  /** Number of dimensions of each head that rotate, from the first: even. */
  readonly size: number;
  /** Pair i of dimensions rotates by position * base^(-2i / size). */
  readonly base: number;
  readonly maxPositions: number;
}

/**
 * cos and sin of every position [maxPositions, size]; the second half repeats the angles of the
 * first.
 */
function rotaryTables({ size, base, maxPositions }: Rotary): { cos: Float32Array; sin: Float32Array } {
  const half = size / 2;
  const cos = new Float32Array(maxPositions * size);
  const sin = new Float32Array(maxPositions * size);
  // Rounded to single precision after each operation, as in PyTorch: at position 2000 the rounding
  // is visible.
  const frequencies = Float64Array.from({ length: size }, (_, i) =>
    Math.fround(1 / Math.fround(base ** Math.fround((2 * (i % half)) / size))),
  );
  for (let position = 0; position < maxPositions; position++)
    for (let i = 0; i < size; i++) {
      const angle = Math.fround(position * frequencies[i]);
      cos[position * size + i] = Math.cos(angle);
      sin[position * size + i] = Math.sin(angle);
    }
  return { cos, sin };
}

/**
 * Rotates the first `size` dimensions of x [batch, length, heads, headSize]; cos and sin
 * [batch, length, 1, size].
 */
function rotate(g: Graph, x: Value, size: number, cos: Value, sin: Value): Value {
  const headSize = x.dims[3] as number;
  const turning = size === headSize ? x : g.slice(x, 3, 0, size);
  const halves = g.concat([g.neg(g.slice(turning, 3, size / 2, size)), g.slice(turning, 3, 0, size / 2)], 3);
  const turned = g.add(g.mul(turning, cos), g.mul(halves, sin));
  return size === headSize ? turned : g.concat([turned, g.slice(x, 3, size, headSize)], 3);
}

/**
 * A function that rotates queries or keys [batch, length, heads, headSize] by the positions of a
 * pass. A pair is dimensions i and i + size / 2, as in GPT-NeoX and transformers; the paper pairs
 * neighbours.
 */
export function rotation(g: Graph, rotary: Rotary, { ids, positions }: PassInputs): (x: Value) => Value {
  const { size, maxPositions } = rotary;
  if (size === 0) return (x) => x;
  const tables = rotaryTables(rotary);
  const [batch, length] = ids.dims;
  const angles = (table: Float32Array): Value =>
    g.reshape(g.gather(g.constant(table, [maxPositions, size]), positions), [batch, length, 1, size]);
  const cos = angles(tables.cos);
  const sin = angles(tables.sin);
  return (x) => rotate(g, x, size, cos, sin);
}
