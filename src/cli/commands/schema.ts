/** `rewardscope schema`: prints the JSON Schema of configuration files, for editors. */
import { configJsonSchema } from "../../config/json-schema.js";
import type { Command } from "../command.js";

export const command: Command = {
  arguments: [],
  options: [],
  example: "rewardscope schema > config.schema.json",
  async run(_args, _options, { print }) {
    print(JSON.stringify(configJsonSchema(), null, 2));
  },
};
