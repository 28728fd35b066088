/** Finds the runs of a folder. */
import type { Dirent } from "node:fs";
import { access, readdir, realpath, stat } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { ConfigError } from "../errors.js";
import { messageOf } from "../io/atomic.js";

/** Depth of folders in which runs are searched: a set of runs, each of several seeds. */
const DEPTH = 3;

export interface FoundRun {
  /** Its path in the shown folder, with `/`; for that folder itself, its name. */
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
}

/** An entry that cannot be read, and the reason. */
export interface DamagedRun {
  readonly id: string;
  readonly reason: string;
}

/** The content of a folder: runs, and entries that cannot be read. */
export interface Found {
  readonly runs: FoundRun[];
  readonly damaged: DamagedRun[];
}

/** Whether a path exists and is accessible. */
export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * The runs at or below a folder, sorted by their ids. Links to runs are followed; each run is
 * listed once. An unreadable entry does not prevent finding the others.
 * @throws ConfigError when the folder does not exist
 */
export async function findRuns(folder: string): Promise<Found> {
  const root = resolve(folder);
  if (!(await exists(root)))
    throw new ConfigError("rewardscope view", [
      {
        path: "folder",
        expected: "a run folder, or a folder of runs",
        received: `${folder}, which does not exist`,
      },
    ]);
  if (await exists(join(root, "run.json"))) return { runs: [{ id: basename(root), folder: root }], damaged: [] };
  const found: Found = { runs: [], damaged: [] };
  const seen = new Set([await realpath(root)]);
  const look = async (at: string, depth: number): Promise<void> => {
    const entries = (await readdir(at, { withFileTypes: true })).filter(mayHoldRuns);
    // Folders before links, so that a run's id is its real path.
    entries.sort((a, b) => Number(a.isSymbolicLink()) - Number(b.isSymbolicLink()));
    for (const { name } of entries) {
      const inner = join(at, name);
      const id = relative(root, inner).split(sep).join("/");
      try {
        if (!(await stat(inner)).isDirectory()) continue;
        const real = await realpath(inner);
        if (seen.has(real)) continue;
        seen.add(real);
        if (await exists(join(inner, "run.json"))) found.runs.push({ id, folder: inner });
        else if (depth > 1) await look(inner, depth - 1);
      } catch (error) {
        found.damaged.push({ id, reason: `cannot be read: ${messageOf(error)}` });
      }
    }
  };
  await look(root, DEPTH);
  found.runs.sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
  return found;
}

const mayHoldRuns = (entry: Dirent): boolean =>
  (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith(".") && entry.name !== "node_modules";
