/** Parts that transformer architectures share: layouts of parameters and nodes of layers. */
import type { Graph } from "../../graph/builder.js";
import { multiplyDims } from "../../graph/dims.js";
import type { Value } from "../../graph/value.js";
import type { ParameterLookup } from "../../runtime/parameter-inputs.js";
import type { TensorLayout } from "../../runtime/protocol.js";
import { MASKED } from "../batch.js";

/** A parameter of an architecture. */
export interface ParameterLayout extends TensorLayout {
  /** Its part of the model: `embeddings`, `block 3`, ... */
  readonly part: string;
  /**
   * Initialisation when training from scratch; `residual` is normal too, for matrices that write to
   * the residual stream.
   */
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

/** x [.., input] -> [.., output] with `name.weight`, and `name.bias` if `biased`. */
export function linear(g: Graph, parameter: ParameterLookup, x: Value, name: string, biased = true): Value {
  return g.linear(x, parameter(`${name}.weight`), biased ? parameter(`${name}.bias`) : undefined);
}

/** [batch, length, dModel] -> [batch, length, heads, headSize] */
export function splitHeads(g: Graph, x: Value, heads: number): Value {
  const [batch, length, size] = x.dims;
  return g.reshape(x, [batch, length, heads, (size as number) / heads]);
}

/**
 * Swaps length and heads: [batch, length, heads, headSize] <-> [batch, heads, length, headSize].
 */
export function byHead(g: Graph, x: Value): Value {
  return g.transpose(x, [0, 2, 1, 3]);
}

/** Keys and values [batch, kvHeads, keys, headSize] of earlier passes over the same texts. */
export interface KeyValueCache {
  /** 0 at the positions of this pass. */
  readonly keys: Value;
  readonly values: Value;
  /** [length, keys]: 1 at the key position of each position of this pass, 0 elsewhere. */
  readonly placement: Value;
}

/**
 * Attention: softmax(queries keys^T scale + mask) values, heads joined again
 * [batch, length, heads * headSize]. If there are fewer heads of keys and values than of queries,
 * neighbouring query heads share one (grouped-query attention, Ainslie et al. 2023,
 * arXiv:2305.13245).
 * @param queries [batch, heads, length, headSize]
 * @param keys, values [batch, kvHeads, length, headSize], those of this pass; kvHeads divides heads
 * @param mask broadcasts to [batch, heads, length, keys]
 * @param cache keys and values of earlier passes. The pass's own are combined with them by small
 *   products with `placement`, since writing them into the cache would copy all of it
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
  const kvHeads = keys.dims[1];
  const shared = (heads as number) / (kvHeads as number);
  /**
   * [batch, heads, length, n] times [batch, kvHeads, n, m]: rows of heads that share a factor are
   * joined to one matrix.
   */
  const product = (rows: Value, factor: Value): Value => {
    if (shared === 1) return g.matMul(rows, factor);
    const together = g.reshape(rows, [batch, kvHeads, multiplyDims([shared, length]), rows.dims[3]]);
    const result = g.matMul(together, factor);
    return g.reshape(result, [batch, heads, length, result.dims[3]]);
  };
  const own = product(queries, g.swapLast(keys));
  const products = cache ? g.add(product(queries, g.swapLast(cache.keys)), g.matMul(own, cache.placement)) : own;
  const scores = scale === 1 ? products : g.scale(products, scale);
  const weights = g.softmax(g.add(scores, mask));
  const mixed = cache
    ? g.add(product(weights, cache.values), product(g.matMul(weights, g.swapLast(cache.placement)), values))
    : product(weights, values);
  return g.reshape(byHead(g, mixed), [batch, length, (heads as number) * (headSize as number)]);
}

/**
 * The attention mask of a causal mask [.., length, keys] and an optional key mask [batch, keys], to
 * be added to the scores.
 */
export function attentionMask(g: Graph, causalMask: Value, keyMask: Value | undefined): Value {
  return keyMask ? g.add(keysOfAllQueries(g, keyMask), causalMask) : causalMask;
}

/**
 * The causal mask [.., length, keys] limited to the last `window` positions, the query's included.
 * Padding and cache slots count as positions, as in transformers; none lie between the tokens of a
 * text.
 */
export function windowMask(g: Graph, causalMask: Value, window: number): Value {
  const visible = g.cast(g.greater(causalMask, g.scalar(MASKED / 2)), "float32");
  // Per key: the number of positions from it to the query, both included.
  const reach = g.cumSum(visible, causalMask.dims.length - 1, true);
  return g.where(g.greater(reach, g.scalar(window)), g.scalar(MASKED), causalMask);
}

/** A key mask [batch, keys] in the shape of attention scores: [batch, 1, 1, keys]. */
export function keysOfAllQueries(g: Graph, keyMask: Value): Value {
  return g.unsqueeze(g.unsqueeze(keyMask, 1), 1);
}
