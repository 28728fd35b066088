/** Similarity of dictionaries of different seeds: the reproducible part of a match. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { seedStability } from "../../compare/index.js";
import type { Results, SeedDictionaryMatch } from "../../results/results.js";
import { type ExplainedFeatureLine, explainedFile, readExplained } from "../../results/sections/explain.js";
import type { FeatureStability } from "../../results/seeds.js";
import { Rng } from "../../rng.js";
import { loadAutoencoder } from "../../sae/index.js";
import { modelRoles } from "../inputs/models.js";
import { dictionaryFolder } from "../stages/files/dictionary-files.js";

/** A finished run of one seed. */
export interface SeedRun {
  seed: number;
  folder: string;
  results: Results;
}

/** The similarity of the dictionaries of several seeds. */
export interface SeedDictionaries {
  matches: SeedDictionaryMatch[];
  stability: FeatureStability[];
}

/**
 * MMCS of the small dictionaries of every two runs, for the layers that both chose, and the
 * stability of their features (`seedStability`). They have the same size and the same texts;
 * initial weights and order differ. The base model is the same in all runs; the tuned models differ
 * too.
 * @param runs with their dictionaries on disk; those without dictionaries are left out
 * @throws FormatError when a dictionary or features.jsonl is missing or damaged; the signal's
 *   reason when aborted
 * @see paper, Eq. 2, for one run
 */
export async function matchSeedDictionaries(runs: readonly SeedRun[], signal?: AbortSignal): Promise<SeedDictionaries> {
  const trained = runs.filter(({ results }) => results.dictionaries && results.divergence);
  const layers = [...new Set(trained.flatMap(({ results }) => results.divergence!.chosen))].sort((a, b) => a - b);
  const explained = new Map<number, ExplainedFeatureLine[]>();
  for (const { seed, folder } of trained)
    explained.set(seed, existsSync(join(folder, explainedFile)) ? await readExplained(folder) : []);
  const found: SeedDictionaries = { matches: [], stability: [] };
  for (const model of modelRoles)
    for (const layer of layers) {
      signal?.throwIfAborted();
      const both = trained.filter(({ results }) => results.divergence!.chosen.includes(layer));
      if (both.length < 2) continue;
      const dictionaries = await Promise.all(
        both.map(({ folder }) => loadAutoencoder(dictionaryFolder(folder, model, layer, "small"))),
      );
      const { pairs, random, threshold, ...again } = seedStability(dictionaries, (first, second) =>
        Rng.fromSeed(both[first].seed, "seeds", String(both[second].seed), model, String(layer)),
      );
      for (const { first, second, mmcs, randomMmcs } of pairs)
        found.matches.push({ model, layer, seeds: [both[first].seed, both[second].seed], mmcs, randomMmcs });
      found.stability.push({
        model,
        layer,
        random,
        threshold,
        seeds: again.dictionaries.map(({ cosines, means, stable }, i) => ({
          seed: both[i].seed,
          features: stable.length,
          stable: stable.filter(Boolean).length,
          explained: explained
            .get(both[i].seed)!
            .filter((line) => line.model === model && line.layer === layer)
            .map(({ feature, explanation, noPattern }) => ({
              feature,
              explanation,
              ...(noPattern && { noPattern }),
              cosines: cosines.map((ofOther) => ofOther[feature]),
              mean: means[feature],
              stable: stable[feature],
            })),
        })),
      });
    }
  return found;
}
