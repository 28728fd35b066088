/** Names of a model's parts. */
import type { CarryResults } from "../results/results.js";

type Part = Pick<CarryResults["parts"][number], "module" | "layer">;
type Group = CarryResults["groups"][number]["group"];

const moduleNames: Readonly<Record<Part["module"], string>> = {
  embedding: "embedding",
  unembedding: "unembedding",
  attention: "attention",
  mlp: "MLP",
  norm: "norms",
};

/** "attention of layer 3", "embedding" */
export function partName({ module, layer }: Part): string {
  return layer === null ? moduleNames[module] : `${moduleNames[module]} of layer ${layer}`;
}

export const groupNames: Readonly<Record<Group, string>> = {
  attention: "attention of all layers",
  mlps: "MLPs of all layers",
  layers: "attention and MLPs of all layers",
  embeddingAndAttention: "embedding and attention",
  embeddingAndMlps: "embedding and MLPs",
};
