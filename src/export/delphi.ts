/**
 * Export of the explained features as cached latents and explanations of delphi (EleutherAI,
 * eai-delphi 0.1), whose scorers then read them: a folder per model.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../errors.js";
import type { FeatureEvidence } from "../interpret/index.js";
import { readJson, writeFileAtomic, writeJson } from "../io/atomic.js";
import { isObject } from "../io/json-object.js";
import { writeSafetensors } from "../io/safetensors.js";
import { mlpHookPoint } from "../model/hook-points.js";
import { dictionaryFolder } from "../pipeline/stages/files/dictionary-files.js";
import { type EvidenceHalf, readEvidence } from "../pipeline/stages/files/evidence-file.js";
import { baseModel, setting } from "../report/settings.js";
import { type RunData, readRun } from "../results/read-run.js";
import type { ModelRole } from "../results/results.js";

/** Tokens of a row, as delphi caches them; it cuts rows into windows of 32 (`example_ctx_len`). */
const ROW = 256;
const WINDOW = 32;

const halves: readonly EvidenceHalf[] = ["explaining", "scoring"];

/** The module that a dictionary encodes, as transformers calls it, and the number of its features. */
async function moduleOf(run: string, role: ModelRole, layer: number): Promise<{ module: string; dSae: number }> {
  const file = join(dictionaryFolder(run, role, layer, "small"), "cfg.json");
  const cfg = await readJson(file);
  const { d_sae: dSae, metadata } = isObject(cfg) ? cfg : {};
  if (typeof dSae !== "number" || !isObject(metadata)) throw new FormatError(file, "has no d_sae and metadata");
  const { hf_hook_name: name } = metadata;
  return { module: typeof name === "string" ? name : mlpHookPoint(layer), dSae };
}

/** The activations of a model's explained features on one half of the held-out texts. */
async function evidenceOf(run: string, role: ModelRole, half: EvidenceHalf, explained: RunData["features"]) {
  const evidence = await readEvidence(run, role, half);
  const hasAll = explained.every(({ layer, feature }) =>
    evidence.some((one) => one.layer === layer && one.feature === feature),
  );
  if (hasAll) return evidence;
  throw new FormatError(
    run,
    `expected the activations of the ${explained.length} explained features of the ${role} model in evidence/, received those of ${evidence.length}`,
    { help: "The stage explain writes both." },
  );
}

/** The held-out texts of one model one after the other, in rows of equal length. */
interface Rows {
  readonly tokens: readonly number[];
  readonly width: number;
  /** Whole rows; what is left of the tokens is not written. */
  readonly count: number;
  /** Where each half's tokens begin. */
  readonly starts: readonly number[];
}

function layRows(run: string, evidence: readonly (readonly FeatureEvidence[])[]): Rows {
  const texts = evidence.map(([{ corpus }]) => corpus.texts.flat());
  const tokens = texts.flat();
  const width = Math.min(ROW, WINDOW * Math.floor(tokens.length / WINDOW));
  if (width === 0)
    throw new FormatError(run, `expected at least ${WINDOW} tokens of held-out texts, received ${tokens.length}`);
  return { tokens, width, count: Math.floor(tokens.length / width), starts: [0, texts[0].length] };
}

/** Row, position and feature of each activation, in the order of features, and the activations. */
function activationsOf(ofHalves: readonly (readonly FeatureEvidence[])[], { starts, width, count }: Rows) {
  const places: number[] = [];
  const values: number[] = [];
  for (const [i, { feature }] of ofHalves[0].entries())
    for (const [half, start] of starts.entries()) {
      const { positions, codes } = ofHalves[half][i];
      for (const [at, position] of positions.entries()) {
        const token = start + position;
        if (token >= count * width) continue;
        places.push(Math.floor(token / width), token % width, feature);
        values.push(codes[at]);
      }
    }
  return { places, values };
}

const wholeNumbers = (values: readonly number[]): BigInt64Array => BigInt64Array.from(values, BigInt);

/** What delphi records of how its latents were made; it reads `model_name`. */
function cacheConfig(data: RunData, { width, count }: Rows) {
  return {
    dataset_repo: setting(data, "corpus.source") ?? "",
    dataset_split: setting(data, "corpus.splits.rest") ?? "",
    dataset_name: "",
    dataset_column: setting(data, "corpus.textColumn") ?? "text",
    batch_size: 1,
    cache_ctx_len: width,
    n_tokens: width * count,
    n_splits: 1,
    model_name: baseModel(data) ?? "",
  };
}

/**
 * Writes `ROLE/latents/MODULE/0_END.safetensors` and `config.json` per dictionary, and
 * `ROLE/explanations/MODULE_latentN.txt` per feature. Features that the run did not explain have no
 * activations, and a model of which it explained none has no folder.
 * @throws FormatError when no feature of either model is explained, or when the file of a model's
 *   activations is missing or holds other features than those that are explained
 */
export async function writeDelphi(run: string, folder: string): Promise<void> {
  const data = await readRun(run);
  if (data.features.length === 0)
    throw new FormatError(run, "the run has no explained features yet", { help: "The stage explain makes them." });
  for (const role of ["base", "tuned"] as const) {
    const explained = data.features.filter(({ model }) => model === role);
    if (explained.length === 0) continue;
    const evidence = await Promise.all(halves.map((half) => evidenceOf(run, role, half, explained)));
    const rows = layRows(run, evidence);
    const explanations = join(folder, role, "explanations");
    await mkdir(explanations, { recursive: true });
    for (const layer of new Set(evidence[0].map((one) => one.layer))) {
      const { module, dSae } = await moduleOf(run, role, layer);
      const ofLayer = evidence.map((half) => half.filter((one) => one.layer === layer));
      const { places, values } = activationsOf(ofLayer, rows);
      const at = join(folder, role, "latents", module);
      await mkdir(at, { recursive: true });
      await writeSafetensors(join(at, `0_${dSae - 1}.safetensors`), {
        locations: { dims: [values.length, 3], data: wholeNumbers(places) },
        activations: { dims: [values.length], data: Float32Array.from(values) },
        tokens: {
          dims: [rows.count, rows.width],
          data: wholeNumbers(rows.tokens.slice(0, rows.count * rows.width)),
        },
      });
      await writeJson(join(at, "config.json"), cacheConfig(data, rows));
      for (const { feature, explanation } of explained.filter((one) => one.layer === layer))
        await writeFileAtomic(join(explanations, `${module}_latent${feature}.txt`), JSON.stringify(explanation));
    }
  }
}
