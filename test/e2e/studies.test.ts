/** Autoencoders trained otherwise, and other choices of layers, through the whole pipeline on a tiny random model. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  methodStages,
  type Results,
  RunFolder,
  readResults,
  resolveConfig,
  runStages,
  silentObserver,
} from "../../src/pipeline/index.js";
import { writeReport } from "../../src/report/index.js";
import { loadAutoencoder } from "../../src/sae/index.js";
import { savedWithTokenizer } from "../support/model-folder.js";
import { tinyModel } from "../support/tiny-models.js";
import { corpusLines, plainWords, smallSettings } from "../support/tiny-run.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-studies-"));
  const settings = { vocabSize: 8192, nLayers: 3, maxPositions: 128, eosTokenIds: [0], initializerRange: 0.05 };
  for (const [name, seed] of [
    ["base", 1],
    ["tuned", 2],
  ] as const) {
    await savedWithTokenizer(await tinyModel(settings, { seed }), join(folder, name));
  }
  await writeFile(join(folder, "texts.jsonl"), corpusLines(300, await plainWords()));
});
afterAll(() => rm(folder, { recursive: true }));

interface Attempt {
  last?: string;
  /** Stops the run when the stage `studies` has counted so far. */
  stopAt?: number;
}

/** Runs the stages on the pair; again in a folder that is there. */
async function run(
  name: string,
  more: Record<string, unknown>,
  { last = "report", stopAt }: Attempt = {},
): Promise<Results> {
  const pair = { "model.base": join(folder, "base"), "model.tuned": join(folder, "tuned") };
  const settings = { ...smallSettings, ...pair, "corpus.source": join(folder, "texts.jsonl"), ...more };
  const config = resolveConfig(
    { source: name, input: {} },
    Object.entries(settings).map(([path, value]) => ({ path: path.split("."), value })),
  );
  const path = join(folder, name);
  const runFolder = await RunFolder.open(path, config).catch(() => RunFolder.create(path, config));
  const stages = methodStages(writeReport);
  const through = stages.slice(0, stages.findIndex((stage) => stage.name === last) + 1);
  const controller = new AbortController();
  const observer: typeof silentObserver = {
    ...silentObserver,
    stageStarts: (stage) => ({
      start() {},
      update: (done) => {
        if (stopAt !== undefined && stage.name === "studies" && done >= stopAt) controller.abort(new Error("stopped"));
      },
      end() {},
    }),
  };
  try {
    const { signal } = controller;
    await runStages(runFolder, { stages: through, observer, signal, clock: () => new Date() });
    return await readResults(path);
  } finally {
    await runFolder.release();
  }
}

const studies = {
  // The kind of the sweep, so that one of its settings is the run's.
  "dictionaries.activation": "relu",
  "dictionaries.l1Coef": 0.0001,
  "dictionaries.tied": true,
  "studies.l1Coefs": [0.001, 0.0001],
  "studies.tied": true,
  "studies.lowest": true,
};

test("the studies, stopped and resumed, come to the same figures; settings that agree have the same ones", {
  timeout: 240_000,
}, async () => {
  const found = (await run("straight", studies, { last: "studies" })).studies!;
  expect(JSON.stringify(found)).not.toMatch(/null/);
  const stopped = run("stopped", studies, { last: "studies", stopAt: 2000 });
  await expect(stopped).rejects.toThrow("stopped");
  expect((await run("stopped", studies, { last: "studies" })).studies).toEqual(found);

  const { sweep, tying, layerChoice } = found;
  expect(sweep.map(({ l1Coef }) => l1Coef)).toEqual([0.0001, 0.001]);
  expect(sweep[1].l0.value).toBeLessThan(sweep[0].l0.value);
  // The usual setting is l1 0.0001, tied.
  const figures = ({ l0, normalisedMse, training }: (typeof sweep)[number]) => [
    l0.value,
    normalisedMse.value,
    training,
  ];
  expect(figures(tying!.settings[0])).toEqual(figures(sweep[0]));
  expect(figures(layerChoice!.settings[0])).toEqual(figures(sweep[0]));
  expect(figures(tying!.settings[1])).not.toEqual(figures(sweep[0]));
  const [{ l0, normalisedMse }] = tying!.differences;
  expect(l0.value).toBeCloseTo(tying!.settings[1].l0.value - sweep[0].l0.value, 10);
  expect(normalisedMse.unit).toBe("text");
  expect(normalisedMse.low).toBeLessThanOrEqual(normalisedMse.value);
  expect(layerChoice!.settings.map(({ setting, layers }) => [setting, layers.length])).toEqual([
    ["highest divergence", 2],
    ["lowest divergence", 2],
    ["first layers", 2],
  ]);
  expect(layerChoice!.settings[2].layers).toEqual([0, 1]);
});

test("top-k autoencoders of all layers, matched one to one, go through every stage", { timeout: 240_000 }, async () => {
  const found = await run("all", {
    ...studies,
    "layers.choose": "all",
    "layers.count": 1,
    "dictionaries.activation": "topk",
    "dictionaries.k": 3,
    "dictionaries.matching": "oneToOne",
    "probe.input": "spliced",
    "ablation.kinds": ["subtractFeatures", "replace"],
  });
  const tooMany = run(
    "too many",
    { "dictionaries.activation": "topk", "dictionaries.k": 17 },
    { last: "dictionaries" },
  );
  await expect(tooMany).rejects.toThrow(
    /dictionaries\.k: expected a whole number from 1 to 16 \(number of features of the small dictionary\)/,
  );
  expect(found.divergence?.chosen).toEqual([0, 1, 2]);
  expect(found.dictionaries).toMatchObject({ k: 3 });
  expect(found.dictionaries).not.toHaveProperty("l1Coef");
  for (const { l0 } of found.dictionaries!.dictionaries) expect(l0).toBeLessThanOrEqual(3);
  const small = await loadAutoencoder(join(folder, "all", "dictionaries", "tuned", "blocks.2.hook_mlp_out", "small"));
  expect([small.k, small.origin.l1Coef]).toEqual([3, undefined]);
  expect(found.match).toMatchObject({ matching: "oneToOne" });
  for (const { top } of found.match!.pairs) expect(new Set(top.map(({ partner }) => partner)).size).toBe(top.length);
  expect(found.studies!.tying!.settings.map(({ k }) => k)).toEqual([3, 3]);
  expect(found.studies!.layerChoice!.settings.map(({ layers }) => layers.length)).toEqual([1, 1, 1]);
  expect(found.frequency).toBeDefined();
  const page = await readFile(join(folder, "all", "report", "index.html"), "utf8");
  expect(page).toContain("Sparsity and reconstruction by the weight of the L1 norm");
  expect(page).toContain("Autoencoders with tied and untied encoder and decoder");
  expect(page).toContain("matched one to one");
  expect(page).not.toMatch(/NaN|undefined/);
});

test("the layers of lowest divergence; errors summed over dimensions train otherwise", {
  timeout: 240_000,
}, async () => {
  const lowest = { "layers.choose": "lowest", "layers.count": 1, "dictionaries.activation": "relu" };
  const mean = await run("lowest", lowest, { last: "match" });
  const order = mean.divergence!.layers.toSorted((a, b) => a.divergence - b.divergence);
  expect(mean.divergence!.chosen).toEqual([order[0].layer]);
  expect(mean.dictionaries!.dictionaries.map(({ layer }) => layer)).toEqual(Array(4).fill(order[0].layer));
  const sum = await run("sum", { ...lowest, "dictionaries.reconstruction": "sum" }, { last: "dictionaries" });
  const mse = ({ dictionaries }: Results) => dictionaries!.dictionaries.map(({ normalisedMse }) => normalisedMse);
  // The L1 term weighs 16 times less beside an error that is summed over 16 dimensions.
  mse(sum).forEach((value, i) => {
    expect(value).toBeLessThan(mse(mean)[i]);
  });
});
