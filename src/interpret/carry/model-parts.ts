/** Parts of a model that are exchanged: embedding, attention and MLP of each layer, norms. */
import type { EngineModel } from "../../model/architectures/architecture.js";
import type { ModelModule, ParameterRole } from "../../model/architectures/parameter-role.js";

/** Parameters that are exchanged together. */
export interface ModelPart {
  readonly module: ModelModule;
  /** Null for a part outside of blocks; all norms are one part. */
  readonly layer: number | null;
  readonly parameters: readonly string[];
}

/** Several parts: attention or MLPs of all layers, both, or both with the embedding. */
export type PartGroupName = "attention" | "mlps" | "layers" | "embeddingAndAttention" | "embeddingAndMlps";

/** Parts of a model that are exchanged together. */
export interface PartGroup {
  readonly group: PartGroupName;
  readonly parameters: readonly string[];
}

type LaidOut = Pick<EngineModel, "architecture" | "config">;

/** The role of each parameter, in the order of the file. */
export function parameterRoles({ architecture, config }: LaidOut): { name: string; role: ParameterRole }[] {
  return architecture.layout(config).map(({ name }) => ({ name, role: architecture.role(name, config) }));
}

/** Whether a parameter belongs to a part. */
export function isIn({ module, layer }: Pick<ModelPart, "module" | "layer">, role: ParameterRole): boolean {
  return role.module === module && (module === "norm" || (role.layer ?? null) === layer);
}

/**
 * A partition of the parameters: the embedding, attention and MLP of each layer from the first on,
 * all norms, and the unembedding if it is not tied.
 */
export function modelParts(model: LaidOut): ModelPart[] {
  const roles = parameterRoles(model);
  const layers = Array.from({ length: model.config.nLayers }, (_, layer) => layer);
  const places: Pick<ModelPart, "module" | "layer">[] = [
    { module: "embedding", layer: null },
    ...layers.flatMap((layer) => (["attention", "mlp"] as const).map((module) => ({ module, layer }))),
    { module: "norm", layer: null },
    { module: "unembedding", layer: null },
  ];
  return places
    .map((place) => ({
      ...place,
      parameters: roles.filter(({ role }) => isIn(place, role)).map(({ name }) => name),
    }))
    .filter(({ parameters }) => parameters.length > 0);
}

const groupModules: Readonly<Record<PartGroupName, readonly ModelModule[]>> = {
  attention: ["attention"],
  mlps: ["mlp"],
  layers: ["attention", "mlp"],
  embeddingAndAttention: ["embedding", "unembedding", "attention"],
  embeddingAndMlps: ["embedding", "unembedding", "mlp"],
};

/** Groups of parts. Norms are in none; an untied unembedding is with the embedding. */
export function partGroups(parts: readonly ModelPart[]): PartGroup[] {
  return (Object.keys(groupModules) as PartGroupName[]).map((group) => ({
    group,
    parameters: parts
      .filter(({ module }) => groupModules[group].includes(module))
      .flatMap(({ parameters }) => parameters),
  }));
}
