/** Parameters as inputs of a graph: `parameters/NAME`, which a run reads from its stores. */
import type { Graph } from "../graph/builder.js";
import type { Value } from "../graph/value.js";
import { boundName } from "./names.js";
import type { TensorLayout } from "./protocol.js";

/** A parameter as an input of the graph, by its name in the safetensors file. */
export type ParameterLookup = (name: string) => Value;

/** Parameters as inputs `parameters/NAME` of the graph, each declared once. */
export function parameterInputs(g: Graph, layout: readonly TensorLayout[]): ParameterLookup {
  const declared = new Map<string, Value>();
  const dims = new Map(layout.map((entry) => [entry.name, entry.dims]));
  return (name) => {
    let value = declared.get(name);
    if (!value) {
      value = g.input(boundName("parameters", name), dims.get(name)!);
      declared.set(name, value);
    }
    return value;
  };
}
