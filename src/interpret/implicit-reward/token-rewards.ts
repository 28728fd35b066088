/** Implicit reward of every token of the vocabulary: log-ratios of two models over contexts. */
import { ShapeError } from "../../errors.js";
import { Graph } from "../../graph/builder.js";
import type { Value } from "../../graph/value.js";
import type { EngineModel } from "../../model/architectures/architecture.js";
import { intTensor, padLeft, passFeeds } from "../../model/batch.js";
import { pieces, statesOfPiece, statesProgram, textsAtOnce } from "../../model/logits-at-once.js";
import { parameterInputs } from "../../runtime/parameter-inputs.js";
import type { FloatTensor, Tensor } from "../../runtime/tensor.js";
import { requireOneVocabulary } from "../one-vocabulary.js";

/** Implicit rewards of all tokens. */
export interface TokenRewards {
  /** Number of contexts: every position of every text. */
  positions: number;
  /** [vocab], in nats; NaN for a token to which the base model gives probability 0. */
  values: Float64Array;
  /** Expected samples of each token by the base model: sums of its probabilities, [vocab]. */
  visits: Float64Array;
  /** Mean KL(base || tuned) per context, in nats. */
  klFromBase: number;
}

/** Interruption, and who is told of progress. */
export interface TokenRewardsOptions {
  signal?: AbortSignal;
  /** Called with the number of texts done. */
  onTexts?(done: number): void;
}

/** The model's log-probabilities after states, [rows, vocab]. */
function logProbsOfStates(g: Graph, { architecture, config, store }: EngineModel): Value {
  const states = g.input("states", ["rows", config.dModel]);
  return g.logSoftmax(architecture.unembed(g, config, parameterInputs(g, store.layout), states));
}

function baseGraph(model: EngineModel): Graph {
  const g = new Graph(`log-probabilities of the vocabulary, ${model.config.modelType}`);
  g.output("logProbs", logProbsOfStates(g, model));
  return g;
}

/**
 * Sums over rows inside the graph, so the engine returns two numbers per token, not per context.
 */
function comparisonGraph(model: EngineModel): Graph {
  const g = new Graph(`log-ratios of the vocabulary, ${model.config.modelType}`);
  const base = g.input("baseLogProbs", ["rows", model.config.vocabSize]);
  const ratio = g.sub(logProbsOfStates(g, model), base);
  const probability = g.exp(base);
  // [rows, 1]: the mean log-ratio under the base model, which is -KL(base || tuned) of the context.
  const centre = g.reduceSum(g.mul(probability, ratio), [1], true);
  g.output("weighted", g.reduceSum(g.mul(probability, g.sub(ratio, centre)), [0]));
  g.output("visits", g.reduceSum(probability, [0]));
  g.output("centre", g.reduceSum(centre));
  return g;
}

/**
 * The implicit reward of token w is log p_tuned(w|c) - log p_base(w|c), centred in each context c
 * over the vocabulary by its mean under p_base(.|c), then averaged over contexts with weights
 * p_base(w|c). The mean over tokens under the base model is therefore 0.
 * Why it is a reward: the optimum of a reward r under a KL penalty of weight b is
 * p_base(x|prompt) exp(r(x) / b) / Z(prompt). The log-ratio of a whole response is therefore r / b
 * up to a constant per prompt, and the log-ratio of one token is its contribution to the (soft)
 * expectation of r / b. PPO stops before that optimum and the units are nats, so only the order and
 * the proportions of implicit rewards are informative.
 * @param texts token ids, at most as many as the models' positions; each position is one context
 * @throws ShapeError when the models differ in their vocabulary or there is no text
 * @see Rafailov et al. 2023, "Direct Preference Optimization", arXiv:2305.18290: the implicit
 *   reward
 * @see Korbak, Perez, Buckley 2022, "RL with KL penalties is better viewed as Bayesian inference"
 */
export function readTokenRewards(
  base: EngineModel,
  tuned: EngineModel,
  texts: readonly (readonly number[])[],
  { signal, onTexts }: TokenRewardsOptions = {},
): Promise<TokenRewards> {
  const states = { base: finalStates(base, texts, { signal }), tuned: finalStates(tuned, texts, { signal }) };
  return compareStates({ base, tuned }, texts, states, { signal, onTexts });
}

/**
 * A model's final states at every position of every text, [positions, dModel] for each batch of texts.
 * What `compareStates` needs of a model besides its unembedding: so two models need not be in memory together.
 */
export async function* finalStates(
  model: EngineModel,
  texts: readonly (readonly number[])[],
  { signal, onTexts }: TokenRewardsOptions = {},
): AsyncGenerator<FloatTensor> {
  const program = await statesProgram(model);
  for (const { inputIds, done } of batches(texts, model.config.vocabSize)) {
    const { batch, length, ids, mask } = padLeft({ inputIds }, model.config);
    const rows = Array.from(mask.keys()).filter((position) => mask[position] === 1);
    const feeds = { ...passFeeds(batch, length, ids, mask), rows: intTensor([rows.length], rows) };
    yield (await program.run({ feeds, stores: [model.store], fetch: ["states"], signal })).states as FloatTensor;
    onTexts?.(done);
  }
}

/**
 * Implicit rewards of tokens (see `readTokenRewards`) from the final states of both models.
 * @param heads the models, or only their parameters that make logits of states
 * @param texts those of the states
 * @param states `finalStates` of the same texts; memory holds one batch of each
 * @throws ShapeError when the models differ in their vocabulary, there is no text, or states are missing
 */
export async function compareStates(
  { base, tuned }: Readonly<Record<"base" | "tuned", EngineModel>>,
  texts: readonly (readonly number[])[],
  states: Readonly<Record<"base" | "tuned", AsyncIterator<FloatTensor>>>,
  { signal, onTexts }: TokenRewardsOptions = {},
): Promise<TokenRewards> {
  const { vocabSize } = base.config;
  requireOneVocabulary(base, tuned);
  if (texts.length === 0) throw new ShapeError("texts: expected at least one, received none");
  const ofBase = await base.program("vocabulary log-probabilities", () => baseGraph(base));
  const ofBoth = await tuned.program("vocabulary log-ratios", () => comparisonGraph(tuned));
  const sums = { weighted: new Float64Array(vocabSize), visits: new Float64Array(vocabSize) };
  let [positions, centre] = [0, 0];
  for (const { done } of batches(texts, vocabSize)) {
    const next = [await states.base.next(), await states.tuned.next()];
    const wholes = next.flatMap(({ done: ended, value }) => (ended ? [] : [value as FloatTensor]));
    if (wholes.length < 2) throw new ShapeError("states: expected those of every text by both models, received fewer");
    const [rows] = wholes[0].dims;
    for (const [start, end] of pieces(rows, vocabSize)) {
      const [given, givenTuned] = wholes.map((whole) => ({ states: statesOfPiece(whole, start, end) }));
      const { logProbs } = await ofBase.run({ feeds: given, stores: [base.store], fetch: ["logProbs"], signal });
      const found = await ofBoth.run({
        feeds: { ...givenTuned, baseLogProbs: logProbs },
        stores: [tuned.store],
        fetch: ["weighted", "visits", "centre"],
        signal,
      });
      addTo(sums.weighted, found.weighted);
      addTo(sums.visits, found.visits);
      centre += found.centre.data[0] as number;
    }
    positions += rows;
    onTexts?.(done);
  }
  const values = sums.weighted.map((sum, id) => sum / sums.visits[id]);
  return { positions, values, visits: sums.visits, klFromBase: (0 - centre) / positions };
}

/** Batches of texts, as large as logits or tokens allow. */
function* batches(texts: readonly (readonly number[])[], vocabSize: number) {
  const longest = texts.reduce((length, { length: own }) => Math.max(length, own), 1);
  const atOnce = textsAtOnce(longest, longest, vocabSize);
  for (let start = 0; start < texts.length; start += atOnce) {
    const inputIds = texts.slice(start, start + atOnce);
    yield { inputIds, done: start + inputIds.length };
  }
}

function addTo(sums: Float64Array, { data }: Tensor): void {
  for (let i = 0; i < sums.length; i++) sums[i] += data[i] as number;
}
