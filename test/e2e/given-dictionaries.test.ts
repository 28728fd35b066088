import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadSharedDictionary } from "../../src/pipeline/index.js";
import { readFeatures } from "../../src/results/features.js";
import type { Results } from "../../src/results/results.js";
import { savedWithTokenizer } from "../support/model-folder.js";
import { start } from "../support/program.js";
import { tinyModel } from "../support/tiny-models.js";
import { corpusLines, plainWords, smallSettings } from "../support/tiny-run.js";

const golden = (name: string) => resolve(import.meta.dirname, "../golden/dictionaries", name);
/** The layer that the recorded dictionaries are of. */
const LAYER = 3;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-given-"));
  const model = await tinyModel({
    ...{ vocabSize: 8192, nLayers: 4, dModel: 8, maxPositions: 128, eosTokenIds: [0], initializerRange: 0.05 },
  });
  await savedWithTokenizer(model, join(folder, "model"));
  await writeFile(join(folder, "texts.jsonl"), corpusLines(300, await plainWords()));
});
afterAll(() => rm(folder, { recursive: true }));

function run(from: Record<string, string>, ...more: string[]) {
  const sets = {
    ...{ model: join(folder, "model"), corpus: join(folder, "texts.jsonl"), ...smallSettings },
    ...Object.fromEntries(Object.entries(from).map(([name, path]) => [`dictionaries.from.${name}`, path])),
  };
  const settings = Object.entries(sets).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const out = more.includes("--out") ? [] : ["--out", join(folder, "run")];
  return start("rewardscope", ["run", "default", ...out, ...settings, ...more]).ended;
}

describe("a run with dictionaries that were trained elsewhere", { timeout: 240_000 }, () => {
  it("tells before anything runs what does not fit, all at once", async () => {
    const large = { [`large.${LAYER}`]: golden("saelens/standard"), "large.9": golden("saelens/standard") };
    const { code, stderr } = await run({ [`small.${LAYER}`]: golden("saelens/none"), ...large }, "--dry-run");
    expect(code).toBe(2);
    expect(stderr).toMatch(/dictionaries\.from\.large: expected the layers of dictionaries\.from\.small: 3/);
    expect(stderr).toMatch(
      /dictionaries\.from\.small\.3: expected a folder of SAELens or dictionary_learning.*not found/,
    );
    const wrong = await run(
      { "small.2": golden("saelens/standard"), "large.2": golden("saelens/jumprelu") },
      ...["--dry-run", "--set", `model=embedded`],
    );
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(
      /dictionaries\.from\.small\.2: .*expected blocks\.2\.hook_mlp_out, received blocks\.3/,
    );
    expect(wrong.stderr).toMatch(/dictionaries\.from\.large\.2: /);
    const wide = await run(
      { "small.3": golden("dictionary_learning/AutoEncoder"), "large.3": golden("saelens/jumprelu") },
      ...["--dry-run", "--set", `model=embedded`],
    );
    expect(wide.stderr).toMatch(
      /dictionaries\.from\.small\.3: expected a dictionary of \d+ dimensions.*received one of 8/,
    );
    expect(await readdir(folder)).not.toContain("run");
  });

  it("matches, explains, carries and ablates their features, in the layer that they are of", async () => {
    const from = { small: golden("dictionary_learning/GatedAutoEncoder"), large: golden("saelens/standard") };
    const { code, stderr } = await run(
      { [`small.${LAYER}`]: from.small, [`large.${LAYER}`]: from.large },
      ...["--set", "carry.featureCounts=[1,5]"],
    );
    expect(code, stderr).toBe(0);
    const out = join(folder, "run");
    const results = JSON.parse(await readFile(join(out, "results.json"), "utf8")) as Results;
    expect(results.divergence!.chosen).toEqual([LAYER]);
    const { dictionaries, shared, given, tokenVisits } = results.dictionaries!;
    // They were recorded without this model, so they do not fit it, which is said.
    expect(Math.max(...dictionaries.map(({ explainedVariance }) => explainedVariance))).toBeLessThan(0);
    expect(stderr.match(/warning: dictionaries\.from\.\w+\.3 .* worse than their mean does/g)).toHaveLength(4);
    expect(dictionaries.map(({ model, size, dSae }) => `${model} ${size} ${dSae}`)).toEqual([
      ...["base small 20", "base large 20", "tuned small 20", "tuned large 20"],
    ]);
    expect(given!.map(({ from: path }) => path)).toEqual([from.small, from.large, from.small, from.large]);
    expect([shared!.length, tokenVisits]).toEqual([2, 0]);
    // The same dictionaries, so the same features match.
    const [base, tuned] = results.match!.pairs;
    expect(base.top.map(({ feature }) => feature)).toEqual(tuned.top.map(({ feature }) => feature));
    expect((await readFeatures(out)).length).toBe(12);
    expect(results.carry!.features!.layers).toEqual([LAYER]);
    expect(results.ablate).toBeDefined();
    expect((await loadSharedDictionary(out, LAYER)).kind.name).toBe("gated");
  });

  it("explains, carries and ablates one dictionary that both models share, and says that nothing is matched", async () => {
    const small = { [`small.${LAYER}`]: golden("saelens/standard") };
    const settings = ["--set", "carry.featureCounts=[1,5]", "--out", join(folder, "shared")];
    const { code, stderr } = await run(small, ...settings);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/has one dictionary per layer: the stage match is left out/);
    const out = join(folder, "shared");
    const results = JSON.parse(await readFile(join(out, "results.json"), "utf8")) as Results;
    expect(results.match).toBeUndefined();
    expect(results.dictionaries!.dictionaries.map(({ model, size }) => `${model} ${size}`)).toEqual([
      "base small",
      "tuned small",
    ]);
    // The same features of both models, the largest change first.
    const features = await readFeatures(out);
    const [base, tuned] = (["base", "tuned"] as const).map((role) => features.filter(({ model }) => model === role));
    expect(base.map(({ feature }) => feature)).toEqual(tuned.map(({ feature }) => feature));
    expect(tuned).toHaveLength(6);
    const changes = tuned.map(({ means }) => Math.abs(means!.tuned - means!.base));
    expect(changes[0]).toBeGreaterThan(0);
    expect(changes).toEqual(changes.toSorted((a, b) => b - a));
    expect(results.carry!.features!.layers).toEqual([LAYER]);
    expect(results.ablate).toBeDefined();
    expect((await loadSharedDictionary(out, LAYER)).dSae).toBe(20);
    expect(await readFile(join(out, "report", "index.html"), "utf8")).toContain("One dictionary per layer was given");
  });

  it("refuses two models' own dictionaries of one size, whose features have no common order", async () => {
    const own = { [`small.${LAYER}`]: golden("saelens/standard"), [`tuned.small.${LAYER}`]: golden("saelens/gated") };
    const { code, stderr } = await run(own, "--dry-run", "--out", join(folder, "refused"));
    expect(code).toBe(2);
    expect(stderr).toMatch(/dictionaries\.from\.large.*expected large dictionaries of both models/);
  });

  it("stays up to date until a file of theirs changes", async () => {
    const from = { small: golden("dictionary_learning/GatedAutoEncoder"), large: golden("saelens/standard") };
    const sets = ["--resume", "--set", "carry.featureCounts=[1,5]", "--dry-run"];
    const same = await run({ [`small.${LAYER}`]: from.small, [`large.${LAYER}`]: from.large }, ...sets);
    expect(same.stdout).not.toMatch(/runs:/);
    const other = await run({ [`small.${LAYER}`]: golden("saelens/gated"), [`large.${LAYER}`]: from.large }, ...sets);
    expect(other.stdout).toMatch(/tune +up to date/);
    expect(other.stdout).toMatch(/divergence +up to date/);
    expect(other.stdout).toMatch(/dictionaries +runs: its settings changed/);
  });
});
