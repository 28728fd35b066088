/** A run folder that can be played with: a pair of tiny models, random dictionaries, explained features. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseConfig } from "../../src/config/check-config.js";
import { writeJsonl } from "../../src/io/jsonl.js";
import { writeEvidence } from "../../src/pipeline/stages/files/evidence-file.js";
import { OutputChecks } from "../../src/results/outputs.js";
import { hashSection, type Results, writeResults } from "../../src/results/results.js";
import { RUN_FORMAT, writeRecord } from "../../src/results/run-record.js";
import { writeCarry } from "../../src/results/sections/carry.js";
import { writeLabels } from "../../src/results/sections/classify.js";
import { writeExplained } from "../../src/results/sections/explain.js";
import { Rng } from "../../src/rng.js";
import { Autoencoder } from "../../src/sae/autoencoder.js";
import { saveAutoencoder } from "../../src/sae/saelens-folder.js";
import { evidenceOf } from "./evidence.js";
import { savedWithTokenizer } from "./model-folder.js";
import { tinyModel } from "./tiny-models.js";

const roles = ["base", "tuned"] as const;
const layers = [0, 1];
const sizes = { dIn: 16, dSae: 8 };

async function writeModel(folder: string, seed: number): Promise<void> {
  const model = await tinyModel({ vocabSize: 8192, eosTokenIds: [0] }, { seed });
  await savedWithTokenizer(model, folder);
}

function dictionary(rng: Rng, layer: number): Autoencoder {
  const { dIn, dSae } = sizes;
  const wDec = new Float32Array(dSae * dIn);
  for (let f = 0; f < dSae; f++) {
    const row = Array.from({ length: dIn }, () => rng.normal());
    const norm = Math.hypot(...row);
    wDec.set(
      row.map((x) => x / norm),
      f * dIn,
    );
  }
  const wEnc = new Float32Array(dIn * dSae);
  for (let f = 0; f < dSae; f++) for (let i = 0; i < dIn; i++) wEnc[i * dSae + f] = wDec[f * dIn + i];
  return new Autoencoder(
    { ...sizes, wEnc, bEnc: new Float32Array(dSae), wDec, bDec: new Float32Array(dIn), applyBDecToInput: false },
    { layer, tied: true },
  );
}

/** Writes the run `name` below `folder`. @param shared whether it has dictionaries that both models share */
export async function writePlayableRun(folder: string, name: string, { shared = false } = {}): Promise<string> {
  const run = join(folder, name);
  const [base, tuned] = [join(folder, ".models", "base"), join(folder, ".models", "tuned")];
  await writeModel(base, 1);
  await writeModel(tuned, 2);
  const rng = Rng.fromSeed(5, "view fixture");
  for (const role of roles)
    for (const layer of layers)
      await saveAutoencoder(
        dictionary(rng, layer),
        join(run, "dictionaries", role, `blocks.${layer}.hook_mlp_out`, "small"),
      );
  if (shared)
    for (const layer of layers)
      await saveAutoencoder(
        dictionary(rng, layer),
        join(run, "dictionaries", "shared", `blocks.${layer}.hook_mlp_out`),
      );
  const results: Results = {
    divergence: { layers: [], others: [], chosen: layers },
    dictionaries: { tokenVisits: 100, l1Coef: 0.006, dictionaries: [], curves: [], ...(shared && { shared: [] }) },
  };
  await writeResults(run, results);
  const ranked = [1, 0].flatMap((layer) => [3, 5].map((feature) => ({ layer, feature })));
  const numbers = { attribution: 0.25, size: 0.5, frequency: 0.125 };
  if (shared)
    await writeCarry(run, {
      ...{ tensors: [], units: [], tokens: [] },
      features: ranked.map((one) => ({ ...one, ...numbers })),
    });
  const features = roles.flatMap((model) => [0, 1, 2].map((feature) => ({ model, layer: 1, feature })));
  await writeExplained(
    run,
    features.map((name) => ({
      ...name,
      ...{
        cosine: 0.9,
        partner: 3,
        density: 0.2,
        maxActivation: 2 + name.feature,
        meanWhenActive: 1,
        topTokens: [{ token: " good", share: 0.5, mean: 1, count: 4 }],
        examples: [{ tokens: ["a", " good"], activations: [0, 2], text: 0, shown: true }],
        explanation: `fires on " good" <${name.feature}>`,
        explainer: "rule",
      },
    })),
  );
  // Two texts in each half: 45 tokens that explain, 75 that score.
  const codeOf = (feature: number) => (token: number, at: number) =>
    token % 3 === feature ? (1 + (at % 5)) / (1 + feature) : 0;
  const textsOf = (lengths: readonly number[]) =>
    lengths.map((length) => Array.from({ length }, (_, at) => (7 * at + length) % 50));
  for (const role of roles)
    for (const [half, lengths] of [
      ["explaining", [40, 5]],
      ["scoring", [70, 5]],
    ] as const)
      await writeEvidence(run, role, half, await evidenceOf(textsOf(lengths), [0, 1, 2].map(codeOf), 1));
  await writeLabels(
    run,
    features.map((name) => ({
      ...name,
      ...{ related: name.feature < 2, reason: "", topics: [] },
      scores: { sentimentAssociation: name.feature / 10, pValue: 0.01, qValue: 0.02 },
    })),
  );
  await mkdir(join(run, "tuning"), { recursive: true });
  await writeJsonl(
    join(run, "tuning", "metrics.jsonl"),
    [1, 2, 3].map((batch) => ({ batch, "objective/scores": batch / 10, "objective/kl": batch })),
  );
  const stage = { status: "done" as const, settings: "x", inputs: {} };
  const times = { startedAt: "2026-01-02T03:04:05.000Z", seconds: 12 };
  const checks = new OutputChecks(run);
  const wrote = async (outputs: string[], section?: keyof Results) => ({
    ...{ ...stage, ...times, outputs: await checks.describe(outputs, []) },
    sections: section === undefined ? {} : { [section]: hashSection(results[section]) },
  });
  await writeRecord(run, {
    config: parseConfig({ model: { base, tuned } }, "test"),
    format: RUN_FORMAT,
    versions: { rewardscope: "0.1.0" },
    ...{ inputs: {}, hub: {} },
    stages: {
      divergence: await wrote([], "divergence"),
      dictionaries: await wrote(["dictionaries"], "dictionaries"),
      explain: await wrote(["features.jsonl", "evidence"]),
      ...(shared && { carry: await wrote(["carry"]) }),
    },
  });
  return run;
}
