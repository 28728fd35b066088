import { expect, test } from "vitest";
import { ConfigError } from "../errors.js";
import { findConfig, parseSetting, resolveConfig } from "./load-config.js";
import { variationSettings, variations } from "./variations.js";

test.each(Object.keys(variations))("%s sets fields that exist, to values that are allowed", (name) => {
  const config = resolveConfig({ source: "test", input: {} }, variationSettings(name));
  const groups = config as unknown as Record<string, Record<string, unknown>>;
  for (const [path, value] of Object.entries(variations[name].settings)) {
    const [group, field] = path.split(".");
    expect(groups[group][field]).toBe(value);
  }
});

test("a variation goes over a preset, and --set over the variation", async () => {
  const settings = [...variationSettings("authors"), parseSetting("ppo.warmupSteps=3")];
  const preset = await findConfig("default");
  const config = resolveConfig(
    { source: "test", input: { ...(preset.input as object), ppo: { warmupSteps: 0 } } },
    settings,
  );
  expect(config.ppo).toMatchObject({ schedule: "linear", warmupSteps: 3 });
  expect(config.reward.of).toBe("completion");
});

test("an unknown variation is named with the nearest known one", () => {
  expect(() => variationSettings("publishd")).toThrow(ConfigError);
  expect(() => variationSettings("publishd")).toThrow(/published/);
});
