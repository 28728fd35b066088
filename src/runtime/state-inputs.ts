/** Tensors of a state as inputs of a graph: `state/NAME`, which a run reads and writes to. */
import type { Graph } from "../graph/builder.js";
import type { Dim } from "../graph/dims.js";
import type { Value } from "../graph/value.js";
import { boundName } from "./names.js";

/**
 * A tensor that stays in the engine between runs, such as the keys of a cache, and the rows that
 * each run writes into it (see `Engine.createState`), at the positions of the feed `STATE_SLOTS`.
 * @param dims at least two axes
 * @param rows [.., last axis of dims]
 */
export function stateInput(g: Graph, name: string, dims: readonly Dim[], rows: Value): Value {
  g.output(boundName("next", name), g.flatten(rows));
  return g.input(boundName("state", name), dims);
}
