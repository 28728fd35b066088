import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exampleRun, writeRun } from "../../test/support/example-run.js";
import { earlierImplicitRewardFile, renameSections, renameSeeds, renameStages } from "./earlier-names.js";
import { readRun } from "./read-run.js";
import { implicitRewardFile } from "./sections/implicit-reward.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "earlier-names-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("a run folder with the earlier names of stage, section and file reads the same", async () => {
  const run = exampleRun();
  await writeRun(folder, run);
  await rename(join(folder, implicitRewardFile), join(folder, earlierImplicitRewardFile));
  for (const name of ["results.json", "run.json"]) {
    const { check: _, ...content } = JSON.parse(await readFile(join(folder, name), "utf8"));
    // Format 1 has no check of its content.
    const earlier = name === "run.json" ? { ...content, format: 1 } : content;
    const text = JSON.stringify(earlier, null, 2);
    await writeFile(join(folder, name), text.replaceAll(/"implicit-?[rR]eward":/g, '"plain":'));
  }
  expect(await readFile(join(folder, "results.json"), "utf8")).toMatch(/"plain": \{[\s\S]*"plain": \{/);
  const { record, ...read } = await readRun(folder);
  expect(read).toEqual(JSON.parse(JSON.stringify({ ...run, record: undefined })));
  expect(Object.keys(record.stages)).toEqual(Object.keys(run.record.stages));
});

test("sections and stages keep their order; a word called plain is no name", () => {
  const overRepresented = { moreInTuned: [{ word: "plain" }] };
  const sections = { probe: {}, plain: { againstProbe: [{ plain: 1, probe: 2 }, 3], overRepresented }, ablate: {} };
  const renamed = renameSections(sections);
  expect(Object.keys(renamed)).toEqual(["probe", "implicitReward", "ablate"]);
  expect(renamed.implicitReward).toEqual({ againstProbe: [{ implicitReward: 1, probe: 2 }, 3], overRepresented });
  expect(renameSections(renamed)).toEqual(renamed);
  expect(Object.entries(renameStages({ tune: 1, plain: 2, ablate: 3 }))).toEqual([
    ["tune", 1],
    ["implicit-reward", 2],
    ["ablate", 3],
  ]);
});

test("what is no object is left for the schema to refuse", () => {
  expect(renameSections({ plain: "x" })).toEqual({ implicitReward: "x" });
  expect(renameSeeds([1])).toEqual([1]);
  expect(renameSeeds({ heads: 2, figures: [null] })).toEqual({ headlineMetrics: 2, figures: [null] });
});

test("metrics and paths of seeds.json are renamed", () => {
  const ofProbe = { path: ["probe", "models"], n: 1 };
  const seeds = {
    heads: [{ id: "plainTau", n: 1 }, { id: "plainAgainstRidge" }, { id: "tauTuned" }],
    figures: [{ path: ["plain", "againstProbe", { words: "all" }, "plain", "tau"], n: 1 }, ofProbe],
  };
  expect(renameSeeds(seeds)).toEqual({
    headlineMetrics: [{ id: "implicitRewardTau", n: 1 }, { id: "implicitRewardAgainstRidge" }, { id: "tauTuned" }],
    figures: [{ path: ["implicitReward", "againstProbe", { words: "all" }, "implicitReward", "tau"], n: 1 }, ofProbe],
  });
});
