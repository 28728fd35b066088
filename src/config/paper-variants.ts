/**
 * Variants of the paper's method, as named sets of settings: where the authors' published code
 * differs from the paper.
 */
import { ConfigError } from "../errors.js";
import { show } from "../settings/issues.js";
import { nearest } from "../settings/nearest.js";
import type { Setting } from "./load-config.js";

interface PaperVariant {
  summary: string;
  settings: Readonly<Record<string, unknown>>;
}

export const paperVariants: Readonly<Record<string, PaperVariant>> = {
  // Without AdamW's weight decay of 0.01: at a learning rate of 1e-6 it changes a weight by a share
  // of 4e-6 per run.
  authors: {
    summary: "tuning as in the authors' code of February 2024: linear schedule with 10 warm-up batches",
    settings: { "ppo.schedule": "linear", "ppo.warmupSteps": 10 },
  },
  "follow-up": {
    summary:
      "tuning as in the authors' code of April 2024, for their next paper: as authors, reward of the completion only",
    settings: { "ppo.schedule": "linear", "ppo.warmupSteps": 10, "reward.of": "completion" },
  },
  published: {
    summary:
      "statistics as in the authors' code: tau of token strings, rows split at random, labels scaled between percentiles, " +
      "one-to-one matches",
    settings: {
      "dictionaries.matching": "oneToOne",
      "probe.tokenStrings": true,
      "probe.split": "row",
      "probe.scaling": "percentile",
    },
  },
};

/**
 * The settings of a variant, which replace those of a preset or file.
 * @throws ConfigError when no variant has the name
 */
export function variantSettings(name: string): Setting[] {
  if (!Object.hasOwn(paperVariants, name)) {
    const names = Object.keys(paperVariants);
    const issue = { path: "--variant", expected: `one of ${names.join(", ")}`, received: show(name) };
    throw new ConfigError("rewardscope run", [{ ...issue, nearest: nearest(name, names) }]);
  }
  return Object.entries(paperVariants[name].settings).map(([path, value]) => ({ path: path.split("."), value }));
}
