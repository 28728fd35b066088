/** The activation functions that config.json can name (transformers' ACT2FN, where a causal model uses them). */
import { FormatError } from "../errors.js";
import type { Graph } from "../graph/builder.js";
import type { Value } from "../graph/value.js";

const activations: Readonly<Record<string, (g: Graph, x: Value) => Value>> = {
  gelu: (g, x) => g.gelu(x),
  gelu_new: (g, x) => g.gelu(x, "tanh"),
  gelu_fast: (g, x) => g.gelu(x, "tanh"),
  gelu_pytorch_tanh: (g, x) => g.gelu(x, "tanh"),
  quick_gelu: (g, x) => g.mul(x, g.sigmoid(g.scale(x, 1.702))),
  relu: (g, x) => g.relu(x),
  silu: (g, x) => g.mul(x, g.sigmoid(x)),
  swish: (g, x) => g.mul(x, g.sigmoid(x)),
  tanh: (g, x) => g.tanh(x),
  sigmoid: (g, x) => g.sigmoid(x),
};

/** @throws FormatError when the name is not known, listing those that are */
export function checkActivation(name: string, file: string): string {
  if (!Object.hasOwn(activations, name))
    throw new FormatError(file, `activation "${name}" is not known`, {
      help: `known: ${Object.keys(activations).join(", ")}`,
    });
  return name;
}

export function applyActivation(g: Graph, name: string, x: Value): Value {
  return activations[name](g, x);
}
