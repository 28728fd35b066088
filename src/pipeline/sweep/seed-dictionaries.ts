/** Similarity of dictionaries of different seeds: the reproducible part of a match. */
import { matchDictionaries } from "../../compare/index.js";
import type { Results, SeedDictionaryMatch } from "../../results/results.js";
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

/**
 * MMCS of the small dictionaries of every two runs, for the layers that both chose. They have the
 * same size and the same texts; initial weights and order differ. The base model is the same in all
 * runs; the tuned models differ too.
 * @param runs with their dictionaries on disk; those without dictionaries are left out
 * @throws FormatError when a dictionary is missing or damaged; the signal's reason when stopped
 * @see paper, Eq. 2, for one run
 */
export async function matchSeedDictionaries(
  runs: readonly SeedRun[],
  signal?: AbortSignal,
): Promise<SeedDictionaryMatch[]> {
  const trained = runs.filter(({ results }) => results.dictionaries && results.divergence);
  const layers = [...new Set(trained.flatMap(({ results }) => results.divergence!.chosen))].sort((a, b) => a - b);
  const matches: SeedDictionaryMatch[] = [];
  for (const model of modelRoles)
    for (const layer of layers) {
      const both = trained.filter(({ results }) => results.divergence!.chosen.includes(layer));
      const dictionaries = await Promise.all(
        both.length > 1
          ? both.map(({ folder }) => loadAutoencoder(dictionaryFolder(folder, model, layer, "small")))
          : [],
      );
      for (const [i, first] of dictionaries.entries())
        for (let j = i + 1; j < dictionaries.length; j++) {
          signal?.throwIfAborted();
          const seeds: [number, number] = [both[i].seed, both[j].seed];
          const options = { topK: 1, rng: Rng.fromSeed(seeds[0], "seeds", String(seeds[1]), model, String(layer)) };
          const there = matchDictionaries(first, dictionaries[j], options);
          const back = matchDictionaries(dictionaries[j], first, options);
          const mmcs = (there.mmcs + back.mmcs) / 2;
          const randomMmcs = (there.randomMmcs + back.randomMmcs) / 2;
          matches.push({ model, layer, seeds, mmcs, randomMmcs });
        }
    }
  return matches;
}
