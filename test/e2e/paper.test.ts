/** The whole paper in small: tiny random checkpoints under the names of the real ones, in a cache as the Hub's client leaves it. */
import { spawn } from "node:child_process";
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { assetPath } from "../../src/assets.js";
import { saveModel } from "../../src/model/load.js";
import type { Results } from "../../src/results/results.js";
import { tinyGptNeo, tinyModel } from "../support/tiny-models.js";
import { corpusLines, plainWords, smallSettings } from "../support/tiny-run.js";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const commit = "0123456789abcdef0123456789abcdef01234567";
let folder: string;

/** A repository in the cache with one commit; gives the folder of its files. */
async function cached(kind: "models" | "datasets", id: string): Promise<string> {
  const repository = join(folder, "hub", `${kind}--${id.replace("/", "--")}`);
  const files = join(repository, "snapshots", commit);
  await mkdir(files, { recursive: true });
  await mkdir(join(repository, "refs"));
  await writeFile(join(repository, "refs", "main"), commit);
  return files;
}

/** Splits, layers and features are the presets'; one layer is looked into, so that another is lowest. */
const small = {
  ...Object.fromEntries(Object.entries(smallSettings).filter(([key]) => !/^(corpus\.splits|features\.topK)/.test(key))),
  "ppo.batches": 2,
  "layers.count": 1,
  "studies.l1Coefs": "[0.0001, 0.001]",
};

async function run(...more: string[]): Promise<{ code: number | null; output: string }> {
  const settings = Object.entries(small).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const args = ["--import", "tsx", main, "run", "paper", "--offline", "--out", join(folder, "paper"), ...settings];
  const child = spawn("node", [...args, ...more], { env: { ...process.env, HF_HOME: folder, HF_HUB_CACHE: "" } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, output };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-paper-"));
  const tokenizer = JSON.parse(await readFile(join(assetPath("embedded"), "tokenizer.json"), "utf8"));
  const shape = { vocabSize: Object.keys(tokenizer.model.vocab).length, maxPositions: 256, initializerRange: 0.1 };
  const models = {
    "EleutherAI/pythia-70m": () => tinyModel(shape),
    "EleutherAI/pythia-160m": () => tinyModel({ ...shape, nLayers: 3, useParallelResidual: false }),
    "EleutherAI/gpt-neo-125m": () => tinyGptNeo(shape),
  };
  for (const [id, make] of Object.entries(models)) {
    const files = await cached("models", id);
    const model = await make();
    await saveModel(model, files);
    await model.dispose();
    for (const name of ["tokenizer.json", "tokenizer_config.json"])
      await copyFile(join(assetPath("embedded"), name), join(files, name)).catch(() => undefined);
  }
  const classifier = fileURLToPath(new URL("../golden/models/distilbert-text", import.meta.url));
  await cp(classifier, await cached("models", "lvwerra/distilbert-imdb"), { recursive: true });
  const corpus = await cached("datasets", "stanfordnlp/imdb");
  await writeFile(join(corpus, "train.jsonl"), corpusLines(70, await plainWords(), "train"));
  await writeFile(join(corpus, "test.jsonl"), corpusLines(300, await plainWords(), "test"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it("makes every table and figure for every model and reward", { timeout: 600_000 }, async () => {
  const { code, output } = await run();
  expect(code, output).toBe(0);
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
  expect(again.code).toBe(2);
  expect(again.output).toContain("--resume");
  const resumed = await run("--resume");
  expect(resumed.code, resumed.output).toBe(0);
});
