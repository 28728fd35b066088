/** Settings in which a configuration differs from the paper. */

import { parseConfig } from "./check-config.js";
import type { Config } from "./config.js";
import { presets } from "./presets.js";

/** Groups of settings with values in the paper; models and texts are compared elsewhere. */
const groups = ["reward", "ppo", "layers", "dictionaries", "features", "triples", "probe", "ablation"] as const;

export interface PaperDifference {
  /** E.g. `ppo.learningRate`. */
  path: string;
  value: unknown;
  paper: unknown;
}

/** The settings that differ from the paper's for Pythia-70m. */
export function paperDifferences(config: Config): PaperDifference[] {
  const paper = parseConfig(presets["pythia-70m"].input, "pythia-70m");
  return groups.flatMap((group) =>
    Object.entries(config[group]).flatMap(([field, value]) => {
      const published = (paper[group] as Record<string, unknown>)[field];
      return JSON.stringify(value) === JSON.stringify(published)
        ? []
        : [{ path: `${group}.${field}`, value, paper: published }];
    }),
  );
}
