/** The same run once per seed, and what these runs come to together. */
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

/** Where the run of a seed lies in the folder of all. */
export function seedFolder(folder: string, seed: number): string {
  return join(folder, seedName(seed));
}

/** The run of one seed, which takes the place of the configuration's own. */
export function seedPlan(config: Config, seed: number, pins: HubPins = {}): RunPlan {
  return { name: seedName(seed), title: `Seed ${seed}`, config: { ...config, seed }, pins };
}

/**
 * One run per seed.
 *
 * The seed decides all that is drawn: cuts of the queries, sampled texts, the start and order of every training, the triples'
 * words, folds, control features, resamples. The model that is tuned, the corpus and which text serves what are the same.
 * @param config its own seed is not used
 * @param seeds different whole numbers of at least 0, at least one
 * @param pins commits of what the configuration names on the Hub
 */
export function plansOfSeeds(config: Config, seeds: readonly number[], pins: HubPins = {}): PlanList {
  return { kind: "seeds", plans: seeds.map((seed) => seedPlan(config, seed, pins)) };
}

/**
 * Writes `folder/seeds.json` from the runs in `folder/seed-N`: every number of their results.json with its mean and spread,
 * and how far their dictionaries agree. Stages that have not run are missing there.
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
  const together: SeedsResults = {
    seeds: [...seeds],
    chosenLayers: results.map(({ divergence }) => divergence?.chosen ?? null),
    headlineMetrics: headlineMetrics(results),
    dictionaryMatches: await matchSeedDictionaries(runs, signal),
    figures: pairFigures(results),
  };
  await writeSeedsResults(folder, together);
  return together;
}
