/** Checks whether a disk has room for what stages will write. */
import { existsSync } from "node:fs";
import { lstat, readdir, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { ConfigIssue } from "../../errors.js";
import type { DiskNeed } from "../run/requirements.js";

/** Allowance in bytes for outputs without a declared size: logs, tables, texts and the report. */
const SMALL_FILES = 32 * 2 ** 20;

export interface StageOnDisk {
  readonly name: string;
  readonly disk: DiskNeed;
}

/** The stages of one run with their disk needs. */
export interface RunOnDisk {
  readonly stages: readonly StageOnDisk[];
  /** Files and folders of these stages, existing or not, which they replace or continue. */
  readonly replaced: readonly string[];
}

/** The peak of additional bytes on disk when runs are made one after the other. */
export function mostBytes(runs: readonly (Pick<RunOnDisk, "stages"> & { readonly replacedBytes: number })[]): number {
  let [kept, most] = [0, 0];
  for (const { stages, replacedBytes } of runs) {
    kept += SMALL_FILES - replacedBytes;
    for (const { disk } of stages) {
      most = Math.max(most, kept + disk.most);
      kept += disk.kept;
    }
    most = Math.max(most, kept);
  }
  return most;
}

/**
 * The problem of a disk that is too small.
 * @param out the folder of all runs, existing or not
 */
export async function lackingSpace(out: string, runs: readonly RunOnDisk[]): Promise<ConfigIssue[]> {
  const onDisk = await Promise.all(
    runs.map(async ({ stages, replaced }) => ({
      stages,
      replacedBytes: (await Promise.all(replaced.map(bytesOf))).reduce((total, bytes) => total + bytes, 0),
    })),
  );
  const needed = mostBytes(onDisk);
  const place = nearestFolder(out);
  const { bavail, bsize } = await statfs(place);
  const available = bavail * bsize;
  if (needed <= available) return [];
  const [largest] = runs.flatMap(({ stages }) => stages).sort((a, b) => b.disk.most - a.disk.most);
  const most = largest ? `, of which the stage ${largest.name} takes ${shown(largest.disk.most)}` : "";
  const expected = `a folder with room for ${shown(needed)}${most}`;
  return [{ path: "--out", expected, received: `${place} with ${shown(available)} free` }];
}

const shown = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 1)} GB`;

function nearestFolder(path: string): string {
  const here = resolve(path);
  return existsSync(here) || dirname(here) === here ? here : nearestFolder(dirname(here));
}

/** Size of a file, or of all files of a folder; 0 if missing. */
async function bytesOf(path: string): Promise<number> {
  const stats = await lstat(path).catch(() => undefined);
  if (!stats?.isDirectory()) return stats?.size ?? 0;
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(names.map((name) => bytesOf(join(path, name))));
  return sizes.reduce((total, bytes) => total + bytes, 0);
}
