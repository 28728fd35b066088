/** A graph as text: for snapshots and for reading. */
import type { Graph } from "./builder.js";
import { formatDims } from "./dims.js";
import { neededNodes } from "./prune.js";
import type { Value } from "./value.js";

/** One line per node that an output needs: `%5 = MatMul(%1, weight) : float32 [batch, 8]`. */
export function printGraph(graph: Graph): string {
  const names = new Map<Value, string>();
  for (const input of graph.inputs) names.set(input, input.name ?? "");
  const lines = graph.inputs.map((input) => `${input.name}: ${input.dtype} ${formatDims(input.dims)}`);
  let next = 0;
  for (const node of neededNodes(graph)) {
    for (const output of node.outputs) names.set(output, `%${next++}`);
    const inputs = node.inputs.map((input) => names.get(input));
    const attributes = Object.entries(node.attributes)
      .filter(([key]) => key !== "dims" && key !== "dtype")
      .map(
        ([key, value]) =>
          `${key}=${ArrayBuffer.isView(value) ? [...(value as Float32Array)].slice(0, 8).join(",") : value}`,
      );
    const result = node.outputs[0];
    const outputs = node.outputs.map((output) => names.get(output)).join(", ");
    lines.push(
      `${outputs} = ${node.op}(${[...inputs, ...attributes].join(", ")}) : ${result.dtype} ${formatDims(result.dims)}`,
    );
  }
  for (const { name, value } of graph.outputs) lines.push(`return ${name} = ${names.get(value)}`);
  return lines.join("\n");
}
