/** What transformer architectures share: their parameters' layout and the nodes of their layers. */
import type { Graph } from "../../graph/builder.js";
import type { Value } from "../../graph/value.js";
import type { ParameterLookup } from "../../runtime/parameter-inputs.js";
import type { TensorLayout } from "../../runtime/protocol.js";

/** A parameter as an architecture declares it. */
export interface ParameterLayout extends TensorLayout {
  /** The part of the model that it belongs to, in words: `embeddings`, `block 3`, ... */
  readonly part: string;
  /** Its value where training starts from scratch; `residual` is normal too, and writes to the residual stream. */
  readonly start: "zeros" | "ones" | "normal" | "residual";
}

/** `weight` [rows, columns] of an embedding or of a linear layer without bias. */
export function matrixLayout(
  part: string,
  name: string,
  rows: number,
  columns: number,
  start: ParameterLayout["start"] = "normal",
): ParameterLayout[] {
  return [{ name: `${name}.weight`, dims: [rows, columns], decay: true, part, start }];
}

/** `weight` [output, input] and `bias` [output] of a linear layer. */
export function linearLayout(
  part: string,
  name: string,
  output: number,
  input: number,
  start: ParameterLayout["start"] = "normal",
): ParameterLayout[] {
  return [
    ...matrixLayout(part, name, output, input, start),
    { name: `${name}.bias`, dims: [output], part, start: "zeros" },
  ];
}

/** `weight` and `bias` of a layer norm. */
export function normLayout(part: string, name: string, size: number): ParameterLayout[] {
  return [
    { name: `${name}.weight`, dims: [size], part, start: "ones" },
    { name: `${name}.bias`, dims: [size], part, start: "zeros" },
  ];
}

/** Layer norm of x by the parameters `name.weight` and `name.bias`. */
export function norm(g: Graph, parameter: ParameterLookup, x: Value, name: string, epsilon: number): Value {
  return g.layerNorm(x, parameter(`${name}.weight`), parameter(`${name}.bias`), epsilon);
}

/** x [.., input] -> [.., output] by `name.weight`, and `name.bias` where `biased`. */
export function linear(g: Graph, parameter: ParameterLookup, x: Value, name: string, biased = true): Value {
  return g.linear(x, parameter(`${name}.weight`), biased ? parameter(`${name}.bias`) : undefined);
}

/** [batch, length, dModel] -> [batch, length, heads, headSize] */
export function splitHeads(g: Graph, x: Value, heads: number): Value {
  const [batch, length, size] = x.dims;
  return g.reshape(x, [batch, length, heads, (size as number) / heads]);
}

/** Exchanges length and heads: [batch, length, heads, headSize] <-> [batch, heads, length, headSize]. */
export function byHead(g: Graph, x: Value): Value {
  return g.transpose(x, [0, 2, 1, 3]);
}

/** Keys and values [batch, heads, keys, headSize] of earlier passes over the same texts. */
export interface KeyValueCache {
  /** 0 where those of this pass belong. */
  readonly keys: Value;
  readonly values: Value;
  /** [length, keys]: 1 where a position of this pass has its place among the keys, 0 elsewhere. */
  readonly placement: Value;
}

/**
 * Attention: softmax(queries keys^T scale + mask) values, heads joined again [batch, length, dModel].
 * @param queries, keys, values [batch, heads, length, headSize], those of this pass
 * @param mask broadcasts to [batch, heads, length, keys]
 * @param cache what there was before; the pass's own keys and values are put in place by products with `placement`, which are small,
 * since writing them into the cache would copy all of it
 */
export function attend(
  g: Graph,
  queries: Value,
  keys: Value,
  values: Value,
  mask: Value,
  scale: number,
  cache?: KeyValueCache,
): Value {
  const [batch, heads, length, headSize] = queries.dims;
  const own = g.matMul(queries, g.swapLast(keys));
  const products = cache ? g.add(g.matMul(queries, g.swapLast(cache.keys)), g.matMul(own, cache.placement)) : own;
  const scores = scale === 1 ? products : g.scale(products, scale);
  const weights = g.softmax(g.add(scores, mask));
  const mixed = cache
    ? g.add(g.matMul(weights, cache.values), g.matMul(g.matMul(weights, g.swapLast(cache.placement)), values))
    : g.matMul(weights, values);
  return g.reshape(byHead(g, mixed), [batch, length, (heads as number) * (headSize as number)]);
}

/** A mask of queries and keys [.., length, keys], and one of keys [batch, keys] where there is one, as attention adds it to its scores. */
export function attentionMask(g: Graph, causalMask: Value, keyMask: Value | undefined): Value {
  return keyMask ? g.add(keysOfAllQueries(g, keyMask), causalMask) : causalMask;
}

/** A mask of keys [batch, keys] as attention adds it to its scores: [batch, 1, 1, keys]. */
export function keysOfAllQueries(g: Graph, keyMask: Value): Value {
  return g.unsqueeze(g.unsqueeze(keyMask, 1), 1);
}
