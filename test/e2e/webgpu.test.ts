/** A whole run whose models are on a GPU, beside the same run on the CPU. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assetPath } from "../../src/assets.js";
import { saveModel } from "../../src/model/load.js";
import type { Results } from "../../src/results/results.js";
import { start } from "../support/program.js";
import { softwareGpu, softwareGpuNeeded } from "../support/software-gpu.js";
import { tinyModel } from "../support/tiny-models.js";
import { corpusLines, plainWords, smallSettings } from "../support/tiny-run.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-webgpu-"));
  const model = await tinyModel({
    ...{ vocabSize: 8192, nLayers: 2, maxPositions: 128, eosTokenIds: [0], initializerRange: 0.05 },
  });
  await saveModel(model, join(folder, "model"));
  for (const name of ["tokenizer.json", "tokenizer_config.json"])
    await copyFile(join(assetPath("embedded"), name), join(folder, "model", name));
  await writeFile(join(folder, "texts.jsonl"), corpusLines(300, await plainWords()));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(name: string, env: Record<string, string>, ...more: string[]) {
  const out = join(folder, name);
  const sets = { model: join(folder, "model"), corpus: join(folder, "texts.jsonl"), ...smallSettings, ...least };
  const settings = Object.entries(sets).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const ended = await start("rewardscope", ["run", "default", "--out", out, ...settings, ...more], { env }).ended;
  expect(ended.code, ended.stderr).toBe(0);
  const results = JSON.parse(await readFile(join(out, "results.json"), "utf8")) as Results;
  return { results, stderr: ended.stderr };
}

/** A GPU in software is slow: still less of what takes longest. */
const least = {
  "dictionaries.tokenVisits": 4000,
  "carry.prompts": 2,
  "carry.pathPoints": 1,
  "carry.doses": "[0.5]",
  "carry.featureCounts": "[1]",
  "carry.rewardedParts": "none",
  "ablation.prompts": 4,
  "ablation.draws": 1,
};

/** Tuning's numbers by batch. */
const tuning = async (name: string): Promise<Record<string, number>[]> =>
  (await readFile(join(folder, name, "tuning", "metrics.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, number>);

describe.skipIf(!softwareGpu)(`a run on WebGPU${softwareGpuNeeded}`, { timeout: 600_000 }, () => {
  test("goes through every stage, says which GPU, and begins with the CPU's numbers", async () => {
    const onGpu = await run("gpu", softwareGpu!, "--set", "device=webgpu");
    const onCpu = await run("cpu", {});
    expect(onGpu.stderr).toMatch(/Models run on the GPU \(SwiftShader.*, WebGPU\)/);
    expect(onGpu.stderr).not.toContain("go on on the CPU");
    expect(Object.keys(onGpu.results).sort()).toEqual(Object.keys(onCpu.results).sort());
    const [[first], [expected]] = [await tuning("gpu"), await tuning("cpu")];
    expect(Object.keys(first).length).toBeGreaterThan(3);
    for (const [what, value] of Object.entries(expected)) {
      if (typeof value !== "number" || /seconds/i.test(what)) continue;
      expect(Math.abs(first[what] - value), what).toBeLessThan(1e-3 * Math.max(1, Math.abs(value)));
    }
  });

  test("where there is no driver, doctor says why", async () => {
    const env = { ...softwareGpu!, VK_DRIVER_FILES: join(folder, "no-driver.json"), REWARDSCOPE_DEVICE: "auto" };
    const { code, stdout } = await start("rewardscope", ["doctor", "--json"], { env }).ended;
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { gpu: string }).gpu).toMatch(/^none \(.+\)$/);
    const unknown = await start("rewardscope", ["run", "default", "--dry-run"], { env: { REWARDSCOPE_DEVICE: "cuda" } })
      .ended;
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("REWARDSCOPE_DEVICE: expected cpu, webgpu, auto, received cuda");
  });
});
