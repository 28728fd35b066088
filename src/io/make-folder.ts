/** Makes a folder for output, and says beforehand why it cannot be made. */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { FormatError } from "../errors.js";
import { messageOf } from "./atomic.js";

/** The folder and those above it that do not exist, the topmost first, and what exists above them. */
function missing(folder: string): { place: string; names: string[] } {
  const names: string[] = [];
  let place = resolve(folder);
  for (; !existsSync(place) && dirname(place) !== place; place = dirname(place)) names.unshift(place);
  return { place, names };
}

/** Why a folder cannot be made or written, as what was received; undefined if it can. */
export function folderProblem(folder: string): string | undefined {
  const { place } = missing(folder);
  const below = place === resolve(folder) ? folder : `${folder}, below ${place}`;
  if (!statSync(place).isDirectory()) return `${below}, which is a file`;
  try {
    accessSync(place, constants.W_OK);
  } catch {
    return `${below}, which cannot be written`;
  }
  return undefined;
}

/** Why a folder is not free for output: it cannot be made or written, or holds something. */
export async function takenProblem(folder: string): Promise<string | undefined> {
  const problem = folderProblem(folder);
  if (problem !== undefined || !existsSync(folder)) return problem;
  return (await readdir(folder)).length > 0 ? `${folder}, which holds other files` : undefined;
}

/**
 * Makes a folder with those above it. Node's recursive mkdir never ends where a file system refuses
 * new folders, as /proc does.
 * @throws FormatError when it cannot be made
 */
export async function makeFolder(folder: string): Promise<void> {
  for (const name of missing(folder).names)
    await mkdir(name).catch((cause) => {
      if (cause.code !== "EEXIST")
        throw new FormatError(name, `the folder cannot be made: ${messageOf(cause)}`, { cause });
    });
}
