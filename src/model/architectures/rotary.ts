/**
 * Rotary positions (Su et al. 2021, arXiv:2104.09864): queries and keys are rotated by angles that
 * grow with the position.
 */
import type { Graph } from "../../graph/builder.js";
import type { Value } from "../../graph/value.js";
import type { PassInputs } from "./architecture.js";

/** Maximal number of values of a table: 16 MB for cos and for sin, in every graph of the model. */
const LARGEST_TABLE = 1 << 22;

/**
 * Scaling of frequencies, for texts longer than those of the original training.
 * `linear`: all frequencies are divided by the factor (Chen et al. 2023, arXiv:2306.15595).
 * `llama3`: divided by the factor if the pair completes fewer than `lowFreqFactor` turns over the
 * original positions; unchanged above `highFreqFactor` turns; interpolated between (Grattafiori et
 * al. 2024, arXiv:2407.21783).
 */
export type RotaryScaling =
  | { readonly type: "linear"; readonly factor: number }
  | {
      readonly type: "llama3";
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalPositions: number;
    };

export interface Rotary {
  /** Number of rotated dimensions of each head, from the first; even. */
  readonly size: number;
  /** Pair i of dimensions is rotated by position * base^(-2i / size), before scaling. */
  readonly base: number;
  readonly maxPositions: number;
  readonly scaling?: RotaryScaling | null;
}

const { fround } = Math;

/**
 * Radians per position of each pair. Rounded to single precision after each operation, as in
 * PyTorch: at position 2000 the difference is visible.
 */
function frequencies({ size, base, scaling }: Rotary): number[] {
  return Array.from({ length: size / 2 }, (_, i) =>
    scaled(fround(1 / fround(base ** fround((2 * i) / size))), scaling ?? undefined),
  );
}

function scaled(frequency: number, scaling: RotaryScaling | undefined): number {
  if (!scaling) return frequency;
  const slow = fround(frequency / scaling.factor);
  if (scaling.type === "linear") return slow;
  const { factor, lowFreqFactor, highFreqFactor, originalPositions } = scaling;
  const wavelength = fround(fround(2 * Math.PI) / frequency);
  if (wavelength > originalPositions / lowFreqFactor) return slow;
  if (wavelength < originalPositions / highFreqFactor) return frequency;
  const turns = fround(originalPositions / wavelength);
  const share = fround(fround(turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor));
  return fround(fround(fround(fround(1 - share) * frequency) / factor) + fround(share * frequency));
}

/** cos and sin of all positions [maxPositions, size]; both halves of a row have the same angles. */
function rotaryTables(rotary: Rotary): { cos: Float32Array; sin: Float32Array } {
  const { size, maxPositions } = rotary;
  const cos = new Float32Array(maxPositions * size);
  const sin = new Float32Array(maxPositions * size);
  const turns = frequencies(rotary);
  for (let position = 0; position < maxPositions; position++)
    for (let i = 0; i < size; i++) {
      const angle = fround(position * turns[i % turns.length]);
      cos[position * size + i] = Math.cos(angle);
      sin[position * size + i] = Math.sin(angle);
    }
  return { cos, sin };
}

/** cos and sin of a pass [batch, length, size]: from a table, or computed if that is too large. */
function anglesOf(g: Graph, rotary: Rotary, positions: Value): { cos: Value; sin: Value } {
  const { size, maxPositions } = rotary;
  if (size * maxPositions <= LARGEST_TABLE) {
    const { cos, sin } = rotaryTables(rotary);
    const looked = (table: Float32Array): Value => g.gather(g.constant(table, [maxPositions, size]), positions);
    return { cos: looked(cos), sin: looked(sin) };
  }
  const angles = g.mul(g.unsqueeze(g.cast(positions, "float32"), -1), g.constant(frequencies(rotary)));
  const twice = (half: Value): Value => g.concat([half, half], -1);
  return { cos: twice(g.cos(angles)), sin: twice(g.sin(angles)) };
}

/**
 * Rotates the first `size` dimensions of x [batch, length, heads, headSize].
 * @param cos, sin [batch, length, 1, size]
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
  const { size } = rotary;
  if (size === 0) return (x) => x;
  const [batch, length] = ids.dims;
  const angles = anglesOf(g, rotary, positions);
  const cos = g.reshape(angles.cos, [batch, length, 1, size]);
  const sin = g.reshape(angles.sin, [batch, length, 1, size]);
  return (x) => rotate(g, x, size, cos, sin);
}
