import { expect, test } from "vitest";
import { ConfigError } from "../errors.js";
import { findConfig, parseSetting, resolveConfig } from "./load-config.js";
import { paperVariants, variantSettings } from "./paper-variants.js";

test.each(Object.keys(paperVariants))("%s sets fields that exist, to values that are allowed", (name) => {
  const config = resolveConfig({ source: "test", input: {} }, variantSettings(name));
  const groups = config as unknown as Record<string, Record<string, unknown>>;
  for (const [path, value] of Object.entries(paperVariants[name].settings)) {
    const [group, field] = path.split(".");
    expect(groups[group][field]).toBe(value);
  }
});

test("a variant overrides a preset, and --set overrides the variant", async () => {
  const settings = [...variantSettings("authors"), parseSetting("ppo.warmupSteps=3")];
  const preset = await findConfig("default");
  const config = resolveConfig(
    { source: "test", input: { ...(preset.input as object), ppo: { warmupSteps: 0 } } },
    settings,
  );
  expect(config.ppo).toMatchObject({ schedule: "linear", warmupSteps: 3 });
  expect(config.reward.of).toBe("prefixAndCompletion");
});

test("only the follow-up rewards the completion alone", () => {
  const rewarded = (name: string) => resolveConfig({ source: "test", input: {} }, variantSettings(name)).reward.of;
  expect(Object.keys(paperVariants).filter((name) => rewarded(name) === "completion")).toEqual(["follow-up"]);
});

test("an unknown variant is named with the nearest known one", () => {
  expect(() => variantSettings("publishd")).toThrow(ConfigError);
  expect(() => variantSettings("publishd")).toThrow(/published/);
});
