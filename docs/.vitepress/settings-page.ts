/** Writes the page of all settings, docs/api/settings.md, from the schema of the configuration, which has their descriptions. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type JsonSchema, plainConfigSchema } from "../../src/config/json-schema.js";
import { resolveConfig } from "../../src/config/load-config.js";
import { presets } from "../../src/config/presets.js";
import { isObject } from "../../src/io/json-object.js";

const config = resolveConfig({ source: "default", input: presets.default.input }, []);

/** A text as a cell of a table. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("{", "&#123;");

function valueAt(path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), config);
}

function row(path: readonly string[], schema: JsonSchema): string {
  const value = valueAt(path);
  const choices = Array.isArray(schema.enum) && schema.enum.length > 1 ? ` [${schema.enum.join(", ")}]` : "";
  const shown = value === undefined ? "none" : `\`${cell(JSON.stringify(value))}\``;
  return `| \`${path.join(".")}\` | ${shown} | ${cell((schema.description ?? "") + choices)} |`;
}

/** One row for each setting that has a value of its own. */
function rows(path: readonly string[], schema: JsonSchema): string[] {
  if (schema.properties === undefined) return [row(path, schema)];
  return Object.entries(schema.properties).flatMap(([name, field]) => rows([...path, name], field));
}

const head = "| setting | `default` | |\n| --- | --- | --- |";
const entries = Object.entries(plainConfigSchema().properties ?? {});
const groups = entries.filter(([, field]) => field.properties !== undefined);
const single = entries.filter(([, field]) => field.properties === undefined);
const sections = [
  ["Outside of groups", head, ...single.map(([name, field]) => row([name], field))],
  ...groups.map(([name, group]) => [name, `${group.description ?? ""}\n\n${head}`, ...rows([name], group)]),
].map(([title, ...lines]) => `## ${title}\n\n${lines.join("\n")}\n`);

const page = `# All settings

Each is given by \`--set NAME=VALUE\`, or in a file that \`npx rewardscope init\` writes with a comment above each. The values are those of the preset
\`default\`; \`npx rewardscope presets NAME\` prints those of another. The page of a [stage](../stages/index.md) names the settings that matter for it.

${sections.join("\n")}`;

const folder = join(import.meta.dirname, "../api");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "settings.md"), page);
