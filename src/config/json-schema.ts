/** The configuration as JSON Schema, for editors. */
import { z } from "zod";
import { obviousFields } from "./check-config.js";
import { configSchema } from "./config.js";

/** The part of a JSON Schema that the configuration uses. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly [key: string]: unknown;
}

/** The schema of complete configurations, without shorthands. */
export const plainConfigSchema = (): JsonSchema => z.toJSONSchema(configSchema, { io: "input" }) as JsonSchema;

/**
 * The JSON Schema (draft 2020-12) of a configuration file, with the shorthands of files: text for a
 * group that has a main field. Rules between fields are not part of it; `rewardscope run --dry-run`
 * checks them.
 */
export function configJsonSchema(): JsonSchema {
  const { $schema, properties = {}, ...rest } = plainConfigSchema();
  const withShorthands = Object.entries(properties).map(([name, group]): [string, JsonSchema] => {
    if (!Object.hasOwn(obviousFields, name)) return [name, group];
    const { description, ...whole } = group;
    const text = { type: "string", description: `The same as ${name}.${obviousFields[name]}` };
    return [name, { description, anyOf: [text, whole] }];
  });
  return { $schema, title: "Configuration of rewardscope", ...rest, properties: Object.fromEntries(withShorthands) };
}
