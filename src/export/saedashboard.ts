/**
 * Export of the explained features as SAEDashboard batches (SAEDashboard 0.8,
 * `NeuronpediaDashboardBatch`), one folder per dictionary.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../errors.js";
import { writeJson } from "../io/atomic.js";
import { openTensors } from "../io/open-tensors.js";
import { dictionaryFolder } from "../pipeline/stages/files/dictionary-files.js";
import { baseModel, setting } from "../report/settings.js";
import type { FeatureRecord } from "../results/features.js";
import { readRun } from "../results/read-run.js";
import type { ModelRole } from "../results/results.js";

/** Neurons listed as nearest to a feature's direction. */
const ALIGNED = 3;
/** Decimal places, as SAEDashboard rounds. */
const PLACES = 3;

const rounded = (value: number): number => Number(value.toFixed(PLACES));

/** An excerpt with the activation of each token. Of the highest activations, bin_min and bin_contains are -1. */
export interface DashboardActivation {
  readonly tokens: readonly string[];
  readonly values: readonly number[];
  readonly bin_min: number;
  readonly bin_max: number;
  readonly bin_contains: number;
  readonly qualifying_token_index: number;
}

/** A feature with the fields that a run has; the others, which need all pairs of features, are empty. */
export interface DashboardFeature {
  readonly feature_index: number;
  readonly activations: readonly DashboardActivation[];
  readonly vector: readonly number[];
  readonly [field: string]: unknown;
}

/** The explained features of one dictionary. */
export interface DashboardBatch {
  readonly role: ModelRole;
  readonly layer: number;
  readonly dSae: number;
  readonly records: readonly FeatureRecord[];
  /** In the order of the records. */
  readonly features: readonly DashboardFeature[];
}

function activationOf(
  tokens: readonly string[],
  activations: readonly number[],
  bin: readonly [number, number, number],
) {
  const values = activations.map(rounded);
  const [bin_min, bin_max, bin_contains] = bin;
  return {
    tokens,
    values,
    bin_min,
    bin_max,
    bin_contains,
    qualifying_token_index: values.indexOf(Math.max(...values)),
  };
}

/** @param vector the decoder direction [dModel] */
function dashboardFeature(record: FeatureRecord, vector: readonly number[], dataset: string): DashboardFeature {
  const {
    feature,
    density,
    maxActivation,
    examples,
    atLevels = [],
    histogram = [],
    promoted = [],
    suppressed = [],
  } = record;
  const sum = vector.reduce((total, value) => total + Math.abs(value), 0);
  const aligned = [...vector.keys()].sort((a, b) => Math.abs(vector[b]) - Math.abs(vector[a])).slice(0, ALIGNED);
  const highest = examples.map(({ tokens, activations }) =>
    activationOf(tokens, activations, [-1, rounded(maxActivation), -1]),
  );
  const weaker = atLevels.map(({ level, tokens, activations }) => {
    const at = level * maxActivation;
    return activationOf(tokens, activations, [
      rounded(at - 0.125 * maxActivation),
      rounded(at + 0.125 * maxActivation),
      0,
    ]);
  });
  return {
    feature_index: feature,
    neuron_alignment_indices: aligned,
    neuron_alignment_values: aligned.map((neuron) => rounded(vector[neuron])),
    neuron_alignment_l1: aligned.map((neuron) => rounded(vector[neuron] / sum)),
    correlated_neurons_indices: [],
    correlated_neurons_l1: [],
    correlated_neurons_pearson: [],
    correlated_features_indices: [],
    correlated_features_l1: [],
    correlated_features_pearson: [],
    neg_str: suppressed.map(({ token }) => token),
    neg_values: suppressed.map(({ logit }) => rounded(logit)),
    pos_str: promoted.map(({ token }) => token),
    pos_values: promoted.map(({ logit }) => rounded(logit)),
    frac_nonzero: density,
    freq_hist_data_bar_values: histogram.map((_, tenth) => rounded(((tenth + 0.5) * maxActivation) / histogram.length)),
    freq_hist_data_bar_heights: histogram.map(rounded),
    logits_hist_data_bar_heights: [],
    logits_hist_data_bar_values: [],
    n_prompts_total: 0,
    n_tokens_in_prompt: examples[0]?.tokens.length ?? 0,
    dataset,
    activations: [...highest, ...weaker],
    decoder_weights_dist: [],
    vector: vector.map((value) => Number(value.toPrecision(7))),
  };
}

/** What a run has for dashboards. */
export interface Dashboards {
  /** The base model as the configuration names it. */
  readonly base: string;
  /** How many layers it has, or, before the stage divergence, how many at least. */
  readonly layers: number;
  readonly explainedAt: string;
  /** Where the texts of the excerpts come from. */
  readonly dataset: string;
  /** In the order of models and layers. */
  readonly batches: readonly DashboardBatch[];
}

/** @throws FormatError when no feature is explained yet, or their dictionary is missing */
export async function dashboardBatches(run: string): Promise<Dashboards> {
  const data = await readRun(run);
  if (data.features.length === 0)
    throw new FormatError(run, "the run has no explained features yet", { help: "The stage explain makes them." });
  const dataset = setting(data, "corpus.source") ?? "";
  const batches: DashboardBatch[] = [];
  for (const role of ["base", "tuned"] as const)
    for (const layer of new Set(data.features.map((feature) => feature.layer))) {
      const records = data.features.filter((feature) => feature.model === role && feature.layer === layer);
      if (records.length === 0) continue;
      const weights = await openTensors(join(dictionaryFolder(run, role, layer, "small"), "sae_weights.safetensors"));
      const { dims, data: decoder } = await weights.read("W_dec").finally(() => weights.close());
      const [dSae, dIn] = dims;
      const features = records.map((record) =>
        dashboardFeature(
          record,
          [...decoder.subarray(record.feature * dIn, (record.feature + 1) * dIn)] as number[],
          dataset,
        ),
      );
      batches.push({ role, layer, dSae, records, features });
    }
  const { explain } = data.record.stages;
  const explainedAt = explain?.endedAt ?? explain?.startedAt ?? "1970-01-01T00:00:00.000Z";
  const layers = Math.max(data.results.divergence?.layers.length ?? 0, ...batches.map(({ layer }) => layer + 1));
  return { base: baseModel(data) ?? "model", layers, explainedAt, dataset, batches };
}

/** The name of a dictionary's set: `tuned-mlp-out-small`. */
export const setName = (role: ModelRole): string => `${role}-mlp-out-small`;

/** @throws FormatError when no feature is explained yet */
export async function writeSaedashboard(run: string, folder: string): Promise<void> {
  const { base, batches } = await dashboardBatches(run);
  for (const { role, layer, dSae, features } of batches) {
    const at = join(folder, `${layer}-${setName(role)}`);
    await mkdir(at);
    const batch = { model_id: base, layer, sae_set: setName(role), sae_id_suffix: null, features };
    await writeJson(join(at, "batch-0.json"), batch);
    const exported = new Set(features.map(({ feature_index }) => feature_index));
    const skipped = Array.from({ length: dSae }, (_, feature) => feature).filter((feature) => !exported.has(feature));
    await writeJson(join(at, "skipped_indexes.json"), {
      model_id: base,
      layer: String(layer),
      sae_set: setName(role),
      skipped_indexes: skipped,
    });
    await writeJson(join(at, "run_settings.json"), {
      sae_set: setName(role),
      n_features_total: dSae,
      n_features: features.length,
    });
  }
}
