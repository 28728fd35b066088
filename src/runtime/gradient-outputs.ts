/** Adds the gradients of a loss to a graph, as outputs that the store receives. */
import { gradients } from "../graph/backward.js";
import type { Graph } from "../graph/builder.js";
import { lookedUpApart } from "../graph/structured-gradients.js";
import type { Value } from "../graph/value.js";
import { boundName, nameIn } from "./names.js";

/**
 * The graph's parameters get outputs `gradients/NAME`. Where rows of a table were looked up, what goes to those rows comes apart,
 * as `gradientRows/NAME` and `gradientIndices/NAME`: a batch meets a few hundred tokens of tens of thousands, and a matrix of
 * zeros with a few rows in it would be written, copied and added whole. Call it last, when the loss and all else is built.
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
