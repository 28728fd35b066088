/** The same run once per seed, each in a folder of its own, and what they come to together. */
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ConfigError } from "../errors.js";
import { writeJson } from "../io/atomic.js";
import { pairFigures } from "./aggregate.js";
import type { Config } from "./config.js";
import { headFigures } from "./head-figures.js";
import type { SeedsResults } from "./results.js";
import { checkFree, RunFolder, readResults } from "./run-folder.js";
import { lockFolder } from "./run-lock.js";
import { type RunOptions, runStages } from "./runner.js";
import { matchSeedDictionaries } from "./seed-dictionaries.js";

/** Where the run of a seed lies in the folder of all. */
export function seedFolder(folder: string, seed: number): string {
  return join(folder, `seed-${seed}`);
}

/**
 * Whether the runs of several seeds can begin in a folder, or go on there.
 * @param resumes folders of seeds may be there already
 * @throws ConfigError when something else is there
 */
export async function checkSeedsFolder(folder: string, resumes: boolean): Promise<void> {
  const refuse = (expected: string, received: string): never => {
    throw new ConfigError("rewardscope run", [
      { path: "--out", expected, received: `${folder}, which holds ${received}` },
    ]);
  };
  if (existsSync(join(folder, "run.json"))) refuse("a folder for the runs of several seeds", "a single run");
  if (resumes) return;
  if (existsSync(folder) && (await readdir(folder).catch(() => [])).some((name) => /^seed-\d+$/.test(name)))
    refuse("a new or empty folder, or --resume to go on with the seeds that are there", "runs of several seeds");
  await checkFree(folder);
}

/** Stage by stage as `runStages`, seed by seed. */
export type SeedsOptions = Omit<RunOptions, "only"> & {
  /** Go on with the seeds that are there; what is up to date does not run again. Default: the folder must be empty. */
  resume?: boolean;
};

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
  { resume = false, ...options }: SeedsOptions,
): Promise<SeedsResults> {
  await checkSeedsFolder(folder, resume);
  const path = resolve(folder);
  await mkdir(path, { recursive: true });
  const release = await lockFolder(path);
  try {
    for (const [i, seed] of seeds.entries()) {
      options.signal.throwIfAborted();
      options.observer.log(`Seed ${seed} (${i + 1} of ${seeds.length}), in ${seedFolder(folder, seed)}`);
      const at = seedFolder(path, seed);
      const own = { ...config, seed };
      const run = existsSync(join(at, "run.json")) ? await RunFolder.open(at, own) : await RunFolder.create(at, own);
      try {
        await runStages(run, options);
      } finally {
        await run.release();
      }
    }
    return await aggregateSeeds(path, seeds, options);
  } finally {
    await release();
  }
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
  await writeJson(join(folder, "seeds.json"), together);
  return together;
}
