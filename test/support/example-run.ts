/** An invented run with plausible numbers, the same at every call. No number of it was measured. */
import { join } from "node:path";
import { parseConfig } from "../../src/config/check-config.js";
import { writeJsonl } from "../../src/io/jsonl.js";
import type { RunData } from "../../src/results/read-run.js";
import {
  type ExplainedFeatureLine,
  type FeatureLabelLine,
  type FeatureRecord,
  type FeatureScoresLine,
  type ModelRole,
  writeResults,
} from "../../src/results/results.js";
import { RUN_FORMAT, writeRecord } from "../../src/results/run-record.js";
import { writeCarry } from "../../src/results/sections/carry.js";
import { writeLabels } from "../../src/results/sections/classify.js";
import { writeExplained } from "../../src/results/sections/explain.js";
import { writeImplicitReward } from "../../src/results/sections/implicit-reward.js";
import { writeDeltas, writeLexicon } from "../../src/results/sections/probe.js";
import { writeScores } from "../../src/results/sections/score.js";
import { Rng } from "../../src/rng.js";
import { carriedTokens, carryResults } from "./example-run/carry.js";
import { dictionaries, match, studies } from "./example-run/dictionaries.js";
import { features, topicNames } from "./example-run/features.js";
import { implicitRewardResults, implicitRewardWords } from "./example-run/implicit-reward.js";
import { deltas, lexicon, probe } from "./example-run/probe.js";
import { around, chosen, roles } from "./example-run/shape.js";
import { metrics, nastyText, samples } from "./example-run/tuning.js";

/** A whole run: all stages done, both models, five layers. */
export function exampleRun(): RunData {
  const rng = Rng.fromSeed(7, "report fixture");
  const matched = match(rng);
  const explained = features(rng, matched);
  const words = lexicon(rng);
  const implicitRewards = implicitRewardWords(words);
  const draws = (value: number) =>
    Array.from({ length: 10 }, () => around(value + 0.04 * rng.normal(), 0.09, 1000, "prompt"));
  const relatedOf = (model: ModelRole, layer?: number) =>
    explained.filter((row) => row.model === model && row.related && (layer === undefined || row.layer === layer));
  const stages = [
    "tune",
    "divergence",
    "dictionaries",
    "studies",
    "match",
    "explain",
    "classify",
    "score",
    "triples",
    "probe",
    "implicit-reward",
    "carry",
    "ablate",
    "frequency",
  ];
  const seconds = [361.2, 1.4, 118.7, 41.3, 2.2, 12.6, 31.9, 4.1, 24.4, 22.1, 11.3, 95.2, 203.5, 9.8];
  return {
    record: {
      ...begun,
      config: parseConfig({ studies: { l1Coefs: [0.001, 0.002, 0.005, 0.01], tied: true, lowest: true } }, "fixture"),
      versions: { rewardscope: "0.1.0", node: "20.20.0", "onnxruntime-node": "1.30.0" },
      stages: Object.fromEntries(
        stages.map((name, i) => [name, { status: "done" as const, seconds: seconds[i], settings: "x", inputs: {} }]),
      ),
    },
    results: {
      tune: {
        batches: 100,
        promptTokens: 30,
        newTokens: 40,
        reward: {
          base: around(0.214, 0.071, 1000, "prompt"),
          tuned: around(1.873, 0.084, 1000, "prompt"),
          difference: around(1.659, 0.092, 1000, "prompt"),
        },
        completionReward: {
          base: around(0.122, 0.058, 1000, "prompt"),
          tuned: around(1.781, 0.074, 1000, "prompt"),
          difference: around(1.659, 0.092, 1000, "prompt"),
        },
        distinct2: { base: 0.612, tuned: 0.471 },
        basePerplexity: { base: around(38.4, 1.1, 1000, "prompt"), tuned: around(51.2, 1.8, 1000, "prompt") },
        kl: around(9.81, 0.22, 1000, "prompt"),
      },
      divergence: {
        layers: Array.from({ length: 6 }, (_, layer) => ({
          layer,
          divergence: 1.12 + 0.29 * layer + 0.04 * rng.normal(),
          tensors: ["attention.dense.weight", "mlp.dense_h_to_4h.weight", "mlp.dense_4h_to_h.weight"].map(
            (name, i) => ({
              name: `gpt_neox.layers.${layer}.${name}`,
              l2: 0.31 + 0.05 * i + 0.06 * layer,
            }),
          ),
        })),
        others: [
          { name: "gpt_neox.embed_in.weight", l2: 0.913 },
          { name: "gpt_neox.final_layer_norm.weight", l2: 0.021 },
          { name: "embed_out.weight", l2: 1.204 },
        ],
        chosen,
      },
      dictionaries: dictionaries(rng),
      studies: studies(),
      match: matched,
      classify: {
        explainer: "rule",
        criterion: "permutation test over texts, Benjamini-Hochberg q = 0.05 over all features",
        models: roles.map((model) => ({
          model,
          explained: 150,
          related: relatedOf(model).length,
          byLayer: chosen.map((layer) => ({ layer, explained: 30, related: relatedOf(model, layer).length })),
          topics: topicNames.map((topic) => ({
            topic,
            features: explained.filter((row) => row.model === model && row.topics?.includes(topic)).length,
          })),
        })),
      },
      score: {
        excerptTokens: 8,
        models: roles.map((model) => ({
          model,
          explained: 150,
          scored: 145,
          balancedAccuracy: around(model === "tuned" ? 0.652 : 0.641, 0.012, 145, "feature"),
          control: around(0.501, 0.008, 145, "feature"),
          difference: around(model === "tuned" ? 0.151 : 0.14, 0.013, 145, "feature"),
        })),
        fuzzing: roles.map((model) => ({
          model,
          explained: 150,
          scored: 131,
          balancedAccuracy: around(model === "tuned" ? 0.623 : 0.617, 0.014, 131, "feature"),
          control: around(0.499, 0.009, 131, "feature"),
          difference: around(model === "tuned" ? 0.124 : 0.118, 0.015, 131, "feature"),
        })),
        simulation: roles.map((model) => ({
          model,
          explained: 150,
          scored: 148,
          correlation: around(model === "tuned" ? 0.342 : 0.337, 0.02, 148, "feature"),
          control: around(0.021, 0.012, 148, "feature"),
          difference: around(model === "tuned" ? 0.321 : 0.316, 0.022, 148, "feature"),
        })),
        simulatedTokens: 32,
      },
      triples: {
        triples: 6602,
        distinctPositives: 412,
        distinctNegatives: 388,
        distinctNeutrals: 521,
        largestNegativeShare: 0.0198,
        largestNeutralShare: 0.0191,
        samples: [
          { context: "I have to say that the cast is", positive: " great", neutral: " here", negative: " awful" },
          { context: `One ${nastyText} evening, and it was`, positive: " fun", neutral: " late", negative: " sad" },
          { context: "What makes the second half so", positive: " charming", neutral: " long", negative: " dull" },
        ],
      },
      probe: probe(words),
      implicitReward: implicitRewardResults(implicitRewards, around),
      carry: carryResults(),
      ablate: {
        promptTokens: 30,
        newTokens: 40,
        kind: "subtractFeatures",
        related: chosen.map((layer) => ({ layer, features: relatedOf("tuned", layer).map(({ feature }) => feature) })),
        base: around(0.214, 0.071, 1000, "prompt"),
        before: around(1.873, 0.084, 1000, "prompt"),
        after: around(1.412, 0.086, 1000, "prompt"),
        effect: around(-0.461, 0.081, 1000, "prompt"),
        random: {
          draws: draws(-0.08),
          meanEffect: around(-0.083, 0.034, 1000, "prompt"),
          difference: around(-0.378, 0.083, 1000, "prompt"),
        },
        matchedFrequency: {
          draws: draws(-0.14),
          meanEffect: around(-0.142, 0.036, 1000, "prompt"),
          difference: around(-0.319, 0.083, 1000, "prompt"),
        },
        unlabelled: {
          draws: draws(-0.11),
          meanEffect: around(-0.107, 0.035, 1000, "prompt"),
          difference: around(-0.354, 0.083, 1000, "prompt"),
        },
        completion: {
          base: around(0.122, 0.058, 1000, "prompt"),
          before: around(1.781, 0.074, 1000, "prompt"),
          after: around(1.322, 0.077, 1000, "prompt"),
          effect: around(-0.459, 0.08, 1000, "prompt"),
        },
        otherKinds: [
          {
            kind: "replace",
            after: around(1.31, 0.088, 1000, "prompt"),
            effect: around(-0.563, 0.084, 1000, "prompt"),
            random: {
              draws: draws(-0.17),
              meanEffect: around(-0.171, 0.039, 1000, "prompt"),
              difference: around(-0.392, 0.088, 1000, "prompt"),
            },
          },
        ],
        eachFeature: relatedOf("tuned").map(({ layer, feature }, i) => ({
          layer,
          feature,
          effect: around(-0.12 + 0.006 * i, 0.041, 1000, "prompt"),
        })),
      },
      frequency: {
        models: roles.map((model) => ({
          model,
          positions: 9_812,
          threshold: model === "tuned" ? 3 : 2.41,
          criterion: model === "tuned" ? "above the threshold" : "top decile",
          shareAbove: model === "tuned" ? 0.0312 : 0,
          highPositions: model === "tuned" ? 306 : 981,
          related: around(model === "tuned" ? 0.182 : 0.121, 0.018, 214, "text"),
          average: around(0.093, 0.004, 214, "text"),
          matchedFrequency: around(0.112, 0.011, 214, "text"),
        })),
      },
    },
    features: explained,
    lexicon: words,
    implicitRewards,
    carriedTokens: carriedTokens(),
    metrics: metrics(rng),
    samples,
    deltas: deltas(rng),
  };
}

const begun = { format: RUN_FORMAT, inputs: {}, hub: {} };

/** What a run shows before its first stage has ended. */
export function emptyRun(): RunData {
  return {
    record: {
      ...begun,
      config: parseConfig({}, "fixture"),
      versions: {},
      stages: { tune: { status: "running", settings: "x", inputs: {} } },
    },
    results: {},
    features: [],
    lexicon: [],
    implicitRewards: [],
    carriedTokens: [],
    metrics: [],
    samples: [],
    deltas: [],
  };
}

/** Writes a run into a folder, as its stages do; what is empty gets no file. */
export async function writeRun(folder: string, run: RunData): Promise<void> {
  const { record, results, features, lexicon, implicitRewards, carriedTokens, metrics, samples, deltas } = run;
  await writeRecord(folder, record);
  await writeResults(folder, results);
  if (features.length > 0) await writeFeatures(folder, features);
  if (lexicon.length > 0) await writeLexicon(folder, lexicon);
  if (implicitRewards.length > 0) await writeImplicitReward(folder, implicitRewards);
  if (carriedTokens.length > 0) await writeCarry(folder, { tensors: [], units: [], tokens: carriedTokens });
  if (metrics.length > 0) await writeJsonl(join(folder, "tuning", "metrics.jsonl"), metrics);
  if (samples.length > 0) await writeJsonl(join(folder, "tuning", "samples.jsonl"), samples);
  if (deltas.length > 0) await writeDeltas(folder, deltas);
}

/** Features as explain, classify and score leave them: a file each. */
async function writeFeatures(folder: string, features: readonly FeatureRecord[]): Promise<void> {
  const explained: ExplainedFeatureLine[] = [];
  const labels: FeatureLabelLine[] = [];
  const scored: FeatureScoresLine[] = [];
  for (const { related = false, reason = "", topics = [], scores = {}, ...feature } of features) {
    const { detection, fuzzing, simulation, ...ofLabel } = scores;
    const name = { model: feature.model, layer: feature.layer, feature: feature.feature };
    explained.push(feature);
    labels.push({ ...name, related, reason, topics, scores: ofLabel });
    scored.push({ ...name, detection, fuzzing, simulation });
  }
  await writeExplained(folder, explained);
  await writeLabels(folder, labels);
  await writeScores(folder, scored);
}
