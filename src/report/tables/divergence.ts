/** Table: parameter divergence by layer and by tensor. */
import type { DivergenceResults } from "../../results/results.js";
import { significant } from "../format.js";
import type { Table } from "./table.js";

/** Norms by layer, chosen ones named, and by tensor. */
export function divergenceTable({ layers, others, chosen }: DivergenceResults): Table {
  const rows = layers.flatMap(({ layer, divergence, tensors }) => [
    {
      source: "run" as const,
      cells: [`Layer ${layer}${chosen.includes(layer) ? ", chosen" : ""}`, significant(divergence)],
    },
    ...tensors.map(({ name, l2 }) => ({ source: "control" as const, cells: [name, significant(l2)] })),
  ]);
  return {
    caption: "L2 norm of tuned minus base",
    columns: [{ label: "Layer or tensor", text: true }, { label: "L2 norm" }],
    rows: [
      ...rows,
      ...others.map(({ name, l2 }) => ({
        source: "control" as const,
        cells: [`${name} (in no layer)`, significant(l2)],
      })),
    ],
    note: `A layer's divergence is the sum over its weight and bias tensors.${chosen.length > 0 ? " Embeddings, unembedding and final norm are listed but never chosen." : ""}`,
  };
}
