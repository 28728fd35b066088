/** A run folder, locked by one process: run.json, results.json and the lock. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { Config } from "../../config/config.js";
import { ConfigError } from "../../errors.js";
import { isTemporary, removeTemporaries } from "../../io/atomic.js";
import { folderProblem, makeFolder } from "../../io/make-folder.js";
import { type Results, writeResults } from "../../results/results.js";
import { RUN_FORMAT, writeRecord } from "../../results/run-record.js";
import { type HeldLock, isOfLock, lockFolder } from "./run-lock.js";
import { type RunRecord, readResumableRecord } from "./run-record.js";

/** The output of a run that has no terminal, appended each time it is continued. */
export const runLog = "run.log";

/**
 * Checks that a run can begin in this folder: it does not exist, or is empty apart from its log and
 * files of a run that was killed immediately.
 * @throws ConfigError otherwise
 */
export async function checkFree(folder: string): Promise<void> {
  const refuse = (received: string, help = ""): never => {
    throw new ConfigError("rewardscope run", [{ path: "--out", expected: `a new or empty folder${help}`, received }]);
  };
  const problem = folderProblem(folder);
  if (problem) refuse(problem);
  if (!existsSync(folder)) return;
  const names = await readdir(folder);
  if (names.includes("run.json"))
    refuse(`${folder}, which holds a run`, ", or --resume to continue the run that is there");
  if (names.some((name) => name !== runLog && !isOfLock(name) && !isTemporary(name)))
    refuse(`${folder}, which holds other files`);
}

/**
 * Locks the folder and removes unfinished files of killed processes; unlocks it again if `begin`
 * throws.
 */
async function holding<T>(path: string, begin: (lock: HeldLock) => Promise<T>): Promise<T> {
  const lock = await lockFolder(path);
  try {
    await removeTemporaries(path, { recursive: true });
    return await begin(lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** A folder that is locked by this process until `release`. */
export class RunFolder {
  private constructor(
    /** Absolute. */
    readonly path: string,
    /** The content of run.json; `save` writes it. */
    readonly record: RunRecord,
    private readonly lock: HeldLock,
  ) {}

  /** Unlocks the folder. */
  release(): Promise<void> {
    return this.lock.release();
  }

  /**
   * Begins a run in a new or empty folder.
   * @throws ConfigError when the folder is not empty, RunError when another process has locked it
   */
  static async create(folder: string, config: Config): Promise<RunFolder> {
    const path = resolve(folder);
    await checkFree(folder);
    await makeFolder(path);
    return holding(path, async (lock) => {
      await checkFree(folder); // Another process may have been faster.
      const record = { format: RUN_FORMAT, config, versions: {}, inputs: {}, hub: {}, stages: {} };
      const run = new RunFolder(path, record, lock);
      await run.save();
      return run;
    });
  }

  /**
   * Continues an existing run.
   * @param config replaces the run's own, if given
   * @throws FormatError when there is no run or run.json is damaged, RunError when another process
   *   has locked the folder
   * @throws ConfigError when its files have another format than stages read and write
   */
  static async open(folder: string, config?: Config): Promise<RunFolder> {
    const path = resolve(folder);
    await readResumableRecord(folder);
    return holding(path, async (lock) => {
      const record = await readResumableRecord(path);
      return new RunFolder(path, { ...record, config: config ?? record.config }, lock);
    });
  }

  /** Writes run.json. @throws RunError when another process has taken over the folder */
  async save(): Promise<void> {
    await this.lock.check();
    await writeRecord(this.path, this.record);
  }

  /** Replaces sections of results.json; undefined removes one. @throws as `save` */
  async writeResults(sections: Results): Promise<void> {
    await this.lock.check();
    await writeResults(this.path, sections);
  }
}
