/**
 * Divergence of each layer: L2 norms of parameter differences (paper, section 4.2 and Appendix G).
 */
import { FormatError, ShapeError } from "../errors.js";
import type { LanguageModel } from "../model/language-model.js";
import type { FloatTensor } from "../runtime/tensor.js";

/** How far one tensor moved: the L2 norm of tuned - base. */
export interface TensorDivergence {
  name: string;
  /** L2 norm of tuned - base over all elements. */
  l2: number;
}

/** How far the tensors of one layer moved. */
export interface LayerDivergence {
  layers: { layer: number; divergence: number; tensors: TensorDivergence[] }[];
  /** Embeddings, unembedding and final norm: listed, never chosen. */
  others: TensorDivergence[];
  /** The chosen layers, in ascending order. */
  chosen: number[];
}

/** Which layers are chosen, and how many. */
export interface LayerChoice {
  /** The layers of highest divergence (the paper's choice), of lowest divergence, or all layers. */
  choose: "highest" | "lowest" | "all";
  /**
   * Number of layers, at least 1; the paper has 5. All layers if the model has fewer. Ignored by
   * `all`.
   */
  count: number;
}

/** A model in memory, or one whose tensors are read from its files. */
type ReadTensors = Pick<LanguageModel, "parameterNames" | "parameter">;

const LAYER_PARAMETER = /^(?:gpt_neox\.layers|transformer\.h|model\.layers)\.(\d+)\./;

/**
 * The divergence of each layer: the sum over its weight and bias tensors of the L2 norm of tuned -
 * base. Tensors are compared one at a time, so that at most two are in memory, in addition to models
 * that are there already.
 * @returns layers in ascending order with their tensors, the parameters outside of layers, and the
 *   chosen layers
 * @throws FormatError when one model has a parameter that the other does not have, or no parameter
 *   belongs to a layer
 * @throws ShapeError when a parameter's sizes differ
 * @see paper, section 4.2: "sorted in descending order from most to least parameter divergence"
 */
export async function layerDivergence(
  base: ReadTensors,
  tuned: ReadTensors,
  { choose, count }: LayerChoice,
): Promise<LayerDivergence> {
  requireSameNames(base.parameterNames, tuned.parameterNames);
  const byLayer = new Map<number, TensorDivergence[]>();
  const others: TensorDivergence[] = [];
  for (const name of base.parameterNames) {
    const divergence = { name, l2: distance(name, await base.parameter(name), await tuned.parameter(name)) };
    const layer = LAYER_PARAMETER.exec(name);
    if (!layer) others.push(divergence);
    else byLayer.set(Number(layer[1]), [...(byLayer.get(Number(layer[1])) ?? []), divergence]);
  }
  if (byLayer.size === 0) {
    throw new FormatError("model parameters", "no parameter belongs to a layer", {
      help: "Expected names that begin with gpt_neox.layers.N., transformer.h.N. or model.layers.N.",
    });
  }
  const layers = [...byLayer]
    .sort(([a], [b]) => a - b)
    .map(([layer, tensors]) => ({ layer, divergence: tensors.reduce((sum, { l2 }) => sum + l2, 0), tensors }));
  return { layers, others, chosen: chooseLayers(layers, { choose, count }) };
}

function requireSameNames(base: readonly string[], tuned: readonly string[]): void {
  const missing = base.filter((name) => !tuned.includes(name));
  const added = tuned.filter((name) => !base.includes(name));
  if (missing.length === 0 && added.length === 0) return;
  const parts = [
    missing.length > 0 ? `the tuned model lacks ${listed(missing)}` : "",
    added.length > 0 ? `the base model lacks ${listed(added)}` : "",
  ].filter(Boolean);
  throw new FormatError("model parameters", `base and tuned model differ: ${parts.join("; ")}`, {
    help: "Give the checkpoint that the tuned model was trained from as the base model.",
  });
}

function listed(names: string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}

function distance(name: string, a: FloatTensor, b: FloatTensor): number {
  if (a.dims.join() !== b.dims.join()) {
    throw new ShapeError(`base has [${a.dims.join(", ")}], tuned has [${b.dims.join(", ")}]`, {
      at: name,
      help: "Base and tuned model must share one architecture and vocabulary.",
    });
  }
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += (b.data[i] - a.data[i]) ** 2;
  return Math.sqrt(sum);
}

/** The chosen layers in ascending order; of equal divergences the lower layer is chosen first. */
export function chooseLayers(
  layers: readonly { layer: number; divergence: number }[],
  { choose, count }: LayerChoice,
): number[] {
  if (choose === "all") return layers.map(({ layer }) => layer);
  const direction = choose === "highest" ? -1 : 1;
  return [...layers]
    .sort((a, b) => direction * (a.divergence - b.divergence) || a.layer - b.layer)
    .slice(0, count)
    .map(({ layer }) => layer)
    .sort((a, b) => a - b);
}
