/**
 * `rewardscope presets`: lists the presets and sets of presets, or prints one as a configuration
 * file.
 */
import { stringify } from "yaml";
import { parseConfig } from "../../config/check-config.js";
import { findConfig } from "../../config/load-config.js";
import { presets } from "../../config/presets.js";
import { presetSets } from "../../pipeline/sweep/preset-sets.js";
import type { Command } from "../command.js";

export const command: Command = {
  arguments: [{ syntax: "[name]", description: "print this preset with all settings, as a configuration file" }],
  options: [],
  example: "rewardscope presets default > config.yaml",
  async run([name], _options, { json, print }) {
    if (name !== undefined) {
      const { input, source } = await findConfig(name);
      const config = parseConfig(input, source);
      return print(json ? JSON.stringify(config, null, 2) : stringify(config).trimEnd());
    }
    const list = Object.entries({ ...presets, ...presetSets }).map(([key, { summary }]) => ({ name: key, summary }));
    if (json) return print(JSON.stringify(list, null, 2));
    for (const preset of list) print(`${preset.name.padEnd(22)} ${preset.summary}`);
  },
};
