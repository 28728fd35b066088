import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { exampleRun, writeRun } from "../../../test/support/example-run.js";
import { FormatError } from "../../errors.js";
import { writeJson } from "../../io/atomic.js";
import { pairFigures } from "../../pipeline/sweep/aggregate.js";
import { headlineMetrics } from "../../pipeline/sweep/headline-metrics.js";
import type { Results, SeedFigure, SeedsResults } from "../../results/results.js";
import { inWords, placeOf } from "../seeds/words.js";
import { writeReport } from "../write-report.js";
import { renderSeedsReport } from "./seeds.js";

/**
 * The example run, and one whose reward fell, which stopped after tuning and has an extra stage.
 */
function twoSeeds(): SeedsResults {
  const { results: first } = exampleRun();
  const tune = structuredClone(first.tune!);
  Object.assign(tune.reward.difference, { value: -0.341, low: -0.5, high: 0.1 });
  for (const reward of Object.values(tune.completionReward)) Object.assign(reward, { value: 0.5 });
  const second = { tune, newStage: { shareOfWords: 0.25, other: "<b>" } } as Results;
  return {
    seeds: [3, 8],
    chosenLayers: [first.divergence!.chosen, null],
    headlineMetrics: headlineMetrics([first, second]),
    dictionaryMatches: [
      { model: "tuned", layer: 4, seeds: [3, 8], mmcs: 0.41, randomMmcs: 0.2 },
      { model: "base", layer: 4, seeds: [3, 8], mmcs: 0.61, randomMmcs: 0.22 },
    ],
    figures: pairFigures([first, second]),
  };
}

const { record } = exampleRun();
const page = (results = twoSeeds()) =>
  renderSeedsReport({ results, runs: results.seeds.map((seed) => ({ seed, record })) });
const { document } = parseHTML(page());

function row(caption: string, head: string): string[] {
  const table = [...document.querySelectorAll("table")].find((table) =>
    table.querySelector("caption").textContent.startsWith(caption),
  );
  const found = [...table.querySelectorAll("tbody tr")].find((row) =>
    row.querySelector("th").textContent.startsWith(head),
  );
  return [...found.querySelectorAll("td")].map(({ textContent }) => textContent.replace(/\s+/g, " ").trim());
}

test("the main figures stand seed by seed with mean, spread, range and signs", () => {
  // Mean (1.659 - 0.341) / 2; deviation of two values: their distance divided by the root of 2.
  expect(row("Headline metrics by seed", "Reward, tuned − base")).toEqual([
    "+1.659 [+1.567, +1.747]",
    "-0.341 [-0.500, +0.100]",
    "+0.659 ± 1.414",
    "-0.341 to +1.659",
    "positive in 1 of 2 seeds",
    "1 of 2",
  ]);
  expect(row("Headline metrics by seed", "Kendall tau, base model").slice(0, 4)).toEqual([
    "0.131 [0.072, 0.188]",
    "–",
    "0.131",
    "0.131 to 0.131",
  ]);
  // 18.2% - 11.2%
  expect(row("Headline metrics by seed", "Labelled − same frequency").slice(0, 2)).toEqual(["+7.0%", "–"]);
  const [finding] = document.querySelectorAll(".finding");
  expect(finding.querySelector(".verdict").textContent).toBe(
    "Reward, tuned − base: +0.659 ± 1.414; positive in 1 of 2 seeds; the run's interval excludes zero in 1 of 2.",
  );
});

test("every number of the results has a row, what does not differ a note", () => {
  expect(row("Reward of completions", "Reward, difference")).toEqual([
    ...["1.66", "-0.341"],
    ...["0.659", "1.41", "-0.341", "1.66"],
  ]);
  const note = document.querySelector("#tuning .note").textContent;
  expect(note).toMatch(/^The same in all runs: Batches 100; Prompt tokens 30; /);
  // Only one run has it, so there is no spread.
  expect(row("Rank agreement of the rebuilt", "Tuned, least squares, all: p")).toEqual([
    expect.any(String),
    ...["–", "–", "–"],
    ...[expect.any(String), expect.any(String)],
  ]);
});

test("a stage that the page does not know has a section of its own", () => {
  const section = document.querySelector("#stage-newStage");
  expect(section.querySelector("h2").textContent).toBe("New stage");
  expect(row("New stage", "Share of words").slice(0, 3)).toEqual(["–", "0.250", "0.250"]);
});

test("dictionaries of two seeds stand beside random ones and those of one seed", () => {
  const cells = row("MMCS between small dictionaries", "Layer 4");
  expect(cells.slice(0, 4)).toEqual(["1", "0.410", "0.610", "0.210 0.200 to 0.220"]);
  const { pairs } = exampleRun().results.match!;
  const own = pairs.find(({ model, layer }) => model === "tuned" && layer === 4)!;
  expect(cells[4]).toBe(own.mmcs.toFixed(3));
});

test("each run's report is linked, its layers are named", () => {
  expect([...document.querySelectorAll("#overview a")].map((link) => link.getAttribute("href"))).toEqual([
    "../seed-3/report/index.html",
    "../seed-8/report/index.html",
  ]);
  expect(row("Runs", "Seed 3")[1]).toBe("1, 2, 3, 4, 5");
  expect(row("Runs", "Seed 8")[1]).toBe("–");
});

test("one seed has no spread, and runs without results have a page", () => {
  const { headlineMetrics: metrics } = twoSeeds();
  expect(metrics.length).toBeGreaterThan(10);
  const one: SeedsResults = {
    seeds: [3],
    chosenLayers: [null],
    headlineMetrics: headlineMetrics([exampleRun().results]),
    dictionaryMatches: [],
    figures: pairFigures([exampleRun().results]),
  };
  expect(page(one)).toContain("One seed has no spread");
  expect(page(one)).not.toMatch(/NaN|undefined/);
  const none = page({
    seeds: [1, 2],
    chosenLayers: [null, null],
    headlineMetrics: [],
    dictionaryMatches: [],
    figures: [],
  });
  expect(none).toContain("Nothing has been measured yet.");
});

test("names become words, and figures find their table", () => {
  expect(["leastSquares", "shareAbove", "gpt_neox.layers.0.mlp", "distinct2", "tuned"].map(inWords)).toEqual([
    ...["least squares", "share above the threshold", "gpt_neox.layers.0.mlp", "distinct2", "tuned"],
  ]);
  const spread = { values: [1], n: 1, mean: 1, standardDeviation: null, min: 1, max: 1 };
  const path: SeedFigure["path"] = [
    "probe",
    "models",
    { model: "tuned" },
    "kendall",
    { words: "all" },
    "result",
    "tau",
  ];
  expect(placeOf({ path, ...spread })).toEqual({ table: "probe.models.kendall", row: "Tuned, all: tau" });
  expect(placeOf({ path: ["tune", "reward", "base"], ...spread })).toEqual({ table: "tune", row: "Reward, base" });
});

test("the page is written from the files, and a damaged one is named", async () => {
  const folder = await mkdtemp(join(tmpdir(), "seeds-report-"));
  await writeJson(join(folder, "plans.json"), { kind: "seeds", plans: [] });
  await writeJson(join(folder, "seeds.json"), twoSeeds());
  for (const seed of [3, 8]) await writeRun(join(folder, `seed-${seed}`), exampleRun());
  expect(await readFile(await writeReport(folder), "utf8")).toBe(page());
  await writeJson(join(folder, "seeds.json"), { ...twoSeeds(), seeds: ["three"] });
  await expect(writeReport(folder)).rejects.toThrow(FormatError);
  await rm(folder, { recursive: true });
});
