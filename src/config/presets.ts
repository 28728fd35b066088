/**
 * Named configurations: `default` takes minutes on two cores, `thorough` adds all controls and
 * studies, `gpt2-imdb` is TRL's example of a pair, `audit` is for pairs, the others have the paper's values.
 */
import type { ConfigInput } from "./config.js";
import { plainTraining } from "./plain-training.js";

/** A configuration with a name: what it is for, and the settings that differ from the defaults. */
export interface Preset {
  summary: string;
  input: ConfigInput;
}

/** The settings of all presets of the paper. "Library defaults" of section 4.1 are written out. */
const paper = {
  corpus: {
    source: "stanfordnlp/imdb", // 4.1
    splits: { tune: "train", rest: "test" }, // 4.1, 4.2
    minCharacters: 200, // 4.1, the authors' filter
    lineBreaks: false, // 4.1: the unchanged reviews
    // 4.1: one pass over the training split. The test split is divided, since 4.3 and 4.4 need
    // unseen texts.
    texts: { tune: 25_000, dictionaries: 16_000, triples: 5_000, evaluate: 1_000, frequency: 2_000 },
  },
  reward: { name: "vader", scale: 5, clip: 10, of: "prefixAndCompletion" }, // 4.1, Equation 3
  ppo: {
    batches: 390, // 4.1: 25,000 reviews / 64
    batchSize: 64, // 4.1
    miniBatchSize: 16, // 4.1
    klCoef: 0.5, // 4.1
    maxGradNorm: 1, // 4.1
    learningRate: 1e-6, // 4.1
    // 4.1, "remaining parameters set to the library defaults": TRL 0.7.7
    ppoEpochs: 4,
    schedule: "constant",
    warmupSteps: 0,
    adaptiveKl: true,
    klTarget: 6,
    klHorizon: 10_000,
    gamma: 1,
    lambda: 0.95,
    clipRange: 0.2,
    clipRangeValue: 0.2,
    vfCoef: 0.1,
    clippedSteps: "first",
    ratioThreshold: 10,
    whitenRewards: false,
    valueHeadDropout: 0, // as in TRL 0.7.7, which sets 0.1 but runs the head in evaluation mode in every pass
    queryTokens: [2, 10], // 4.1, the authors' length sampler
    responseTokens: [8, 20], // 4.1, the authors' length sampler
    evaluation: { prompts: 1000, promptTokens: 30, newTokens: 40 }, // 5.1, Table 7; the completion's length is ours
  },
  layers: { choose: "highest", count: 5 }, // 4.2
  dictionaries: {
    smallFactor: 1, // 4.2, Table 1
    largeFactor: 2, // 4.2, Table 1
    tied: true, // 4.2
    ...plainTraining,
    activation: "relu", // 4.2
    k: 32, // not used, but part of the hash in run.json
    l1Coef: 0.001, // 4.2
    learningRate: 1e-3, // 4.2
    batchTexts: 32, // 4.2
    epochs: 3, // 4.2
    tokenVisits: 16_000 * 256 * 3, // 4.2: all of three epochs
  },
  // Figure 5 does not print its weights; these are from the authors' script experiment_l1_coeff.sh.
  studies: {
    l1Coefs: [0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.009, 0.01],
    tied: true, // Table 12
    lowest: true, // Table 13
    epochs: 1, // Figure 5, Tables 12 and 13
    tokenVisits: 16_000 * 256, // all of one epoch
  },
  features: { topK: 30 }, // 4.4 and 5.2
  triples: { count: 6602 }, // 4.3
  probe: { threshold: 3 }, // 4.4
  // 4.4, Table 5; controls and draws are ours
  ablation: {
    controls: ["random", "matchedFrequency", "unlabelled"],
    prompts: 1000,
    promptTokens: 30,
    newTokens: 40,
    draws: 10,
  },
  statistics: { resamples: 2000 },
  threads: "all", // ours: hours of work
} satisfies ConfigInput;

/** The presets by name, as `rewardscope presets` lists them. */
export const presets: Readonly<Record<string, Preset>> = {
  default: { summary: "The embedded model and texts; minutes on two cores; not the paper's settings", input: {} },
  thorough: {
    summary:
      "default with all controls and studies: ten draws each, both kinds of ablation, each labelled feature alone",
    input: {
      // Around dictionaries.l1Coef, 0.006 here.
      studies: { l1Coefs: [0.001, 0.002, 0.005, 0.01, 0.02], tied: true, lowest: true },
      explainer: { permutations: 10_000 },
      carry: { prompts: 128, pathPoints: 8, rewardedParts: "all" },
      ablation: {
        kinds: ["subtractFeatures", "replace"],
        controls: ["random", "matchedFrequency", "unlabelled"],
        eachFeature: true,
        prompts: 1000,
        draws: 10,
      },
      statistics: { resamples: 2000 },
    },
  },
  "pythia-70m": {
    summary: "The paper's settings for Pythia-70m",
    input: { ...paper, model: { name: "EleutherAI/pythia-70m" } }, // 4.1
  },
  "pythia-70m-classifier": {
    summary: "Pythia-70m tuned on the positive logit of a DistilBERT classifier of reviews",
    input: {
      ...paper,
      model: { name: "EleutherAI/pythia-70m" }, // Appendix F
      reward: { ...paper.reward, name: "classifier", classifier: "lvwerra/distilbert-imdb" }, // F: the raw logit, no clipping
      features: { topK: 10 }, // F: the ten best of each layer
    },
  },
  "pythia-160m": {
    summary: "The paper's settings for Pythia-160m",
    input: { ...paper, model: { name: "EleutherAI/pythia-160m" } }, // 4.1
  },
  "gpt-neo-125m": {
    summary: "The paper's settings for GPT-Neo-125m",
    input: {
      ...paper,
      model: { name: "EleutherAI/gpt-neo-125m" }, // 4.1
      dictionaries: { ...paper.dictionaries, l1Coef: 0.0015 }, // 4.2: the only exception
    },
  },
  "gpt2-imdb": {
    summary: "GPT-2 of film reviews before and after tuning on a classifier: TRL's own example; tunes nothing",
    input: {
      model: { base: "lvwerra/gpt2-imdb", tuned: "lvwerra/gpt2-imdb-pos-v2" },
      corpus: { source: "stanfordnlp/imdb", splits: { tune: "train", rest: "test" }, minCharacters: 200 },
      reward: { name: "classifier", classifier: "lvwerra/distilbert-imdb" },
      threads: "all",
    },
  },
  audit: {
    summary: "What tuning changed in a pair of models of your own, without a reward (rewardscope audit)",
    input: {
      stages: "audit",
      corpus: {
        splits: { tune: "test", rest: "test" },
        minCharacters: 1, // prompts may be short
        texts: { tune: 1, dictionaries: 1, triples: 1, evaluate: 2000, frequency: 2000 },
      },
      threads: "all",
    },
  },
};
