import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { parseConfig } from "./check-config.js";
import { presets } from "./presets.js";

/**
 * The recorded output of `rewardscope presets NAME`, so that a changed default is noticed and
 * recorded on purpose.
 */
const recorded = (name: string): string =>
  readFileSync(new URL(`../../test/presets/${name}.yaml`, import.meta.url), "utf8");

test.each(Object.keys(presets))("%s resolves to the recorded configuration, in the recorded order", (name) => {
  const config = parseConfig(presets[name].input, name);
  expect(stringify(config).trimEnd()).toBe(recorded(name).trimEnd());
});

test("what a file leaves out is as in the preset `default`", () => {
  expect(parseConfig({}, "an empty file")).toEqual(parse(recorded("default")));
  const { ppo } = parseConfig({ ppo: { batches: 5 } }, "a file");
  expect(ppo).toMatchObject({ batches: 5, learningRate: 2e-4, klCoef: 0.23, clippedSteps: "every" });
});
