/** What the outputs of a graph need; a graph may have more, such as gradients of a rule that are not used. */
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

/** The names of the inputs on which the graph's outputs depend. */
export function neededInputs(graph: Graph): string[] {
  const needed = new Set(neededNodes(graph).flatMap((node) => node.inputs));
  for (const { value } of graph.outputs) needed.add(value);
  return graph.inputs.filter((input) => needed.has(input)).map((input) => input.name!);
}
