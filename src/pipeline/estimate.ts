/** How long a configuration will take, from the work of every stage and what its units take on this machine. */
import { sharedEngine } from "../runtime/engine.js";
import { initialiseModel } from "../model/load.js";
import { Rng } from "../rng.js";
import type { Architecture } from "../model/architecture.js";
import type { ModelConfig } from "../model/language-model.js";
import type { Config } from "./config.js";
import { measureRates, type Rates } from "./measure-rates.js";
import { autoencodersOf, planStudies } from "./study-settings.js";

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
export const REVIEW_TOKENS = 200;
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
const PERMUTATION = 2e-5;
/** Completions of an ablation beside those of features: tuned and base model as they are. */
const UNTOUCHED = 2;
/** Of the explained features, those labelled as related, where each is ablated alone. */
const RELATED_SHARE = 0.15;

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
  const completions = 2 * ppo.evaluation.prompts * (rates.completion + 2 * length * rates.probToken);
  const taus = (statistics.resamples * TAUS * rates.tau700) / 2;
  return {
    ...(tuned && { tune: ppo.batches * rates.ppoBatch + completions }),
    dictionaries:
      2 * learned * rates.trainToken + ofTexts(QUALITY_TEXTS) * (1 + layers + autoencoders) * rates.probToken,
    ...(studied > 0 && { studies: studied }),
    explain: ofTexts((1 - TRAINING_SHARE) * corpus.texts.dictionaries) * rates.readToken,
    classify: explained * explainer.permutations * PERMUTATION,
    triples: 1.1 * Math.min(triples.count, corpus.texts.triples) * CONTEXT_TOKENS * rates.readToken,
    probe:
      2 * 3 * Math.min(triples.count, corpus.texts.triples) * CONTEXT_TOKENS * rates.readToken +
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

/**
 * Measures for about a minute with a random model of the shape, then adds up. The reward itself and the reading of files are
 * left out: they take little beside the models.
 * @param shape of the model, by its config.json
 * @param textTokens mean length of the corpus's texts, cut to `dictionaries.maxTokens`
 */
export async function estimateRun(
  config: Config,
  { architecture, config: shape }: { architecture: Architecture; config: ModelConfig & { initializerRange: number } },
  textTokens: number,
  options: { signal?: AbortSignal; onStep?: (what: string) => void } = {},
): Promise<Estimate> {
  const model = await initialiseModel(architecture, shape, Rng.fromSeed(0, "shape"), { engine: sharedEngine() });
  const rates = await measureRates(model, config, Math.round(textTokens), options);
  const parameters = model.store.layout.reduce((sum, { dims }) => sum + dims.reduce((n, size) => n * size, 1), 0);
  await model.dispose();
  const seconds = stageSeconds(config, shape, rates, textTokens);
  const stages = Object.entries(seconds).map(([name, value]) => ({ name, seconds: value }));
  return {
    parameters,
    stages,
    seconds: stages.reduce((sum, stage) => sum + stage.seconds, 0),
    memoryBytes: process.resourceUsage().maxRSS * 1024,
  };
}
