/**
 * The rotary settings of config.json, in the form of transformers 4 (`rope_theta`, `rope_scaling`)
 * and of transformers 5 (`rope_parameters`).
 */
import { isObject } from "../../../io/json-object.js";
import { shown } from "../../../io/shown-value.js";
import { type ConfigFields, largest } from "../config-fields.js";
import type { RotaryScaling } from "../rotary.js";

export interface Rope {
  readonly base: number;
  readonly scaling: RotaryScaling | null;
}

const bases = { least: 1, most: 1e12 };
const factors = { least: 1, most: 1e6 };

/**
 * The settings of a model with the same rotation in all blocks. `rope_scaling` takes precedence
 * over `rope_parameters`, as in transformers.
 */
export function parseRope(fields: ConfigFields, maxPositions: number): Rope {
  const named = fields.has("rope_scaling") ? "rope_scaling" : "rope_parameters";
  return parseRopeGroup(fields.group(named), fields.number("rope_theta", 10000, bases), maxPositions);
}

/**
 * One group of settings.
 * @param base default of the group's base
 * @param maxPositions default of the length that the model was trained on
 */
export function parseRopeGroup(group: ConfigFields, base: number, maxPositions: number): Rope {
  const nested = ["full_attention", "sliding_attention"].find((kind) => isObject(group.raw(kind)));
  group.expect(nested === undefined, `${nested}: rotary settings for each kind of attention are not supported here`);
  const share = group.number("partial_rotary_factor", 1);
  group.expect(
    Number.isNaN(share) || share === 1,
    `partial_rotary_factor: expected 1, all of a head, received ${share}`,
  );
  return { base: group.number("rope_theta", base, bases), scaling: parseScaling(group, maxPositions) };
}

function parseScaling(group: ConfigFields, maxPositions: number): RotaryScaling | null {
  const type = group.string("rope_type", group.string("type", "default"));
  if (type === "default") return null;
  if (type !== "linear" && type !== "llama3") {
    group.expect(false, `rotary scaling ${shown(type)} is not supported, only default, linear and llama3 are`);
    return null;
  }
  group.expect(group.has("factor"), `factor: expected a number for rotary scaling ${type}, received nothing`);
  const factor = group.number("factor", 1, factors);
  if (type === "linear") return { type, factor };
  const [lowFreqFactor, highFreqFactor] = ["low_freq_factor", "high_freq_factor"].map((name) => {
    group.expect(group.has(name), `${name}: expected a number for rotary scaling llama3, received nothing`);
    return group.number(name, Number.NaN, { least: 1e-6, most: 1e6 });
  });
  group.expect(
    !(highFreqFactor <= lowFreqFactor),
    `high_freq_factor: expected more than low_freq_factor ${lowFreqFactor}, received ${highFreqFactor}`,
  );
  const originalPositions = group.size("original_max_position_embeddings", largest.positions, maxPositions);
  return { type, factor, lowFreqFactor, highFreqFactor, originalPositions };
}

/** A group of `rope_parameters`; without its base it is a `rope_scaling`. */
export function formatRopeGroup({ base, scaling }: Rope): Record<string, unknown> {
  return { ...formatScaling(scaling), rope_theta: base };
}

/** The fields of a model with the same rotation in all blocks, in both forms. */
export function formatRope(rope: Rope): Record<string, unknown> {
  const { base, scaling } = rope;
  // Before 4.43, transformers read only `type` and `factor`; later versions read these too.
  const older = scaling?.type === "linear" ? { type: scaling.type, factor: scaling.factor } : null;
  return {
    rope_theta: base,
    rope_scaling: older ?? (scaling && formatScaling(scaling)),
    rope_parameters: formatRopeGroup(rope),
  };
}

/** The fields of a scaling in `rope_scaling` and `rope_parameters`. */
export function formatScaling(scaling: RotaryScaling | null): Record<string, unknown> {
  if (!scaling) return { rope_type: "default" };
  if (scaling.type === "linear") return { rope_type: "linear", factor: scaling.factor };
  return {
    rope_type: "llama3",
    factor: scaling.factor,
    low_freq_factor: scaling.lowFreqFactor,
    high_freq_factor: scaling.highFreqFactor,
    original_max_position_embeddings: scaling.originalPositions,
  };
}
