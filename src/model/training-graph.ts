/** Adds the gradients of a loss to a graph, as outputs that the store receives in place. */
import { gradients } from "../graph/backward.js";
import type { Graph } from "../graph/builder.js";
import type { Value } from "../graph/value.js";

/** The graph's parameters get outputs `gradients/NAME`. Call it last, when the loss and all else is built. */
export function outputGradients(g: Graph, loss: Value): void {
  const parameters = g.inputs.filter(({ name }) => name?.startsWith("parameters/"));
  gradients(g, loss, parameters).forEach((gradient, i) => {
    g.output(parameters[i].name!.replace("parameters/", "gradients/"), gradient);
  });
}
