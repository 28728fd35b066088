/** Tables: stability of features across seeds. */
import type { FeatureStability } from "../../results/seeds.js";
import { fixed, whole } from "../format.js";
import { html } from "../html.js";
import type { Row, Table } from "../tables/table.js";

/** Tuned before base, then by layer. */
const ordered = (stability: readonly FeatureStability[]): FeatureStability[] =>
  [...stability].sort((a, b) => (a.model === b.model ? a.layer - b.layer : a.model === "tuned" ? -1 : 1));

const nameOf = ({ model, layer }: FeatureStability) => `${model === "tuned" ? "Tuned" : "Base"}, layer ${layer}`;

/** Numbers of stable features by model, layer and seed. */
export function featureStabilityTable(stability: readonly FeatureStability[]): Table {
  const of = (count: number, all: number) => `${whole(count)} of ${whole(all)}`;
  return {
    caption: "Features that dictionaries of the other seeds find again",
    columns: [
      { label: "Model and layer", text: true },
      { label: "Seed" },
      { label: "Stable, explained features" },
      { label: "Stable, all features" },
      { label: "Threshold" },
      { label: "Random directions" },
    ],
    rows: ordered(stability).flatMap((ofLayer) =>
      ofLayer.seeds.map(
        ({ seed, features, stable, explained }): Row => ({
          source: ofLayer.model === "tuned" ? "run" : "control",
          cells: [
            nameOf(ofLayer),
            String(seed),
            of(explained.filter((feature) => feature.stable).length, explained.length),
            of(stable, features),
            fixed(ofLayer.threshold, 3),
            fixed(ofLayer.random, 3),
          ],
        }),
      ),
    ),
    note: "A feature is stable if the highest cosine of its decoder direction in the small dictionary of another seed, averaged over the other seeds, is above the threshold: halfway from what random directions of the same sizes reach to 1. Unstable features depend on the seed; an explanation of one says little of the model.",
  };
}

/** The explained features of all seeds: stable before unstable, features without a pattern last. */
export function stableFeaturesTable(stability: readonly FeatureStability[]): Table {
  const features = ordered(stability).flatMap((ofLayer) =>
    ofLayer.seeds.flatMap(({ seed, explained }) => explained.map((feature) => ({ ofLayer, seed, feature }))),
  );
  const rank = ({ feature }: (typeof features)[number]) => (feature.noPattern ? 2 : 0) + (feature.stable ? 0 : 1);
  features.sort((a, b) => rank(a) - rank(b) || b.feature.mean - a.feature.mean);
  return {
    caption: "Explained features and their stability",
    columns: [
      { label: "Model and layer", text: true },
      { label: "Seed" },
      { label: "Feature" },
      { label: "Explanation", text: true },
      { label: "Mean highest cosine" },
      { label: "With other seeds", text: true },
    ],
    rows: features.map(
      ({ ofLayer, seed, feature }): Row => ({
        source: ofLayer.model === "tuned" ? "run" : "control",
        cells: [
          nameOf(ofLayer),
          String(seed),
          String(feature.feature),
          feature.explanation,
          fixed(feature.mean, 3),
          feature.stable ? "stable" : html`<b>unstable</b>`,
        ],
      }),
    ),
    note: "Stable before unstable, the highest cosine first; features without a pattern last.",
  };
}
