/** Chooses the features to exchange: those of largest attribution, and controls. */
import type { Rng } from "../../../rng.js";
import { nearestInDensity } from "../../validate/control-features.js";
import type { FeatureChanges } from "./feature-changes.js";

/** Features as indices of `FeatureChanges.places`. */
export type FeatureSet = readonly number[];

/**
 * - `random`: the same number of features, drawn from all that are ever active;
 * - `frequency`: the same number, each of similar activation frequency as one of the chosen;
 * - `size`: each of similar change as one of the chosen; then further ones by descending change
 *   until the sums of changes are equal, since the chosen ones change most.
 */
export type FeatureControl = "random" | "frequency" | "size";

/** All features by descending attribution (ties: in the order of the dictionaries). */
export function rankFeatures({ attribution, places }: Pick<FeatureChanges, "attribution" | "places">): number[] {
  return Array.from(places.keys()).sort((a, b) => attribution[b] - attribution[a] || a - b);
}

/** Sum of the mean changes of a set's features. */
export function sizeOf(set: FeatureSet, { size }: Pick<FeatureChanges, "size">): number {
  return set.reduce((sum, feature) => sum + size[feature], 0);
}

/**
 * A control for chosen features, with no chosen feature and none twice.
 * @returns undefined if fewer other features than chosen ones are ever active
 */
export function controlFor(
  control: FeatureControl,
  chosen: FeatureSet,
  { size, frequency }: Pick<FeatureChanges, "size" | "frequency">,
  rng: Rng,
): FeatureSet | undefined {
  const taken = new Set(chosen);
  const open = Array.from(frequency.keys()).filter((feature) => frequency[feature] > 0 && !taken.has(feature));
  if (open.length < chosen.length) return undefined;
  if (control === "random") return rng.sample(open.length, chosen.length).map((i) => open[i]);
  const of = control === "size" ? size : frequency;
  const drawn = new Set<number>();
  for (const feature of chosen) {
    const left = open.filter((candidate) => !drawn.has(candidate));
    const nearest = nearestInDensity(feature, left, of);
    // Not drawn at random: the largest features have few of similar size, and the others are
    // smaller.
    drawn.add(control === "size" ? nearest[0] : nearest[rng.integer(nearest.length)]);
  }
  if (control === "frequency") return [...drawn];
  const wanted = sizeOf(chosen, { size });
  let reached = sizeOf([...drawn], { size });
  for (const feature of [...open].sort((a, b) => size[b] - size[a] || a - b)) {
    if (reached >= wanted) break;
    if (drawn.has(feature)) continue;
    drawn.add(feature);
    reached += size[feature];
  }
  return [...drawn];
}
