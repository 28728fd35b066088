/** `rewardscope init`: writes a configuration file with a comment above every setting. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseConfig } from "../../config/check-config.js";
import { commentedYaml } from "../../config/commented-yaml.js";
import { findConfig } from "../../config/load-config.js";
import { ConfigError, type ConfigIssue } from "../../errors.js";
import type { Command } from "../command.js";

const FILE = "rewardscope.yaml";

/** The problem of a path that cannot become a new YAML file. */
function faultOf(file: string): ConfigIssue | undefined {
  const issue = (expected: string, received: string): ConfigIssue => ({ path: "[file]", expected, received });
  if (!/\.ya?ml$/i.test(file)) return issue("a name that ends in .yaml", file);
  if (existsSync(file)) return issue("a file that does not exist; nothing is overwritten", `${file}, which exists`);
  if (!existsSync(dirname(resolve(file)))) return issue("a folder that exists", dirname(resolve(file)));
  return undefined;
}

/** A comment that refers editors to the schema file, if the build has written it. */
function schemaLine(file: string): string[] {
  const schema = fileURLToPath(new URL("../../config.schema.json", import.meta.url));
  if (!existsSync(schema)) return [];
  const path = relative(dirname(resolve(file)), schema)
    .split(sep)
    .join("/");
  return [`yaml-language-server: $schema=${path.startsWith(".") ? path : `./${path}`}`];
}

export const command: Command<{ preset?: string }> = {
  arguments: [{ syntax: "[file]", description: `the file to write, which must not exist; default: ${FILE}` }],
  options: [
    { flags: "--preset <name>", description: "the preset, or configuration file, to begin with; default: default" },
  ],
  example: "rewardscope init mine.yaml --preset default",
  async run([file = FILE], { preset = "default" }, { json, print }) {
    const { input, source } = await findConfig(preset);
    const config = parseConfig(input, source);
    const fault = faultOf(file);
    if (fault) throw new ConfigError("rewardscope init", [fault]);
    const head = [
      ...schemaLine(file),
      `A configuration of rewardscope, made from ${source}. A line that is left out has its default.`,
      `Check it with: rewardscope run ${file} --dry-run`,
    ];
    // wx: fails if the file exists by now.
    await writeFile(file, commentedYaml(config, head), { flag: "wx" });
    if (json) return print(JSON.stringify({ file: resolve(file), source }, null, 2));
    print(`${file}: written. Change it, then: rewardscope run ${file} --dry-run`);
  },
};
