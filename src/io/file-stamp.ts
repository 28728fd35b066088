/** Whether a file is still the one that was read, told without reading it. */
import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";

/** Changes when a file is written, replaced or given other times. */
export function stampOf({ size, ino, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${size} ${ino} ${mtimeNs} ${ctimeNs}`;
}

/** The stamp of the file at a path, or the reason why there is none, such as ENOENT. */
export async function fileStamp(path: string): Promise<string> {
  try {
    return stampOf(await stat(path, { bigint: true }));
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
