/** The whole paper in small. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Results } from "../../src/results/results.js";
import { writePaperCache } from "../support/hub-cache.js";
import { type Ended, onlyCached, start } from "../support/program.js";
import { smallSettings } from "../support/tiny-run.js";

let folder: string;

/** Splits, layers and features are the presets'; one layer is looked into, so that another is lowest. */
const small = {
  ...Object.fromEntries(Object.entries(smallSettings).filter(([key]) => !/^(corpus\.splits|features\.topK)/.test(key))),
  "ppo.batches": 2,
  "layers.count": 1,
  "studies.l1Coefs": "[0.0001, 0.001]",
};

function run(...more: string[]): Promise<Ended> {
  const settings = Object.entries(small).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const args = ["run", "paper", "--offline", "--out", join(folder, "paper"), ...settings, ...more];
  return start("rewardscope", args, { env: onlyCached(folder) }).ended;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-paper-"));
  await writePaperCache(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it("makes every table and figure for every model and reward", { timeout: 600_000 }, async () => {
  const { code, stderr } = await run();
  expect(code, stderr).toBe(0);
  const presets = ["pythia-70m", "pythia-160m", "gpt-neo-125m", "pythia-70m-classifier"];
  for (const preset of presets) {
    const results = JSON.parse(await readFile(join(folder, "paper", preset, "results.json"), "utf8")) as Results;
    expect(results.tune?.reward.tuned.n, preset).toBe(16);
    expect(results.studies, preset).toBeDefined();
    expect(results.ablate, preset).toBeDefined();
    expect(
      results.probe?.models.map(({ words }) => words > 10),
      preset,
    ).toEqual([true, true]);
    const own = await readFile(join(folder, "paper", preset, "report", "index.html"), "utf8");
    for (const item of [
      "Table 1",
      "Table 4",
      "Table 5",
      "Table 6",
      "Table 7",
      "Table 10",
      "Table 11",
      "Table 12",
      "Table 13",
    ])
      expect(own, `${preset}: ${item}`).toContain(`paper: ${item}`);
    for (const figure of [1, 2, 3, 4, 5]) expect(own, `${preset}: Figure ${figure}`).toContain(`Figure ${figure}`);
  }
  const page = await readFile(join(folder, "paper", "report", "index.html"), "utf8");
  for (let table = 1; table <= 13; table++)
    expect(page, `Table ${table}`).toMatch(new RegExp(`Tables? [\\d, and]*\\b${table}\\b`));
  for (const figure of [4, 5]) expect(page).toContain(`Figure ${figure}`);
  for (const preset of presets) expect(page).toContain(`href="../${preset}/report/index.html"`);
  expect(page).not.toMatch(/NaN|undefined/);
});

it("goes on with a set that is there, and refuses to begin over it", { timeout: 120_000 }, async () => {
  const again = await run();
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("--resume")]);
  const resumed = await run("--resume");
  expect(resumed.code, resumed.stderr).toBe(0);
});
