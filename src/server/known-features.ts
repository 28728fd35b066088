/** The explained features of a run, by the report's ids. */
import { readFeatures } from "../results/features.js";
import type { ModelRole, Results } from "../results/results.js";

export interface KnownFeature {
  /** The report's id: `tuned-3-17`. */
  readonly id: string;
  readonly model: ModelRole;
  readonly layer: number;
  readonly feature: number;
  readonly explanation: string;
  /** Whether it was labelled as related to the reward; undefined before that stage. */
  readonly related?: boolean;
  /** Difference of its activation between positive and negative texts; see the report. */
  readonly sentimentAssociation?: number;
  /** Share of tokens at which it is active. */
  readonly density: number;
  readonly maxActivation: number;
}

export function featureId(model: ModelRole, layer: number, feature: number): string {
  return `${model}-${layer}-${feature}`;
}

/** The feature of an id; undefined for text that is not an id. */
export function parseFeatureId(id: string): { model: ModelRole; layer: number; feature: number } | undefined {
  const parts = /^(base|tuned)-(\d+)-(\d+)$/.exec(id);
  return parts ? { model: parts[1] as ModelRole, layer: Number(parts[2]), feature: Number(parts[3]) } : undefined;
}

interface OfLayer {
  readonly layer: number;
  readonly dictionary: { readonly dSae: number };
}

/** Whether one of the dictionaries has the feature. */
export function hasFeature(dictionaries: readonly OfLayer[], of: { layer: number; feature: number }): boolean {
  return dictionaries.some(({ layer, dictionary }) => layer === of.layer && of.feature < dictionary.dSae);
}

/** The features of dictionaries by layer, for messages: `tuned-3-0 to tuned-3-4095, ...`. */
export function featureRanges(owner: ModelRole | "shared", dictionaries: readonly OfLayer[]): string {
  return dictionaries
    .map(({ layer, dictionary }) => `${owner}-${layer}-0 to ${owner}-${layer}-${dictionary.dSae - 1}`)
    .join(", ");
}

/**
 * The explained features by id; none before the stage that explains them.
 * @throws FormatError as `readFeatures`
 */
export async function readKnownFeatures(folder: string): Promise<Map<string, KnownFeature>> {
  const known = new Map<string, KnownFeature>();
  for (const record of await readFeatures(folder)) {
    const { model, layer, feature, explanation, related, scores, density, maxActivation } = record;
    const id = featureId(model, layer, feature);
    const association = scores?.sentimentAssociation;
    known.set(id, {
      id,
      model,
      layer,
      feature,
      explanation,
      ...(related !== undefined && { related }),
      ...(association !== undefined && { sentimentAssociation: association }),
      density,
      maxActivation,
    });
  }
  return known;
}

/** The layers that have dictionaries; none before the stage that trains them. */
export function layersOf({ divergence, dictionaries }: Results): readonly number[] {
  return dictionaries ? (divergence?.chosen ?? []) : [];
}

/** The layers that have a dictionary which both models share. */
export function sharedLayersOf({ divergence, dictionaries }: Results): readonly number[] {
  return dictionaries?.shared ? (divergence?.chosen ?? []) : [];
}
