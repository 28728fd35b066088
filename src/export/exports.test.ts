/** Exports of an invented run; what Python's libraries read in them is recorded in test/golden/exports. */
import { createHash } from "node:crypto";
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleRun, writeRun } from "../../test/support/example-run.js";
import { writePlayableRun } from "../../test/support/playable-run.js";

import { readJsonl } from "../io/jsonl.js";
import { readEvidence, writeEvidence } from "../pipeline/stages/files/evidence-file.js";
import { OutputChecks } from "../results/outputs.js";
import { readRecord, writeRecord } from "../results/run-record.js";
import { loadAutoencoder } from "../sae/saelens-folder.js";
import { exportRun } from "./exports.js";

const golden = resolve(import.meta.dirname, "../../test/golden/exports");
let folder: string;
let run: string;
const readings = JSON.parse(await readFile(join(golden, "readings.json"), "utf8"));
const sha256 = async (path: string) =>
  createHash("sha256")
    .update(await readFile(path))
    .digest("hex");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-export-"));
  run = join(folder, "run");
  await writeRun(run, exampleRun());
});
afterAll(() => rm(folder, { recursive: true }));

test("TensorBoard reads the metrics and samples of the run in the event file", async () => {
  const out = join(folder, "events");
  const [file] = await exportRun(run, "tensorboard", out);
  expect(await sha256(join(out, file))).toBe(readings.tensorboard.sha256);
  const { metrics, samples } = exampleRun();
  for (const [tag, points] of Object.entries<[number, number][]>(readings.tensorboard.scalars))
    expect(points, tag).toEqual(metrics.map((line) => [line.batch, Math.fround(line[tag])]));
  expect(Object.keys(readings.tensorboard.scalars)).toEqual(Object.keys(metrics[0]).filter((name) => name !== "batch"));
  const texts: string[] = Object.values<string[]>(readings.tensorboard.texts).flat();
  expect(texts).toHaveLength(samples.length);
  for (const { tuned } of samples) expect(texts.some((text) => text.includes(tuned))).toBe(true);
});

test("pandas reads the same rows in CSV, JSON and Parquet", async () => {
  const out = join(folder, "tables");
  await exportRun(run, "tables", out);
  expect(Object.keys(readings.tables).length).toBeGreaterThan(6);
  for (const [name, { parquet, rows }] of Object.entries<{ parquet: string; rows: number }>(readings.tables)) {
    expect(await sha256(join(out, `${name}.parquet`)), name).toBe(parquet);
    const json = JSON.parse(await readFile(join(out, `${name}.json`), "utf8"));
    expect(json).toHaveLength(rows);
    const { buffer, byteOffset, byteLength } = await readFile(join(out, `${name}.parquet`));
    const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    expect(await parquetReadObjects({ file }), name).toEqual(json);
  }
});

test("datasets opens every table of the folder for the Hub by its name", async () => {
  const out = join(folder, "dataset");
  expect(await exportRun(run, "dataset", out)).toEqual(["README.md", "data"]);
  const recorded = JSON.parse(await readFile(join(golden, "dataset.json"), "utf8"));
  expect(recorded.default).toBe("features");
  const files = (await readdir(join(out, "data"), { recursive: true })).filter((name) => name.endsWith(".parquet"));
  expect(Object.keys(recorded.configurations)).toEqual(
    files.map((name) => name.replace(".parquet", "").replaceAll("/", "-")).sort(),
  );
  for (const name of files) {
    const {
      sha256: hash,
      columns,
      rows,
      last,
    } = recorded.configurations[name.replace(".parquet", "").replaceAll("/", "-")];
    expect(await sha256(join(out, "data", name)), name).toBe(hash);
    const { buffer, byteOffset, byteLength } = await readFile(join(out, "data", name));
    const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    const own = await parquetReadObjects({ file });
    expect([own.length, Object.keys(own[0]), own.at(-1)]).toEqual([rows, columns, last]);
  }
});

test("a word that is spelled like a number leaves its column words", async () => {
  const own = join(folder, "words");
  await cp(run, own, { recursive: true });
  await writeFile(join(own, "words.csv"), "word,value,seen\n1e5,1.5,true\nnan,,false\n");
  const out = join(folder, "words-out");
  await exportRun(own, "tables", out);
  expect(JSON.parse(await readFile(join(out, "words.json"), "utf8"))).toEqual([
    { word: "1e5", value: 1.5, seen: true },
    { word: "nan", value: null, seen: false },
  ]);
});

test("dictionaries are the run's folders with a card", async () => {
  const playable = await writePlayableRun(folder, "playable");
  await expect(exportRun(playable, "saelens", join(folder, "none"))).resolves.toEqual(["README.md", "base", "tuned"]);
  const weights = join("tuned", "blocks.1.hook_mlp_out", "small", "sae_weights.safetensors");
  expect(await sha256(join(folder, "none", weights))).toBe(await sha256(join(playable, "dictionaries", weights)));
});

test("SAEDashboard reads the explained features", async () => {
  const playable = await writePlayableRun(folder, "dashboards");
  await exportRun(playable, "saedashboard", join(folder, "saedashboard"));
  expect(await readdir(join(folder, "saedashboard"))).toEqual(Object.keys(readings.saedashboard));
  const at = join(folder, "saedashboard", "1-tuned-mlp-out-small");
  const { features } = JSON.parse(await readFile(join(at, "batch-0.json"), "utf8"));
  expect(features.map((feature: { feature_index: number }) => feature.feature_index)).toEqual(
    readings.saedashboard["1-tuned-mlp-out-small"],
  );
  expect(features[1]).toMatchObject({ frac_nonzero: 0.2, activations: [{ tokens: ["a", " good"], values: [0, 2] }] });
  const { wDec } = await loadAutoencoder(join(playable, "dictionaries/tuned/blocks.1.hook_mlp_out/small"));
  expect(features[1].vector).toEqual([...wDec.subarray(16, 32)].map((value) => Number(value.toPrecision(7))));
  const { skipped_indexes } = JSON.parse(await readFile(join(at, "skipped_indexes.json"), "utf8"));
  expect(skipped_indexes).toEqual([3, 4, 5, 6, 7]);
});

/**
 * Columns of the small tables in Neuronpedia's database: those that a row must have, since they have
 * no default, and others that are written.
 */
const neuronpediaColumns = {
  release: [["name", "description", "creatorName", "creatorId"], ["urls"]],
  model: [
    ["id", "creatorId", "layers", "neuronsPerLayer", "owner"],
    ["displayName", "dimension"],
  ],
  sourceset: [
    ["modelId", "name", "description", "creatorName", "creatorId"],
    ["urls", "releaseName"],
  ],
  source: [["id", "modelId", "setName", "creatorId"], ["dataset"]],
};

test("Neuronpedia's client reads every explained feature of the bundle, and its rows fit the tables", async () => {
  const playable = await writePlayableRun(join(folder, "bundle"), "playable");
  const out = join(folder, "neuronpedia");
  expect(await exportRun(playable, "neuronpedia", out)).toEqual(["base"]);
  expect(Object.keys(readings.neuronpedia)).toEqual(
    (await readdir(join(out, "base"))).map((source) => `base/${source}`).sort(),
  );
  const rowsOf = async (file: string) => {
    const rows: Record<string, unknown>[] = [];
    for await (const row of readJsonl(file)) rows.push(row as Record<string, unknown>);
    return rows;
  };
  for (const [path, { sha256: recorded, set, features }] of Object.entries<{
    sha256: Record<string, string>;
    set: { name: string; sources: { id: string }[] };
    features: Record<string, unknown>[];
  }>(readings.neuronpedia)) {
    for (const [table, [needed, other]] of Object.entries(neuronpediaColumns)) {
      const [row, ...more] = await rowsOf(join(out, path, `${table}.jsonl`));
      expect(more).toEqual([]);
      expect(Object.keys(row).sort(), table).toEqual([...needed, ...other, "visibility", "createdAt"].sort());
      for (const name of needed) expect(row[name], `${table}.${name}`).not.toBeNull();
    }
    const source = path.slice("base/".length);
    expect([set.name, set.sources.map(({ id }) => id)]).toEqual([source.slice("1-".length), [source]]);
    const role = source.startsWith("1-base") ? "base" : "tuned";
    const explained = (await rowsOf(join(playable, "features.jsonl"))).filter(({ model }) => model === role);
    expect(features).toEqual(
      explained.map(({ feature, density, explanation, maxActivation }) => ({
        ...{ modelId: "base", source, index: String(feature), density, top_logits: null, bottom_logits: null },
        explanations: [
          { modelId: "base", source, index: feature, text: explanation, method: null, explainer_model: null },
        ],
        activations: [
          {
            ...{ modelId: "base", source, index: feature, tokens: ["a", " good"], values: [0, 2] },
            ...{ quantileMax: maxActivation, quantileMin: -1, quantileFraction: null },
          },
        ],
      })),
    );
    for (const table of ["features", "activations", "explanations"]) {
      const text = gunzipSync(await readFile(join(out, path, table, "batch-0.jsonl.gz")));
      expect(createHash("sha256").update(text).digest("hex"), table).toBe(recorded[table]);
      const rows = await rowsOf(join(out, path, table, "batch-0.jsonl.gz"));
      expect(rows).toHaveLength(3);
      for (const row of rows) expect(Object.keys(row)).toEqual(Object.keys(rows[0]));
      expect(rows[2]).toMatchObject({ index: "2", layer: source, modelId: "base" });
    }
  }
});

test("delphi reads every activation of the explained features, their tokens and explanations", async () => {
  const playable = await writePlayableRun(folder, "latents");
  await exportRun(playable, "delphi", join(folder, "delphi"));
  const at = join(folder, "delphi", "tuned");
  const [module] = await readdir(join(at, "latents"));
  const written = await sha256(join(at, "latents", module, "0_7.safetensors"));
  const {
    sha256: recorded,
    tokens,
    latents,
    records,
    explanations,
  } = JSON.parse(await readFile(join(golden, "delphi.json"), "utf8")).tuned;
  expect(recorded).toEqual({ [module]: written });
  const names = [0, 1, 2].map((feature) => `${module}_latent${feature}`);
  expect([Object.keys(latents), records, Object.keys(explanations)]).toEqual([names, names, names]);
  expect(explanations[names[1]]).toBe('fires on " good" <1>');
  // One row of 96 of the 120 tokens; those of the second half follow on those of the first.
  const evidence = {
    explaining: await readEvidence(playable, "tuned", "explaining"),
    scoring: await readEvidence(playable, "tuned", "scoring"),
  };
  const all = [...evidence.explaining[0].corpus.texts.flat(), ...evidence.scoring[0].corpus.texts.flat()];
  expect(tokens).toEqual([all.slice(0, 96)]);
  for (const [feature, name] of names.entries()) {
    const active = (["explaining", "scoring"] as const).flatMap((half, i) => {
      const { positions, codes } = evidence[half][feature];
      return Array.from(positions, (position, n) => ({ at: 45 * i + position, code: codes[n] }));
    });
    const whole = active.filter(({ at }) => at < 96);
    expect(latents[name].locations).toEqual(whole.map(({ at }) => [0, at, feature]));
    expect(latents[name].activations).toEqual(whole.map(({ code }) => code));
  }
});

test("delphi gets what there is where one model has no explained features, and is told what is missing", async () => {
  const half = await writePlayableRun(folder, "half");
  const lines = (name: string) => readFile(join(half, name), "utf8").then((text) => text.trimEnd().split("\n"));
  const rewrite = async (keep: (line: string) => boolean) => {
    for (const name of ["features.jsonl", "labels.jsonl"])
      await writeFile(join(half, name), `${(await lines(name)).filter(keep).join("\n")}\n`);
    await rm(join(half, "evidence", "base.explaining.safetensors"), { force: true });
    const record = await readRecord(half);
    const outputs = await new OutputChecks(half).describe(["features.jsonl", "evidence"], []);
    await writeRecord(half, {
      ...record,
      stages: { ...record.stages, explain: { ...record.stages.explain!, outputs } },
    });
  };
  await rewrite((line) => line.includes('"model":"tuned"'));
  expect(await exportRun(half, "delphi", join(folder, "half-out"))).toEqual(["tuned"]);
  expect(await readdir(join(folder, "half-out", "tuned", "explanations"))).toHaveLength(3);

  const [first] = await readEvidence(half, "tuned", "explaining");
  await writeEvidence(half, "tuned", "scoring", [first]);
  await rewrite(() => true);
  await expect(exportRun(half, "delphi", join(folder, "half-none"))).rejects.toThrow(
    /activations of the 3 explained features of the tuned model in evidence\/, received those of 1/,
  );
});

test("what is missing, taken or damaged is said, and nothing is left behind", async () => {
  await expect(exportRun(run, "hub", join(folder, "hub"))).rejects.toThrow(/no tuned model of its own/);
  await mkdir(join(folder, "taken"));
  await writeFile(join(folder, "taken", "a"), "");
  await expect(exportRun(run, "tables", join(folder, "taken"))).rejects.toThrow(
    /--out: expected a folder that does not exist/,
  );
  await expect(exportRun(run, "tables", join(run, "inside"))).rejects.toThrow(/inside, which is in the run/);
  await expect(exportRun(run, "tables", join(folder, "taken", "a", "b"))).rejects.toThrow(/taken\/a, which is a file/);
  const stopped = AbortSignal.abort(new Error("stopped"));
  await expect(exportRun(run, "tables", join(folder, "never"), stopped)).rejects.toThrow("stopped");
  const damaged = await writePlayableRun(folder, "damaged");
  await appendFile(join(damaged, "features.jsonl"), "{}\n");
  await expect(exportRun(damaged, "tables", join(folder, "never"))).rejects.toThrow(/features\.jsonl/);
  expect(
    (await readdir(folder)).filter((name) => ["hub", "never"].includes(name) || name.includes("unfinished")),
  ).toEqual([]);
});
