/**
 * Estimates the time of a configuration: the counted work of its stages times the rates of this
 * machine.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Config, engineSettings } from "../../config/config.js";
import { ConfigError } from "../../errors.js";
import { readJson } from "../../io/atomic.js";
import type { Architecture } from "../../model/architectures/architecture.js";
import type { CausalLm } from "../../model/causal-lm.js";
import type { ModelConfig } from "../../model/language-model.js";
import { createModel, parseModelConfig } from "../../model/load.js";
import { resolveModel } from "../../model/resolve-model.js";
import { type ClassifierShape, parseClassifierConfig, SequenceClassifier } from "../../model/sequence-classifier.js";
import { loadTokenizer } from "../../model/tokenizer/tokenizer.js";
import { Rng } from "../../rng.js";
import { configureSharedEngine, type Engine, sharedEngine } from "../../runtime/engine.js";
import { elementCount } from "../../runtime/tensor.js";
import { partTokens } from "../inputs/corpus-parts.js";
import { applicableStages, type Stage } from "../run/stage.js";
import { countChosenLayers, type WorkSizes, type WorkUnits } from "../run/work.js";
import { knownShapes } from "./known-shapes.js";
import { measureRates, type Rates } from "./measure-rates.js";

export interface StageSeconds {
  name: string;
  seconds: number;
}

export interface Estimate {
  /** Number of parameters of the tuned model. */
  parameters: number;
  /** Seconds of each stage with a noticeable duration, in order. */
  stages: StageSeconds[];
  seconds: number;
  /** Peak memory of the process while the largest pieces of work were done once. */
  memoryBytes: number;
}

/**
 * Assumed tokens per text if the corpus is not on this machine: film reviews, cut to 256, have
 * about 200.
 */
const REVIEW_TOKENS = 200;
/**
 * Assumed tokens of a text before its first positive word. It depends on lexicon and corpus; the
 * embedded texts have 28 on average.
 */
const CONTEXT_TOKENS = 30;
/** Texts of the corpus whose length is measured. */
const SAMPLED_TEXTS = 200;

/**
 * Seconds of the stages that count their work, in order.
 * @throws InternalError as `applicableStages`
 */
export function secondsOfStages(
  stages: readonly Stage[],
  config: Config,
  sizes: WorkSizes,
  rates: Rates,
): StageSeconds[] {
  return applicableStages(stages, config).flatMap((stage) => {
    if (!stage.work) return [];
    const counts = Object.entries(stage.work(config, sizes));
    const seconds = counts.reduce((sum, [unit, count]) => sum + count * rates[unit as keyof WorkUnits], 0);
    return [{ name: stage.name, seconds }];
  });
}

/** Shapes of a run's models. */
export interface Shapes {
  model: { architecture: Architecture; config: ModelConfig };
  /** The reward's classifier, if there is one. */
  classifier?: ClassifierShape;
}

/**
 * config.json of a folder, a download, or a model of the paper, without a request.
 * @throws ConfigError for any other model
 */
async function readConfig(setting: string, name: string): Promise<Record<string, unknown>> {
  const folder = await resolveModel(name, { offline: true }).catch(() => undefined);
  const file = folder && join(folder, "config.json");
  if (file && existsSync(file)) return (await readJson(file)) as Record<string, unknown>;
  const [id] = name.split("@");
  if (Object.hasOwn(knownShapes, id)) return knownShapes[id];
  const expected = `a model on this machine, or one of ${Object.keys(knownShapes).join(", ")}`;
  throw new ConfigError("rewardscope run --estimate", [{ path: setting, expected, received: name }]);
}

/**
 * Shapes of the models of a run, downloaded or not.
 * @throws ConfigError for a model that is neither on this machine nor known, FormatError when its
 *   config.json is wrong
 */
export async function shapesOf({ model, reward }: Config): Promise<Shapes> {
  const name = model.base ?? model.name;
  const shapes: Shapes = { model: parseModelConfig(await readConfig("model.name", name), name) };
  if (reward.name !== "classifier") return shapes;
  const json = await readConfig("reward.classifier", reward.classifier);
  return { ...shapes, classifier: parseClassifierConfig(json, reward.classifier) };
}

/**
 * Mean length in tokens of the corpus's first texts, cut as for autoencoders; that of reviews if
 * the corpus is not on this machine.
 */
async function meanTextTokens(config: Config): Promise<number> {
  const { maxTokens } = config.dictionaries;
  // Any subword tokenizer gives about the same number.
  const tokenizer = await loadTokenizer("embedded");
  const rows = await partTokens(config, "dictionaries", tokenizer, { maxTokens, limit: SAMPLED_TEXTS }).catch(() => []);
  if (rows.length === 0) return Math.min(REVIEW_TOKENS, maxTokens);
  return rows.reduce((total, { length }) => total + length, 0) / rows.length;
}

/** A classifier whose parameters are all zero. */
async function emptyClassifier(engine: Engine, { architecture, config }: ClassifierShape): Promise<SequenceClassifier> {
  return new SequenceClassifier(engine, architecture, config, await engine.createStore(architecture.layout(config)));
}

/**
 * Matrices repeat a few random numbers, since drawing all would take longer than the measurements.
 * Norms and biases have their initial values, so that no denormal numbers slow the processor down.
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
 * Measures rates for up to a minute with random models of the run's shapes, then adds up the work.
 * Reading and writing files is left out, since models take nearly all of the time.
 * @param stages only those that have work under the configuration count
 * @throws ConfigError, FormatError as `shapesOf`, InternalError as `applicableStages`
 */
export async function estimateRun(
  config: Config,
  stages: readonly Stage[],
  options: { signal?: AbortSignal; onStep?: (what: string) => void } = {},
): Promise<Estimate> {
  const { model: shape, classifier: classifierShape } = await shapesOf(config);
  await configureSharedEngine(engineSettings(config), (line) => options.onStep?.(line));
  const engine = sharedEngine();
  const { nLayers, dModel } = shape.config;
  const sizes: WorkSizes = {
    nLayers,
    dModel,
    chosenLayers: countChosenLayers(config, nLayers),
    textTokens: await meanTextTokens(config),
    contextTokens: CONTEXT_TOKENS,
  };
  const model = await createModel(shape.architecture, shape.config, { engine });
  await fillRandomly(model);
  const classifier = classifierShape && (await emptyClassifier(engine, classifierShape));
  const rates = await measureRates(model, classifier, config, sizes, options);
  await Promise.all([model.dispose(), classifier?.dispose()]);
  const seconds = secondsOfStages(stages, config, sizes, rates);
  return {
    parameters: model.store.layout.reduce((total, { dims }) => total + elementCount(dims), 0),
    stages: seconds,
    seconds: seconds.reduce((total, stage) => total + stage.seconds, 0),
    memoryBytes: process.resourceUsage().maxRSS * 1024,
  };
}
