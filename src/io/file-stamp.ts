/** Detects changes of a file without reading it. */
import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";

/** Changes when the file is written or replaced, or its times are set. */
export function stampOf({ size, ino, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${size} ${ino} ${mtimeNs} ${ctimeNs}`;
}

/** The stamp of the file at a path, or the error code if it cannot be accessed, such as ENOENT. */
export async function fileStamp(path: string): Promise<string> {
  try {
    return stampOf(await stat(path, { bigint: true }));
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
