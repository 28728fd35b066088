/** How long a configuration will take, from the work of every stage and what its units take on this machine. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../config/config.js";
import { ConfigError } from "../../errors.js";
import { readJson } from "../../io/atomic.js";
import type { Architecture } from "../../model/architectures/architecture.js";
import { type DistilbertConfig, distilbert } from "../../model/architectures/distilbert.js";
import type { CausalLm } from "../../model/causal-lm.js";
import type { ModelConfig } from "../../model/language-model.js";
import { createModel, parseModelConfig } from "../../model/load.js";
import { resolveModel } from "../../model/resolve-model.js";
import { SequenceClassifier } from "../../model/sequence-classifier.js";
import { loadTokenizer } from "../../model/tokenizer/tokenizer.js";
import { Rng } from "../../rng.js";
import { sharedEngine } from "../../runtime/engine.js";
import { elementCount } from "../../runtime/tensor.js";
import { partTokens } from "../inputs/corpus-parts.js";
import { autoencodersOf, planStudies } from "../stages/study-settings.js";
import { knownShapes } from "./known-shapes.js";
import { measureRates, type Rates } from "./measure-rates.js";

export interface Estimate {
  /** Of the model that is tuned. */
  parameters: number;
  /** Seconds of each stage that takes more than a moment, in order. */
  stages: { name: string; seconds: number }[];
  seconds: number;
  /** The most memory of the process while the largest pieces of the work were done once. */
  memoryBytes: number;
}

/** Tokens of a text where the corpus cannot be asked: a film review, cut to 256, has about so many. */
const REVIEW_TOKENS = 200;
/** Texts of the corpus whose length is looked at. */
const SAMPLED_TEXTS = 200;
/** Tokens before the first positive word of a text, where its triple is cut. */
const CONTEXT_TOKENS = 30;
/** Of the texts for autoencoders, those that they are trained on; on the others features are explained. */
const TRAINING_SHARE = 0.75;
/** Texts on which each autoencoder's quality is measured. */
const QUALITY_TEXTS = 32;
/** Spectra of the probe: all rows and each fold left out, for codes of both models and raw activations of one. */
const DESIGNS = 3;
/** Bootstrap intervals of a tau, over probe and plain reading. */
const TAUS = 60;
/** Seconds per feature and permutation of the labels' test. */
const PERMUTATION = 4e-5;
/** Completions of an ablation beside those of features: tuned and base model as they are. */
const UNTOUCHED = 2;
/** Of the explained features, those labelled as related, where each is ablated alone. */
const RELATED_SHARE = 0.15;

const sum = ([a, b]: readonly [number, number]): number => a + b;

/** What the work of a stage comes to. */
function stageSeconds(config: Config, model: ModelConfig, rates: Rates, textTokens: number): Record<string, number> {
  const { corpus, ppo, dictionaries, features, triples, probe, ablation, statistics, explainer } = config;
  const layers = config.layers.choose === "all" ? model.nLayers : Math.min(config.layers.count, model.nLayers);
  const length = ppo.evaluation.promptTokens + ppo.evaluation.newTokens;
  const ofTexts = (count: number) => 2 * count * textTokens;
  const autoencoders = 2 * layers;
  const inputs = Math.round(layers * model.dModel * dictionaries.smallFactor);
  const explained = 2 * layers * features.topK;
  const learned = Math.min(
    dictionaries.tokenVisits,
    dictionaries.epochs * TRAINING_SHARE * corpus.texts.dictionaries * textTokens,
  );
  const studied = studySeconds(config, model, layers, rates, textTokens);
  const conditions =
    ablation.kinds.length *
    (1 + ablation.controls.length * ablation.draws + (ablation.eachFeature ? (RELATED_SHARE * explained) / 2 : 0));
  // An ablation's prompts may be of another length than an evaluation's.
  const ablationLength = (ablation.promptTokens + ablation.newTokens) / length;
  const tuned = config.model.tuned === undefined;
  // The whole text is rewarded, and the completion alone.
  const rewarded = (promptTokens: number, newTokens: number) => (promptTokens + 2 * newTokens) * rates.rewardToken;
  const { evaluation } = ppo;
  const completion = rates.completion + 2 * length * rates.probToken;
  const completions = 2 * evaluation.prompts * (completion + rewarded(evaluation.promptTokens, evaluation.newTokens));
  const batchTokens = (ppo.batchSize * (sum(ppo.queryTokens) + sum(ppo.responseTokens))) / 2;
  const taus = (statistics.resamples * TAUS * rates.tau700) / 2;
  return {
    ...(tuned && { tune: ppo.batches * (rates.ppoBatch + batchTokens * rates.rewardToken) + completions }),
    dictionaries:
      2 * learned * rates.trainToken + ofTexts(QUALITY_TEXTS) * (1 + layers + autoencoders) * rates.probToken,
    ...(studied > 0 && { studies: studied }),
    explain: ofTexts((1 - TRAINING_SHARE) * corpus.texts.dictionaries) * rates.readToken,
    classify: explained * explainer.permutations * PERMUTATION,
    triples: 1.1 * Math.min(triples.count, corpus.texts.triples) * CONTEXT_TOKENS * rates.readToken,
    probe:
      2 * Math.min(triples.count, corpus.texts.triples) * CONTEXT_TOKENS * rates.readToken +
      ofTexts(corpus.texts.dictionaries) * rates.readToken +
      DESIGNS * (probe.folds + 1) * (inputs / 640) ** 3 * rates.spectrum640 +
      taus,
    plain:
      2 * corpus.texts.frequency * (ppo.queryTokens[1] + ppo.responseTokens[1]) * rates.probToken +
      taus +
      (tuned ? 0 : completions),
    ablate: ablation.prompts * ablationLength * (UNTOUCHED * rates.completion + conditions * rates.editedCompletion),
    frequency: ofTexts(corpus.texts.frequency) * rates.readToken,
  };
}

/** The studies' autoencoders learn from one stream, each at its share of the time that those of a model take together. */
function studySeconds(config: Config, model: ModelConfig, chosen: number, rates: Rates, textTokens: number): number {
  const { smallFactor, largeFactor } = config.dictionaries;
  // The layers that move furthest are mostly the last ones.
  const layers = Array.from({ length: model.nLayers }, (_, layer) => ({ layer, divergence: layer, tensors: [] }));
  const plan = planStudies(config, { layers, chosen: layers.slice(-chosen).map(({ layer }) => layer) });
  const settings = [...plan.sweep, ...plan.tying, ...plan.layerChoice];
  const small = autoencodersOf(settings, model.dModel, model.dModel).length;
  const tokens = Math.min(
    config.studies.tokenVisits,
    config.studies.epochs * TRAINING_SHARE * config.corpus.texts.dictionaries * textTokens,
  );
  return (tokens * rates.trainToken * small * smallFactor) / (chosen * (smallFactor + largeFactor));
}

/** What a run's models look like. */
export interface Shapes {
  model: { architecture: Architecture; config: ModelConfig };
  /** Of the reward, if it is one. */
  classifier?: DistilbertConfig;
}

/** config.json of a folder, a download, or a model that the paper uses; no request is made. @throws ConfigError for any other */
async function readConfig(setting: string, name: string): Promise<Record<string, unknown>> {
  const folder = await resolveModel(name, { offline: true }).catch(() => undefined);
  const file = folder && join(folder, "config.json");
  if (file && existsSync(file)) return (await readJson(file)) as Record<string, unknown>;
  const [id] = name.split("@");
  if (Object.hasOwn(knownShapes, id)) return knownShapes[id];
  const expected = `a model that is here already, or one of ${Object.keys(knownShapes).join(", ")}`;
  throw new ConfigError("rewardscope run --estimate", [{ path: setting, expected, received: name }]);
}

/**
 * Shapes of the models of a run, downloaded or not.
 * @throws ConfigError for a model that is neither here nor known, FormatError when its config.json is wrong
 */
export async function shapesOf({ model, reward }: Config): Promise<Shapes> {
  const name = model.base ?? model.name;
  const shapes: Shapes = { model: parseModelConfig(await readConfig("model.name", name), name) };
  if (reward.name !== "classifier") return shapes;
  const json = await readConfig("reward.classifier", reward.classifier);
  return { ...shapes, classifier: distilbert.parseConfig(json, reward.classifier) };
}

/** Mean length of the corpus's first texts in tokens, as autoencoders read them; of reviews where the corpus is not here. */
async function meanTextTokens(config: Config): Promise<number> {
  const { maxTokens } = config.dictionaries;
  // Any tokenizer of a vocabulary made of pieces of words gives about as many.
  const tokenizer = await loadTokenizer("embedded");
  const rows = await partTokens(config, "dictionaries", tokenizer, { maxTokens, limit: SAMPLED_TEXTS }).catch(() => []);
  if (rows.length === 0) return Math.min(REVIEW_TOKENS, maxTokens);
  return rows.reduce((total, { length }) => total + length, 0) / rows.length;
}

/**
 * Matrices of the same numbers over and over, as their drawing would take longer than the measurements; norms and biases as
 * where training starts, so that no number becomes so small that processors slow down on it.
 */
async function fillRandomly({ architecture, config, store }: CausalLm): Promise<void> {
  const rng = Rng.fromSeed(0, "shape");
  const some = Float32Array.from({ length: 65_537 }, () => 0.02 * rng.normal());
  for (const { name, dims, start } of architecture.layout(config)) {
    const values = new Float32Array(elementCount(dims)).fill(start === "ones" ? 1 : 0);
    if (start !== "ones" && start !== "zeros")
      for (let at = 0; at < values.length; at += some.length) values.set(some.subarray(0, values.length - at), at);
    await store.write(name, values);
  }
}

/**
 * Measures for up to a minute with random models of the run's shapes, then adds up. Reading files and writing them is left
 * out: it takes little beside the models.
 * @throws ConfigError, FormatError as `shapesOf`
 */
export async function estimateRun(
  config: Config,
  options: { signal?: AbortSignal; onStep?: (what: string) => void } = {},
): Promise<Estimate> {
  const { model: shape, classifier: classifierShape } = await shapesOf(config);
  const engine = sharedEngine();
  const textTokens = await meanTextTokens(config);
  const model = await createModel(shape.architecture, shape.config, { engine });
  await fillRandomly(model);
  const classifier =
    classifierShape &&
    new SequenceClassifier(engine, classifierShape, await engine.createStore(distilbert.layout(classifierShape)));
  const rates = await measureRates(model, classifier, config, Math.round(textTokens), options);
  await Promise.all([model.dispose(), classifier?.dispose()]);
  const stages = Object.entries(stageSeconds(config, shape.config, rates, textTokens)).map(([name, seconds]) => ({
    name,
    seconds,
  }));
  return {
    parameters: model.store.layout.reduce((total, { dims }) => total + elementCount(dims), 0),
    stages,
    seconds: stages.reduce((total, { seconds }) => total + seconds, 0),
    memoryBytes: process.resourceUsage().maxRSS * 1024,
  };
}
