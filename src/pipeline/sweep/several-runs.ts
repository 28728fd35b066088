/** Several runs in folders of their own below one folder. */
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Config } from "../../config/config.js";
import { ConfigError } from "../../errors.js";
import type { HubPins } from "../run/hub-inputs.js";
import { checkFree, RunFolder } from "../run/run-folder.js";
import { lockFolder } from "../run/run-lock.js";
import { type RunOptions, runStages } from "../run/runner.js";

/** One of several runs: an ordinary run folder, below the folder of all. */
export interface NamedRun {
  /** Of its folder. */
  name: string;
  /** In words, for the log. */
  title: string;
  config: Config;
  /** Commits of what comes from the Hub, where they are this run's own. */
  pins?: HubPins;
}

/** Stage by stage as `runStages`, run by run. */
export type SeveralRunsOptions = Omit<RunOptions, "only"> & {
  /** Go on with the runs that are there; what is up to date does not run again. Default: the folder must be empty. */
  resume?: boolean;
};

/**
 * Whether several runs can begin in a folder, or go on there.
 * @param what in words, e.g. "the runs of several seeds"
 * @param names of the runs' folders
 * @param resumes folders of runs may be there already
 * @throws ConfigError when something else is there
 */
export async function checkFolderOfRuns(
  folder: string,
  what: string,
  names: readonly string[] | RegExp,
  resumes: boolean,
): Promise<void> {
  const refuse = (expected: string, received: string): never => {
    throw new ConfigError("rewardscope run", [
      { path: "--out", expected, received: `${folder}, which holds ${received}` },
    ]);
  };
  if (existsSync(join(folder, "run.json"))) refuse(`a folder for ${what}`, "a single run");
  if (resumes) return;
  const isRun = (name: string) => (names instanceof RegExp ? names.test(name) : names.includes(name));
  const there = existsSync(folder) ? await readdir(folder).catch(() => []) : [];
  if (there.some(isRun)) refuse("a new or empty folder, or --resume to go on with what is there", what);
  await checkFree(folder);
}

/**
 * Runs the method once for each, between `begin` and `finish`, which are called while the folder is held. A run that fails or is stopped ends it;
 * those before it are whole.
 * @throws as `runStages`
 */
export async function runSeveral<T>(
  folder: string,
  runs: readonly NamedRun[],
  options: SeveralRunsOptions,
  { begin, finish }: { begin?: (folder: string) => Promise<void>; finish: (folder: string) => Promise<T> },
): Promise<T> {
  const path = resolve(folder);
  await mkdir(path, { recursive: true });
  const lock = await lockFolder(path);
  try {
    await begin?.(path);
    for (const [i, { name, title, config, pins = options.pins }] of runs.entries()) {
      options.signal.throwIfAborted();
      options.observer.log(`${title} (${i + 1} of ${runs.length}), in ${join(folder, name)}`);
      const at = join(path, name);
      const run = existsSync(join(at, "run.json"))
        ? await RunFolder.open(at, config)
        : await RunFolder.create(at, config);
      try {
        await runStages(run, { ...options, pins });
      } finally {
        await run.release();
      }
    }
    return await finish(path);
  } finally {
    await lock.release();
  }
}
