import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256File } from "../../src/io/hash.js";
import { readFeatures } from "../../src/results/features.js";
import type { Results, SeedsResults } from "../../src/results/results.js";
import { type Started, start } from "../support/program.js";
import { tinyRunArguments } from "../support/tiny-run.js";

let folder: string;
let given: string[];

const run = (out: string, ...more: string[]): Started => start("rewardscope", [...given, "--out", out, ...more]);

const results = async (out: string) => JSON.parse(await readFile(join(out, "results.json"), "utf8")) as Results;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-e2e-"));
  given = await tinyRunArguments(folder);
});
afterAll(() => rm(folder, { recursive: true }));

describe("a run on a tiny random model", { timeout: 240_000 }, () => {
  it("goes through every stage, and stopped and resumed comes to the same bytes", async () => {
    const straight = join(folder, "straight");
    const first = await run(straight).ended;
    expect(first.code, first.stderr).toBe(0);
    const found = await results(straight);
    for (const section of [
      "corpus",
      "tune",
      "divergence",
      "dictionaries",
      "match",
      "classify",
      "score",
      "triples",
      "probe",
      "implicitReward",
      "carry",
      "ablate",
      "frequency",
    ] as const)
      expect(found[section], section).toBeDefined();
    expect(JSON.stringify(found)).not.toMatch(/NaN|null,"low"/);
    expect(found.divergence?.chosen).toHaveLength(2);
    expect(found.dictionaries?.dictionaries).toHaveLength(8);
    expect(found.dictionaries?.shared?.map(({ model }) => model)).toEqual(["base", "base", "tuned", "tuned"]);
    const features = await readFeatures(straight);
    expect(features).toHaveLength(24);
    expect(found.score?.models.map(({ model, explained }) => [model, explained])).toEqual([
      ["base", 12],
      ["tuned", 12],
    ]);
    const detected = features.filter(({ scores }) => scores?.detection).length;
    expect(found.score?.models.reduce((sum, { scored }) => sum + scored, 0)).toBe(detected);
    expect(Math.max(...features.map(({ examples }) => examples.length))).toBe(4);
    expect(Math.max(...features.map(({ examples }) => examples.filter(({ shown }) => shown).length))).toBe(2);
    const page = await readFile(join(straight, "report", "index.html"), "utf8");
    expect(page).toContain("Kendall");
    expect(page.length).toBeLessThan(5e6);

    const stopped = join(folder, "stopped");
    const second = run(stopped);
    let shown = "";
    const whenTraining = (data: Buffer) => {
      shown += data;
      if (!shown.includes("training autoencoders")) return;
      second.child.stderr?.off("data", whenTraining);
      second.child.kill("SIGINT");
    };
    second.child.stderr?.on("data", whenTraining);
    const interrupted = await second.ended;
    expect(interrupted.code, interrupted.stderr).toBe(130);
    expect(interrupted.stderr).toContain("--resume");
    const third = await run(stopped, "--resume").ended;
    expect(third.code, third.stderr).toBe(0);
    for (const file of [
      "tuned/model.safetensors",
      "results.json",
      "lexicon.csv",
      "implicit-reward.csv",
      "carry/tensors.csv",
      "carry/units.csv",
      "carry/tokens.csv",
      "carry/features.csv",
      "features.jsonl",
      "labels.jsonl",
      "scores.jsonl",
      "tuning/metrics.jsonl",
      "tuning/completions.jsonl",
    ])
      expect(await sha256File(join(stopped, file)), file).toBe(await sha256File(join(straight, file)));
  });

  const withoutPython = spawnSync("python3", ["--version"]).status !== 0;

  it.skipIf(withoutPython)("gives the numbers of results.json to who computes them from its rows in Python", () => {
    const script = join(import.meta.dirname, "numbers_of_rows.py");
    const env = { ...process.env, PYTHONPATH: join(import.meta.dirname, "../../python") };
    const { stdout, stderr } = spawnSync("python3", [script, join(folder, "straight")], { encoding: "utf8", env });
    expect(stderr).toBe("");
    const numbers = Object.entries(JSON.parse(stdout) as Record<string, [ofRows: number, ofRun: number]>);
    expect(numbers.length).toBeGreaterThan(20);
    for (const [name, [ofRows, ofRun]] of numbers) expect(ofRows, name).toBeCloseTo(ofRun, 9);
  });

  it("with two seeds is the same run once more, another one, and what both have in common", async () => {
    const out = join(folder, "seeds");
    const { code, stderr } = await run(out, "--seeds", "42,7").ended;
    expect(code, stderr).toBe(0);
    expect(await sha256File(join(out, "seed-42", "results.json"))).toBe(
      await sha256File(join(folder, "straight", "results.json")),
    );
    const runs = [await results(join(out, "seed-42")), await results(join(out, "seed-7"))];
    const seeds = JSON.parse(await readFile(join(out, "seeds.json"), "utf8")) as SeedsResults;
    const gains = runs.map(({ tune }) => tune!.reward.difference.value);
    expect(gains[0]).not.toBe(gains[1]);
    const metric = seeds.headlineMetrics.find(({ id }) => id === "rewardGain")!;
    expect(metric.values).toEqual(gains);
    expect(metric.mean).toBeCloseTo((gains[0] + gains[1]) / 2, 12);
    expect(metric.standardDeviation).toBeCloseTo(Math.abs(gains[0] - gains[1]) / Math.SQRT2, 12);
    const [first, second] = runs.map(({ divergence }) => divergence!.chosen);
    const shared = first.filter((layer) => second.includes(layer));
    expect(seeds.dictionaryMatches.map(({ model, layer }) => [model, layer])).toEqual(
      ["base", "tuned"].flatMap((model) => shared.map((layer) => [model, layer])),
    );
    const page = await readFile(join(out, "report", "index.html"), "utf8");
    expect(page).toContain('href="../seed-7/report/index.html"');
    expect(page).not.toMatch(/NaN|undefined/);
  });

  it("says what is wrong with a damaged model, and writes nothing", async () => {
    const out = join(folder, "damaged");
    const weights = join(folder, "model", "model.safetensors");
    const whole = await readFile(weights);
    await writeFile(weights, whole.subarray(0, whole.length / 2));
    try {
      const { code, stderr } = await run(out).ended;
      expect([code, stderr]).toEqual([2, expect.stringContaining("model.safetensors")]);
    } finally {
      await writeFile(weights, whole);
    }
    await expect(stat(join(out, "tuned"))).rejects.toThrow();
  });
});
