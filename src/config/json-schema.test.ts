import { expect, it } from "vitest";
import { parseConfig } from "./check-config.js";
import { commentedYaml } from "./commented-yaml.js";
import { yamlValue } from "./config-text.js";
import { configJsonSchema, type JsonSchema, plainConfigSchema } from "./json-schema.js";
import { presets } from "./presets.js";

/** All fields of a schema that are no group, with their paths. */
function fields(schema: JsonSchema, prefix = ""): [string, JsonSchema][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    field.properties ? fields(field, `${prefix}${name}.`) : [[`${prefix}${name}`, field] as [string, JsonSchema]],
  );
}

it("describes every setting, with its default and bounds", () => {
  const all = new Map(fields(plainConfigSchema()));
  expect([...all].filter(([, { description }]) => !description).map(([path]) => path)).toEqual([]);
  expect(all.get("triples.maxWordShare")).toMatchObject({ type: "number", maximum: 1, default: 0.02 });
  expect(all.get("layers.choose")).toMatchObject({ enum: ["highest", "lowest", "all"], default: "highest" });
  expect(all.get("probe.folds")).toMatchObject({ type: "integer", minimum: 2 });
});

it("accepts text for a group with a main field, and unknown settings nowhere", () => {
  const { properties, additionalProperties } = configJsonSchema();
  expect(additionalProperties).toBe(false);
  expect(properties?.corpus.anyOf?.map(({ type }) => type)).toEqual(["string", "object"]);
  expect(properties?.corpus.anyOf?.[1]).toMatchObject({ additionalProperties: false });
  expect(properties?.ppo).toMatchObject({ type: "object", additionalProperties: false });
});

it.each(Object.keys(presets))("writes %s as commented YAML that is read as the same configuration", (name) => {
  const config = parseConfig(presets[name].input, name);
  const text = commentedYaml(config, ["A configuration."]);
  expect(parseConfig(yamlValue(text), "the text")).toEqual(config);
  expect(text.split("\n").filter((line) => line.trimStart().startsWith("#") && line.length > 100)).toEqual([]);
  expect(text).toContain("  # Seed of all random numbers\n".trimStart());
  expect(text).toMatch(/^ {2}# textColumn:$/m);
});
