/** A run folder belongs to one process at a time: the file run.lock names it while it lives. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { RunError } from "../../errors.js";
import { isAlive } from "../../io/process-alive.js";

/** Name of the lock file in a run folder. */
export const lockName = "run.lock";

/** The process that holds the lock, or undefined when it is gone. */
async function holder(path: string): Promise<string | undefined> {
  const [pid, host] = (await readFile(path, "utf8")).trim().split(" ");
  if (!/^\d+$/.test(pid)) return undefined; // The writer was killed before it wrote.
  if (host !== hostname()) return `process ${pid} on ${host}`;
  const isOther = Number(pid) !== process.pid;
  return isOther && isAlive(Number(pid)) ? `process ${pid}` : undefined;
}

/** Whether a process is at work in a run folder. */
export async function isHeld(folder: string): Promise<boolean> {
  try {
    const [pid] = (await readFile(join(folder, lockName), "utf8")).split(" ");
    return Number(pid) === process.pid || (await holder(join(folder, lockName))) !== undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/**
 * Takes the lock of a run folder; a lock left behind by a process that no longer lives is taken over.
 * @returns gives it back
 * @throws RunError while another process holds it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, lockName);
  const take = () => writeFile(path, `${process.pid} ${hostname()}\n`, { flag: "wx" });
  try {
    await take();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const other = await holder(path);
    if (other !== undefined) {
      throw new RunError(`${folder} is in use by ${other}`, {
        help: `Wait for it to end, or choose another folder. If it is no run of rewardscope, delete ${path}.`,
      });
    }
    await rm(path, { force: true });
    await take();
  }
  return () => rm(path, { force: true });
}
