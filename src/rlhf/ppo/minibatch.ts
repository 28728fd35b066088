/** A training pass over a minibatch: losses, and gradients that stay in the policy's store. */
import type { CausalLm } from "../../model/causal-lm.js";
import type { Rng } from "../../rng.js";
import type { Tensor } from "../../runtime/tensor.js";
import { joinRows, responseFeeds } from "../response-batch.js";
import type { PerToken } from "./advantages.js";
import type { Experience, ScoredResponses } from "./experience.js";
import { minibatchStatistics, trainingGraph } from "./ppo-graph.js";
import type { PpoSettings } from "./settings.js";
import { minibatchMoments, type PpoStatistics } from "./statistics.js";

/** Inputs of a training pass. */
export interface Minibatch extends Pick<Experience, "logprobs" | "values" | "advantages" | "returns"> {
  readonly queries: readonly (readonly number[])[];
  readonly responses: readonly (readonly number[])[];
}

/** The chosen responses of a batch, in the order of their indices. */
export function pickResponses(
  { queries, responses }: ScoredResponses,
  { logprobs, values, advantages, returns }: Experience,
  chosen: readonly number[],
): Minibatch {
  const pick = <T>(rows: readonly T[]): T[] => chosen.map((index) => rows[index]);
  return {
    queries: pick(queries),
    responses: pick(responses),
    logprobs: pick(logprobs),
    values: pick(values),
    advantages: pick(advantages),
    returns: pick(returns),
  };
}

/**
 * One pass over a minibatch, forwards and backwards.
 * @param dropout draws the final states that are hidden from the value head; used only with dropout
 * @returns losses and statistics, means over the minibatch's response tokens, under TRL's names
 *   without `ppo/`
 */
export async function trainingPass(
  policy: CausalLm,
  settings: PpoSettings,
  { queries, responses, logprobs, values, advantages, returns }: Minibatch,
  dropout: Rng,
): Promise<PpoStatistics> {
  const program = await policy.program("ppo training", () => trainingGraph(policy, settings));
  const { feeds } = responseFeeds(policy.config, queries, responses);
  const results = await program.run({
    feeds: {
      ...feeds,
      oldLogprobs: joinRows(logprobs),
      oldValues: joinRows(values),
      advantages: joinRows(advantages),
      returns: joinRows(returns),
      ...keptStates(returns, policy.config.dModel, settings.valueHeadDropout, dropout),
    },
    stores: [policy.store],
    fetch: minibatchStatistics,
  });
  const losses = Object.fromEntries(minibatchStatistics.map((name) => [name, results[name].data[0] as number]));
  return { ...losses, ...minibatchMoments({ returns, values, advantages }) };
}

/**
 * Factors of the value head's inputs, [rows, dModel]: 0 with probability `share`, else 1 / (1 -
 * share).
 */
function keptStates(perToken: PerToken, dModel: number, share: number, rng: Rng): Record<string, Tensor> {
  if (share === 0) return {};
  const rows = perToken.reduce((sum, row) => sum + row.length, 0);
  const factor = 1 / (1 - share);
  const data = Float32Array.from({ length: rows * dModel }, () => (rng.uniform() < share ? 0 : factor));
  return { keep: { dims: [rows, dModel], data } };
}
