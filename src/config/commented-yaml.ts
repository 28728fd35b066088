/** A configuration as YAML with the description of every setting above it. */
import { stringify } from "yaml";
import { isObject } from "../io/json-object.js";
import type { Config } from "./config.js";
import { type JsonSchema, plainConfigSchema } from "./json-schema.js";

/** Width of comments, indentation included. */
const WIDTH = 100;

/** Lines of a comment, broken between words. */
function comment(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > WIDTH && line !== `${indent}#`) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

const inFlow = (value: unknown): string => stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();

/** The possible values of a field, if they are listed in its schema. */
function choices({ enum: values }: JsonSchema): string {
  return Array.isArray(values) && values.length > 1 ? ` [${values.join(", ")}]` : "";
}

function linesOf(schema: JsonSchema, values: Readonly<Record<string, unknown>>, indent: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const value = values[name];
    const described = comment(`${field.description ?? name}${choices(field)}`, indent);
    if (field.properties && isObject(value)) {
      const inner = linesOf(field, value, `${indent}  `);
      return [...(indent === "" ? [""] : []), ...described, `${indent}${name}:`, ...inner];
    }
    // A setting without value is a comment, to be completed by the user.
    const line = value === undefined ? `${indent}# ${name}:` : `${indent}${name}: ${inFlow(value)}`;
    return [...(indent === "" ? [""] : []), ...described, line];
  });
}

/**
 * The text of a configuration file with every setting, its description and its possible values.
 * Reading it results in the same configuration.
 * @param head comment lines at the top, without `#`
 */
export function commentedYaml(config: Config, head: readonly string[]): string {
  const top = head.map((line) => `# ${line}`.trimEnd());
  return `${[...top, ...linesOf(plainConfigSchema(), config, "")].join("\n")}\n`;
}
