/** Runs of several seeds, and the aggregate of their results. */
import { join } from "node:path";
import type { Config } from "../../config/config.js";
import { readResults } from "../../results/results.js";
import { type SeedsResults, writeSeedsResults } from "../../results/seeds.js";
import type { HubPins } from "../run/hub-inputs.js";
import { pairFigures } from "./aggregate.js";
import { headlineMetrics } from "./headline-metrics.js";
import type { PlanList, RunPlan } from "./plans.js";
import { matchSeedDictionaries } from "./seed-dictionaries.js";

const seedName = (seed: number) => `seed-${seed}`;

/** The folder of a seed's run in the folder of all. */
export function seedFolder(folder: string, seed: number): string {
  return join(folder, seedName(seed));
}

/** The run of one seed, which replaces the configuration's seed. */
export function seedPlan(config: Config, seed: number, pins: HubPins = {}): RunPlan {
  return { name: seedName(seed), title: `Seed ${seed}`, config: { ...config, seed }, pins };
}

/**
 * One run per seed.
 * The seed determines everything random: lengths of queries, sampled texts, initial weights and
 * order of every training, words of the triples, folds, control features, resamples. The model that
 * is tuned, the corpus and its parts are the same for all seeds.
 * @param config its seed is not used
 * @param seeds distinct whole numbers of at least 0, at least one
 * @param pins commits of the configuration's inputs on the Hub
 */
export function plansOfSeeds(config: Config, seeds: readonly number[], pins: HubPins = {}): PlanList {
  return { kind: "seeds", plans: seeds.map((seed) => seedPlan(config, seed, pins)) };
}

/**
 * Writes `folder/seeds.json` from the runs in `folder/seed-N`: every number of their results.json
 * with its mean and spread, the similarity of their dictionaries, and which features are stable.
 * Stages that have not run are left out.
 * @throws FormatError when results or dictionaries of a run are damaged
 */
export async function aggregateSeeds(
  folder: string,
  seeds: readonly number[],
  { signal }: { signal?: AbortSignal } = {},
): Promise<SeedsResults> {
  const runs = await Promise.all(
    seeds.map(async (seed) => {
      const run = seedFolder(folder, seed);
      return { seed, folder: run, results: await readResults(run) };
    }),
  );
  const results = runs.map((run) => run.results);
  const { matches, stability } = await matchSeedDictionaries(runs, signal);
  const together: SeedsResults = {
    seeds: [...seeds],
    chosenLayers: results.map(({ divergence }) => divergence?.chosen ?? null),
    headlineMetrics: headlineMetrics(results),
    dictionaryMatches: matches,
    featureStability: stability,
    figures: pairFigures(results),
  };
  await writeSeedsResults(folder, together);
  return together;
}
