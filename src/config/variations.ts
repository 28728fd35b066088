/** Where the code that the paper's authors published departs from the paper: sets of settings under one name. */
import { ConfigError } from "../errors.js";
import { show } from "../settings/issues.js";
import { nearest } from "../settings/nearest.js";
import type { Setting } from "./load-config.js";

interface Variation {
  summary: string;
  settings: Readonly<Record<string, unknown>>;
}

export const variations: Readonly<Record<string, Variation>> = {
  authors: {
    summary: "as the authors tuned: linear schedule with 10 warm-up batches, reward of the completion alone",
    settings: { "ppo.schedule": "linear", "ppo.warmupSteps": 10, "reward.of": "completion" },
  },
  published: {
    summary:
      "as the authors computed: tau of token strings, rows split at random, labels between percentiles, one-to-one matches, " +
      "reward of the completion alone",
    settings: {
      "reward.of": "completion",
      "dictionaries.matching": "oneToOne",
      "probe.tokenStrings": true,
      "probe.split": "row",
      "probe.scaling": "percentile",
    },
  },
};

/**
 * The settings of a variation, to be put over a preset or file.
 * @throws ConfigError when there is no such variation
 */
export function variationSettings(name: string): Setting[] {
  if (!Object.hasOwn(variations, name)) {
    const names = Object.keys(variations);
    const issue = { path: "--variation", expected: `one of ${names.join(", ")}`, received: show(name) };
    throw new ConfigError("rewardscope run", [{ ...issue, nearest: nearest(name, names) }]);
  }
  return Object.entries(variations[name].settings).map(([path, value]) => ({ path: path.split("."), value }));
}
