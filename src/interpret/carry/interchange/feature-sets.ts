/** Which features are exchanged: those that promise most, and controls for them. */
import type { Rng } from "../../../rng.js";
import { nearestInDensity } from "../../validate/control-features.js";
import type { FeatureChanges } from "./feature-changes.js";

/** Features as indices of `FeatureChanges.places`. */
export type FeatureSet = readonly number[];

/**
 * - `random`: as many, drawn among all that are ever active;
 * - `frequency`: as many, each about as often active as one of the chosen;
 * - `size`: each changes about as much as one of the chosen; then, in order of size, as many more as make
 *   the sum of their changes as large as that of the chosen, since those that promise most change most.
 */
export type FeatureControl = "random" | "frequency" | "size";

/** All features, those with the largest attribution first (ties: in the order of the dictionaries). */
export function rankFeatures({ attribution, places }: Pick<FeatureChanges, "attribution" | "places">): number[] {
  return Array.from(places.keys()).sort((a, b) => attribution[b] - attribution[a] || a - b);
}

/** Mean change of all features of a set together. */
export function sizeOf(set: FeatureSet, { size }: Pick<FeatureChanges, "size">): number {
  return set.reduce((sum, feature) => sum + size[feature], 0);
}

/**
 * A control for chosen features, none of them among it, no feature twice.
 * @returns undefined where fewer other features are ever active than are chosen
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
    // The nearest in size, since the largest have few peers and any other would be smaller.
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
