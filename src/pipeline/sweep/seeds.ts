/** The same run once per seed, each in a folder of its own, and what they come to together. */
import { join } from "node:path";
import type { Config } from "../../config/config.js";
import { readResults } from "../../results/results.js";
import { type SeedsResults, writeSeedsResults } from "../../results/seeds.js";
import { pairFigures } from "./aggregate.js";
import { headFigures } from "./head-figures.js";
import { matchSeedDictionaries } from "./seed-dictionaries.js";
import { checkFolderOfRuns, runSeveral, type SeveralRunsOptions } from "./several-runs.js";

/** Where the run of a seed lies in the folder of all. */
export function seedFolder(folder: string, seed: number): string {
  return join(folder, seedName(seed));
}

function seedName(seed: number): string {
  return `seed-${seed}`;
}

/**
 * Whether the runs of several seeds can begin in a folder, or go on there.
 * @param resumes folders of seeds may be there already
 * @throws ConfigError when something else is there
 */
export function checkSeedsFolder(folder: string, resumes: boolean): Promise<void> {
  return checkFolderOfRuns(folder, "the runs of several seeds", /^seed-\d+$/, resumes);
}

/**
 * Runs the method once per seed in `folder/seed-N`, each an ordinary run folder with its own report, then writes
 * `folder/seeds.json`. A run that fails or is stopped ends it; the seeds before it are whole.
 *
 * The seed decides all that is drawn: cuts of the queries, sampled texts, the start and order of every training, the triples'
 * words, folds, control features, resamples. The model that is tuned, the corpus and which text serves what are the same.
 * @param config its own seed is not used
 * @param seeds different whole numbers of at least 0
 * @throws ConfigError when the folder holds something else; otherwise as `runStages`
 */
export async function runSeeds(
  folder: string,
  config: Config,
  seeds: readonly number[],
  options: SeveralRunsOptions,
): Promise<SeedsResults> {
  await checkSeedsFolder(folder, options.resume ?? false);
  const runs = seeds.map((seed) => ({ name: seedName(seed), title: `Seed ${seed}`, config: { ...config, seed } }));
  return runSeveral(folder, runs, options, { finish: (path) => aggregateSeeds(path, seeds, options) });
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
    heads: headFigures(results),
    dictionaryMatches: await matchSeedDictionaries(runs, signal),
    figures: pairFigures(results),
  };
  await writeSeedsResults(folder, together);
  return together;
}
