/**
 * Per-token experience of a batch of responses: log-probabilities, values, rewards, advantages
 * (paper, Appendix C).
 */
import { RunError, ShapeError } from "../../errors.js";
import type { CausalLm } from "../../model/causal-lm.js";
import { responseFeeds, splitRows } from "../response-batch.js";
import { computeGae, type PerToken, tokenRewards, whiten } from "./advantages.js";
import { evaluationGraph } from "./ppo-graph.js";
import type { PpoSettings } from "./settings.js";

/** Token ids, one row per response, and the score of each. */
export interface ScoredResponses {
  readonly queries: readonly (readonly number[])[];
  readonly responses: readonly (readonly number[])[];
  readonly scores: readonly number[];
}

/** Per-token quantities of a batch, one array per response. */
export interface Experience {
  readonly logprobs: PerToken;
  readonly refLogprobs: PerToken;
  readonly values: PerToken;
  /** -klCoef (log p - log p_ref), without the score. */
  readonly nonScoreRewards: PerToken;
  readonly rewards: PerToken;
  /** Whitened over the batch. */
  readonly advantages: PerToken;
  readonly returns: PerToken;
}

/**
 * @throws ShapeError when there are not `batchSize` of each, a response is empty, or all responses
 *   are one token together; RunError when a score is not finite
 */
export function checkResponses({ queries, responses, scores }: ScoredResponses, batchSize: number): void {
  if (queries.length !== batchSize || responses.length !== batchSize || scores.length !== batchSize)
    throw new ShapeError(
      `PPO step: batchSize is ${batchSize}; received ${queries.length} queries, ${responses.length} responses, ${scores.length} scores`,
    );
  const empty = responses.findIndex((response) => response.length === 0);
  if (empty >= 0) throw new ShapeError(`PPO step: response ${empty} is empty`);
  if (batchSize === 1 && responses[0].length === 1)
    throw new ShapeError(
      "PPO step: the batch is one response of one token: advantages are divided by their deviation over the batch, and one value has none",
      { help: "raise batchSize, or the lower end of responseTokens" },
    );
  const badScore = scores.findIndex((score) => !Number.isFinite(score));
  if (badScore >= 0)
    throw new RunError(`PPO step: the score of response ${badScore} is ${scores[badScore]}`, {
      help: "the reward must return finite numbers",
    });
}

/**
 * The experience of a batch before the policy is updated, in TRL's order: passes, rewards,
 * advantages.
 */
export async function computeExperience(
  policy: CausalLm,
  reference: CausalLm,
  batch: ScoredResponses,
  klCoef: number,
  settings: PpoSettings,
): Promise<Experience> {
  const { logprobs, values } = await evaluate(policy, batch, settings.miniBatchSize, true);
  const { logprobs: refLogprobs } = await evaluate(reference, batch, settings.miniBatchSize, false);
  const { rewards: raw, nonScoreRewards } = tokenRewards(logprobs, refLogprobs, batch.scores, klCoef);
  const rewards = settings.whitenRewards ? whiten(raw, { keepMean: true }) : raw;
  const { advantages, returns } = computeGae(rewards, values, settings);
  return { logprobs, refLogprobs, values, nonScoreRewards, rewards, advantages: whiten(advantages), returns };
}

/**
 * Log-probabilities and values of all response tokens, a minibatch at a time as in TRL, since
 * logits take most memory.
 */
async function evaluate(
  model: CausalLm,
  { queries, responses }: ScoredResponses,
  rowsAtOnce: number,
  withValues: boolean,
): Promise<{ logprobs: Float64Array[]; values: Float64Array[] }> {
  const program = await model.program(`ppo evaluation ${withValues}`, () => evaluationGraph(model, withValues));
  const fetch = withValues ? ["logprobs", "values"] : ["logprobs"];
  const all = { logprobs: [] as Float64Array[], values: [] as Float64Array[] };
  for (let start = 0; start < queries.length; start += rowsAtOnce) {
    const [part, answers] = [queries, responses].map((rows) => rows.slice(start, start + rowsAtOnce));
    const { feeds, lengths } = responseFeeds(model.config, part, answers);
    const { logprobs, values } = await program.run({ feeds, stores: [model.store], fetch });
    all.logprobs.push(...splitRows(logprobs.data as Float32Array, lengths));
    if (values) all.values.push(...splitRows(values.data as Float32Array, lengths));
  }
  return all;
}
