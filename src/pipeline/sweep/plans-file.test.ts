import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfig } from "../../config/check-config.js";
import { presets } from "../../config/presets.js";
import { writeJson } from "../../io/atomic.js";
import { readPlans, requirePlans, writePlans } from "./plans-file.js";
import { plansOfPresets, presetSets } from "./preset-sets.js";
import { plansOfSeeds } from "./seeds.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plans-"));
});
afterEach(() => rm(folder, { recursive: true }));

const config = parseConfig({ probe: { folds: 4 } }, "test");
const pins = { "corpus.source": { id: "made-up/reviews", revision: "main", sha: "0123" } };
const run = { config, versions: {}, inputs: {}, hub: pins, stages: {} };

test("seeds make plans that differ in seed, name and title alone, and come back from their file", async () => {
  const list = plansOfSeeds(config, [3, 1], pins);
  expect(list.plans.map(({ name, title, config: { seed } }) => [name, title, seed])).toEqual([
    ["seed-3", "Seed 3", 3],
    ["seed-1", "Seed 1", 1],
  ]);
  for (const plan of list.plans) expect([{ ...plan.config, seed: config.seed }, plan.pins]).toEqual([config, pins]);
  await writePlans(folder, list);
  expect(await readPlans(folder)).toEqual(list);
});

test("a list that was changed is refused", async () => {
  await writePlans(folder, plansOfSeeds(config, [1]));
  const file = join(folder, "plans.json");
  const changed = (await readFile(file, "utf8")).replace(/"batches": \d+/, '"batches": 37');
  await writeFile(file, changed);
  await expect(readPlans(folder)).rejects.toThrow(/plans\.json: was changed after it was written: .*\n {2}help: Begin/);
});

test("presets make plans under the same settings, over those that are there already", async () => {
  const list = plansOfPresets("paper", [{ path: ["probe", "folds"], value: 4 }]);
  expect(list.plans.map(({ name }) => name)).toEqual(presetSets.paper.presets);
  expect(list.plans[1].config).toEqual(parseConfig({ ...presets["pythia-160m"].input, probe: { folds: 4 } }, "test"));
  const begun = { ...list, plans: list.plans.map((plan) => ({ ...plan, pins })) };
  const later = plansOfPresets("paper", [{ path: ["seed"], value: 7 }], begun);
  expect(later.plans.map(({ config: { seed, probe }, pins: own }) => [seed, probe.folds, own])).toEqual(
    presetSets.paper.presets.map(() => [7, 4, pins]),
  );
  await writePlans(folder, later);
  expect(await readPlans(folder)).toEqual(later);
});

test("a damaged list is named with its first fault, a folder without one is none", async () => {
  expect(await readPlans(folder)).toBeUndefined();
  await expect(requirePlans(folder)).rejects.toThrow(/plans\.json: no such file\n.*not a folder of several runs/);
  const file = join(folder, "plans.json");
  const [plan] = plansOfSeeds(config, [1]).plans;
  for (const [content, message] of [
    [{ kind: "weeks", plans: [plan] }, /plans\.json: is not the list of several runs: kind: .*\n {2}help: /],
    [{ kind: "seeds", plans: [] }, /: plans: /],
    [{ kind: "seeds", plans: [{ ...plan, name: "../elsewhere" }] }, /: plans\.0\.name: expected letters, digits/],
    [
      { kind: "seeds", plans: [{ ...plan, config: { ...config, seed: -1 } }] },
      /: plans\.0\.config\.seed: expected .*, received -1/,
    ],
  ] as const) {
    await writeJson(file, content);
    await expect(readPlans(folder)).rejects.toThrow(message);
  }
});

test("a set of an earlier version has its plans in set.json, the commits in its runs", async () => {
  const file = join(folder, "set.json");
  await writeJson(file, {
    set: "paper",
    runs: presetSets.paper.presets.map((preset) => ({ preset, config })),
  });
  await writeJson(join(folder, "pythia-160m", "run.json"), run);
  const list = await requirePlans(folder);
  expect(list).toMatchObject({ kind: "presets", set: "paper" });
  expect(list.plans.map(({ name, title, pins: own }) => [name, title, own])).toEqual(
    presetSets.paper.presets.map((preset) => [preset, `Preset ${preset}`, preset === "pythia-160m" ? pins : {}]),
  );
  await writePlans(folder, list);
  expect([existsSync(file), await readPlans(folder)]).toEqual([false, list]);
  await writeJson(file, { set: "paper", runs: [] });
  await rm(join(folder, "plans.json"));
  await expect(readPlans(folder)).rejects.toThrow(/set\.json: is not the list of several runs: runs: /);
});

test("seeds of an earlier version have their plans in their runs, in the order of the seeds", async () => {
  for (const seed of [10, 9])
    await writeJson(join(folder, `seed-${seed}`, "run.json"), { ...run, config: { ...config, seed } });
  await writeJson(join(folder, "seed-1", "results.json"), {});
  expect(await readPlans(folder)).toEqual(plansOfSeeds(config, [9, 10], pins));
});
