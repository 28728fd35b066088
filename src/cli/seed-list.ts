/** Parses the list of seeds of `--seeds`. */

import type { ConfigIssue } from "../errors.js";
import { show } from "../settings/issues.js";

/**
 * Parses `1,2,3`; spaces around a number are allowed.
 * @returns the seeds; a problem when they are not distinct whole numbers of at least 0
 */
export function parseSeeds(text: string): number[] | ConfigIssue {
  const parts = text.split(",").map((part) => part.trim());
  const seeds = parts.map(Number);
  const isSeed = (part: string, i: number) => /^\d+$/.test(part) && Number.isSafeInteger(seeds[i]);
  if (parts.every(isSeed) && new Set(seeds).size === seeds.length) return seeds;
  return { path: "--seeds", expected: "different whole numbers of at least 0, such as 1,2,3", received: show(text) };
}
