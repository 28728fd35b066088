/** Control features for the labelled ones: the same number, in the same layers, drawn at random. */
import type { Rng } from "../../rng.js";

/** The labelled and explained features of one layer, and the frequencies of all. */
export interface LayerFeatures {
  layer: number;
  dSae: number;
  /** Features labelled as related to the reward. */
  related: readonly number[];
  /** Explained features, including the labelled ones. */
  explained: readonly number[];
  /** Share of held-out tokens on which each feature is active, [dSae]. */
  densities: ArrayLike<number>;
}

/**
 * `random`: among all features; `matchedFrequency`: of similar frequency; `unlabelled`: explained,
 * not labelled.
 */
export type Control = "random" | "matchedFrequency" | "unlabelled";

/** A feature's match is drawn among this number of features whose density is nearest. */
const NEAREST = 10;

/**
 * Draws as many features as are labelled, none of them labelled, no feature twice.
 * @returns nothing when the layer has too few features of that kind
 */
export function drawControl(control: Control, layer: LayerFeatures, rng: Rng): number[] | undefined {
  const { related, explained, dSae, densities } = layer;
  const isRelated = new Set(related);
  const all = control === "unlabelled" ? [...explained] : Array.from({ length: dSae }, (_, feature) => feature);
  const open = all.filter((feature) => !isRelated.has(feature));
  if (open.length < related.length) return undefined;
  if (control !== "matchedFrequency") return rng.sample(open.length, related.length).map((i) => open[i]);
  const drawn = new Set<number>();
  for (const feature of related) {
    const nearest = nearestInDensity(
      feature,
      open.filter((candidate) => !drawn.has(candidate)),
      densities,
    );
    drawn.add(nearest[rng.integer(nearest.length)]);
  }
  return [...drawn];
}

/** The ten candidates whose density is nearest to the feature's (ties: lower index). */
export function nearestInDensity(
  feature: number,
  candidates: readonly number[],
  densities: ArrayLike<number>,
): number[] {
  const distance = (candidate: number) => Math.abs(densities[candidate] - densities[feature]);
  return [...candidates].sort((a, b) => distance(a) - distance(b) || a - b).slice(0, NEAREST);
}
