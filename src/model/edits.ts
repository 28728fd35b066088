/** Edits of the activations at hook points, as nodes of the forward graph. */

import { type GivenDictionary, kindOf } from "../dictionary/dictionary.js";
import type { KindName } from "../dictionary/kind.js";
import { rowOf } from "../dictionary/kinds.js";
import { RewardscopeError } from "../errors.js";
import type { Graph } from "../graph/builder.js";
import type { Value } from "../graph/value.js";
import type { Tensor, TensorArray } from "../runtime/tensor.js";
import { findHookPoint, type HookPoint, hookPointName, sameHookPoint } from "./hook-points.js";
import type { Edit, ModelConfig } from "./language-model.js";

/** Edits in the given order, each with its hook point. */
export interface PlacedEdit {
  readonly point: HookPoint;
  readonly kind: Edit["kind"];
  /** The kind of the dictionary. */
  readonly dictionary: KindName;
}

/**
 * @throws RewardscopeError INVALID_INPUT for a hook point, dictionary or feature that does not fit
 *   the model
 */
export function placeEdits(edits: readonly Edit[], config: ModelConfig): PlacedEdit[] {
  return edits.map(({ at, kind, dictionary, features }) => {
    const point = findHookPoint(at, config.nLayers);
    const wrong = features.find((feature) => !Number.isInteger(feature) || feature < 0 || feature >= dictionary.dSae);
    if (wrong !== undefined)
      throw new RewardscopeError(
        "INVALID_INPUT",
        `edit at ${at}: feature ${wrong} is not in a dictionary of ${dictionary.dSae}`,
      );
    if (dictionary.dIn !== config.dModel)
      throw new RewardscopeError(
        "INVALID_INPUT",
        `edit at ${at}: the dictionary reads ${dictionary.dIn} dimensions, the model has ${config.dModel}`,
      );
    return { point, kind, dictionary: kindOf(dictionary).name };
  });
}

/** A key that is equal for edits with the same graph. */
export function editsKey(placed: readonly PlacedEdit[]): string {
  return placed.map(({ point, kind, dictionary }) => `${hookPointName(point)}:${kind}:${dictionary}`).join(",");
}

/**
 * Applies the edits of one hook point to x [batch, length, dModel]. Declares the inputs whose
 * values `editFeeds` provides.
 */
export function applyEdits(g: Graph, placed: readonly PlacedEdit[], point: HookPoint, x: Value): Value {
  const dModel = x.dims[x.dims.length - 1];
  return placed.reduce((stream, edit, index) => {
    if (!sameHookPoint(edit.point, point)) return stream;
    const name = `edit${index}`;
    if (edit.kind === "add") return g.add(stream, g.input(`${name}.direction`, [dModel]));
    const size = `${name}.features`;
    const wEnc = g.input(`${name}.wEnc`, [dModel, size]);
    const bEnc = g.input(`${name}.bEnc`, [size]);
    const wDec = g.input(`${name}.wDec`, [size, dModel]);
    const row = rowOf({ name: edit.dictionary });
    const codes = row.activation(g, g.add(g.matMul(stream, wEnc), bEnc), (part, dims, dtype) =>
      g.input(`${name}.${part}`, dims, dtype),
    );
    const decoded = g.matMul(codes, wDec);
    return edit.kind === "replace" ? g.add(decoded, g.input(`${name}.bDec`, [dModel])) : g.sub(stream, decoded);
  }, x);
}

/**
 * The encoder biases of some features for inputs without the decoder bias subtracted: bEnc - bDec wEnc
 * if the dictionary subtracts it, else bEnc.
 */
function foldedBias(
  { dIn, dSae, wEnc, bEnc, bDec, applyBDecToInput }: GivenDictionary,
  features: readonly number[],
): Float32Array {
  const folded = Float32Array.from(features, (feature) => bEnc[feature]);
  if (applyBDecToInput)
    for (let i = 0; i < dIn; i++)
      for (let at = 0; at < features.length; at++) folded[at] -= bDec[i] * wEnc[i * dSae + features[at]];
  return folded;
}

/**
 * Values of the inputs that `applyEdits` declares. For a separable kind only the edited features
 * are encoded, at least one; otherwise all are. The decoder directions of others are zeros.
 */
export function editFeeds(edits: readonly Edit[]): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  edits.forEach(({ kind, dictionary, features, strength = 1 }, index) => {
    const { dIn, dSae, wEnc, wDec, bDec } = dictionary;
    const feed = (part: string, dims: readonly number[], data: TensorArray): void => {
      feeds[`edit${index}.${part}`] = { dims, data };
    };
    if (kind === "add") {
      const direction = new Float32Array(dIn);
      for (const feature of features) for (let i = 0; i < dIn; i++) direction[i] += strength * wDec[feature * dIn + i];
      feed("direction", [dIn], direction);
      return;
    }
    const named = new Set(features);
    const isDecoded = (feature: number): boolean => named.has(feature) === (kind === "subtractFeatures");
    const all = Array.from({ length: dSae }, (_, feature) => feature);
    const dictionaryKind = kindOf(dictionary);
    const row = rowOf(dictionaryKind);
    const needed = !row.separable ? all : kind === "replace" ? all.filter(isDecoded) : [...named];
    // ONNX Runtime's WebGPU provider ends the process at a product over no feature: one whose direction is zero stands in.
    const encoded = needed.length > 0 ? needed : [0];
    const encoder = new Float32Array(dIn * encoded.length);
    const decoder = new Float32Array(encoded.length * dIn);
    const factor = kind === "replace" ? 1 : strength;
    encoded.forEach((feature, column) => {
      for (let i = 0; i < dIn; i++) {
        encoder[i * encoded.length + column] = wEnc[i * dSae + feature];
        if (isDecoded(feature)) decoder[column * dIn + i] = factor * wDec[feature * dIn + i];
      }
    });
    feed("wEnc", [dIn, encoded.length], encoder);
    feed("bEnc", [encoded.length], foldedBias(dictionary, encoded));
    feed("wDec", [encoded.length, dIn], decoder);
    if (kind === "replace") feed("bDec", [dIn], bDec);
    for (const [part, { dims, data }] of Object.entries(row.feeds(dictionaryKind, encoded))) feed(part, dims, data);
  });
  return feeds;
}
