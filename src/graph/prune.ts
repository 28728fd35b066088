/** Removes nodes that no output needs, such as gradients of a rule that are not used. */
import type { Graph } from "./builder.js";
import type { Node, Value } from "./value.js";

/** The nodes on which the graph's outputs depend, in an order in which they can run. */
export function neededNodes(graph: Graph): Node[] {
  const needed = new Set<Value>(graph.outputs.map(({ value }) => value));
  const kept: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    kept.push(node);
    for (const input of node.inputs) needed.add(input);
  }
  return kept.reverse();
}
