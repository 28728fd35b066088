/** Presets that are run together, such as all models and rewards of the paper. */
import type { Config } from "../../config/config.js";
import { resolveConfig, type Setting } from "../../config/load-config.js";
import { presets } from "../../config/presets.js";
import type { ConfigIssue } from "../../errors.js";
import type { HubPins } from "../run/hub-inputs.js";
import type { PlanList, RunPlan } from "./plans.js";

/** Several presets that are run and reported on together. */
export interface PresetSet {
  summary: string;
  /** In the order of their runs. */
  presets: readonly string[];
}

/** The sets of presets by name. */
export const presetSets: Readonly<Record<string, PresetSet>> = {
  paper: {
    summary: "the whole paper: its three models, and Pythia-70m on the classifier reward of Appendix F",
    presets: ["pythia-70m", "pythia-160m", "gpt-neo-125m", "pythia-70m-classifier"],
  },
};

/** The run of one preset of a set. */
export function presetPlan(preset: string, config: Config, pins: HubPins = {}): RunPlan {
  return { name: preset, title: `Preset ${preset}`, config, pins };
}

/**
 * One run per preset of a set, with the same changed settings in all.
 * @param set a name in `presetSets`
 * @param begun plans to continue, whose configurations and commits replace the presets'
 * @throws ConfigError as `resolveConfig`, for the first preset that has problems
 */
export function plansOfPresets(
  set: string,
  settings: readonly (Setting | ConfigIssue)[] = [],
  begun?: PlanList,
): PlanList {
  const plans = presetSets[set].presets.map((preset) => {
    const earlier = begun?.plans.find(({ name }) => name === preset);
    const input = earlier?.config ?? presets[preset].input;
    return presetPlan(preset, resolveConfig({ source: `preset ${preset}`, input }, settings), earlier?.pins);
  });
  return { kind: "presets", set, plans };
}
