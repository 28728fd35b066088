/** The list of seeds that `--seeds` takes. */
import { ConfigError } from "../errors.js";
import { show } from "../pipeline/config-issues.js";

/**
 * Parses `1,2,3`; spaces around a number are allowed.
 * @throws ConfigError unless it is a list of different whole numbers of at least 0
 */
export function parseSeeds(text: string): number[] {
  const parts = text.split(",").map((part) => part.trim());
  const seeds = parts.map(Number);
  const isSeed = (part: string, i: number) => /^\d+$/.test(part) && Number.isSafeInteger(seeds[i]);
  if (!parts.every(isSeed) || new Set(seeds).size < seeds.length) {
    const expected = "different whole numbers of at least 0, such as 1,2,3";
    throw new ConfigError("rewardscope run", [{ path: "--seeds", expected, received: show(text) }]);
  }
  return seeds;
}
