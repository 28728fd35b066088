/** Adds the gradients of a loss to a graph, as outputs that the store receives. */
import { gradients } from "../graph/backward.js";
import type { Graph } from "../graph/builder.js";
import { lookedUpApart } from "../graph/structured-gradients.js";
import type { Value } from "../graph/value.js";
import { boundName, nameIn } from "./names.js";

/**
 * The graph's parameters get outputs `gradients/NAME`. Gradients of looked-up rows of a table are
 * separate, as `gradientRows/NAME` and `gradientIndices/NAME`, since a batch has a few hundred of
 * tens of thousands of tokens, and a matrix of zeros with a few rows would be expensive. Call it
 * last, when the loss and everything else is built.
 */
export function outputGradients(g: Graph, loss: Value): void {
  const parameters = g.inputs.flatMap((input) => {
    const name = nameIn("parameters", input.name ?? "");
    return name === undefined ? [] : [{ name, input }];
  });
  const inputs = parameters.map(({ input }) => input);
  gradients(g, loss, inputs).forEach((gradient, i) => {
    const { name } = parameters[i];
    const { whole, lookedUp } = lookedUpApart(gradient);
    if (whole) g.output(boundName("gradients", name), whole);
    if (!lookedUp) return;
    g.output(boundName("gradientRows", name), lookedUp.rows);
    g.output(boundName("gradientIndices", name), lookedUp.indices);
  });
}
